"""A bundle with its options: everything detected that was not set, ready to be read. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePosixPath

from labeling.errors import InvalidInput
from labeling.import_options import ImportOptions
from labeling.readers import sniff
from labeling.readers.bundle import Bundle
from labeling.readers.encodings import storable
from labeling.readers.folders import ImageFolderReader, is_image_name, read_image
from labeling.readers.headers import columns_of
from labeling.readers.idx import IdxPair, IdxReader, find_pairs
from labeling.readers.layouts.layout import Sample
from labeling.readers.layouts.nested import NestedTable, open_objects
from labeling.readers.layouts.recognise import understand
from labeling.readers.numbers import (
    NumberForms,
    PlainNumbers,
    holds_words,
    note_numbers,
    note_words,
    sniff_numbers,
)
from labeling.readers.rows import (
    BadCell,
    ColumnRole,
    ImageFile,
    LeftOut,
    Limits,
    Problem,
    Reader,
    Table,
    TableReader,
)
from labeling.readers.tables import open_table

N_SAMPLE_ROWS = 200
NUMERIC_ROLES = frozenset({ColumnRole.FEATURE, ColumnRole.SERIES, ColumnRole.CONFIDENCE})


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """A column as a user should see it before saying what it is for."""

    name: str
    role: str
    examples: list[str]
    why: str = ""  # a short sentence: what the role was seen by, or that somebody chose it


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a file holds and how to read it. `options` have every detectable option filled in."""

    item_type: str
    options: ImportOptions
    columns: list[ColumnSample]  # empty for images and IDX
    reader: Reader
    can_be_labeled: bool
    layout: str = ""  # the tool that wrote it, where that is seen: label-studio, doccano, assay, ...
    notes: list[str] = field(default_factory=list)  # what was decided for the whole file, in sentences
    left_out: list[LeftOut] = field(default_factory=list)  # files that are in it and are not read


def open_dataset(bundle: Bundle, options: ImportOptions, *, item_type: str | None, limits: Limits) -> Dataset:
    """Detect what was not set. `item_type` None: guess it. Raises InvalidInput, TooLarge."""
    if options.entry is not None and options.entry not in bundle.names:
        message = f"There is no file {options.entry!r} in it; there are {', '.join(bundle.names[:10])}."
        raise InvalidInput(message, code="no_such_file", fields={"entry": [message]})
    if options.entry is not None:
        kind, entry = sniff.format_of(bundle, options.entry), options.entry
    else:
        kind, entry = sniff.find_entry(bundle)
    kind = options.format or kind
    if kind in ("idx", "images"):
        if options.labels_from == "auto":
            options = replace(options, labels_from="person")
        return _open_images(bundle, replace(options, format=kind), kind, item_type, limits)
    if not entry:
        raise InvalidInput(f"No {kind} file was found; the first file is {bundle.names[0][:100]!r}.")
    return _open_table(bundle, replace(options, format=kind), kind, entry, item_type, limits)


def _open_images(
    bundle: Bundle, options: ImportOptions, kind: str, item_type: str | None, limits: Limits
) -> Dataset:
    if item_type not in (None, "image"):
        raise InvalidInput(
            f"These are images, but the project has {item_type} items. Make a project of item type image for them.",
            code="wrong_item_type",
        )
    if kind == "images":
        if not any(is_image_name(name) for name in bundle.names):
            raise InvalidInput(
                "There is no image in it. Images are PNG, JPEG, WEBP, BMP, GIF and TIFF files."
            )
        return Dataset("image", options, [], ImageFolderReader(bundle, limits=limits), True)
    pairs = find_pairs(bundle.names) or [IdxPair(name, "", "pool") for name in bundle.names[:1]]
    reader = IdxReader(bundle, pairs, limits=limits)
    return Dataset("image", options, [], reader, any(pair.labels for pair in pairs))


def _open_table(
    bundle: Bundle, options: ImportOptions, kind: str, entry: str, item_type: str | None, limits: Limits
) -> Dataset:
    opened = open_table(bundle, options, kind, entry, limits)
    table, options = opened.table, opened.options
    rows = [values for _, values in islice(table.records(), N_SAMPLE_ROWS) if not isinstance(values, Problem)]
    forms = NumberForms()
    if options.delimiter is not None:
        columns = columns_of(len(table.column_names), rows)
        forms = sniff_numbers(columns, delimiter=options.delimiter, decimal=options.decimal)
        options = replace(options, decimal=forms.decimal)
    if kind != "csv":
        table, rows = _opened(table, rows)
    plain = PlainNumbers(table, forms, range(len(table.column_names)))
    sample = Sample(table.column_names, [plain.plain(values) for values in rows])
    found = understand(
        sample,
        kind=kind,
        item_type=item_type,
        named=options.columns,
        labels_from=options.labels_from,
        class_names=getattr(table, "class_names", {}),
    )
    numeric = [i for i, name in enumerate(sample.names) if found.roles.get(name) in NUMERIC_ROLES]
    if set(numeric).intersection(forms.commas + forms.thousands):
        table = PlainNumbers(table, forms, numeric)
    words = {
        name: sample.whole_column(name) for name, role in found.roles.items() if role == ColumnRole.FEATURE
    }
    words = {name: values for name, values in words.items() if holds_words(values)}
    labels, label_notes = found.label_rules(sample, options.join_classes)
    row_maker = found.row_maker(
        sample, limits=limits, read_image=_image_finder(bundle, entry, limits), labels=labels, words=words
    )
    shown = [
        ColumnSample(
            name,
            found.roles.get(name, "ignore"),
            [_shown(values[place]) for values in rows[:3]],
            found.why.get(name, ""),
        )
        for place, name in enumerate(sample.names)
    ]
    options = replace(
        options,
        columns=found.roles,
        labels_from=found.labels_from,
        entry=entry if len(bundle.names) > 1 else options.entry,
    )
    notes = [*opened.notes, *note_numbers(sample.names, forms, numeric), *note_words(words), *label_notes]
    return Dataset(
        found.item_type,
        options,
        shown,
        TableReader(table, row_maker),
        found.can_be_labeled,
        layout=found.layout.name or opened.layout,
        notes=[*notes, *found.notes],
    )


def _opened(table: Table, rows: list[Sequence[object]]) -> tuple[Table, list[Sequence[object]]]:
    """The table with the objects in its rows taken apart, and its first rows."""
    opened = open_objects(table, rows)
    if not isinstance(opened, NestedTable):
        return table, rows
    return opened, [opened.flat(values) for values in rows]


def _image_finder(bundle: Bundle, entry: str, limits: Limits) -> Callable[[str], ImageFile]:
    """Finds an image that a table names: beside the table, or from the top of the archive or folder."""
    folder = PurePosixPath(entry).parent

    def find(name: str) -> ImageFile:
        if name.startswith("data:image/"):
            return _inline_image(name)
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise BadCell("image", f"The path {name[:100]!r} leads out of the archive or folder.")
        beside = str(folder / path)
        try:
            return replace(read_image(bundle, beside, limits), name=str(path))
        except BadCell:
            if beside == str(path):
                raise
            return read_image(bundle, str(path), limits)

    return find


def _inline_image(text: str) -> ImageFile:
    try:
        return ImageFile("", base64.b64decode(text.partition(",")[2], validate=True))
    except binascii.Error:
        raise BadCell("image", "The image in this cell is no valid base64.") from None


def _shown(value: object) -> str:
    text = f"{len(value):,} bytes" if isinstance(value, bytes) else "" if value is None else str(value)
    return storable(text if len(text) <= 100 else f"{text[:99]}…")
