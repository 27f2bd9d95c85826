"""Flags: somebody asks for a second look, and a reviewer gets the item on top of the queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from labeling.blindness import IS_WITHHELD
from labeling.errors import Conflict
from labeling.models import Item
from review.models import MEASURING, Entry, EntryState, Flag, Reason, sql_list
from review.queue.entries import entries_close
from review.queue.ordering import FLAGGED_PRIORITY


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
            f"""
            INSERT INTO review_entry (project_id, item_id, reason, priority, state, n_wanted, n_free, is_blind,
                                      created_at)
            VALUES (%(project)s, %(item)s, 'flagged', %(priority)s, 'open', 1, 1, false, now())
            ON CONFLICT (item_id) WHERE state IN ('open', 'disputed')
            DO UPDATE SET reason = 'flagged', priority = %(priority)s
                WHERE review_entry.state = 'open' AND NOT review_entry.is_blind
                  AND review_entry.reason NOT IN ({sql_list(MEASURING)})
            RETURNING id
            """,
            {"project": item.project_id, "item": item.pk, "priority": FLAGGED_PRIORITY},
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
                {"entry": changed[0], "person": person.pk},
            )
    return flag


def flags_ask() -> int:
    """Items that were flagged while they were asked blind, and have been answered, wait for a reviewer; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO review_entry (project_id, item_id, reason, priority, state, n_wanted, n_free, is_blind,
                                      created_at)
            SELECT DISTINCT flag.project_id, flag.item_id, 'flagged', %(priority)s, 'open', 1, 1, false, now()
            FROM review_flag flag JOIN review_entry asked ON asked.item_id = flag.item_id AND asked.is_blind
            WHERE flag.resolved_at IS NULL AND asked.created_at < flag.created_at
              AND asked.closed_at > flag.created_at
              AND NOT {IS_WITHHELD.format(item="flag.item_id")}
              AND NOT EXISTS (
                SELECT FROM review_entry other WHERE other.item_id = flag.item_id
                  AND (other.state IN ('open', 'disputed') OR other.created_at > flag.created_at))
            ON CONFLICT (item_id) WHERE state IN ('open', 'disputed') DO NOTHING
            """,
            {"priority": FLAGGED_PRIORITY},
        )
        return cursor.rowcount


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
