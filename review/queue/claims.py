"""Handing out the queue: who gets which entries, in the one order, and for how long.

A few statements a claim, each its own transaction. None ever waits for a row (SKIP LOCKED), so any
number of people claim at once without holding each other up and without deadlocks.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from labeling.database.hot import fetch_prepared
from labeling.models import Project, shown_split
from labeling.web.permissions import MAY_ANSWER, MAY_REVIEW
from review.models import shown_suggestion
from review.queue.ordering import HANDING_ORDER
from review.reasons import queue_reasons, reasons_that, shown_reason, sql_list

MAX_CLAIMED = 50  # entries that one person holds by one claim
MAX_EXPIRED = 100  # leases that one claim takes back; the sweep takes the rest

# An entry that leases are given back to, `given_back.n` of them. One that was made for a grid is no part of
# the queue, so it goes; an answer that comes after all is still taken.
_GOES = f"reason IN ({sql_list(set(queue_reasons()) - set(reasons_that('is_queued')))})"
GIVE_BACK = f"""n_free = CASE WHEN {_GOES} THEN 0 ELSE n_free + given_back.n END,
            state = CASE WHEN {_GOES} THEN 'withdrawn' ELSE state END,
            closed_at = CASE WHEN {_GOES} THEN now() ELSE closed_at END"""

# Leases that ran out go back to their entries. Locks both rows before it writes either.
EXPIRE = """
    late AS (
        SELECT lease.id FROM review_lease lease JOIN review_entry entry ON entry.id = lease.entry_id
        WHERE {of_project} lease.state = 'held' AND lease.until < now()
        ORDER BY lease.until LIMIT {max_expired}
        FOR UPDATE SKIP LOCKED
    ), expired AS (
        UPDATE review_lease SET state = 'expired' WHERE id IN (SELECT id FROM late) RETURNING entry_id
    ), freed AS (
        UPDATE review_entry SET {give_back}
        FROM (SELECT entry_id, count(*) AS n FROM expired GROUP BY entry_id) given_back
        WHERE review_entry.id = given_back.entry_id
        RETURNING review_entry.id
    )"""

# Mine are renewed (those of the grid by its own claim), even those that ran out a moment ago: nobody else has them yet. And are there others'
# leases to take back? Seldom, so that is a statement of its own.
_RENEW = """
    WITH mine AS (
        UPDATE review_lease SET until = now() + %(lease_seconds)s * interval '1 second'
        WHERE id IN (
            SELECT id FROM review_lease
            WHERE person_id = %(person)s AND project_id = %(project)s AND state = 'held' AND NOT in_grid
            FOR UPDATE SKIP LOCKED)
        RETURNING entry_id
    )
    SELECT ARRAY(SELECT entry_id FROM mine), EXISTS (
        SELECT 1 FROM review_lease
        WHERE project_id = %(project)s AND state = 'held' AND until < now() AND person_id <> %(person)s)"""

_EXPIRE_OF_OTHERS = (
    "WITH "
    + EXPIRE.format(
        of_project="lease.project_id = %(project)s AND lease.person_id <> %(person)s AND",
        max_expired=MAX_EXPIRED,
        give_back=GIVE_BACK,
    )
    + " SELECT count(*) FROM expired"
)

# Whether answers are wanted besides those that this claim takes. Of how many nothing is told: a number that rose, or
# fell by less than was claimed, would tell audits from the rest (waiting.py).
_COUNT = f"""(
        SELECT coalesce(sum(n_free), 0)::int FROM (
            SELECT n_free FROM review_entry
            WHERE project_id = %(project)s AND state = 'open' AND n_free > 0
            LIMIT {MAX_CLAIMED + 1}
        ) open_entry)"""

_SHOWN = """
        entry.id, entry.reason, coalesce(lease.is_blind, entry.is_blind), entry.suggested_class_id, entry.suggested_confidence,
        entry.suggested_others, lease.until, lease.in_grid, item.id, item.key, item.split, item.text, item.features, item.extras, blob.width, blob.height"""

# FOR UPDATE checks the conditions again on the newest version of a row that somebody else has just
# changed, so an entry that was taken since this statement began is passed over.
# ON CONFLICT: the same person claims in two windows at the same moment.
# OFFSET 0 keeps the leases a look-up for each entry, whatever PostgreSQL believes of their number.
# How many is written into the text: without the number PostgreSQL plans for a tenth of
# the queue, and sorts all of it.
_CLAIM = f"""
    WITH picked AS (
        SELECT id, is_blind FROM review_entry entry
        WHERE project_id = %(project)s AND state = 'open' AND n_free > 0
          AND (%(sees_flagged)s OR reason NOT IN ({sql_list(reasons_that("is_reviewers"))}))
          AND NOT EXISTS (
            SELECT 1 FROM review_lease lease
            WHERE lease.entry_id = entry.id AND lease.person_id = %(person)s
              AND lease.state IN ('held', 'answered', 'skipped', 'barred')
            OFFSET 0)
        ORDER BY {HANDING_ORDER} LIMIT {{n}}
        FOR UPDATE SKIP LOCKED
    ), lease AS (
        INSERT INTO review_lease (entry_id, project_id, person_id, state, is_blind, until, created_at)
        SELECT id, %(project)s, %(person)s, 'held', is_blind, now() + %(lease_seconds)s * interval '1 second',
               clock_timestamp()
        FROM picked
        ON CONFLICT DO NOTHING
        RETURNING entry_id, until, in_grid, is_blind
    ), taken AS (
        UPDATE review_entry SET n_free = n_free - 1 WHERE id IN (SELECT entry_id FROM lease)
    )
    SELECT {_COUNT}, {_SHOWN}
    FROM lease JOIN review_entry entry ON entry.id = lease.entry_id
    JOIN labeling_item item ON item.id = entry.item_id
    LEFT JOIN labeling_blob blob ON blob.id = item.blob_id
    ORDER BY entry.{HANDING_ORDER.replace(", ", ", entry.")}"""

_SHOW = f"""
    SELECT {_SHOWN}
    FROM review_lease lease JOIN review_entry entry ON entry.id = lease.entry_id
    JOIN labeling_item item ON item.id = entry.item_id
    LEFT JOIN labeling_blob blob ON blob.id = item.blob_id
    WHERE lease.person_id = %(person)s AND lease.state = 'held' AND lease.entry_id = ANY(%(entries)s::bigint[])
    ORDER BY entry.{HANDING_ORDER.replace(", ", ", entry.")}"""


def entries_claim(*, project: Project, person_id: int, role: str, n: int) -> dict[str, Any]:
    """The person holds `n` entries (1 to MAX_CLAIMED) if there are as many: those held before, renewed, come first.

    Flagged entries go to reviewers only. Returns {"entries": [...], "has_more": whether others are free besides}.
    """
    asked = {
        "project": project.pk,
        "person": person_id,
        "sees_flagged": role in MAY_REVIEW,
        "lease_seconds": project.lease_seconds,
    }
    [(held, has_expired)] = fetch_prepared(_RENEW, asked)
    if has_expired:
        fetch_prepared(_EXPIRE_OF_OTHERS, asked)
    entries = entries_show(person_id=person_id, entry_ids=held)[:n]
    n_free = None
    if len(entries) < n:
        claimed = fetch_prepared(_CLAIM.format(n=n - len(entries)), asked)
        entries += [_entry_output(*row[1:]) for row in claimed]
        if claimed:
            n_free = claimed[0][0] - len(claimed)  # the count is of the moment before
    if n_free is None:
        [(n_free,)] = fetch_prepared(f"SELECT {_COUNT}", asked)
    return {"entries": entries, "has_more": n_free > 0}


def entries_show(*, person_id: int, entry_ids: list[int]) -> list[dict[str, Any]]:
    """Those of the entries that the person holds, in order, as the page needs them."""
    if not entry_ids:
        return []
    rows = fetch_prepared(_SHOW, {"person": person_id, "entries": entry_ids})
    return [_entry_output(*row) for row in rows]


def entries_release(*, project: Project, person_id: int, entry_ids: Sequence[int]) -> int:
    """The person holds none of the entries any more, and others may have them; returns how many it held."""
    return _release(
        "lease.entry_id = ANY(%(entries)s)",
        {"project": project.pk, "person": person_id, "entries": list(entry_ids)},
    )


def entries_release_of(*, project_id: int, person_id: int, role: str | None) -> int:
    """The person holds nothing that this role may not be handed (None: no member any more); returns how many it held."""
    if role in MAY_REVIEW:
        return 0
    theirs = f"entry.reason IN ({sql_list(reasons_that('is_reviewers'))})" if role in MAY_ANSWER else "true"
    return _release(theirs, {"project": project_id, "person": person_id})


def _release(which: str, values: Mapping[str, Any]) -> int:
    """Give back those of the person's entries in the project for which the condition on lease and entry holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH held AS (
                SELECT lease.id FROM review_lease lease JOIN review_entry entry ON entry.id = lease.entry_id
                WHERE lease.project_id = %(project)s AND lease.person_id = %(person)s
                  AND lease.state = 'held' AND {which}
                FOR UPDATE SKIP LOCKED  -- locked: it is being answered this moment, and that wins
            ), released AS (
                UPDATE review_lease SET state = 'released' WHERE id IN (SELECT id FROM held) RETURNING entry_id
            )
            UPDATE review_entry SET {GIVE_BACK}
            FROM (SELECT entry_id, 1 AS n FROM released) given_back WHERE id = given_back.entry_id
            """,
            values,
        )
        return int(cursor.rowcount)


def leases_expire(*, max_expired: int = 10_000) -> int:
    """Every lease that has run out goes back to its entry, `max_expired` at once; returns how many."""
    with connection.cursor() as cursor:
        expire = EXPIRE.format(of_project="", max_expired=int(max_expired), give_back=GIVE_BACK)
        cursor.execute(f"WITH {expire} SELECT count(*) FROM expired")
        return int(cursor.fetchone()[0])


def _entry_output(
    entry_id: int,
    reason: str,
    is_blind: bool,
    suggested_class_id: int | None,
    suggested_confidence: float | None,
    suggested_others: bytes | None,
    lease_until: dt.datetime,
    in_grid: bool,
    item_id: int,
    key: str,
    split: str,
    text: str | None,
    features: str | None,
    extras: str | None,
    width: int | None,
    height: int | None,
) -> dict[str, Any]:
    """Plain dictionaries, because this is the hot path: a serializer would take longer than the query."""
    image = None
    if width is not None:
        image = {
            "url": f"/api/items/{item_id}/image",
            "thumbnail_url": f"/api/items/{item_id}/thumbnail",
            "width": width,
            "height": height,
        }
    return {
        "id": entry_id,
        "reason": shown_reason(reason, is_blind=is_blind),
        "lease_until": lease_until,
        "in_grid": in_grid,
        "is_blind": is_blind,
        "suggestion": shown_suggestion(
            reason,
            is_blind=is_blind,
            class_id=suggested_class_id,
            confidence=suggested_confidence,
            others=suggested_others,
        ),
        "item": {
            "id": item_id,
            "key": key,
            # A second answer may be about an item of the holdout; no blind entry tells what it is for.
            "split": "pool" if is_blind else shown_split(split),
            "text": text,
            "features": json.loads(features) if features is not None else None,
            "extras": json.loads(extras) if extras is not None else None,
            "image": image,
            "label": None,  # an annotator answers blind to what stands
        },
    }
