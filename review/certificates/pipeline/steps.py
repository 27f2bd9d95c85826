"""What the steps of an attempt share: its lock, its goal, its end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from review.certificates.attempts import attempt_release
from review.models import Attempt, AttemptState


def goal_of(attempt: Attempt) -> dict[str, Any]:
    """What is to be proven, as the arguments that review/certification/ takes."""
    return {
        "n_items": attempt.n_items,
        "n_candidates": attempt.n_candidates,
        "eps": attempt.eps,
        "promise": attempt.promise,
    }


def attempt_end(attempt: Attempt, state: AttemptState, reason: str, *, at: dt.datetime | None = None) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(
        state=state, state_reason=reason, ended_at=at or timezone.now()
    )
    attempt.refresh_from_db()
    attempt_release(attempt)


def attempt_lock(attempt_id: int, *states: AttemptState) -> Attempt | None:
    """The attempt, locked, if it is in one of these states and its project still exists.

    Also None while another worker holds it: nobody waits, as the sweep rings again.
    """
    rows = Attempt.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "project", "round__source", "asked_by"
    )
    return rows.filter(pk=attempt_id, state__in=states, project__deleted_at__isnull=True).first()
