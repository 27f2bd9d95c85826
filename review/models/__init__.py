"""Where what is known and what is guessed meet: the queue, leases, answers, flags."""

from __future__ import annotations

from review.models.answers import Answer, AnswerKind, Flag, Verdict, VerdictKind, shown_suggestion
from review.models.certificates import (
    EVIDENCE,
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    Audit,
    Certificate,
    Decoy,
    Forecast,
    Frozen,
    MonitorAudit,
    Promise,
    SecondAnswer,
)
from review.models.queue import (
    AWAITS_VERDICT,
    Entry,
    EntryState,
    Explanation,
    Lease,
    LeaseState,
    Refill,
)

__all__ = [
    "AWAITS_VERDICT",
    "EVIDENCE",
    "OPEN_ATTEMPTS",
    "Answer",
    "AnswerKind",
    "Attempt",
    "AttemptState",
    "Audit",
    "Certificate",
    "Decoy",
    "Entry",
    "EntryState",
    "Explanation",
    "Flag",
    "Forecast",
    "Frozen",
    "Lease",
    "LeaseState",
    "MonitorAudit",
    "Promise",
    "Refill",
    "SecondAnswer",
    "Verdict",
    "VerdictKind",
    "shown_suggestion",
]
