"""The barrier between people's answers and publishing, as PostgreSQL advisory locks.

Who records a human label holds the project's lock shared; who replaces the standing machine labels
holds it exclusive for the last moment of its transaction. So a publish sees every answer that was
given before it, and every later answer sees what was published. Both end with the transaction.

Each returns the database's clock as read once the lock was held: times taken so are in the order of
the acts, whatever the clocks of the web servers say.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

from labeling.database.hot import fetch_prepared

NAMESPACE = 4_159  # of advisory locks: any number that nothing else in this database uses


# Returns one row: nothing, and the clock. Its value is `project`.
LOCK_SHARED = f"SELECT pg_advisory_xact_lock_shared({NAMESPACE}, %(project)s::int), clock_timestamp()"
_LOCK_EXCLUSIVE = f"SELECT pg_advisory_xact_lock({NAMESPACE}, %(project)s::int), clock_timestamp()"


def lock_labels_shared(project_id: int) -> dt.datetime:
    """Hold the project's labels against publishing, beside others who do the same."""
    now: dt.datetime
    [(_, now)] = fetch_prepared(LOCK_SHARED, {"project": project_id})
    return now


def lock_labels_exclusive(project_id: int) -> dt.datetime:
    """Wait for the answers under way, and hold later ones back until this transaction ends."""
    now: dt.datetime
    [(_, now)] = fetch_prepared(_LOCK_EXCLUSIVE, {"project": project_id})
    return now


def wait_for_answers(project_id: int) -> None:
    """Return once every act that held the project's labels has ended; acts that begin later go on.

    What the transaction reads next includes all of them, and a human label that it does not include will
    have a higher id than those it does.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_lock(%(space)s, %(project)s), pg_advisory_unlock(%(space)s, %(project)s)",
            {"space": NAMESPACE, "project": project_id},
        )
