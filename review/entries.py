"""Closing entries: what leaves the queue takes its leases with it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from review.models import EntryState


def entries_close(*, entry_ids: Sequence[int], state: EntryState) -> int:
    """Those of the entries that are open or disputed are closed as `state`, and nobody holds them.

    For a caller's transaction. Locks the entries by id. Returns how many were closed.
    """
    if not entry_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH closing AS (
                SELECT id FROM review_entry
                WHERE id = ANY(%(entries)s) AND state IN ('open', 'disputed') ORDER BY id FOR UPDATE
            ), released AS (
                UPDATE review_lease SET state = 'released'
                WHERE entry_id IN (SELECT id FROM closing) AND state = 'held'
            )
            UPDATE review_entry SET state = %(state)s, n_free = 0, closed_at = now()
            WHERE id IN (SELECT id FROM closing)
            """,
            {"entries": list(entry_ids), "state": state},
        )
        return cursor.rowcount
