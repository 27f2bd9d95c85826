"""Items that somebody picked, on the map or in a list, on their way to the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from labeling.blindness import Sight, withheld_among
from labeling.database.locks import lock_labels_shared
from labeling.labels.selectors import NO_HUMAN_LABEL
from labeling.models import Item, Project
from review.models import OF_DOUBT, sql_list
from review.queue.entries import answers_wanted_now
from review.queue.filling.refill import is_blind_to_all
from review.queue.ordering import PICKED_PRIORITY

MAX_PICKED = 10_000


@dataclass(frozen=True)
class Picked:
    """What became of the picked items."""

    n_queued: int  # wait now ahead of what a refill chose
    n_waiting: int  # waited before, for a reason that is left as it is
    n_left_out: int  # labeled by a person, or kept for measuring


@transaction.atomic
def items_pick(*, project: Project, item_ids: Sequence[int]) -> Picked:
    """Those of the project's items that nobody has labeled wait in the queue, without the model's guess.

    An entry that the model's doubt made moves ahead; one that is asked blind, is flagged or disputed stays as it is.
    """
    wanted = sorted(set(item_ids))
    lock_labels_shared(project.pk)
    values = {
        "project": project.pk,
        "items": wanted,
        "priority": PICKED_PRIORITY,
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
            f"""
            INSERT INTO review_entry (project_id, item_id, reason, priority, state, n_wanted, n_free, is_blind,
                                      created_at)
            SELECT %(project)s, item_id, 'picked', %(priority)s, 'open', %(n)s, %(n)s, %(blind)s, now()
            FROM unnest(%(eligible)s::bigint[]) AS given (item_id)
            ON CONFLICT (item_id) WHERE state IN ('open', 'disputed')
            DO UPDATE SET reason = 'picked', priority = %(priority)s
                WHERE review_entry.state = 'open' AND review_entry.reason IN ({sql_list(OF_DOUBT)})
            """,
            values | {"eligible": eligible, "blind": is_blind_to_all(project)},
        )
        n_queued = cursor.rowcount
        n_asked = Item.objects.filter(project=project, pk__in=asked).count()
    return Picked(n_queued, len(eligible) - n_queued + n_asked, len(wanted) - len(eligible) - n_asked)
