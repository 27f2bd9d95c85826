"""What the pages of the queue read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q

from labeling.models import Project
from review.models import (
    Answer,
)


def answer_page(
    *, project: Project, person: User, after: Sequence[Any] | None, limit: int
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
