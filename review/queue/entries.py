"""Entries that are asked for one by one rather than by a refill, and entries that leave the queue.

Who knows too much of an item is not the one who is asked: a lease that bars the person is written with the entry.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from django.db import connection

from labeling.models import Project
from labeling.web.permissions import MAY_ANSWER
from review.models import Entry, EntryState
from review.reasons import Reason, queue_reasons

# One for all that is asked together, whatever its reason: else the order would tell audits from what is mixed in.
MIXED_PRIORITY = queue_reasons()[Reason.AUDIT].priority

MIX = 0.1  # of what is asked to measure is something else, so that blind does not mean audit


# Columns that a row to be written may leave out, and what they are then.
_DEFAULTS = {"state": "'open'", "n_free": "asked.n_wanted", "is_blind": "false", "created_at": "now()"}


def entry_insert(rows: str, *, columns: Sequence[str], over: str | None = None) -> str:
    """The one statement that writes entries: those that the SELECT `rows` gives, as (item_id, id).

    columns  what `rows` selects, in its order: project_id, item_id, reason, priority, n_wanted and others of Entry
    over     of an item that has an entry already: None, an error; empty, it stays as it is; else a condition on
             review_entry, under which it takes the reason and the priority if it is open
    """
    filled = {name: value for name, value in _DEFAULTS.items() if name not in columns}
    taken = "ON CONFLICT (item_id) WHERE state IN ('open', 'disputed')"
    conflict = {None: "", "": f"{taken} DO NOTHING"}.get(
        over,
        f"""{taken} DO UPDATE SET reason = excluded.reason, priority = excluded.priority
            WHERE review_entry.state = 'open' AND ({over})""",
    )
    return f"""
        INSERT INTO review_entry ({", ".join([*columns, *filled])})
        SELECT {", ".join([*(f"asked.{name}" for name in columns), *filled.values()])}
        FROM ({rows}) AS asked ({", ".join(columns)})
        {conflict}
        RETURNING item_id, id"""


def n_mixed(n: int, *, luck: float = 1.0) -> int:
    """Other entries to ask beside `n` that measure, so that they are one in ten of all.

    luck  0 to 1: rounds up where the rest is at least 1 - luck; uniform, it keeps to one in ten on average
    """
    return math.floor(MIX / (1 - MIX) * n + luck - 1e-9)


def entry_lock(entry_id: int | None) -> Entry | None:
    """The entry, held until the transaction ends; None if it is gone."""
    return Entry.objects.select_for_update().filter(pk=entry_id).first() if entry_id is not None else None


def entries_close(*, entry_ids: Sequence[int], state: EntryState, at: dt.datetime | None = None) -> int:
    """Those of the entries that are open or disputed are closed as `state`, and nobody holds them.

    at  the moment of it; now if left out

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
            UPDATE review_entry SET state = %(state)s, n_free = 0, closed_at = coalesce(%(at)s, now())
            WHERE id IN (SELECT id FROM closing)
            """,
            {"entries": list(entry_ids), "state": state, "at": at},
        )
        return int(cursor.rowcount)


def answers_wanted_now(project: Project) -> int:
    """The answers that each item wants, read afresh: for a caller that holds the project's label lock."""
    project.refresh_from_db(fields=["answers_wanted"])
    return project.answers_wanted


def entries_ask(
    project: Project, asked: Sequence[tuple[int, Reason]], *, salt: str, n_wanted: int | None = None
) -> dict[int, int]:
    """Blind entries for these items, in an order that only the salt decides; returns item -> entry.

    Each wants `n_wanted` answers: those of the project if left out, and one for a second answer.

    Whatever entry of theirs is open is withdrawn: it may have shown the model's guess. Whoever was shown it, then
    or earlier, is not asked if others may be; who gave a label is never the second to give it. Gold is asked of
    everybody. For a caller's transaction, which holds the project's label lock.
    """
    of_project = answers_wanted_now(project)
    items = [item_id for item_id, _ in asked]
    open_now = Entry.objects.filter(item_id__in=items, state__in=[EntryState.OPEN, EntryState.DISPUTED])
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        [at] = cursor.fetchone()
        # In the same moment as what takes its place is made: waiting.py knows it by that.
        entries_close(
            entry_ids=list(open_now.order_by("pk").values_list("pk", flat=True)),
            state=EntryState.WITHDRAWN,
            at=at,
        )
        cursor.execute(
            entry_insert(
                """
                SELECT %(project)s, given.item_id, given.reason,
                       %(above)s + 1 - (row_number() OVER (ORDER BY md5(%(salt)s || ':order:' || given.item_id)) - 0.5)
                                       / %(n)s,
                       given.n_wanted, true, %(at)s
                FROM unnest(%(items)s::bigint[], %(reasons)s::text[], %(wanted)s::smallint[])
                     AS given (item_id, reason, n_wanted)
                """,
                columns=("project_id", "item_id", "reason", "priority", "n_wanted", "is_blind", "created_at"),
            ),
            {
                "project": project.pk,
                "salt": salt,
                "at": at,
                "above": MIXED_PRIORITY,
                "n": max(1, len(items)),
                "items": items,
                "reasons": [str(reason) for _, reason in asked],
                # A second answer is one person's, whatever the project wants of others.
                "wanted": [n_wanted or (1 if reason == Reason.SECOND else of_project) for _, reason in asked],
            },
        )
        entries = dict(cursor.fetchall())
        cursor.execute(
            _BAR, {"project": project.pk, "entries": list(entries.values()), "roles": list(MAY_ANSWER)}
        )
    return entries


# Who must not be the second to label an item, and who should not be asked if enough others may be.
_BAR = f"""
    WITH asked AS MATERIALIZED (
        SELECT id, item_id, reason, n_wanted FROM review_entry
        WHERE id = ANY(%(entries)s::bigint[]) AND reason <> '{Reason.GOLD}'
    ), member AS MATERIALIZED (
        SELECT membership.user_id FROM labeling_membership membership
        JOIN auth_user person ON person.id = membership.user_id AND person.is_active
        WHERE membership.project_id = %(project)s AND membership.role = ANY(%(roles)s::text[])
    ), knows AS (
        SELECT asked.id AS entry_id, source.user_id AS person_id, true AS is_author
        FROM asked JOIN labeling_label label ON label.item_id = asked.item_id
          AND label.is_human AND label.retired_at IS NULL
        JOIN labeling_source source ON source.id = label.source_id
        WHERE asked.reason = '{Reason.SECOND}'
        UNION ALL
        SELECT asked.id, answer.person_id, false
        FROM asked JOIN review_answer answer ON answer.item_id = asked.item_id
          AND answer.kind = 'label' AND answer.withdrawn_at IS NULL
        WHERE asked.reason = '{Reason.SECOND}'
        UNION ALL
        SELECT asked.id, lease.person_id, false
        FROM asked JOIN review_entry earlier ON earlier.item_id = asked.item_id AND earlier.id <> asked.id
        JOIN review_lease lease ON lease.entry_id = earlier.id
        WHERE lease.state <> 'barred' AND earlier.suggested_class_id IS NOT NULL
          AND NOT coalesce(lease.is_blind, earlier.is_blind)
    ), barred AS (
        SELECT entry_id, person_id, bool_or(is_author) AS is_author, count(*) OVER (PARTITION BY entry_id) AS n
        FROM knows JOIN member ON member.user_id = knows.person_id GROUP BY entry_id, person_id
    )
    INSERT INTO review_lease (entry_id, project_id, person_id, state, until, created_at)
    SELECT barred.entry_id, %(project)s, barred.person_id, 'barred', now(), now()
    FROM barred JOIN asked ON asked.id = barred.entry_id
    WHERE barred.is_author OR (SELECT count(*) FROM member) - barred.n >= asked.n_wanted"""
