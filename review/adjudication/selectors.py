"""What waits for a reviewer, and what reviewers decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling.models import Project, Withheld
from review.adjudication.disagreements import MAX_COUNTED, disagreement_count, opinions_of
from review.models import AWAITS_VERDICT, Entry, Verdict
from review.queue.audits import without_own_fresh
from review.reasons import Reason


def awaiting_verdict(project: Project, person: User) -> QuerySet[Entry]:
    """Entries that wait for a verdict, as this reviewer may know of them.

    A flag on an item that is withheld waits until what was answered blind is counted: its page shows the item's
    label. A dispute among blind answers does not, as the audit would wait for ever.
    """
    of_withheld = Q(reason=Reason.FLAGGED) & Exists(Withheld.objects.filter(item=OuterRef("item")))
    waiting = Entry.objects.filter(AWAITS_VERDICT, project=project).exclude(of_withheld)
    return without_own_fresh(waiting, person)


def disputes_of(project: Project, person: User) -> QuerySet[Entry]:
    """Entries that wait for a reviewer's verdict, each with the answers that count."""
    waiting = awaiting_verdict(project, person)
    return waiting.select_related("item__blob").prefetch_related("answers__person")


def dispute_page(
    project: Project, person: User, *, after: Sequence[Any] | None, limit: int
) -> tuple[list[Entry], tuple[dt.datetime, int] | None]:
    """One page of them, the oldest first, and the key (moment, id) of its last if there are more."""
    waiting = disputes_of(project, person)
    if after is not None:
        at, pk = after
        waiting = waiting.filter(Q(created_at__gt=at) | Q(created_at=at, pk__gt=pk))
    entries = list(waiting.order_by("created_at", "pk")[: limit + 1])
    has_more = len(entries) > limit
    entries = entries[:limit]
    return entries, (entries[-1].created_at, entries[-1].pk) if has_more else None


def adjudication_summary(project: Project, person: User, *, with_model: bool = True) -> dict[str, Any]:
    """What waits for reviewers, counted up to MAX_COUNTED, and whose opinions people's labels are held against.

    Disputes and flags are counted along their own index; what a model contradicts takes half a second at 50,000
    labels since its round, and is left out (None) unless asked for.
    """
    opinions = opinions_of(project)
    waiting = awaiting_verdict(project, person).order_by("created_at", "pk")
    return {
        "n_people": waiting[:MAX_COUNTED].count(),
        "n_model": disagreement_count(project, opinions) if with_model else None,
        "is_blind": opinions.is_blind,
        "round": opinions.round,
        "inspection": opinions.inspection,
    }


def verdicts_of(project: Project, person: User) -> QuerySet[Verdict]:
    """The person's verdicts, the newest first."""
    mine = Verdict.objects.filter(project=project, person=person).select_related("item")
    return mine.order_by("-created_at")
