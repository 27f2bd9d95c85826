"""The item list: its filters, and one page of it by keyset at any size."""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db import models
from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate, Left

from labeling.blindness import Sight, withheld_among, without_withheld
from labeling.database.hot import fetch_prepared
from labeling.errors import InvalidInput, NotAllowed
from labeling.labels.selectors import current_labels_of, publication_of
from labeling.models import (
    TEXT_PREFIX_CHARS,
    Blob,
    ImportedAnswer,
    Item,
    Label,
    Project,
    Publication,
    Split,
    Withheld,
    shown_split,
)

M = TypeVar("M", bound=models.Model)
MAX_ANSWERS = 1_000  # of one item, shown
MANY_MATCHES = 5_000  # of a search; from here on, the items are walked instead


class LabeledBy(TextChoices):
    """Whose label stands for an item."""

    HUMAN = "human", "A person"
    MACHINE = "machine", "A model or a file from one"
    NONE = "none", "Nobody"


class ItemOrder(TextChoices):
    ID = "id", "Oldest first"
    ID_DOWN = "-id", "Newest first"
    CONFIDENCE = "confidence", "Least sure first"
    CONFIDENCE_DOWN = "-confidence", "Surest first"

    @property
    def is_by_confidence(self) -> bool:
        return self in (ItemOrder.CONFIDENCE, ItemOrder.CONFIDENCE_DOWN)

    @property
    def is_down(self) -> bool:
        return self in (ItemOrder.ID_DOWN, ItemOrder.CONFIDENCE_DOWN)


@dataclass(frozen=True, slots=True)
class ItemFilters:
    """What an item list or an export is of. None and "" leave everything in."""

    source: str | None = None  # a LabeledBy
    class_id: int | None = None  # of the current label
    confidence_min: float | None = None  # of the current machine label, inclusive
    confidence_max: float | None = None
    split: str | None = None
    search: str = ""  # how the key or the text begins
    ids: tuple[int, ...] = ()  # these items and no others

    @property
    def is_about_labels(self) -> bool:
        return bool(self.source or self.class_id is not None or self.is_about_confidence or self.split)

    @property
    def is_about_confidence(self) -> bool:
        return self.confidence_min is not None or self.confidence_max is not None


@dataclass(frozen=True, slots=True)
class LabeledItem:
    """An item and its current label."""

    item: Item
    label: Label | None
    is_withheld: bool = False  # its label, from whoever reads: labeling/blindness.py


def item_page(
    project: Project,
    filters: ItemFilters,
    order: ItemOrder,
    *,
    sight: Sight = Sight.ALL,
    after: Sequence[Any] | None,
    limit: int,
) -> tuple[list[LabeledItem], tuple[Any, ...] | None]:
    """One page of the list, and the key of its last row if there are more: (id,) or (confidence, id).

    Only machine labels have a confidence, so a list by confidence is of those. What is withheld from the sight is
    found by no filter of labels. Raises InvalidInput where filters contradict one another, NotAllowed where the
    sight must not filter by labels at all.
    """
    check_filters(filters, order)
    if sight == Sight.OWN and (filters.is_about_labels or order.is_by_confidence):
        raise NotAllowed(
            "Annotators answer blind, so they list items without filters or an order by label, confidence or split. "
            "Leave those out."
        )
    publication = publication_of(project)
    keys = _keys(project, filters, order, publication, sight, after=after, n=limit + 1)
    more = len(keys) > limit
    keys = keys[:limit]
    return redact(labeled_items([key[-1] for key in keys]), sight), keys[-1] if more else None


def labeled_items(item_ids: list[int]) -> list[LabeledItem]:
    """The items with their current labels, in the order given; those that are gone are left out."""
    items = _items(item_ids)
    labels = current_labels_of(item_ids)
    return [LabeledItem(items[item_id], labels.get(item_id)) for item_id in item_ids if item_id in items]


def imported_answers_of(item_id: int) -> list[ImportedAnswer]:
    """What files told of single answers to the item, in their order. Whoever shows it asks blindness.py first."""
    return list(
        ImportedAnswer.objects.filter(item_id=item_id).select_related("source").order_by("pk")[:MAX_ANSWERS]
    )


_ITEM_COLUMNS = [field.attname for field in Item._meta.concrete_fields]
_ITEMS = f"""
    SELECT {", ".join(f"item.{column}" for column in _ITEM_COLUMNS)}, blob.width, blob.height
    FROM labeling_item item LEFT JOIN labeling_blob blob ON blob.id = item.blob_id
    WHERE item.id = ANY(%(items)s::bigint[])"""


def _items(item_ids: list[int]) -> dict[int, Item]:
    """The items with the size of their images."""
    items = {}
    for *columns, width, height in fetch_prepared(_ITEMS, {"items": item_ids}):
        item = Item.from_db("default", _ITEM_COLUMNS, columns)
        if item.features is not None:
            item.features = json.loads(item.features)
        if item.extras is not None:
            item.extras = json.loads(item.extras)
        if item.blob_id is not None:
            item.blob = Blob(pk=item.blob_id, width=width, height=height)
        items[item.pk] = item
    return items


def check_filters(filters: ItemFilters, order: ItemOrder = ItemOrder.ID) -> None:
    """Raises InvalidInput where the filters contradict one another."""
    scored = filters.is_about_confidence or order.is_by_confidence
    if scored and filters.source in (LabeledBy.HUMAN, LabeledBy.NONE):
        raise InvalidInput(
            f"source is {filters.source!r}, but only machine labels have a confidence. "
            "Leave source out, or the order and the bounds by confidence.",
            fields={"source": ["Only machine labels have a confidence."]},
        )
    alone = ItemFilters(ids=filters.ids)
    if filters.ids and (filters != alone or order.is_by_confidence):
        raise InvalidInput(
            "ids names the items, so that no other filter or order by confidence goes with it. Leave those out.",
            fields={"ids": ["It stands alone."]},
        )
    if filters.class_id is not None and filters.source == LabeledBy.NONE:
        raise InvalidInput(
            "Items without a label have no class. Leave class or source=none out.",
            fields={"class": ["Items without a label have no class."]},
        )
    low, high = filters.confidence_min, filters.confidence_max
    if low is not None and high is not None and low > high:
        raise InvalidInput(
            f"confidence_min is {low}, above confidence_max, which is {high}. Swap them.",
            fields={"confidence_min": ["It must not be above confidence_max."]},
        )


def search_items(rows: QuerySet[M], project: Project, text: str, *, column: str = "pk") -> QuerySet[M]:
    """Rows whose item's key, or text, begins with `text`; `column` of the rows is the item's id.

    A few matches are looked up first, by the index that each of the two has: PostgreSQL expects many
    of any beginning of a text, and would walk all items for them. Where there are many, it is right.
    """
    items = Item.objects.filter(project=project)
    items = items.alias(text_start=Collate(Left(F("text"), TEXT_PREFIX_CHARS), "C"))
    by_key = _begins("key", text)
    by_text = _begins("text_start", text[:TEXT_PREFIX_CHARS])
    if len(text) > TEXT_PREFIX_CHARS:
        by_text &= Q(text__startswith=text)
    found = {pk for half in (by_key, by_text) for pk in _some(items.filter(half))}
    if len(found) < MANY_MATCHES:
        return rows.filter(**{f"{column}__in": found})
    return rows.filter(Exists(items.filter(by_key | by_text, pk=OuterRef(column))))


def _some(items: QuerySet[Item]) -> QuerySet[Item, int]:
    return items.order_by().values_list("pk", flat=True)[:MANY_MATCHES]


def _begins(column: str, prefix: str) -> Q:
    """The column, in the order of code points, from the prefix up to the first text beyond it."""
    above = Q(**{f"{column}__gte": prefix})
    stem = prefix.rstrip(chr(0x10FFFF))
    if not stem:
        return above
    following = ord(stem[-1]) + 1
    following = 0xE000 if following == 0xD800 else following  # between them lies no character
    return above & Q(**{f"{column}__lt": stem[:-1] + chr(following)})


def _keys(
    project: Project,
    filters: ItemFilters,
    order: ItemOrder,
    publication: Publication | None,
    sight: Sight,
    *,
    after: Sequence[Any] | None,
    n: int,
) -> list[tuple[Any, ...]]:
    def machine() -> QuerySet[Label]:
        return without_withheld(_machine(project, publication, filters), "item_id", sight)

    def human() -> QuerySet[Label]:
        return without_withheld(_human(project, filters), "item_id", sight)

    if order.is_by_confidence:
        return _by_confidence(machine().filter(confidence__isnull=False), order, after=after, n=n)
    if filters.is_about_confidence or filters.source == LabeledBy.MACHINE:
        return _by_id(machine(), "item_id", order, after=after, n=n)
    if filters.source == LabeledBy.HUMAN:
        return _by_id(human(), "item_id", order, after=after, n=n)
    if filters.class_id is not None:
        walks = [_by_id(labels, "item_id", order, after=after, n=n) for labels in (human(), machine())]
        return list(heapq.merge(*walks, reverse=order.is_down))[:n]
    items = Item.objects.filter(project=project)
    if filters.ids:
        items = items.filter(pk__in=filters.ids)
    if filters.source == LabeledBy.NONE:
        items = without_withheld(_unlabeled(items, publication), "pk", sight)
    return _by_id(_matching(project, items, filters, sight), "pk", order, after=after, n=n)


def _human(project: Project, filters: ItemFilters) -> QuerySet[Label]:
    labels = Label.objects.human().standing().filter(project=project)
    return _matching_labels(project, labels, filters)


def _machine(project: Project, publication: Publication | None, filters: ItemFilters) -> QuerySet[Label]:
    """The published machine labels that no human label stands above."""
    if publication is None:
        return Label.objects.none()
    labels = Label.objects.standing().filter(source_id=publication.source_id, is_human=False)
    # The highest word on the item is the machine's. Asked as "no human label exists", PostgreSQL reads
    # everything that people have said for a page of fifty.
    said = Label.objects.standing().filter(item_id=OuterRef("item_id")).order_by("-is_human")
    labels = labels.alias(is_said=Subquery(said.values("is_human")[:1])).filter(is_said=False)
    if filters.confidence_min is not None:
        labels = labels.filter(confidence__gte=filters.confidence_min)
    if filters.confidence_max is not None:
        labels = labels.filter(confidence__lte=filters.confidence_max)
    return _matching_labels(project, labels, filters)


def _unlabeled(items: QuerySet[Item], publication: Publication | None) -> QuerySet[Item]:
    labels = Label.objects.standing().filter(item_id=OuterRef("pk"))
    items = items.filter(~Exists(labels.filter(is_human=True)))
    if publication is not None:
        items = items.filter(~Exists(labels.filter(is_human=False, source_id=publication.source_id)))
    return items


def _matching_labels(project: Project, labels: QuerySet[Label], filters: ItemFilters) -> QuerySet[Label]:
    if filters.class_id is not None:
        labels = labels.filter(label_class_id=filters.class_id)
    if filters.split:
        labels = labels.filter(item__split__in=_stored_splits(filters.split))
    if filters.search:
        labels = search_items(labels, project, filters.search, column="item_id")
    return labels


def _stored_splits(shown: str) -> list[str]:
    """The splits that are shown as this one."""
    return [split for split in Split.values if shown_split(split) == shown]


def _matching(project: Project, items: QuerySet[Item], filters: ItemFilters, sight: Sight) -> QuerySet[Item]:
    if filters.split:
        of_split = Q(split__in=_stored_splits(filters.split))
        if sight != Sight.ALL and filters.split != Split.TEST:  # what is withheld is shown as of the pool
            withheld = Q(Exists(Withheld.objects.filter(item=OuterRef("pk"))))
            is_pool = filters.split == Split.POOL
            of_split = of_split | (withheld & ~Q(split=Split.TEST)) if is_pool else of_split & ~withheld
        items = items.filter(of_split)
    if filters.search:
        items = search_items(items, project, filters.search)
    return items


def _by_id(
    rows: QuerySet[Any], column: str, order: ItemOrder, *, after: Sequence[Any] | None, n: int
) -> list[tuple[Any, ...]]:
    if after is not None:
        rows = rows.filter(**{f"{column}__{'lt' if order.is_down else 'gt'}": after[0]})
    return list(rows.order_by(f"-{column}" if order.is_down else column).values_list(column)[:n])


def _by_confidence(
    labels: QuerySet[Label], order: ItemOrder, *, after: Sequence[Any] | None, n: int
) -> list[tuple[Any, ...]]:
    if after is not None:
        # As one row comparison, so that the index is entered at the key: at confidence 1.0 there may
        # be a hundred thousand ties.
        beyond = (
            f"(labeling_label.confidence, labeling_label.item_id) {'<' if order.is_down else '>'} (%s, %s)"
        )
        labels = labels.filter(RawSQL(beyond, list(after), output_field=BooleanField()))
    sign = "-" if order.is_down else ""
    keys = labels.order_by(f"{sign}confidence", f"{sign}item_id").values_list("confidence", "item_id")
    return list(keys[:n])


def redact(rows: list[LabeledItem], sight: Sight) -> list[LabeledItem]:
    """The rows without the labels, and without the split, of what is withheld."""
    withheld = withheld_among([row.item.pk for row in rows], sight)
    for row in rows:
        if row.item.pk in withheld and row.item.split != Split.TEST:
            row.item.split = Split.POOL  # a second answer may be about an item of the holdout
    return [replace(row, label=None, is_withheld=True) if row.item.pk in withheld else row for row in rows]
