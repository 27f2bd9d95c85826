"""Keeping the queue filled: by the round that stands, by what differs most, or at random."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import connection, transaction
from django.utils import timezone

from labeling.database.locks import lock_labels_shared
from labeling.errors import AssayError
from labeling.models import Project
from review.models import Refill
from review.queue.filling.refill import diverse_plan, refill_carry_out, refill_plan, room_left
from review.reasons import MEASURING, Reason, sql_list
from training.rounds.standing import standing_round

RECENT = dt.timedelta(minutes=1)

logger = logging.getLogger(__name__)


def queue_refill(*, project: Project, withdraws: bool = True) -> Refill:
    """The queue is filled up to the budget by the round whose labels stand, or at random without one.

    With `withdraws` the machine-made entries that nobody holds are chosen anew; without, they stay and
    only what is missing is added.
    """
    with transaction.atomic():
        round = standing_round(project)
        plan = refill_plan(
            project=project, round_id=round.pk if round is not None else None, withdraws=withdraws
        )
        lock_labels_shared(project.pk)
        return refill_carry_out(project=project, plan=plan)


def queue_diversify(project_id: int) -> None:
    """The room that the queue of a project without a model has left is filled with items unlike one another.

    Where items cannot be made into vectors, it is filled at random instead, with a log line.
    """
    # Here, because web processes refill queues, too, and must not load scikit-learn.
    from review.queue.filling.diverse import diverse_items

    project = Project.objects.filter(pk=project_id, deleted_at__isnull=True).first()
    if project is None or standing_round(project) is not None or (n_room := room_left(project)) == 0:
        logger.info("Project %s has no room for diverse entries, or needs none any more.", project_id)
        return
    try:
        plan = diverse_plan(item_ids=diverse_items(project=project, n_wanted=n_room), n_asked=n_room)
    except AssayError as error:
        logger.warning("Project %s starts at random: %s", project_id, error)
        plan = refill_plan(project=project, round_id=None, withdraws=False, is_diverse=False)
    with transaction.atomic():
        lock_labels_shared(project.pk)
        refill_carry_out(project=project, plan=plan)


def projects_starting_cold() -> list[Project]:
    """Projects with items, no round that stands, and less than half of their budget in the queue.

    Those whose last refill found fewer items than it asked for wait until there are new ones, and those
    that were refilled a moment ago wait for their diverse part.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT project.id FROM labeling_project project
            CROSS JOIN LATERAL (
                SELECT max(id) AS last_item_id FROM labeling_item WHERE project_id = project.id
            ) item
            LEFT JOIN LATERAL (
                SELECT n_added < n_asked OR created_at > now() - make_interval(secs => %(recent)s) AS is_enough, last_item_id
                FROM review_refill
                WHERE project_id = project.id ORDER BY id DESC LIMIT 1
            ) refill ON true
            WHERE project.deleted_at IS NULL AND item.last_item_id IS NOT NULL
              AND NOT (coalesce(refill.is_enough, false) AND refill.last_item_id = item.last_item_id)
              AND NOT EXISTS (
                SELECT 1 FROM labeling_import import
                WHERE import.project_id = project.id AND import.state IN ('queued', 'running'))
              AND NOT EXISTS (
                SELECT 1 FROM labeling_publication publication
                JOIN labeling_source source ON source.id = publication.source_id
                JOIN training_round round ON round.source_id IN (source.id, source.taken_from_id)
                WHERE publication.project_id = project.id AND publication.ended_at IS NULL)
              AND project.review_budget > 2 * (
                SELECT count(*) FROM (
                    SELECT 1 FROM review_entry
                    WHERE project_id = project.id AND state = 'open' LIMIT project.review_budget
                ) entry)
            """,
            {"recent": RECENT.total_seconds()},
        )
        ids = [project_id for (project_id,) in cursor.fetchall()]
    return list(Project.objects.filter(pk__in=ids))


def withdraw_labeled_elsewhere() -> int:
    """Entries whose item a file has labeled since are withdrawn, unless somebody holds them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE review_entry entry SET state = 'withdrawn', n_free = 0, closed_at = now()
            FROM labeling_import import, labeling_label human
            WHERE import.state = 'done' AND import.n_labels_added > 0 AND import.finished_at > %s
              AND entry.project_id = import.project_id AND entry.state = 'open'
              AND entry.n_free = entry.n_wanted AND entry.reason NOT IN ({sql_list([Reason.FLAGGED, *MEASURING])})
              AND NOT (entry.is_blind AND EXISTS (
                SELECT FROM labeling_audited audited WHERE audited.project_id = entry.project_id))
              AND human.item_id = entry.item_id AND human.is_human AND human.retired_at IS NULL
              AND human.created_at > entry.created_at
            """,
            [timezone.now() - RECENT],
        )
        return int(cursor.rowcount)
