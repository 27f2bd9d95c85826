"""Who may still be asked about an item learns nothing of what anybody or anything else says of it. The one rule.

Whatever shows a label, a guess, a rank, a history, a count or a file asks here first, by the role of who reads:

- viewers are never asked, and see everything;
- owners, engineers and reviewers see everything but what is withheld: items that somebody is asked about blind, that
  were drawn to be asked, or whose blind answer can still be taken back or is not counted yet. For them such an item
  has no label, no prediction and no history but their own, no filter by label finds it, and counts are as they were
  before it was answered;
- annotators see nothing of single items but what they said themselves, since any item may be asked of them later.

Which items are withheld is read off rows that review/ writes: the view labeling_withheld, which its migrations define.
Audits, second answers, gold and what is merely mixed in are withheld alike, so that it tells nobody which is which.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet

from labeling.database.hot import fetch_prepared
from labeling.errors import Conflict, NotAllowed, NotFound
from labeling.models import Project, Role, Source, Withheld

M = TypeVar("M", bound=models.Model)

UNDO_SECONDS = 60  # for so long a blind answer can be taken back; the view says the same


class Sight(enum.Enum):
    """What of single items a person may see."""

    ALL = "all"  # is never asked
    SETTLED = "settled"  # all but what is withheld
    OWN = "own"  # their own words


def sight_of(role: str) -> Sight:
    if role == Role.VIEWER:
        return Sight.ALL
    return Sight.OWN if role == Role.ANNOTATOR else Sight.SETTLED


# The item is withheld from whoever may be asked. {item} is a column.
IS_WITHHELD = "EXISTS (SELECT FROM labeling_withheld withheld WHERE withheld.item_id = {item})"


def not_withheld_sql(item: str, sight: Sight) -> str:
    """A condition: the sight reaches what is said of the item in this column."""
    return {
        Sight.ALL: "true",
        Sight.SETTLED: f"NOT {IS_WITHHELD.format(item=item)}",
        Sight.OWN: "false",
    }[sight]


def without_withheld(rows: QuerySet[M], column: str, sight: Sight) -> QuerySet[M]:
    """The rows whose item, by its id in `column`, the sight reaches."""
    if sight == Sight.ALL:
        return rows
    if sight == Sight.OWN:
        return rows.none()
    return rows.filter(~Exists(Withheld.objects.filter(item=OuterRef(column))))


def withheld_among(item_ids: Iterable[int], sight: Sight) -> set[int]:
    """Those of the items of which the sight must not see what is said."""
    ids = list(item_ids)
    if sight == Sight.ALL or not ids:
        return set()
    if sight == Sight.OWN:
        return set(ids)
    statement = "SELECT item_id FROM labeling_withheld WHERE item_id = ANY(%(items)s::bigint[])"
    return {item_id for (item_id,) in fetch_prepared(statement, {"items": ids})}


def check_sees_items(role: str) -> None:
    """Raises NotAllowed for those who see no more of items than their own words."""
    if sight_of(role) == Sight.OWN:
        raise NotAllowed(
            "You are an annotator of this project. Annotators answer blind, and are not shown what others or a model "
            "say of items. Ask an owner for another role if you need this."
        )


def check_not_withheld(item_id: int, role: str, *, what: str) -> None:
    """Raises NotFound, as if there were none, for a row that is about a withheld item. For acts on rows by their id.

    Whatever differs between what is withheld (which blind answers made a label, and which did not) must not be told by
    what is refused.
    """
    if sight_of(role) != Sight.ALL and withheld_among([item_id], Sight.SETTLED):
        raise NotFound(f"There is no {what} that you may see.")


def is_audited(project: Project) -> bool:
    """Whether blind audits of an attempt to certify are being answered."""
    rows = fetch_prepared(
        "SELECT EXISTS (SELECT FROM labeling_audited WHERE project_id = %(project)s)", {"project": project.pk}
    )
    return bool(rows[0][0])


def certified_sources(project: Project) -> QuerySet[Source]:
    """The sources of labels that a valid certificate is about: whoever issues one writes so on them."""
    sources = Source.objects.filter(project=project, details__has_key="certificate")
    return sources.exclude(details__has_key="revoked_at")


def is_measured(project: Project) -> bool:
    """Whether audits of an attempt are being answered, or a certificate's labels are watched: everybody is told which."""
    return is_audited(project) or certified_sources(project).exists()


def check_takes_home(project: Project, role: str) -> None:
    """Raises NotAllowed for annotators, and Conflict while audits are answered, for whoever may be asked.

    For what speaks of all items at once: files, models.
    """
    check_sees_items(role)
    if sight_of(role) != Sight.ALL and is_audited(project):
        raise Conflict(
            "Blind audits are being answered, and this says what the model holds of them. Ask again when the attempt "
            "to certify no longer wants audits, or let a viewer take it: viewers are not asked.",
            code="attempt_open",
        )
