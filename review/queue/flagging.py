"""Flags: somebody asks for a second look, and a reviewer gets the item on top of the queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from labeling.blindness import IS_WITHHELD
from labeling.errors import Conflict
from labeling.models import Item
from review.models import Entry, EntryState, Flag
from review.queue.entries import entries_close, entry_insert
from review.reasons import MEASURING, Reason, queue_reasons, sql_list

_COLUMNS = ("project_id", "item_id", "reason", "priority", "n_wanted")
_VALUES: dict[str, Any] = {
    "reason": str(Reason.FLAGGED),
    "priority": queue_reasons()[Reason.FLAGGED].priority,
}


@transaction.atomic
def flag_add(*, item: Item, person: User, note: str) -> Flag:
    """The item is flagged, and its entry (a new one if none is open) waits for a reviewer on top.

    The person's own lease of it is given back; another person who holds it may still answer it. An entry
    that is disputed stays so: it waits for a reviewer already. What is asked blind is answered first, an audit or
    not, so that a flag does not tell which; then its flag brings it to a reviewer (flags_ask).
    """
    flag = Flag.objects.create(project_id=item.project_id, item=item, person=person, note=note)
    with connection.cursor() as cursor:
        cursor.execute(
            entry_insert(
                "SELECT %(project)s, %(item)s, %(reason)s, %(priority)s, 1",
                columns=_COLUMNS,
                over=f"NOT review_entry.is_blind AND review_entry.reason NOT IN ({sql_list(MEASURING)})",
            ),
            {"project": item.project_id, "item": item.pk} | _VALUES,
        )
        changed = cursor.fetchone()
        if changed:
            cursor.execute(
                """
                WITH released AS (
                    UPDATE review_lease SET state = 'released'
                    WHERE entry_id = %(entry)s AND person_id = %(person)s AND state = 'held'
                    RETURNING entry_id
                )
                UPDATE review_entry SET n_free = n_free + 1 WHERE id IN (SELECT entry_id FROM released)
                """,
                {"entry": changed[1], "person": person.pk},
            )
    return flag


def flags_ask() -> int:
    """Items that were flagged while they were asked blind, and have been answered, wait for a reviewer; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            entry_insert(
                f"""
                SELECT DISTINCT flag.project_id, flag.item_id, %(reason)s, %(priority)s, 1
                FROM review_flag flag JOIN review_entry blind ON blind.item_id = flag.item_id AND blind.is_blind
                WHERE flag.resolved_at IS NULL AND blind.created_at < flag.created_at
                  AND blind.closed_at > flag.created_at
                  AND NOT {IS_WITHHELD.format(item="flag.item_id")}
                  AND NOT EXISTS (
                    SELECT FROM review_entry other WHERE other.item_id = flag.item_id
                      AND (other.state IN ('open', 'disputed') OR other.created_at > flag.created_at))
                """,
                columns=_COLUMNS,
                over="",
            ),
            _VALUES,
        )
        return int(cursor.rowcount)


@transaction.atomic
def flag_resolve(*, flag: Flag) -> Flag:
    """The flag is settled; with the item's last one, its flagged entry leaves the queue. Raises Conflict."""
    now = timezone.now()
    if not Flag.objects.filter(pk=flag.pk, resolved_at__isnull=True).update(resolved_at=now):
        raise Conflict("This flag was resolved before; there is nothing left to do.", code="already_resolved")
    if not Flag.objects.filter(item_id=flag.item_id, resolved_at__isnull=True).exists():
        flagged = Entry.objects.filter(item_id=flag.item_id, state=EntryState.OPEN, reason=Reason.FLAGGED)
        entries_close(entry_ids=list(flagged.values_list("pk", flat=True)), state=EntryState.WITHDRAWN)
    flag.resolved_at = now
    return flag


def flags_resolve(*, item_ids: Sequence[int], now: dt.datetime) -> None:
    """The items' flags are settled, because a person has decided. For a caller's transaction."""
    if item_ids:
        Flag.objects.filter(item_id__in=item_ids, resolved_at__isnull=True).update(resolved_at=now)
