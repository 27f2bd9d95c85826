"""Freezing: fix an attempt's items, ranking, stages and draw."""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections import deque

from django.db import connection, transaction
from django.utils import timezone

from labeling.database.locks import lock_labels_shared
from labeling.models import Item, Project, Split
from labeling.web.permissions import MAY_ANSWER
from review.certificates.attempt_ranking import candidates_rank
from review.certificates.attempts import n_frozen
from review.certificates.pipeline.asking import stage_ask
from review.certificates.pipeline.steps import attempt_lock, goal_of
from review.certification.draw import items_hash, ranking_hash, salt_hash
from review.certification.facts import delta_of_attempt
from review.certification.stages import stage_sizes
from review.models import Attempt, AttemptState, Decoy, Entry, EntryState
from review.queue.entries import entries_close, n_mixed
from training.rounds.artifacts import artifact_hash
from training.rounds.standing import standing_round

logger = logging.getLogger(__name__)

NEVER = 2**31  # the position of what is not audited at all


@transaction.atomic
def attempt_freeze(attempt_id: int) -> None:
    """Fix the items, the ranking and the draw of a queued attempt, and queue its first audits.

    An attempt that cannot begin is refused with a reason and spends none of delta.
    """
    attempt = attempt_lock(attempt_id, AttemptState.QUEUED)
    if attempt is None:
        return
    project = attempt.project
    round = standing_round(project)
    if round is None:
        _refuse(
            attempt,
            "No round's labels stand any more. Train and publish a round, or import predictions, then ask again.",
        )
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        cursor.execute("SET LOCAL work_mem = '256MB'")
    number = n_frozen(project) + 1
    salt = hashlib.sha256(f"{project.salt}:attempt:{number}".encode()).hexdigest()
    attempt.number = number
    attempt.state_reason = ""  # what it may have waited for is there
    attempt.salt, attempt.salt_hash = salt, salt_hash(salt)
    attempt.round = round
    attempt.classes = list(project.classes.values("id", "name"))
    attempt.question = project.question
    attempt.ranked_by = candidates_rank(attempt, round)
    attempt.n_candidates = attempt.frozen.count()
    if attempt.n_candidates == 0:
        _refuse(attempt, "People have labeled every item that has a prediction: there is nothing to certify.")
        return
    attempt.n_human = _freeze_people(attempt)
    attempt.n_items = attempt.n_human + attempt.n_candidates
    attempt.delta = delta_of_attempt(
        number=number,
        confidence=attempt.confidence,
        with_second=min(attempt.n_second_wanted, attempt.n_human) > 0,
    )
    attempt.stages = _stages(attempt)
    attempt.items_hash, attempt.human_hash, attempt.ranking_hash = _hashes(attempt)
    attempt.model_hash = artifact_hash(round.artifact)
    attempt.frozen_at = lock_labels_shared(project.pk)  # the database's clock, as for answers
    attempt.save()  # queued still: audits are drawn once, while it is
    _draw(attempt)
    _draw_decoys(attempt)
    stage_ask(attempt)
    Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.AUDITING)
    logger.info("Attempt %s of project %s: audits in stages, %s.", number, project.pk, attempt.stages)


def _freeze_people(attempt: Attempt) -> int:
    """Freeze the items of pool and holdout that people have labeled and that are no candidates; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO review_frozen (attempt_id, rank, item_id, label_class_id, confidence)
            SELECT %(attempt)s, -row_number() OVER (ORDER BY item.key), item.id, human.label_class_id, NULL
            FROM labeling_label human JOIN labeling_item item ON item.id = human.item_id
            WHERE human.project_id = %(project)s AND human.is_human AND human.retired_at IS NULL
              AND item.split IN ('pool', 'holdout')
              AND NOT EXISTS (
                SELECT 1 FROM review_frozen candidate
                WHERE candidate.attempt_id = %(attempt)s AND candidate.item_id = item.id)
            """,
            {"attempt": attempt.pk, "project": attempt.project_id},
        )
        return int(cursor.rowcount)


def _stages(attempt: Attempt) -> list[int]:
    """The number of audits by the end of each stage: what was asked for, or as many as it takes."""
    if attempt.n_audits_wanted is not None:
        return [min(attempt.n_candidates, attempt.n_audits_wanted)]
    assert attempt.delta is not None  # it is being frozen
    candidates = attempt.frozen.filter(rank__gte=1)
    n_classes = candidates.values("label_class_id").distinct().count() if attempt.per_class else None
    return stage_sizes(**goal_of(attempt), delta=attempt.delta, n_classes=n_classes)


def _hashes(attempt: Attempt) -> tuple[str, str, str]:
    """(items, those labeled by people, ranking): as review/certification/draw.py makes them from keys."""
    names = {each["id"]: each["name"] for each in attempt.classes}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT frozen.rank, item.key, frozen.label_class_id
            FROM review_frozen frozen JOIN labeling_item item ON item.id = frozen.item_id
            WHERE frozen.attempt_id = %s ORDER BY frozen.rank
            """,
            [attempt.pk],
        )
        rows = cursor.fetchall()
    human = [key for rank, key, _ in rows if rank < 0]
    ranking = [(key, names[class_id]) for rank, key, class_id in rows if rank > 0]
    return items_hash([*human, *(key for key, _ in ranking)]), items_hash(human), ranking_hash(ranking)


def _draw(attempt: Attempt) -> None:
    """Draw the audits of all stages: the candidates with the smallest salted hashes. Anyone can repeat the draw.

    Audits of later stages leave the pool now, like the rest, though nobody is asked about them yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO review_audit (attempt_id, item_id, rank, label_class_id, position, answered_by)
            SELECT %(attempt)s, item_id, rank, label_class_id, row_number() OVER (ORDER BY hash, key), '' FROM (
                SELECT item.id AS item_id, frozen.rank, frozen.label_class_id, item.key,
                       encode(sha256(convert_to(%(salt)s || ':' || item.key, 'UTF8')), 'hex') AS hash
                FROM review_frozen frozen JOIN labeling_item item ON item.id = frozen.item_id
                WHERE frozen.attempt_id = %(attempt)s AND frozen.rank > 0
                ORDER BY hash, item.key LIMIT %(n)s
            ) drawn
            """,
            {"attempt": attempt.pk, "salt": attempt.salt, "n": attempt.stages[-1]},
        )
    drawn = attempt.audits.order_by("item_id").values_list("item_id", flat=True)
    waiting = Entry.objects.filter(item_id__in=drawn, state__in=[EntryState.OPEN, EntryState.DISPUTED])
    entries_close(
        entry_ids=list(waiting.order_by("pk").values_list("pk", flat=True)), state=EntryState.WITHDRAWN
    )
    held = Item.objects.filter(pk__in=drawn).order_by("pk")
    held.select_for_update(no_key=True).values_list("pk").count()
    Item.objects.filter(pk__in=drawn, split=Split.POOL).update(split=Split.AUDIT)


def _draw_decoys(attempt: Attempt) -> None:
    """Choose each stage's decoys, before the first answer: about a tenth of what the stage asks.

    So not all the items that wait for a later stage are audits, either. They are drawn as uniformly as the audits:
    nothing about an item tells which of the two it is.
    """
    numbers = [0, *(min(size, attempt.n_candidates) for size in attempt.stages)]
    n_second = min(attempt.n_second_wanted, attempt.n_human)
    wanted = [
        n_mixed(upto - before + (n_second if stage == 1 else 0))
        for stage, (before, upto) in enumerate(itertools.pairwise(numbers), start=1)
    ]
    candidates = deque(_last_drawn(attempt, sum(wanted)))
    of_people = deque(_asked_again(attempt, sum(wanted)))
    decoys = []
    for stage, (upto, n) in enumerate(zip(numbers[1:], wanted, strict=True), start=1):
        for _ in range(n):
            # No audit of this stage, nor of one before. Those that come first are no audits of any.
            if candidates and candidates[0][1] > upto:
                item_id, _ = candidates.popleft()
            elif of_people:
                item_id = of_people.popleft()
            else:
                break
            decoys.append(Decoy(attempt=attempt, item_id=item_id, stage=stage))
    Decoy.objects.bulk_create(decoys)


def _last_drawn(attempt: Attempt, n: int) -> list[tuple[int, int]]:
    """(item, position in the draw) of the `n` candidates that come last in it: those that are no audits, then the
    audits of the last stages. Which items these are is chance alone, as it is for the audits."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT frozen.item_id, coalesce(audit.position, {NEVER})
            FROM review_frozen frozen JOIN labeling_item item ON item.id = frozen.item_id
            LEFT JOIN review_audit audit ON audit.attempt_id = frozen.attempt_id AND audit.item_id = frozen.item_id
            WHERE frozen.attempt_id = %(attempt)s AND frozen.rank > 0
            ORDER BY audit.position DESC NULLS FIRST,
                     encode(sha256(convert_to(%(salt)s || ':decoy:' || item.key, 'UTF8')), 'hex'), item.key
            LIMIT %(n)s
            """,
            {"attempt": attempt.pk, "salt": attempt.salt, "n": n},
        )
        return [(item_id, position) for item_id, position in cursor.fetchall()]


def _asked_again(attempt: Attempt, n: int) -> list[int]:
    """Up to `n` items that people have labeled and that somebody else may label again, drawn uniformly, besides those
    drawn for second answers. For pools of which a stage audits nearly all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item.id
            FROM review_frozen frozen JOIN labeling_item item ON item.id = frozen.item_id
            WHERE frozen.attempt_id = %(attempt)s AND frozen.rank < 0 AND EXISTS (
                SELECT FROM labeling_membership membership
                JOIN auth_user person ON person.id = membership.user_id AND person.is_active
                WHERE membership.project_id = %(project)s AND membership.role = ANY(%(roles)s::text[])
                  AND NOT EXISTS (
                    SELECT FROM labeling_label label JOIN labeling_source source ON source.id = label.source_id
                    WHERE label.item_id = item.id AND label.is_human AND label.retired_at IS NULL
                      AND source.user_id = person.id)
                  AND NOT EXISTS (
                    SELECT FROM review_answer answer
                    WHERE answer.item_id = item.id AND answer.person_id = person.id AND answer.kind = 'label'
                      AND answer.withdrawn_at IS NULL))
            ORDER BY encode(sha256(convert_to(%(salt)s || ':second:' || item.key, 'UTF8')), 'hex'), item.key
            OFFSET %(n_second)s LIMIT %(n)s
            """,
            {
                "attempt": attempt.pk,
                "project": attempt.project_id,
                "roles": list(MAY_ANSWER),
                "salt": attempt.salt,
                "n_second": attempt.n_second_wanted,
                "n": n,
            },
        )
        return [item_id for (item_id,) in cursor.fetchall()]


def _refuse(attempt: Attempt, reason: str) -> None:
    """End it before anything is drawn: it gets no number and spends none of delta."""
    attempt.frozen.all().delete()
    Attempt.objects.filter(pk=attempt.pk).update(
        state=AttemptState.REFUSED, state_reason=reason, ended_at=timezone.now()
    )
    Project.objects.filter(pk=attempt.project_id).update(locked_because="")
