"""Entries that are asked for one by one rather than by a refill, and entries that leave the queue."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from labeling.models import Project
from review.models import Entry, EntryState, Reason
from review.ordering import MEASURING_PRIORITY


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


def answers_wanted_now(project: Project) -> int:
    """The answers that each item wants, read afresh: for a caller that holds the project's label lock."""
    project.refresh_from_db(fields=["answers_wanted"])
    return project.answers_wanted


def entries_ask(
    project: Project, asked: Sequence[tuple[int, Reason]], *, salt: str, n_wanted: int | None = None
) -> dict[int, int]:
    """Blind entries for these items, in an order that only the salt decides; returns item -> entry.

    Each wants `n_wanted` answers: those of the project if left out, and one for a second answer.

    Whatever entry of theirs is open is withdrawn: it may have shown the model's guess. For a caller's
    transaction, which holds the project's label lock.
    """
    of_project = answers_wanted_now(project)
    items = [item_id for item_id, _ in asked]
    open_now = Entry.objects.filter(item_id__in=items, state__in=[EntryState.OPEN, EntryState.DISPUTED])
    entries_close(
        entry_ids=list(open_now.order_by("pk").values_list("pk", flat=True)), state=EntryState.WITHDRAWN
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO review_entry (project_id, item_id, reason, priority, state, n_wanted, n_free, is_blind,
                                      created_at)
            SELECT %(project)s, given.item_id, given.reason,
                   %(above)s + 1 - (row_number() OVER (ORDER BY md5(%(salt)s || ':order:' || given.item_id)) - 0.5)
                                   / %(n)s,
                   'open', given.n_wanted, given.n_wanted, true, now()
            FROM unnest(%(items)s::bigint[], %(reasons)s::text[], %(wanted)s::smallint[])
                 AS given (item_id, reason, n_wanted)
            RETURNING item_id, id
            """,
            {
                "project": project.pk,
                "salt": salt,
                "above": MEASURING_PRIORITY,
                "n": max(1, len(items)),
                "items": items,
                "reasons": [reason.value for _, reason in asked],
                # A second answer is one person's, whatever the project wants of others.
                "wanted": [n_wanted or (1 if reason == Reason.SECOND else of_project) for _, reason in asked],
            },
        )
        return dict(cursor.fetchall())
