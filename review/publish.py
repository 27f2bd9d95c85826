"""Publishing: a round's pseudo-labels replace those that stand, and the queue is refilled, all in one act.

One transaction. The long part (a million inserts, the diff, the choice of what people see next) locks
nothing that readers or annotators need. Then the project's label lock is taken exclusive for the last
moments: labels on items that people labeled meanwhile are retired, the Publication is replaced, entries
are exchanged. Whoever kills it half way finds everything as it was.
"""

from __future__ import annotations

import logging

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from labeling.errors import Conflict
from labeling.locks import wait_for_answers
from labeling.models import Label, Project, Publication
from labeling.selectors import NO_HUMAN_LABEL
from labeling.services import publication_end, publication_open
from review.attempts import certificates_supersede
from review.refill import refill_carry_out, refill_plan
from training.models import Round, RoundState
from training.querysets import has_predictions

logger = logging.getLogger(__name__)

NAMESPACE = 4_161  # of advisory locks: one publish at a time in each project
WORK_MEMORY = "256MB"  # for hashing a million labels in memory


@transaction.atomic
def round_publish(*, round_id: int, by: AbstractBaseUser | None = None) -> Publication:
    """The round's labels stand and the queue follows its predictions; it works for an earlier round too.

    Items that people have labeled are left out. Raises Conflict if the round is still running, stands
    already, has nothing left to publish, or if another publish is under way in the project.
    """
    round = Round.objects.select_related("run__project", "source").get(pk=round_id)
    project = round.run.project
    publish_begin(project)
    round.refresh_from_db(fields=["state"])
    before = (
        Publication.objects.filter(project=project, ended_at__isnull=True).select_related("source").first()
    )
    is_new = _check(round, before)
    last_human_label_id = 0
    if is_new:
        wait_for_answers(project.pk)
        newest = Label.objects.filter(project=project, is_human=True).order_by("-pk")
        last_human_label_id = newest.values_list("pk", flat=True).first() or 0
        _insert_labels(round)
    diff = _diff(project.pk, source_id=round.source_id, before_id=before.source_id if before else None)
    plan = refill_plan(project=project, round_id=_predicting_round_id(round))
    with connection.cursor() as cursor:
        # Foreign keys are checked now, not at the commit, when the lock is held.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL enable_nestloop = on")  # few rows from here on
    publication = publication_open(
        project=project,
        source=round.source,
        by=by,
        ended_reason=f"superseded by {round.source.name}",
        diff=diff,
        last_human_label_id=last_human_label_id,
    )
    certificates_supersede(
        project, reason=f"The labels of {round.source.name} were published in place of the certified ones."
    )
    refill_carry_out(project=project, plan=plan)
    Round.objects.filter(run__project=project, state=RoundState.READY).exclude(pk=round.pk).update(
        state=RoundState.SKIPPED
    )
    Round.objects.filter(pk=round.pk).update(state=RoundState.PUBLISHED)
    logger.info("Published %s of project %s: %s", round.source.name, project.pk, diff)
    return publication


@transaction.atomic
def publication_discard(*, project: Project, by: AbstractBaseUser) -> Publication:
    """No pseudo-label stands any more; people's labels do. Raises Conflict if none stood."""
    publish_begin(project)
    reason = f"discarded by {by.get_username()}"
    certificates_supersede(project, reason=f"The certified labels were {reason}.")
    return publication_end(project=project, reason=reason)


def publish_begin(project: Project) -> None:
    """One publish at a time, with memory to hash in. Raises Conflict if another is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [NAMESPACE, project.pk])
        if not cursor.fetchone()[0]:
            raise Conflict(
                "Another publish is under way in this project; try again when it is over.",
                code="publish_under_way",
            )
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        cursor.execute("SET LOCAL jit = off")
        # PostgreSQL knows nothing yet of the labels that this transaction writes, takes them for few,
        # and would look up each of a million by itself (measured: minutes instead of 2 seconds).
        cursor.execute("SET LOCAL enable_nestloop = off")


def _check(round: Round, before: Publication | None) -> bool:
    """True if the round's labels are still to be written, False if they were published before."""
    if round.state == RoundState.RUNNING or round.source is None:
        raise Conflict(
            f"Round {round.number} has no labels to publish; choose a round that is ready or was published.",
            code="round_not_ready",
        )
    if before is not None and before.source_id == round.source_id:
        raise Conflict(f"The labels of {round.source.name} stand already.", code="already_published")
    if Label.objects.filter(source=round.source_id, is_human=False).exists():
        return False
    if round.state != RoundState.READY and not has_predictions(round.pk):
        raise Conflict(
            f"The predictions of {round.source.name} were removed; choose a later round, or train again.",
            code="predictions_gone",
        )
    return True


def _predicting_round_id(round: Round) -> int | None:
    """The round whose predictions can order the queue: this one, while it has any."""
    return round.pk if has_predictions(round.pk) else None


def _insert_labels(round: Round) -> None:
    """Write the accepted predictions of pool items that no person has labeled as the round's labels."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO labeling_label (project_id, item_id, label_class_id, source_id, is_human,
                                        confidence, threshold, created_at, retired_reason)
            SELECT item.project_id, item.id, prediction.label_class_id, %(source)s, false,
                   prediction.confidence, prediction.threshold, now(), ''
            FROM training_prediction prediction
            JOIN labeling_item item ON item.id = prediction.item_id
            WHERE prediction.round_id = %(round)s AND prediction.is_accepted
              AND item.project_id = %(project)s AND item.split = 'pool'
              AND {NO_HUMAN_LABEL.format(item="item.id")}
            ORDER BY item.id
            """,
            {"round": round.pk, "source": round.source_id, "project": round.run.project_id},
        )


def _diff(project_id: int, *, source_id: int, before_id: int | None) -> dict[str, int]:
    """How the source's labels differ from those that stand, counted when the publish began."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH later AS (
                SELECT item_id, label_class_id FROM labeling_label label
                WHERE source_id = %(source)s AND NOT is_human AND retired_at IS NULL
                  AND NOT EXISTS (
                    SELECT 1 FROM labeling_label human
                    WHERE human.project_id = %(project)s AND human.item_id = label.item_id
                      AND human.is_human AND human.retired_at IS NULL)
            ), earlier AS (
                SELECT item_id, label_class_id FROM labeling_label
                WHERE source_id = %(before)s AND NOT is_human AND retired_at IS NULL
            )
            SELECT count(*) FILTER (WHERE earlier.label_class_id = later.label_class_id),
                   count(*) FILTER (WHERE earlier.label_class_id <> later.label_class_id),
                   count(*) FILTER (WHERE later.item_id IS NULL),
                   count(*) FILTER (WHERE earlier.item_id IS NULL)
            FROM earlier FULL JOIN later ON later.item_id = earlier.item_id
            """,
            {"project": project_id, "source": source_id, "before": before_id},
        )
        return dict(zip(("kept", "changed", "dropped", "new"), cursor.fetchone(), strict=True))
