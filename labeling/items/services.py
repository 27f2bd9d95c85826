"""Items that come by the API, in bulk: all of them or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from labeling.blindness import Sight, is_measured, withheld_among
from labeling.errors import Conflict, InvalidInput
from labeling.formats.cells import (
    BadCell,
    check_storable,
    hash_features,
    hash_text,
    read_feature,
    read_key,
    read_series,
)
from labeling.item_types import item_types
from labeling.labels.services import Word, labels_record, source_for_person
from labeling.models import Item, ItemType, Label, LabelClass, Project
from labeling.projects.columns import columns_measure, columns_note

MAX_ITEMS = 10_000  # of one request; more come as a file
FIELDS = {"key", "text", "features", "label"}
MAX_ROWS_NAMED = 20  # in the error, of the rows that are wrong


@dataclass(frozen=True, slots=True)
class ItemsAdded:
    """What one bulk request did. `ids` are in the order sent."""

    ids: list[int]
    n_added: int
    n_known: int  # same key and content as an item that was there
    n_labels: int


@transaction.atomic
def items_add(*, project: Project, rows: Sequence[Mapping[str, Any]], by: User) -> ItemsAdded:
    """Each row is an item of the project, and its label (a class name) is the word of `by`.

    Sending the same rows again adds nothing. A row without a key gets its content hash as key. Labels
    count as drawn uniformly, as those of a labeled file do, so the project's share of them becomes
    the holdout. Raises InvalidInput that names rows by number, from 1; then nothing is written.
    """
    if not item_types()[project.item_type].by_rows:
        raise InvalidInput("Images come as files: send a zip or a folder to the imports of this project.")
    if not 1 <= len(rows) <= MAX_ITEMS:
        raise InvalidInput(f"There are {len(rows):,} rows; send 1 to {MAX_ITEMS:,}, or import a file.")
    class_ids = dict(LabelClass.objects.filter(project=project).values_list("name", "pk"))
    problems: dict[str, list[str]] = {}
    drafts: list[Item] = []
    labels: list[int | None] = []
    for number, row in enumerate(rows, start=1):
        try:
            drafts.append(_read_item(project, row))
            labels.append(_read_class(row, class_ids))
        except BadCell as error:
            problems[f"row {number}"] = [f"{error.field}: {error.message}"]
    if problems:
        raise _refused(problems)

    known = {item.key: item for item in Item.objects.filter(project=project, key__in=[d.key for d in drafts])}
    said = _human_classes([item.pk for item in known.values()])
    withheld = withheld_among([item.pk for item in known.values()], Sight.SETTLED)
    if withheld and not is_measured(project):
        withheld &= said.keys()  # where nothing is measured, what no person labeled has nothing to withhold
    new = _new_drafts(drafts, labels, known, said, withheld)
    try:
        with transaction.atomic():
            Item.objects.bulk_create(new, batch_size=2_000)
    except IntegrityError as error:
        raise Conflict(
            "Another request added items of these keys at the same moment. Send it again."
        ) from error
    ids = {item.key: item.pk for item in [*known.values(), *new]}
    words = [
        Word(ids[draft.key], class_id, is_random_draw=True)
        for draft, class_id in zip(drafts, labels, strict=True)
        if class_id is not None and ids[draft.key] not in said
    ]
    if words:
        source = source_for_person(project=project, user=by)
        labels_record(project=project, words=words, source=source, by=by, holdout_floor=0)
    columns_note(project, [draft.features for draft in new if isinstance(draft.features, dict)])
    columns_measure(project, only_if_grown=True)
    return ItemsAdded(
        ids=[ids[draft.key] for draft in drafts],
        n_added=len(new),
        n_known=len(drafts) - len(new),
        n_labels=len(words),
    )


def _read_item(project: Project, row: Mapping[str, Any]) -> Item:
    """The item of one row, not saved. Raises BadCell."""
    if not isinstance(row, dict):
        raise BadCell("row", 'It must be an object, such as {"key": "a1", "text": "First."}.')
    unknown = set(row) - FIELDS
    if unknown:
        raise BadCell(min(unknown)[:80], f"There is no such field; use {', '.join(sorted(FIELDS))}.")
    payload = item_types()[project.item_type].column
    other = "features" if payload == "text" else "text"
    if row.get(other) is not None or row.get(payload) is None:
        raise BadCell(
            payload, f"This project has {project.item_type} items, so a row has {payload} and no {other}."
        )
    item = Item(project=project)
    if payload == "text":
        item.text = _read_text(row["text"])
        item.content_hash = hash_text(item.text)
    else:
        item.features = _read_features(row["features"], project.form)
        item.content_hash = hash_features(item.features)
    item.key = item.content_hash if row.get("key") is None else read_key(row["key"], "key")
    return item


def _read_text(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise BadCell("text", "It must be a text that is not empty.")
    if len(text) > settings.ASSAY_MAX_TEXT_CHARS:
        raise BadCell(
            "text", f"It has {len(text):,} characters; {settings.ASSAY_MAX_TEXT_CHARS:,} are allowed."
        )
    check_storable(text, "text")
    return text


def _read_features(features: object, item_type: str) -> dict[str, object] | list[object]:
    if item_type == ItemType.SERIES:
        return read_series(features, "features")
    if not isinstance(features, dict) or not features:
        raise BadCell("features", 'It must be an object of columns, such as {"age": 31, "city": "Oslo"}.')
    for name in features:
        check_storable(name, "features")
    read = {name: read_feature(value, f"features.{name}") for name, value in features.items()}
    if all(value is None for value in read.values()):
        raise BadCell("features", "Every feature of this row is missing.")
    return read


def _read_class(row: Mapping[str, Any], class_ids: Mapping[str, int]) -> int | None:
    name = row.get("label")
    if name is None:
        return None
    if not isinstance(name, str) or name not in class_ids:
        names = ", ".join(sorted(class_ids)[:10])
        raise BadCell(
            "label", f"There is no class {str(name)[:40]!r}; the classes are {names or 'none yet'}."
        )
    return class_ids[name]


def _human_classes(item_ids: Sequence[int]) -> dict[int, int]:
    labels = Label.objects.human().standing().filter(item_id__in=item_ids)
    return dict(labels.values_list("item_id", "label_class_id"))


def _new_drafts(
    drafts: Sequence[Item],
    labels: Sequence[int | None],
    known: Mapping[str, Item],
    said: Mapping[int, int],
    withheld: Collection[int],
) -> list[Item]:
    """The drafts that are not there yet. Raises InvalidInput for those that contradict what is."""
    problems: dict[str, list[str]] = {}
    rows: dict[str, int] = {}
    new = []
    for number, (draft, class_id) in enumerate(zip(drafts, labels, strict=True), start=1):
        item = known.get(draft.key)
        if draft.key in rows:
            problems[f"row {number}"] = [f"key: {draft.key[:80]!r} is the key of row {rows[draft.key]} too."]
        elif item is None:
            new.append(draft)
        elif item.content_hash != draft.content_hash:
            problems[f"row {number}"] = [
                f"key: item {draft.key[:80]!r} is there already, with other content."
            ]
        elif class_id is not None and item.pk in withheld:  # whatever is said of it
            problems[f"row {number}"] = [
                "label: people are asked blind about this item. Send it without a label, or when they have answered."
            ]
        elif class_id is not None and said.get(item.pk, class_id) != class_id:
            problems[f"row {number}"] = ["label: a person labeled this item otherwise. Relabel it instead."]
        rows.setdefault(draft.key, number)
    if problems:
        raise _refused(problems)
    return new


def _refused(problems: Mapping[str, list[str]]) -> InvalidInput:
    named = dict(list(problems.items())[:MAX_ROWS_NAMED])
    row, sentences = next(iter(named.items()))
    n = len(problems)
    return InvalidInput(
        f"{n:,} row{'s are' if n > 1 else ' is'} wrong, so nothing was added. First, {row}: {sentences[0]}",
        code="bad_rows",
        fields=named,
    )
