"""What a worker does with an attempt to certify: freeze it, settle it when its audits are answered, issue.

    queued ──freeze──> auditing ──settle──> reviewing ──> certified      (settling may ask for the next stage)
       └──> refused        └───────────────────┴──> abandoned

Each step is one transaction on rows that the attempt's lock guards, so hearing a bell twice, or dying half
way, does no harm: the next sweep finds what is left to do. Nothing of the walk is worked out before every
audit is answered or skipped.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import logging
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from labeling.database.locks import lock_labels_exclusive, lock_labels_shared
from labeling.labels.selectors import NO_HUMAN_LABEL
from labeling.labels.services import publication_open
from labeling.models import Item, Label, Project, Source, SourceKind, Split
from review.certificates.attempt_ranking import candidates_rank
from review.certificates.attempts import (
    attempt_release,
    candidates_by_side,
    n_frozen,
    n_remaining,
)
from review.certificates.blind_words import BLIND_WORD
from review.certification.draw import items_hash, ranking_hash, salt_hash
from review.certification.facts import delta_of_attempt
from review.certification.stages import Part, is_next_worth_it, stage_levels, stage_sizes
from review.certification.walk import Cut, split_by_class, walk, walk_by_class
from review.models import (
    OF_REFILL,
    Attempt,
    AttemptState,
    Audit,
    Certificate,
    Decoy,
    Entry,
    EntryState,
    Promise,
    Reason,
    SecondAnswer,
    sql_list,
)
from review.publishing.publish import publish_begin
from review.queue.entries import answers_wanted_now, entries_ask, entries_close, n_mixed
from review.queue.filling.refill import refill_carry_out, refill_plan
from review.queue.flagging import flag_add
from review.queue.ordering import MEASURING_PRIORITY
from training.rounds.artifacts import artifact_hash
from training.rounds.standing import standing_round

logger = logging.getLogger(__name__)

# Freezing


@transaction.atomic
def attempt_freeze(attempt_id: int) -> None:
    """The ranking, the items and the draw of a queued attempt stand; its audits wait in the queue.

    An attempt that cannot begin is refused with a sentence, and spends nothing of delta.
    """
    attempt = _lock(attempt_id, AttemptState.QUEUED)
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
    _ask_stage(attempt)
    Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.AUDITING)
    logger.info("Attempt %s of project %s: audits in stages, %s.", number, project.pk, attempt.stages)


def _freeze_people(attempt: Attempt) -> int:
    """Every item of the pool and the holdout that a person has labeled, and is no candidate; returns how many."""
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
    """How many audits there are by the end of each stage: as asked for, or as many as it takes."""
    if attempt.n_audits_wanted is not None:
        return [min(attempt.n_candidates, attempt.n_audits_wanted)]
    candidates = attempt.frozen.filter(rank__gte=1)
    n_classes = candidates.values("label_class_id").distinct().count() if attempt.per_class else None
    return stage_sizes(**_goal(attempt), delta=attempt.delta, n_classes=n_classes)


def _levels(attempt: Attempt) -> tuple[float, ...]:
    return stage_levels(attempt.stages, **_goal(attempt), delta=attempt.delta, per_class=attempt.per_class)


def _goal(attempt: Attempt) -> dict[str, Any]:
    """What is to be proven of how many, as review/certification/ takes it."""
    return {
        "n_items": attempt.n_items,
        "n_candidates": attempt.n_candidates,
        "eps": attempt.eps,
        "promise": attempt.promise,
    }


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
    """The audits of all stages: the candidates with the smallest salted hashes, a uniform draw that anyone can repeat.

    Those of later stages are held back as the others are, and nobody is asked about them yet.
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
    """One in ten of what each stage asks is something else, and known before the first answer, as its audits are.

    So that items that are held back for a later stage are not all audits, either.
    """
    numbers = [0, *(min(size, attempt.n_candidates) for size in attempt.stages)]
    n_second = min(attempt.n_second_wanted, attempt.n_human)
    wanted = [
        n_mixed(upto - before + (n_second if stage == 1 else 0))
        for stage, (before, upto) in enumerate(itertools.pairwise(numbers), start=1)
    ]
    items = iter(_most_doubtful(attempt, sum(wanted)))
    Decoy.objects.bulk_create(
        Decoy(attempt=attempt, item_id=item_id, stage=stage)
        for stage, n in enumerate(wanted, start=1)
        for item_id in itertools.islice(items, n)
    )


def _decoys(attempt: Attempt, n: int) -> list[Decoy]:
    """`n` of this stage that nobody has labeled since; other doubtful ones take the place of those."""
    labeled = Label.objects.filter(item_id=OuterRef("item_id"), is_human=True, retired_at__isnull=True)
    decoys = list(attempt.decoys.filter(~Exists(labeled), stage=attempt.stage, entry=None)[:n])
    if len(decoys) < n:
        more = _most_doubtful(attempt, n - len(decoys))
        decoys += Decoy.objects.bulk_create(
            Decoy(attempt=attempt, item_id=item_id, stage=attempt.stage) for item_id in more
        )
    return decoys


def _ask_stage(attempt: Attempt) -> None:
    """The stage's audits wait in the queue, with other entries, all blind; in the first with the second answers, too."""
    project = attempt.project
    stage = attempt.audits.filter(position__lte=attempt.n_audits, answered_at=None, entry=None)
    audits = list(stage.order_by("position"))
    seconds = _draw_seconds(attempt) if attempt.stage == 1 else []
    decoys = _decoys(attempt, n_mixed(len(audits) + len(seconds)))
    asked = [
        *((audit.item_id, Reason.AUDIT) for audit in audits),
        *((item_id, Reason.SECOND) for item_id, _ in seconds),
        *((decoy.item_id, Reason.UNCERTAIN) for decoy in decoys),
    ]
    entries = entries_ask(project, asked, salt=f"{attempt.salt}:{attempt.stage}")
    with connection.cursor() as cursor:
        # What waits already is asked blind too for as long: an annotator cannot tell an audit by its looks.
        cursor.execute(
            """UPDATE review_entry SET is_blind = true
            WHERE project_id = %s AND state = 'open' AND n_free = n_wanted AND reason <> 'flagged'""",
            [project.pk],
        )
    for decoy in decoys:
        decoy.entry_id = entries[decoy.item_id]
    Decoy.objects.bulk_update(decoys, ["entry"], batch_size=2_000)
    for audit in audits:
        audit.entry_id = entries[audit.item_id]
    Audit.objects.bulk_update(audits, ["entry"], batch_size=2_000)
    SecondAnswer.objects.bulk_create(
        SecondAnswer(attempt=attempt, item_id=item_id, label_class_id=class_id, entry_id=entries[item_id])
        for item_id, class_id in seconds
    )


def _draw_seconds(attempt: Attempt) -> list[tuple[int, int]]:
    """(item, class) of people's labels that are asked again: a uniform draw over those that one person gave."""
    if attempt.n_second_wanted == 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item.id, frozen.label_class_id
            FROM review_frozen frozen JOIN labeling_item item ON item.id = frozen.item_id
            WHERE frozen.attempt_id = %(attempt)s AND frozen.rank < 0
            ORDER BY encode(sha256(convert_to(%(salt)s || ':second:' || item.key, 'UTF8')), 'hex'), item.key
            LIMIT %(n)s
            """,
            {"attempt": attempt.pk, "salt": attempt.salt, "n": attempt.n_second_wanted},
        )
        return cursor.fetchall()


def _most_doubtful(attempt: Attempt, n: int) -> list[int]:
    """Candidates that are no audits and no decoys, and that nobody has labeled since or decides now."""
    of_item = {"item_id": OuterRef("item_id")}
    rows = attempt.frozen.filter(rank__gte=1).exclude(
        Exists(attempt.audits.filter(**of_item))
        | Exists(attempt.decoys.filter(**of_item))
        | Exists(Entry.objects.filter(**of_item, state=EntryState.DISPUTED))
        | Exists(Label.objects.filter(**of_item, is_human=True, retired_at__isnull=True))
    )
    return list(rows.order_by("-rank").values_list("item_id", flat=True)[:n])


# Settling


def attempt_settle(attempt_id: int) -> None:
    """If every audit has been answered or skipped, the cut is known; if nothing is left to label, it is issued."""
    with transaction.atomic():
        attempt = _lock(attempt_id, AttemptState.AUDITING, AttemptState.REVIEWING)
        if attempt is None:
            return
        if attempt.state == AttemptState.AUDITING and not _walk_if_answered(attempt):
            return
        if attempt.is_open:
            _issue_if_complete(attempt)


def _walk_if_answered(attempt: Attempt) -> bool:
    """The cut is written; or False while answers are awaited, those of the next stage among them."""
    asked = Entry.objects.filter(audit__attempt=attempt) | Entry.objects.filter(
        second_answer__attempt=attempt
    )
    if asked.filter(state__in=[EntryState.OPEN, EntryState.DISPUTED]).exists():
        return False
    _take_answers(attempt)
    # From here on nothing that was answered blind so far can be taken back, whatever it was for.
    attempt.settled_at = lock_labels_shared(attempt.project_id)
    Attempt.objects.filter(pk=attempt.pk).update(settled_at=attempt.settled_at)
    result = _walk(attempt)
    if _goes_on(attempt, result):
        attempt.stage += 1
        Attempt.objects.filter(pk=attempt.pk).update(stage=attempt.stage)
        _ask_stage(attempt)
        return False
    cuts = result.per_class.values() if attempt.per_class else [result.whole]
    stored: dict[str, Any] = {"walk": asdict(result.whole)}
    if attempt.per_class:
        stored["per_class"] = {str(class_id): asdict(cut) for class_id, cut in result.per_class.items()}
    n_kept = sum(cut.cut for cut in cuts)
    Attempt.objects.filter(pk=attempt.pk).update(cut=n_kept, result=stored)
    attempt.refresh_from_db()
    if attempt.promise == Promise.MACHINE and n_kept == 0:
        _end(
            attempt,
            AttemptState.ABANDONED,
            f"{attempt.n_audits:,} audits could not prove any cut with at most {100 * attempt.eps:g}% wrong. "
            "Label more, train again, and ask for the next attempt.",
        )
        return True
    _flag_differing(attempt)
    return True


@dataclass(frozen=True)
class _Walked:
    """Where the walk over the audits so far ends: over all candidates, and within each predicted class if asked."""

    whole: Cut
    per_class: dict[Hashable, Cut]
    parts: list[Part]


def _walk(attempt: Attempt) -> _Walked:
    rows = attempt.audits.filter(position__lte=attempt.n_audits).order_by("rank")
    audits = list(rows.values_list("rank", "label_class_id", "answered_class_id"))
    ranks = np.array([rank for rank, *_ in audits], dtype=np.int64)
    is_wrong = np.array([given != predicted for _, predicted, given in audits], dtype=bool)
    goal: dict[str, Any] = {
        **_goal(attempt),
        "delta": _levels(attempt)[attempt.stage - 1],
        "audit_ranks": ranks,
        "is_wrong": is_wrong,
        "corrected": attempt.promise == Promise.DATASET,
    }
    whole = walk(**goal)
    if not attempt.per_class:
        part = Part(attempt.n_items, attempt.n_candidates, whole.cut, ranks, is_wrong)
        return _Walked(whole, {}, [part])
    of_candidates = attempt.frozen.filter(rank__gte=1).order_by("rank")
    predicted = np.array(of_candidates.values_list("label_class_id", flat=True), dtype=np.int64)
    cuts = walk_by_class(**goal, audit_classes=[one for _, one, _ in audits], candidate_classes=predicted)
    parts = [
        Part(n_members, n_members, cuts[one].cut, within, is_wrong[is_here])
        for one, (n_members, is_here, within) in split_by_class(predicted, ranks).items()
    ]
    return _Walked(whole, cuts, parts)


def _goes_on(attempt: Attempt, walked: _Walked) -> bool:
    return is_next_worth_it(
        walked.parts,
        eps=attempt.eps,
        levels=_levels(attempt),
        promise=attempt.promise,
        sizes=attempt.stages,
        stage=attempt.stage,
    )


def _take_answers(attempt: Attempt) -> None:
    """What people said of the audits and in the second answers, from blind answers to their entries alone.

    A skipped one has none.
    """
    answered = f"""
        SELECT asked.id, given.label_class_id, given.name, given.created_at
        FROM {{table}} asked JOIN review_entry entry ON entry.id = asked.entry_id
        CROSS JOIN LATERAL ({BLIND_WORD}) given
        WHERE asked.attempt_id = %(attempt)s AND entry.state = 'done'
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE review_audit audit
            SET answered_class_id = said.label_class_id, answered_by = said.name, answered_at = said.created_at
            FROM ({answered.format(table="review_audit")}) said WHERE audit.id = said.id AND audit.answered_at IS NULL
            """,
            {"attempt": attempt.pk},
        )
        cursor.execute(
            f"""
            UPDATE review_secondanswer second
            SET answered_class_id = said.label_class_id, answered_by = said.name
            FROM ({answered.format(table="review_secondanswer")}) said
            WHERE second.id = said.id AND second.answered_class_id IS NULL
            """,
            {"attempt": attempt.pk},
        )


def _flag_differing(attempt: Attempt) -> None:
    """Where two people differ, a reviewer is asked."""
    if attempt.asked_by is None:
        return
    names = {each["id"]: each["name"] for each in attempt.classes}
    for second in attempt.second_answers.exclude(answered_class__isnull=True).select_related("item"):
        if second.answered_class_id != second.label_class_id:
            flag_add(
                item=second.item,
                person=attempt.asked_by,
                note=f"Two people differ: {names[second.label_class_id]} before, {names[second.answered_class_id]} "
                f"asked again, blind (attempt {attempt.number}).",
            )


# Issuing


def _issue_if_complete(attempt: Attempt) -> None:
    n_left = n_remaining(attempt)
    if n_left:
        if attempt.state == AttemptState.AUDITING:
            _ask_remaining(attempt)
        sentence = (
            f"Ranks 1 to {attempt.cut:,} of {attempt.n_candidates:,} are proven; "
            f"people continue from the cut: {n_left:,} more."
        )
        Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.REVIEWING, state_reason=sentence)
        return
    _issue(attempt)


def _ask_remaining(attempt: Attempt) -> None:
    """What the cut does not keep waits in the queue, the most doubtful first."""
    project = attempt.project
    lock_labels_shared(project.pk)
    candidates, values = candidates_by_side(attempt)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO review_entry (project_id, item_id, reason, priority, state, n_wanted, n_free, round_id,
                                      suggested_class_id, suggested_confidence, suggested_others,
                                      is_blind, created_at)
            SELECT %(project)s, frozen.item_id, 'below_cut', %(above)s + frozen.rank::float8 / %(n)s, 'open',
                   %(wanted)s, %(wanted)s, %(round)s, frozen.label_class_id, frozen.confidence,
                   (SELECT others FROM training_prediction
                    WHERE round_id = %(round)s::bigint AND item_id = frozen.item_id),
                   %(wanted)s > 1, now()
            FROM ({candidates}) frozen
            WHERE NOT is_kept AND {NO_HUMAN_LABEL.format(item="frozen.item_id")}
            ON CONFLICT (item_id) WHERE state IN ('open', 'disputed') DO UPDATE
                SET reason = 'below_cut', priority = excluded.priority
                WHERE review_entry.state = 'open' AND review_entry.reason IN ({sql_list([*OF_REFILL, Reason.GRID])})
            """,
            values
            | {
                "round": attempt.round_id,
                "wanted": answers_wanted_now(project),
                "above": MEASURING_PRIORITY,
                "n": attempt.n_candidates,
            },
        )


def _issue(attempt: Attempt) -> None:
    """The labels up to the cut stand, the attempt has ended, and its certificate is begun.

    The document is filled in after the commit (certificate_write): it is read off the labels as they stood at
    this moment, which can be done at any later one.
    """
    project = attempt.project
    publish_begin(project)
    number = Certificate.objects.filter(project=project).count() + 1
    of_round = f" of {attempt.round.source.name}" if attempt.round is not None else ""
    source = Source.objects.create(
        project=project,
        kind=SourceKind.MODEL,
        is_human=False,
        name=f"certificate {number}{of_round}",
        details={"attempt": attempt.number, "certificate": number, "cut": attempt.cut},
        taken_from=attempt.round.source if attempt.round is not None else None,
    )
    candidates, values = candidates_by_side(attempt)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO labeling_label (project_id, item_id, label_class_id, source_id, is_human,
                                        confidence, threshold, created_at, retired_reason)
            SELECT %(project)s, frozen.item_id, frozen.label_class_id, %(source)s, false,
                   frozen.confidence, min(frozen.confidence) OVER (), now(), ''
            FROM ({candidates}) frozen
            WHERE is_kept AND {NO_HUMAN_LABEL.format(item="frozen.item_id")}
            """,
            values | {"source": source.pk},
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL enable_nestloop = on")
    lock_labels_exclusive(project.pk)
    if n_remaining(attempt):  # somebody withdrew a label a moment ago
        raise _NotYet
    publication = publication_open(
        project=project, source=source, by=attempt.asked_by, ended_reason=f"superseded by {source.name}"
    )
    _end(attempt, AttemptState.CERTIFIED, "", at=publication.started_at)
    Certificate.objects.create(
        project=project,
        number=number,
        attempt=attempt,
        source=source,
        document={},
        issued_at=publication.started_at,
    )
    refill_carry_out(project=project, plan=refill_plan(project=project, round_id=attempt.round_id))


class _NotYet(Exception):
    """Something is left to label after all; the transaction is rolled back and the sweep tries again."""


def _end(attempt: Attempt, state: AttemptState, reason: str, *, at: dt.datetime | None = None) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(
        state=state, state_reason=reason, ended_at=at or timezone.now()
    )
    attempt.refresh_from_db()
    attempt_release(attempt)


def _refuse(attempt: Attempt, reason: str) -> None:
    """Ended before it drew anything: no number, nothing of delta spent."""
    attempt.frozen.all().delete()
    Attempt.objects.filter(pk=attempt.pk).update(
        state=AttemptState.REFUSED, state_reason=reason, ended_at=timezone.now()
    )
    Project.objects.filter(pk=attempt.project_id).update(locked_because="")


def _lock(attempt_id: int, *states: AttemptState) -> Attempt | None:
    """The attempt, locked, if it is in one of these states and its project is there.

    None, too, while another worker has it: the sweep rings again, and nobody waits.
    """
    rows = Attempt.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "project", "round__source", "asked_by"
    )
    return rows.filter(pk=attempt_id, state__in=states, project__deleted_at__isnull=True).first()
