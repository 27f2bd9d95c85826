"""What holds fast about entries that measure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from labeling.blindness import UNDO_SECONDS, Sight
from labeling.errors import Conflict
from labeling.models import Project, Publication
from review.models import (
    OPEN_ATTEMPTS,
    Answer,
    Attempt,
    AttemptState,
    Audit,
    Certificate,
    Entry,
    EntryState,
    Frozen,
    MonitorAudit,
    SecondAnswer,
)
from review.reasons import Reason


def check_may_relabel(item_ids: Sequence[int], project: Project) -> None:
    """Raises Conflict where an open attempt relies on what people have said of the items.

    For a caller that holds the project's label lock.
    """
    check_no_answered_audit(item_ids)
    check_measured_labels_stand(item_ids, project)


def check_no_answered_audit(item_ids: Sequence[int]) -> None:
    """Raises Conflict for items whose blind answer is part of an open attempt: it stands until that has ended.

    While audits are answered, any blind answer counts as part of it. One that still waits for its answer is not
    named. So nobody learns which are audits.
    """
    answered = Audit.objects.filter(
        item_id__in=item_ids,
        attempt__state__in=OPEN_ATTEMPTS,
        entry__state__in=[EntryState.DONE, EntryState.SKIPPED],
    )
    found = answered.values_list("item__key", flat=True).first()
    if found is None:
        among_audits = Entry.objects.filter(
            item_id__in=item_ids,
            is_blind=True,
            state__in=[EntryState.DONE, EntryState.SKIPPED],
            project__attempts__state=AttemptState.AUDITING,
            project__attempts__frozen_at__lte=F("closed_at"),
        )
        found = among_audits.values_list("item__key", flat=True).first()
    if found is not None:
        raise Conflict(
            f"The label of {found!r} is an answer in an open attempt to certify, and stands until that has ended. "
            "Relabel it then, or abandon the attempt.",
            code="under_audit",
        )


def check_measured_labels_stand(item_ids: Sequence[int], project: Project) -> None:
    """Raises Conflict for people's labels that an open attempt bounds the error of, by second answers to some.

    Were they replaced after the draw, the bound would be said of other labels. Where a second answer differed, or a
    dispute about it waits for its verdict, the difference is counted, and the label may be put right.
    For a caller that holds the project's label lock.
    """
    frozen = Frozen.objects.filter(
        rank__lt=0, item_id__in=item_ids,
        attempt__project=project, attempt__state__in=OPEN_ATTEMPTS, attempt__n_second_wanted__gt=0,
    )  # fmt: skip
    seconds = SecondAnswer.objects.filter(attempt=OuterRef("attempt"), item=OuterRef("item"))
    counted = Q(answered_class__isnull=False) & ~Q(answered_class=F("label_class"))
    disputed = Q(entry__state=EntryState.DISPUTED)
    found = frozen.exclude(Exists(seconds.filter(counted | disputed))).select_related("item").first()
    if found is not None:
        raise Conflict(
            f"The label of {found.item.key!r} stands until the attempt to certify has ended: second answers measure how "
            "often people's labels are wrong, as they were when these were drawn. Relabel it then, or abandon the "
            "attempt.",
            code="under_audit",
        )


def without_own_fresh(disputed: QuerySet[Entry], person: User) -> QuerySet[Entry]:
    """Without those that this person may still take an answer back of: who knew of the dispute could change it."""
    return disputed.exclude(Exists(fresh_answers().filter(entry=OuterRef("pk"), person=person)))


def n_disputed(project: Project, person: User, sight: Sight) -> int:
    """How many disputes wait, as this person may know it. Annotators hear of none before all its answers stand."""
    disputed = Entry.objects.filter(project=project, state=EntryState.DISPUTED)
    if sight == Sight.OWN:
        return disputed.exclude(Exists(fresh_answers().filter(entry=OuterRef("pk")))).count()
    return without_own_fresh(disputed, person).count()


def fresh_answers() -> QuerySet[Answer]:
    """Those that can still be taken back."""
    since = timezone.now() - dt.timedelta(seconds=UNDO_SECONDS)
    return Answer.objects.filter(withdrawn_at__isnull=True, created_at__gt=since)


def stands(answer: Answer, entry: Entry, *, now: dt.datetime) -> bool:
    """Whether a blind answer can no longer be taken back: its time is over, or it may have been counted.

    The same for every blind entry, whatever it is for. Where no model and nobody else has said anything that
    could be looked up, there is no hurry.
    """
    if not entry.is_blind:
        return False
    attempts = Attempt.objects.filter(project=answer.project_id, frozen_at__lte=answer.created_at)
    if attempts.filter(settled_at__gt=answer.created_at).exists() or is_settled(entry):
        return True
    if (now - answer.created_at).total_seconds() < UNDO_SECONDS:
        return False
    if entry.n_wanted > 1:
        return True  # what the others said of it can be looked up: whether it is disputed
    standing = Publication.objects.filter(project=answer.project_id, ended_at__isnull=True)
    return (
        entry.reason == Reason.GOLD
        or standing.exists()
        or attempts.filter(state=AttemptState.AUDITING).exists()
    )


def decoys_of(certificate: Certificate) -> QuerySet[Entry]:
    """What was asked among its audits since it was issued, and was not withdrawn."""
    mixed = Entry.objects.filter(project=certificate.project_id, reason=Reason.MIXED, decoy=None)
    since = mixed.filter(created_at__gte=certificate.issued_at)
    return since.exclude(state=EntryState.WITHDRAWN)


def is_settled(entry: Entry) -> bool:
    """Whether what was answered to an audit's or second answer's entry has been counted."""
    settled = ~Q(attempt__state__in=[AttemptState.QUEUED, AttemptState.AUDITING])
    return (
        Audit.objects.filter(settled | Q(answered_at__isnull=False), entry=entry).exists()
        or SecondAnswer.objects.filter(settled, entry=entry).exists()
        or MonitorAudit.objects.filter(entry=entry, answered_at__isnull=False).exists()
    )
