"""What the pages of the queue read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import Count, Q, QuerySet

from labeling.models import Project, Publication
from review.disagreements import MAX_COUNTED, disagreement_count, opinions_of
from review.models import (
    AWAITS_VERDICT,
    Answer,
    Entry,
    EntryState,
    Flag,
    Lease,
    LeaseState,
    Reason,
    Verdict,
    shown_reason,
)

MAX_OPEN_COUNTED = 100_000  # entries of each reason: a million would take a quarter of a second

# Each reason along the index, no further than it is counted.
_OPEN_BY_REASON = """
    SELECT asked.reason, asked.is_blind, counted.n
    FROM (SELECT reason, is_blind FROM unnest(%(reasons)s::text[]) reason, unnest(ARRAY[false, true]) is_blind) asked
    CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM (
            SELECT 1 FROM review_entry entry
            WHERE entry.project_id = %(project)s AND entry.state = 'open'
              AND entry.reason = asked.reason AND entry.is_blind = asked.is_blind
            LIMIT %(most)s) few
    ) counted WHERE counted.n > 0 ORDER BY 1, 2"""


def queue_summary(*, project: Project, person: AbstractBaseUser) -> dict[str, Any]:
    """How much is in the queue, by reason, and this person's part of it; of each reason up to MAX_OPEN_COUNTED."""
    entries = Entry.objects.filter(project=project)
    by_reason: dict[str, int] = {}
    reasons = [reason.value for reason in Reason if reason not in (Reason.GRID, Reason.BLIND)]
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_BY_REASON, {"project": project.pk, "reasons": reasons, "most": MAX_OPEN_COUNTED})
        counts = cursor.fetchall()
    for reason, is_blind, n in counts:
        shown = shown_reason(reason, is_blind=is_blind)
        by_reason[shown] = by_reason.get(shown, 0) + n
    held = Lease.objects.filter(project=project, state=LeaseState.HELD)
    answered = Answer.objects.filter(project=project, person=person, withdrawn_at__isnull=True)
    return {
        "n_open": sum(by_reason.values()),
        "is_all_counted": all(n < MAX_OPEN_COUNTED for *_, n in counts),
        "n_disputed": entries.filter(state=EntryState.DISPUTED).count(),
        "by_reason": by_reason,
        "answered_by_me": answered.count(),
        **held.aggregate(n_held=Count("pk"), held_by_me=Count("pk", filter=Q(person=person))),
    }


def answer_page(
    *, project: Project, person: AbstractBaseUser, after: Sequence[Any] | None, limit: int
) -> tuple[list[Answer], tuple[dt.datetime, UUID] | None]:
    """The person's answers, those undone included, the newest first; and the key of the last if there are more."""
    mine = Answer.objects.filter(project=project, person=person).select_related("item")
    if after is not None:
        at, key = after
        mine = mine.filter(Q(created_at__lt=at) | Q(created_at=at, key__gt=key))
    answers = list(mine.order_by("-created_at", "key")[: limit + 1])
    has_more = len(answers) > limit
    answers = answers[:limit]
    last = answers[-1] if has_more else None
    return answers, (last.created_at, last.key) if last else None


def flags_of(project: Project) -> QuerySet[Flag]:
    return Flag.objects.filter(project=project).select_related("person", "item")


def disputes_of(project: Project) -> QuerySet[Entry]:
    """Entries that wait for a reviewer's verdict, each with the answers that count."""
    waiting = Entry.objects.filter(AWAITS_VERDICT, project=project)
    return waiting.select_related("item__blob").prefetch_related("answers__person")


def adjudication_summary(project: Project, *, with_model: bool = True) -> dict[str, Any]:
    """What waits for reviewers, counted up to MAX_COUNTED, and whose opinions people's labels are held against.

    Disputes and flags are counted along their own index; what a model contradicts takes half a second at 50,000
    labels since its round, and is left out (None) unless asked for.
    """
    opinions = opinions_of(project)
    waiting = Entry.objects.filter(AWAITS_VERDICT, project=project).order_by("pk")
    return {
        "n_people": waiting[:MAX_COUNTED].count(),
        "n_model": disagreement_count(project, opinions) if with_model else None,
        "is_blind": opinions.is_blind,
        "round": opinions.round,
        "inspection": opinions.inspection,
    }


def verdicts_of(project: Project, person: AbstractBaseUser) -> QuerySet[Verdict]:
    """The person's verdicts, the newest first."""
    mine = Verdict.objects.filter(project=project, person=person).select_related("item")
    return mine.order_by("-created_at")


def publications_of(project: Project) -> QuerySet[Publication]:
    publications = Publication.objects.filter(project=project)
    publications = publications.select_related("source", "source__round", "started_by")
    return publications.defer("source__round__metrics", "source__round__confidences")
