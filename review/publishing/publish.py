"""Publishing: a round's pseudo-labels replace those that stand, and the queue is refilled, all in one act.

One transaction. The long part (a million inserts, the diff, the choice of what people see next) locks
nothing that readers or annotators need. Then the project's label lock is taken exclusive for the last
moments: labels on items that people labeled meanwhile are retired, the Publication is replaced, entries
are exchanged. Whoever kills it half way finds everything as it was.
"""

from __future__ import annotations

import logging

from django.contrib.auth.models import User
from django.db import connection, transaction

from labeling.database.locks import lock_labels_shared, wait_for_answers
from labeling.errors import Conflict
from labeling.labels.services import publication_end, publication_open
from labeling.models import Label, Project, Publication, Publishing
from review.publishing.candidates import ACCEPTED, diff_of_labels, why_held_back
from review.publishing.revoking import certificates_supersede
from review.queue.filling.refill import refill_carry_out, refill_plan
from training.filed.services import check_not_taken_back
from training.models import Round, RoundState
from training.models.querysets import has_predictions
from training.rounds.held_back import held_sentence
from training.rounds.standing import standing_of

logger = logging.getLogger(__name__)

ANY = object()  # whatever stands
NAMESPACE = 4_161  # of advisory locks: one publish at a time in each project
WORK_MEMORY = "256MB"  # for hashing a million labels in memory


@transaction.atomic
def round_publish(
    *, round_id: int, by: User | None = None, instead_of: int | object | None = ANY
) -> Publication:
    """The round's labels stand and the queue follows its predictions; it works for an earlier round too.

    instead_of  the publication that stood when whoever asks looked (None: nothing did), or ANY

    Items that people have labeled are left out. Candidates made before the round are none any more; those
    made since stay. Raises Conflict if the round is still running, stands already, has nothing left to publish,
    if something else stands than `instead_of`, or if another publish is under way in the project.
    """
    round = Round.objects.select_related("run__project", "run__takes_in", "source").get(pk=round_id)
    project = round.run.project
    publish_begin(project)
    round.refresh_from_db(fields=["state"])
    before = (
        Publication.objects.filter(project=project, ended_at__isnull=True).select_related("source").first()
    )
    is_new = _check(round, before)
    source = round.source
    assert source is not None  # the round is ready
    if instead_of is not ANY and instead_of != (before.pk if before else None):
        raise _stands_otherwise(before)
    last_human_label_id = 0
    if is_new:
        wait_for_answers(project.pk)
        newest = Label.objects.filter(project=project, is_human=True).order_by("-pk")
        last_human_label_id = newest.values_list("pk", flat=True).first() or 0
        _insert_labels(round)
    diff = diff_of_labels(round, before)
    plan = refill_plan(project=project, round_id=_predicting_round_id(round))
    _few_rows_from_here()
    publication = publication_open(
        project=project,
        source=source,
        by=by,
        ended_reason=f"superseded by {source.name}",
        diff=diff,
        last_human_label_id=last_human_label_id,
    )
    certificates_supersede(
        project, reason=f"The labels of {source.name} were published in place of the certified ones."
    )
    refill_carry_out(project=project, plan=plan)
    earlier = Round.objects.filter(run__project=project, state=RoundState.READY, pk__lt=round.pk)
    earlier.update(state=RoundState.SKIPPED)
    Round.objects.filter(pk=round.pk).update(state=RoundState.PUBLISHED, state_reason="")
    logger.info("Published %s of project %s: %s", source.name, project.pk, diff)
    return publication


@transaction.atomic
def round_publish_by_rule(*, round_id: int) -> Publication | None:
    """The candidate is published, if its project publishes by itself and the rule lets it; else its row says why not.

    A round of a run that goes on takes no other run's place: the run's last one may. Each is judged once, and what
    was held back is for people to publish. Raises Conflict as round_publish does.
    """
    round = Round.objects.select_related("run__project", "source").get(pk=round_id)
    project = round.run.project
    publish_alone(project)
    project.refresh_from_db(fields=["publishing"])
    round.refresh_from_db(fields=["state", "held_back"])
    if project.publishing != Publishing.BY_ITSELF or round.state != RoundState.READY or round.held_back:
        return None
    standing = standing_of(project)
    if (
        standing is not None
        and round.run.is_open
        and (standing.round is None or standing.round.run_id != round.run_id)
    ):
        return None
    held = why_held_back(round, standing)
    if held is None:
        return round_publish(round_id=round_id)
    Round.objects.filter(pk=round.pk).update(held_back=held)
    logger.info("Round %s of project %s: %s", round.pk, project.pk, held_sentence(held))
    return None


@transaction.atomic
def round_adopt(*, round_id: int) -> bool:
    """The round whose labels stand already, as a file's do from the moment they are in, orders the queue from now on.

    False if they stand no more, or it was done. Raises Conflict if a publish is under way.
    """
    round = Round.objects.select_related("run__project").get(pk=round_id)
    project = round.run.project
    publish_alone(project)
    standing = standing_of(project)
    if standing is None or standing.publication.source_id != round.source_id:
        return False
    if not Round.objects.filter(pk=round.pk, state=RoundState.READY).update(state=RoundState.PUBLISHED):
        return False
    plan = refill_plan(project=project, round_id=_predicting_round_id(round))
    lock_labels_shared(project.pk)
    refill_carry_out(project=project, plan=plan)
    logger.info(
        "The labels of %s, which stand in project %s, are round %s.", round.source, project.pk, round.pk
    )
    return True


@transaction.atomic
def publication_discard(*, project: Project, by: User) -> Publication:
    """No pseudo-label stands any more; people's labels do, and no suggestion waits that was one of them.

    Raises Conflict if none stood.
    """
    publish_begin(project)
    reason = f"discarded by {by.get_username()}"
    plan = refill_plan(project=project, round_id=None)
    _few_rows_from_here()
    certificates_supersede(project, reason=f"The certified labels were {reason}.")
    publication = publication_end(project=project, reason=reason)
    refill_carry_out(project=project, plan=plan)
    return publication


def publish_alone(project: Project) -> None:
    """One publish at a time, until the transaction ends. Raises Conflict if another is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [NAMESPACE, project.pk])
        if not cursor.fetchone()[0]:
            raise Conflict(
                "Another publish is under way in this project; try again when it is over.",
                code="publish_under_way",
            )


def publish_begin(project: Project) -> None:
    """One publish at a time, with memory to hash in. Raises Conflict if another is under way."""
    publish_alone(project)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        cursor.execute("SET LOCAL jit = off")
        # PostgreSQL knows nothing yet of the labels that this transaction writes, takes them for few,
        # and would look up each of a million by itself (measured: minutes instead of 2 seconds).
        cursor.execute("SET LOCAL enable_nestloop = off")


def _few_rows_from_here() -> None:
    """The end of a publish: what is written is checked now, not at the commit, when the lock is held."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL enable_nestloop = on")


def _check(round: Round, before: Publication | None) -> bool:
    """True if the round's labels are still to be written, False if they were published before."""
    if round.state == RoundState.RUNNING or round.source is None:
        raise Conflict(
            f"Round {round.number} has no labels to publish; choose a round that is ready or was published.",
            code="round_not_ready",
        )
    if before is not None and before.source_id == round.source_id:
        raise Conflict(f"The labels of {round.source.name} stand already.", code="already_published")
    check_not_taken_back(round)
    if Label.objects.filter(source=round.source_id, is_human=False).exists():
        return False
    if round.state != RoundState.READY and not has_predictions(round.pk):
        raise Conflict(
            f"The predictions of {round.source.name} were removed; choose a later round, or train again.",
            code="predictions_gone",
        )
    return True


def _stands_otherwise(standing: Publication | None) -> Conflict:
    now = "No machine label stands any more" if standing is None else f"{standing.source.name} stands now"
    return Conflict(
        f"{now}, which is not what stood when you looked. Look at what would be replaced, and publish again.",
        code="stands_otherwise",
    )


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
            {ACCEPTED}
            ORDER BY item.id
            """,
            {"round": round.pk, "source": round.source_id, "project": round.run.project_id},
        )
