"""Items that somebody picked, on the map or in a list, on their way to the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from labeling.blindness import Sight, withheld_among
from labeling.database.locks import lock_labels_shared
from labeling.labels.selectors import NO_HUMAN_LABEL
from labeling.models import Item, Project
from review.queue.entries import answers_wanted_now, entry_insert
from review.queue.filling.refill import is_blind_to_all
from review.reasons import OF_DOUBT, Reason, queue_reasons, sql_list

MAX_PICKED = 10_000


@dataclass(frozen=True)
class Picked:
    """What became of the picked items."""

    n_queued: int  # wait now ahead of what a refill chose
    n_waiting: int  # waited before, for a reason that is left as it is
    n_left_out: int  # labeled by a person, or kept for measuring


@transaction.atomic
def items_pick(*, project: Project, item_ids: Sequence[int], reason: str = Reason.PICKED) -> Picked:
    """Those of the project's items that nobody has labeled wait in the queue, without the model's guess.

    An entry that the model's doubt made moves ahead; one that is asked blind, is flagged or disputed stays as it is.
    """
    rule = queue_reasons()[reason]
    wanted = sorted(set(item_ids))
    lock_labels_shared(project.pk)
    values: dict[str, Any] = {
        "project": project.pk,
        "items": wanted,
        "reason": str(reason),
        "priority": rule.priority,
        "n": answers_wanted_now(project),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT item.id FROM labeling_item item
            WHERE item.id = ANY(%(items)s) AND item.project_id = %(project)s AND item.split = 'pool'
              AND {NO_HUMAN_LABEL.format(item="item.id")} ORDER BY item.id
            """,
            values,
        )
        # Audits are out of the pool and others are not: what is asked blind counts as waiting, whatever it is.
        asked = withheld_among(wanted, Sight.SETTLED)
        eligible = [item_id for (item_id,) in cursor.fetchall() if item_id not in asked]
        cursor.execute(
            entry_insert(
                """
                SELECT %(project)s, item_id, %(reason)s, %(priority)s, %(n)s, %(blind)s
                FROM unnest(%(eligible)s::bigint[]) AS given (item_id)
                """,
                columns=("project_id", "item_id", "reason", "priority", "n_wanted", "is_blind"),
                over=f"review_entry.reason IN ({sql_list(OF_DOUBT)})",
            ),
            values | {"eligible": eligible, "blind": rule.always_blind or is_blind_to_all(project)},
        )
        n_queued = cursor.rowcount
        n_asked = Item.objects.filter(project=project, pk__in=asked).count()
    return Picked(n_queued, len(eligible) - n_queued + n_asked, len(wanted) - len(eligible) - n_asked)
