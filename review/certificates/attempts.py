"""What a request may do about certifying: ask for an attempt, abandon it, revoke a certificate.

What workers do with an attempt, in the order it happens: review/certificates/pipeline/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from labeling.errors import Conflict, InvalidInput
from labeling.jobs.doorbell import ring
from labeling.labels.selectors import NO_HUMAN_LABEL
from labeling.leaving import check_nothing_leaves
from labeling.models import Item, Membership, Project, Split
from labeling.web.permissions import MAY_ANSWER
from review.models import OPEN_ATTEMPTS, Attempt, AttemptState, EntryState, Promise
from review.publishing.revoking import REASON_CHARS
from review.queue.entries import entries_close
from review.reasons import Reason
from training.rounds.standing import standing_round

EPS_RANGE = (0.0001, 0.5)
CONFIDENCE_RANGE = (0.5, 0.9999)
N_SECOND_DEFAULT = 0


def attempt_ask(
    *,
    project: Project,
    user: User | None,
    promise: str = Promise.DATASET,
    eps: float | None = None,
    confidence: float | None = None,
    per_class: bool = False,
    n_audits: int | None = None,
    n_second: int = N_SECOND_DEFAULT,
) -> Attempt:
    """An attempt is queued: a worker freezes the ranking and draws the audits.

    eps         share allowed wrong; the project's 1 - target_precision if left out
    confidence  of the statement; the project's if left out
    n_audits    so many, at once; None: in stages, as many as it takes
    n_second    people's labels that are asked a second time, blind: bounds people's own error

    Raises InvalidInput for a value out of range, Conflict if an attempt is open or there is nothing to certify.
    """
    eps = _within("eps", round(1 - project.target_precision, 6) if eps is None else eps, EPS_RANGE)
    confidence = _within(
        "confidence", project.confidence_level if confidence is None else confidence, CONFIDENCE_RANGE
    )
    _check_second_person(project, n_second)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        _check_none_open(project)
        check_nothing_leaves(project.pk)
        if standing_round(project) is None:
            raise Conflict(
                "No round's labels stand, so there is nothing to certify. Train and publish a round, or import predictions, first.",
                code="nothing_to_certify",
            )
        try:
            with transaction.atomic():
                attempt = Attempt.objects.create(
                    project=project,
                    promise=promise,
                    eps=eps,
                    confidence=confidence,
                    per_class=per_class,
                    n_audits_wanted=n_audits,
                    n_second_wanted=n_second,
                    asked_by=user,
                )
        except IntegrityError as error:
            raise Conflict("An attempt is open already.", code="attempt_open") from error
        Project.objects.filter(pk=project.pk).update(
            locked_because="an attempt to certify is open, and its audits ask the question as it is. "
            "Abandon the attempt first."
        )
        ring("review.tasks.freeze_attempt", attempt.pk)
    return attempt


@transaction.atomic
def attempt_abandon(*, attempt: Attempt, reason: str) -> Attempt:
    """The attempt is over without a certificate; its audits leave the queue, and its share of delta is spent.

    Raises Conflict if it is over already.
    """
    attempt = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if not attempt.is_open:
        raise Conflict(
            f"This attempt is over ({AttemptState(attempt.state).label.lower()}), so it cannot be abandoned.",
            code="already_over",
        )
    attempt.state = AttemptState.ABANDONED
    attempt.state_reason = reason[:REASON_CHARS] or "Abandoned by hand."
    attempt.ended_at = timezone.now()
    attempt.settled_at = attempt.ended_at
    attempt.save(update_fields=["state", "state_reason", "ended_at", "settled_at"])
    attempt_release(attempt)
    return attempt


def attempt_release(attempt: Attempt) -> None:
    """What an attempt that has ended held back is free: its entries leave, its items may be trained on, classes change.

    For the transaction that ends it.
    """
    asked = attempt.project.entries.filter(state__in=[EntryState.OPEN, EntryState.DISPUTED])
    of_attempt = asked.filter(
        Q(audit__attempt=attempt) | Q(second_answer__attempt=attempt) | Q(decoy__attempt=attempt)
    )
    below = asked.filter(reason=Reason.BELOW_CUT, state=EntryState.OPEN)
    entry_ids = {*of_attempt.values_list("pk", flat=True), *below.values_list("pk", flat=True)}
    entries_close(entry_ids=sorted(entry_ids), state=EntryState.WITHDRAWN)
    Item.objects.filter(audits__attempt=attempt, split=Split.AUDIT).update(split=Split.POOL)
    Project.objects.filter(pk=attempt.project_id).update(locked_because="")


@dataclass(frozen=True, slots=True)
class Remaining:
    """Items of an attempt that people have still to label."""

    n: int
    n_unasked: int  # of these, in no queue: skipped for everyone, or their label was taken back


def remaining_of(attempt: Attempt) -> Remaining:
    """What is left of an attempt that has its cut."""
    if attempt.promise == Promise.MACHINE:
        return Remaining(0, 0)
    items, values = items_remaining(attempt)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
                SELECT FROM review_entry entry
                WHERE entry.item_id = remaining.item_id AND entry.state IN ('open', 'disputed')))
            FROM ({items}) remaining
            """,
            values,
        )
        n, n_unasked = cursor.fetchone()
    return Remaining(int(n), int(n_unasked))


def items_remaining(attempt: Attempt) -> tuple[str, dict[str, Any]]:
    """(SQL, values) of what people have still to label: (item_id, rank, label_class_id, confidence), as frozen.

    That is what the cut does not keep, and what people had labeled before (rank below 0) and is labeled no more:
    of the second there is no guess.
    """
    candidates, values = candidates_by_side(attempt)
    no_label = NO_HUMAN_LABEL.format(item="frozen.item_id")
    sql = f"""
        SELECT frozen.item_id, frozen.rank, frozen.label_class_id, frozen.confidence
        FROM ({candidates}) frozen WHERE NOT is_kept AND {no_label}
        UNION ALL
        SELECT frozen.item_id, frozen.rank, NULL, NULL
        FROM review_frozen frozen WHERE attempt_id = %(attempt)s AND rank < 0 AND {no_label}"""
    return sql, values


def candidates_by_side(attempt: Attempt) -> tuple[str, dict[str, Any]]:
    """(SQL, values) of the candidates; `is_kept`: on the cut's side where the machine's label stays.

    That is up to the cut, or up to that of their class. Under the promise on the dataset no audited item
    keeps it: the proof of cut_by_count wants that, and of an audit that was skipped, too.
    """
    values: dict[str, object] = {"attempt": attempt.pk, "project": attempt.project_id}
    audited = ""
    if attempt.promise == Promise.DATASET:
        # Audits are few: a hashed list, whatever the planner believes of the tables.
        audited = """AND frozen.item_id NOT IN (
            SELECT item_id FROM review_audit WHERE attempt_id = %(attempt)s AND position <= %(n_audits)s)"""
        values["n_audits"] = attempt.n_audits
    if not attempt.per_class:
        sql = f"""
            SELECT *, (rank <= %(cut)s {audited}) AS is_kept
            FROM review_frozen frozen WHERE attempt_id = %(attempt)s AND rank >= 1"""
        return sql, values | {"cut": attempt.cut}
    cuts = attempt.result["per_class"]
    sql = f"""
        SELECT frozen.*, (frozen.place <= coalesce(of_class.cut, 0) {audited}) AS is_kept FROM (
            SELECT *, row_number() OVER (PARTITION BY label_class_id ORDER BY rank) AS place
            FROM review_frozen WHERE attempt_id = %(attempt)s AND rank >= 1
        ) frozen
        LEFT JOIN unnest(%(classes)s::bigint[], %(cuts)s::bigint[]) AS of_class (id, cut)
          ON of_class.id = frozen.label_class_id"""
    return sql, values | {"classes": [int(pk) for pk in cuts], "cuts": [cut["cut"] for cut in cuts.values()]}


def n_frozen(project: Project) -> int:
    """Attempts that drew audits, whatever came of them: delta is split over these."""
    return Attempt.objects.filter(project=project, number__isnull=False).count()


def _check_none_open(project: Project) -> None:
    other = Attempt.objects.filter(project=project, state__in=OPEN_ATTEMPTS).first()
    if other is not None:
        raise Conflict(
            f"Attempt {other.number or ''} is open ({AttemptState(other.state).label.lower()}). "
            "Finish or abandon it first.",
            code="attempt_open",
        )


def _check_second_person(project: Project, n_second: int) -> None:
    members = Membership.objects.filter(project=project, role__in=MAY_ANSWER, user__is_active=True)
    if n_second and members.count() < 2:
        sentence = (
            f"n_second is {n_second}, and a second answer is never given by the one who gave the first; but one member "
            "of this project may answer. Add somebody, or leave n_second at 0."
        )
        raise InvalidInput(sentence, fields={"n_second": [sentence]})


def _within(name: str, value: float, allowed: tuple[float, float]) -> float:
    low, high = allowed
    if not low <= value <= high:
        sentence = f"{name} is {value:g}; it must lie from {low:g} to {high:g}."
        raise InvalidInput(sentence, fields={name: [sentence]})
    return value
