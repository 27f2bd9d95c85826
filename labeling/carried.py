"""What an export may carry beside each item's label, from whoever knows it.

answers        single answers of each person, and those that imported files told
probabilities  how likely the published round held the likeliest classes
extras         columns that imports kept for people to see

The apps above hand in what they know (`carry`); asked is for items of which the reader may know all that is said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Q

from labeling.models import ImportedAnswer, Project

CARRIED = ("answers", "probabilities", "extras")
# (project, item ids, moment or None for now) -> (item id, what is told of it)
Teller = Callable[[Project, Sequence[int], dt.datetime | None], Iterator[tuple[int, Any]]]
_tellers: dict[str, list[Teller]] = {"answers": [], "probabilities": []}


def carry(what: str, teller: Teller) -> None:
    """From now on the teller is asked for `what`, answers or probabilities."""
    if teller not in _tellers[what]:
        _tellers[what].append(teller)


def told(
    what: str, project: Project, item_ids: Sequence[int], at: dt.datetime | None = None
) -> Iterator[tuple[int, Any]]:
    """(item id, one answer or all probabilities), as of the moment."""
    for teller in _tellers[what]:
        yield from teller(project, item_ids, at)


def imported_answers(
    project: Project, item_ids: Sequence[int], at: dt.datetime | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """What files told of the items until then."""
    rows = ImportedAnswer.objects.filter(item_id__in=list(item_ids)).select_related("source", "label_class")
    if at is not None:
        rows = rows.filter(Q(brought_by__started_at__isnull=True) | Q(brought_by__started_at__lte=at))
    for row in rows.order_by("pk"):
        yield (
            row.item_id,
            {
                "by": row.source.details.get("said_by", ""),
                "is_human": row.source.is_human,
                "kind": row.kind,
                "label": None if row.label_class is None else row.label_class.name,
                "at": None if row.said_at is None else row.said_at.astimezone(dt.UTC).isoformat(),
                "confidence": row.confidence,
                "probabilities": row.probabilities,
                "note": row.note,
            },
        )


carry("answers", imported_answers)
