"""What holds fast about entries that measure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import F, Q

from labeling.blindness import UNDO_SECONDS
from labeling.errors import Conflict
from labeling.models import Publication
from review.models import (
    OPEN_ATTEMPTS,
    Answer,
    Attempt,
    AttemptState,
    Audit,
    Entry,
    EntryState,
    MonitorAudit,
    SecondAnswer,
)
from review.reasons import Reason


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
    standing = Publication.objects.filter(project=answer.project_id, ended_at__isnull=True)
    return (
        entry.reason == Reason.GOLD
        or standing.exists()
        or attempts.filter(state=AttemptState.AUDITING).exists()
    )


def is_settled(entry: Entry) -> bool:
    """Whether what was answered to an audit's or second answer's entry has been counted."""
    settled = ~Q(attempt__state__in=[AttemptState.QUEUED, AttemptState.AUDITING])
    return (
        Audit.objects.filter(settled | Q(answered_at__isnull=False), entry=entry).exists()
        or SecondAnswer.objects.filter(settled, entry=entry).exists()
        or MonitorAudit.objects.filter(entry=entry, answered_at__isnull=False).exists()
    )
