"""What may be taken away, what of it stays, and why: the rules of undone imports and deleted items.

- An item that people have worked on stays, and so does one of which another file says something.
- What a certificate rests on, what is asked blind, gold and examples of the guide stay as they are, with their labels.
- Nothing leaves while something works on the items: a run, a comparison, an inspection, an export, an attempt to
  certify. And none of these begins while an import is being undone.

docs/decisions/0026.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.apps import apps
from django.db.models import Min, Q, QuerySet
from django.db.models.expressions import RawSQL

from labeling.models import (
    Import,
    ImportedAnswer,
    Label,
    Source,
    SourceKind,
    Withheld,
)
from labeling.models.keeping import Keeps

ASKED_BLIND = Keeps("asked_blind", with_label=True)
OTHER_LABELS = Keeps("labels")
OTHER_ANSWERS = Keeps("imported_answers")


@dataclass(slots=True)
class UndoReport:
    """What an undone import took away, and what stayed. Written with each batch."""

    n_items_removed: int = 0
    n_items_kept: int = 0  # that it had added, and somebody has worked on since
    kept: dict[str, int] = field(default_factory=dict)  # what keeps them -> items; one may have several
    n_labels_removed: int = 0  # with their items
    n_labels_withdrawn: int = 0  # of items that stay
    n_labels_kept: int = 0  # as evidence, gold, examples, or asked blind
    n_answers_removed: int = 0  # single answers that the file told, of items that stay
    classes_removed: list[str] = field(default_factory=list)
    classes_kept: list[str] = field(default_factory=list)  # that it brought, and that are in use
    notes: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> UndoReport:
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in names})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Kept:
    """Of some items: those that stay."""

    by_what: dict[str, set[int]]  # an item that is asked blind is under asked_blind alone
    with_label: set[int]
    evidence: set[int]

    @property
    def items(self) -> set[int]:
        return set().union(*self.by_what.values())


def sources_of(work: Import) -> list[int]:
    """Ids of the sources of all that the import's file says."""
    ids = set(
        Source.objects.filter(project_id=work.project_id, details__import=work.pk).values_list(
            "pk", flat=True
        )
    )
    return sorted(ids | ({work.source_id} if work.source_id else set()))


def these(item_ids: Iterable[int]) -> RawSQL:
    """For `__in`: the ids as one array, since thousands of parameters take longer than what is done with them."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(item_ids)])


def n_labels_of(project_id: int, source_ids: Iterable[int], item_ids: Iterable[int] | None = None) -> int:
    """How many labels of these sources stand; of items that people are asked about blind, as before they were asked."""
    withheld: dict[int, dt.datetime] = dict(
        Withheld.objects.filter(project_id=project_id).values_list("item_id").annotate(since=Min("since"))
    )
    labels = Label.objects.filter(project_id=project_id, source_id__in=list(source_ids))
    if item_ids is not None:
        labels = labels.filter(item_id__in=these(item_ids))
    n_free = labels.filter(retired_at__isnull=True).exclude(item_id__in=these(withheld)).count()
    of_withheld = labels.filter(item_id__in=these(withheld)).values_list(
        "item_id", "created_at", "retired_at"
    )
    n_withheld: int = sum(
        made < withheld[item_id] and (ended is None or ended >= withheld[item_id])
        for item_id, made, ended in of_withheld
    )
    return n_free + n_withheld


def kept_among(project_id: int, item_ids: Iterable[int], *, besides: Import | None = None) -> Kept:
    """Which of the items stay; what the import itself brought keeps none of them."""
    among = Q(item_id__in=these(item_ids))
    withheld = set(Withheld.objects.filter(among, project_id=project_id).values_list("item_id", flat=True))
    by_what: dict[str, set[int]] = {ASKED_BLIND.what: withheld}
    with_label, evidence = set(withheld), set()
    for keeps, rows in _keeping(project_id, besides):
        found = set(rows.filter(among).values_list("item_id", flat=True))
        with_label |= found if keeps.with_label else set()
        evidence |= found if keeps.is_evidence else set()
        by_what.setdefault(keeps.what, set()).update(found - withheld)
    return Kept({what: ids for what, ids in by_what.items() if ids}, with_label, evidence)


def kept_of_import(work: Import) -> tuple[int, dict[str, int]]:
    """(how many of the items that the import added stay, what keeps them -> how many). Counted in the database."""
    added = Q(item__project_id=work.project_id, item__imported_by=work.pk)
    withheld = Withheld.objects.filter(project_id=work.project_id).values("item_id")
    blind = Withheld.objects.filter(added, project_id=work.project_id).values("item_id").distinct()
    counts: dict[str, int] = {}
    every: list[QuerySet[Any, Any]] = [blind]
    for keeps, rows in [(ASKED_BLIND, blind), *_keeping(work.project_id, work)]:
        if rows is not blind:
            rows = rows.filter(added).exclude(item_id__in=withheld).values("item_id").distinct()
            every.append(rows)
        if n := rows.count():
            counts[keeps.what] = counts.get(keeps.what, 0) + n
    return every[0].union(*every[1:]).count(), counts


def _keeping(project_id: int, besides: Import | None) -> Iterator[tuple[Keeps, QuerySet[Any]]]:
    """Every kind of row that keeps its item."""
    for model in apps.get_models():
        keeps = vars(model).get("keeps_item")
        if keeps is not None:
            its_project = {keeps.project: project_id} if keeps.project else {}
            yield keeps, model._base_manager.filter(keeps.where, **its_project).order_by()
    labels = Label.objects.filter(Q(is_human=True) | Q(source__kind=SourceKind.FILE), project_id=project_id)
    answers = ImportedAnswer.objects.all()
    if besides is not None:
        labels = labels.exclude(source_id__in=sources_of(besides))
        answers = answers.exclude(brought_by=besides)
    yield OTHER_LABELS, labels.order_by()
    yield OTHER_ANSWERS, answers.order_by()
