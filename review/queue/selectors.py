"""Reads of the queue as a whole."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling.blindness import Sight, sight_of
from labeling.models import Project, Withheld
from review.models import (
    Answer,
    Flag,
)
from review.queue.audits import n_disputed
from review.queue.waiting import in_hands, waiting


def queue_summary(*, project: Project, person: User, role: str) -> dict[str, Any]:
    """How much is in the queue, by reason, and this person's part of it, as the role may know it (waiting.py)."""
    sight = sight_of(role)
    told = waiting(project, sight)
    answered = Answer.objects.filter(project=project, person=person, withdrawn_at__isnull=True)
    return {
        "n_open": told.n_open,
        "is_all_counted": told.is_all_counted,
        "n_disputed": n_disputed(project, person, sight),
        "by_reason": told.by_reason,
        "answered_by_me": answered.count(),
        **in_hands(project, person, sight),
    }


def flags_of(project: Project, person: User, role: str) -> QuerySet[Flag]:
    """The project's flags, without those by others on items that are withheld from whoever reads.

    A note may say what somebody or an inspection holds of the item.
    """
    flags = Flag.objects.filter(project=project)
    sight = sight_of(role)
    mine = Q(person=person)
    if sight == Sight.OWN:
        flags = flags.filter(mine)
    elif sight == Sight.SETTLED:
        flags = flags.filter(mine | ~Exists(Withheld.objects.filter(item=OuterRef("item"))))
    return flags.select_related("person", "item")
