"""The barrier between people's answers and publishing, as PostgreSQL advisory locks.

Who records a human label holds the project's lock shared; who replaces the standing machine labels
holds it exclusive for the last moment of its transaction. So a publish sees every answer that was
given before it, and every later answer sees what was published. Both end with the transaction.
"""

from __future__ import annotations

from django.db import connection

NAMESPACE = 4_159  # of advisory locks: any number that nothing else in this database uses


def lock_labels_shared(project_id: int) -> None:
    """Hold the project's labels against publishing, beside others who do the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [NAMESPACE, project_id])


def lock_labels_exclusive(project_id: int) -> None:
    """Wait for the answers under way, and hold later ones back until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NAMESPACE, project_id])
