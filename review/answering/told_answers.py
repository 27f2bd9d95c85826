"""What exports carry of people's answers (labeling/carried.py)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q

from labeling.models import Project
from review.models import Answer, EntryState


def people_answers(
    project: Project, item_ids: Sequence[int], at: dt.datetime | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Answers to the items that stand, but those to entries that are still open: who takes a file home may be asked."""
    rows = Answer.objects.filter(project=project, item_id__in=list(item_ids))
    if at is None:
        rows = rows.filter(withdrawn_at__isnull=True)
    else:
        rows = rows.filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at), created_at__lte=at)
    rows = rows.exclude(entry__state__in=[EntryState.OPEN, EntryState.DISPUTED])
    for row in rows.select_related("person", "label_class").order_by("created_at"):
        yield (
            row.item_id,
            {
                "by": row.person.get_username(),
                "is_human": True,
                "kind": row.kind,
                "label": None if row.label_class is None else row.label_class.name,
                "at": row.created_at.astimezone(dt.UTC).isoformat(),
                "seconds": row.seconds,
                "note": row.note,
            },
        )
