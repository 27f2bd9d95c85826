"""Settling: once every audit is answered, the walk over the ranking says where the cut is."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction

from labeling.database.locks import lock_labels_shared
from review.certificates.blind_words import BLIND_WORD
from review.certificates.pipeline.asking import stage_ask
from review.certificates.pipeline.issuing import issue_if_complete
from review.certificates.pipeline.steps import attempt_end, attempt_lock, goal_of
from review.certification.stages import Part, is_next_worth_it, stage_levels
from review.certification.walk import Cut, split_by_class, walk, walk_by_class
from review.models import Attempt, AttemptState, Entry, EntryState, Promise
from review.queue.flagging import flag_add


def attempt_settle(attempt_id: int) -> None:
    """Find the cut once every audit has been answered or skipped; issue once nothing is left to label."""
    with transaction.atomic():
        attempt = attempt_lock(attempt_id, AttemptState.AUDITING, AttemptState.REVIEWING)
        if attempt is None:
            return
        if attempt.state == AttemptState.AUDITING and not _walk_if_answered(attempt):
            return
        if attempt.is_open:
            issue_if_complete(attempt)


def _walk_if_answered(attempt: Attempt) -> bool:
    """Store the cut. False if answers are still missing, or the next stage has to be asked first."""
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
        stage_ask(attempt)
        return False
    cuts = result.per_class.values() if attempt.per_class else [result.whole]
    stored: dict[str, Any] = {"walk": asdict(result.whole)}
    if attempt.per_class:
        stored["per_class"] = {str(class_id): asdict(cut) for class_id, cut in result.per_class.items()}
    n_kept = sum(cut.cut for cut in cuts)
    Attempt.objects.filter(pk=attempt.pk).update(cut=n_kept, result=stored)
    attempt.refresh_from_db()
    if attempt.promise == Promise.MACHINE and n_kept == 0:
        attempt_end(
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
        **goal_of(attempt),
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


def _levels(attempt: Attempt) -> tuple[float, ...]:
    assert attempt.delta is not None  # it was frozen
    return stage_levels(attempt.stages, **goal_of(attempt), delta=attempt.delta, per_class=attempt.per_class)


def _take_answers(attempt: Attempt) -> None:
    """Take over what people said of audits and second answers. Only blind answers to their own entries count.

    What was skipped has no answer.
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
    """Ask a reviewer wherever two people disagree."""
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
