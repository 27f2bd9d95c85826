"""A bundle with its options: everything detected that was not set, ready to be read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from labeling.errors import InvalidInput
from labeling.formats.columns.headers import columns_of
from labeling.formats.columns.numbers import (
    NumberForms,
    PlainNumbers,
    holds_words,
    note_numbers,
    note_words,
    sniff_numbers,
)
from labeling.formats.files import sniff
from labeling.formats.files.bundle import ZIP_MAGICS, Bundle
from labeling.formats.files.idx import IdxPair, IdxReader, find_pairs
from labeling.formats.layouts.layout import Sample
from labeling.formats.layouts.nested import NestedTable, open_objects
from labeling.formats.layouts.recognise import understand
from labeling.formats.layouts.tools import assay
from labeling.formats.options import ImportOptions
from labeling.formats.pictures.folders import ImageFolderReader
from labeling.formats.pictures.pictures import picture_reader
from labeling.formats.row_maker import TableReader
from labeling.formats.rows import ColumnRole, LeftOut, Limits, Problem, Reader, Table
from labeling.formats.sets.sets import open_set
from labeling.formats.sets.sorting import (
    Files,
    is_text_folder,
    left_of,
    open_text_folder,
    sort_files,
    without_submissions,
)
from labeling.formats.sets.table_sets import Opener
from labeling.formats.tables.tables import open_table
from labeling.formats.text.encodings import PageSample, storable

N_SAMPLE_ROWS = 200
N_SAMPLE_CELLS = 100_000  # of wide tables fewer rows are looked at, so that a look takes as long
MIN_SAMPLE_ROWS = 10
MAX_COLUMNS = 20_000
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
    pages: list[PageSample] = field(default_factory=list)  # that its text may be in, where that is not sure


def open_dataset(bundle: Bundle, options: ImportOptions, *, item_type: str | None, limits: Limits) -> Dataset:
    """Detect what was not set. `item_type` None: guess it. Raises InvalidInput, TooLarge."""
    if options.entry is not None and options.entry not in bundle.names:
        message = f"There is no file {options.entry!r} in it; there are {', '.join(bundle.names[:10])}."
        raise InvalidInput(message, code="no_such_file", fields={"entry": [message]})
    bundle = without_submissions(bundle, options.entry)
    dataset = _open(bundle, options, item_type, limits)
    notes = [*getattr(bundle, "notes", []), *dataset.notes]
    return replace(dataset, left_out=[*bundle.left_out, *dataset.left_out], notes=notes)


def _open(bundle: Bundle, options: ImportOptions, item_type: str | None, limits: Limits) -> Dataset:
    if options.entry is None and not bundle.names:
        raise InvalidInput("The archive or folder holds no files.", code="empty_file")
    if options.entry is None and (options.format == "idx" or find_pairs(bundle.names)):
        return _open_idx(bundle, options, item_type, limits)
    files = sort_files(bundle)
    if len(bundle.names) == 1 and not files.images and not (files.archives and _is_zip(bundle)):
        kind = options.format or sniff.format_of(bundle, bundle.names[0])
        if kind == "idx":
            return _open_idx(bundle, options, item_type, limits)
        if kind in ("images", "texts"):
            raise InvalidInput(f"No {kind} were found; the only file is {bundle.names[0][:100]!r}.")
        return _open_table(bundle, replace(options, format=kind), kind, bundle.names[0], item_type, limits)
    if options.format == "texts" or (options.entry is None and is_text_folder(files)):
        return _open_texts(bundle, files, options, item_type, limits)
    if options.entry or (files.tables and options.format != "images"):
        dataset = open_set(Opener(bundle, options, limits, _open_table, _see_table), files, item_type)
        if dataset is not None:
            return dataset
    if files.images:
        return _open_images(bundle, files, options, item_type, limits)
    raise _nothing_found(bundle, files)


def _is_zip(bundle: Bundle) -> bool:
    """Whether its only file begins as an archive does: one within another."""
    return sniff.read_head(bundle, bundle.names[0])[:4] in ZIP_MAGICS


def _nothing_found(bundle: Bundle, files: Files) -> InvalidInput:
    if "xl/workbook.xml" in bundle.names:
        return InvalidInput(
            "This is an Excel workbook. Save the sheet as CSV and import that.", code="unknown_format"
        )
    if files.archives:
        return InvalidInput(
            f"There is an archive within the archive or folder ({files.archives[0][:100]!r}), and nothing else that can "
            "be imported. Unpack it and send what is in it.",
            code="nested_archive",
        )
    return InvalidInput(
        f"Nothing that can be imported was found among {len(bundle.names)} files (the first is "
        f"{bundle.names[0][:100]!r}). Tables, images, texts in folders and IDX pairs can be.",
        code="unknown_format",
    )


def _settled(options: ImportOptions, kind: str) -> ImportOptions:
    labels_from = "person" if options.labels_from == "auto" else options.labels_from
    return replace(options, format=kind, labels_from=labels_from)


def _check_type(item_type: str | None, made: str) -> None:
    if item_type not in (None, made):
        raise InvalidInput(
            f"These are {made}s, but the project has {item_type} items. Make a project of item type {made} for them.",
            code="wrong_item_type",
        )


def _open_texts(
    bundle: Bundle, files: Files, options: ImportOptions, item_type: str | None, limits: Limits
) -> Dataset:
    _check_type(item_type, "text")
    if not files.texts:
        raise _nothing_found(bundle, files)
    reader, left_out = open_text_folder(bundle, files, limits)
    notes = ["Each file is a text, and the folder that it lies in its class."]
    return Dataset("text", _settled(options, "texts"), [], reader, True, notes=notes, left_out=left_out)


def _open_images(
    bundle: Bundle, files: Files, options: ImportOptions, item_type: str | None, limits: Limits
) -> Dataset:
    _check_type(item_type, "image")
    names = sorted({*bundle.names} - {*files.tables} - {*files.archives})
    left_out = [
        *left_of(files.tables, "No column of it names an image of this set with a label."),
        *left_of(
            files.archives, "An archive within the archive or folder. Unpack it and import what is in it."
        ),
    ]
    reader = ImageFolderReader(bundle, limits=limits, names=names, members=files.images)
    return Dataset("image", _settled(options, "images"), [], reader, True, left_out=left_out)


def _open_idx(bundle: Bundle, options: ImportOptions, item_type: str | None, limits: Limits) -> Dataset:
    _check_type(item_type, "image")
    pairs = find_pairs(bundle.names) or [IdxPair(name, "", "pool") for name in bundle.names[:1]]
    reader = IdxReader(bundle, pairs, limits=limits)
    used = {name for pair in pairs for name in (pair.images, pair.labels)}
    left_out = left_of(sorted({*bundle.names} - used), "No IDX file of images, or of labels of some.")
    can_be_labeled = any(pair.labels for pair in pairs)
    return Dataset("image", _settled(options, "idx"), [], reader, can_be_labeled, left_out=left_out)


def _open_table(
    bundle: Bundle, options: ImportOptions, kind: str, entry: str, item_type: str | None, limits: Limits
) -> Dataset:
    opened = open_table(bundle, options, kind, entry, limits)
    table, options = opened.table, opened.options
    rows = _first_rows(table, entry)
    own = assay.open_own(
        table.column_names,
        rows,
        kind=kind,
        named=options.columns,
        labels_from=options.labels_from,
        item_type=item_type,
        limits=limits,
        read_image=picture_reader(bundle, entry, limits),
    )
    if own is not None:
        return _own_export(bundle, options, entry, table, rows, own, opened.notes)
    forms = _number_forms(table, rows, options)
    options = replace(options, decimal=forms.decimal) if options.delimiter is not None else options
    if kind != "csv":
        table, rows = _opened(table, rows)
    plain = PlainNumbers(table, forms, range(len(table.column_names)))
    nested = table.nested if isinstance(table, NestedTable) else frozenset[str]()
    sample = Sample(table.column_names, [plain.plain(values) for values in rows], nested, rows)
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
    words = _word_columns(sample, found.roles)
    labels, label_notes = found.label_rules(sample, options.join_classes)
    row_maker = found.row_maker(
        sample, limits=limits, read_image=picture_reader(bundle, entry, limits), labels=labels, words=words
    )
    options = _with_roles(options, bundle, entry, roles=found.roles, labels_from=found.labels_from)
    notes = [*opened.notes, *note_numbers(sample.names, forms, numeric), *note_words(words), *label_notes]
    return Dataset(
        found.item_type,
        options,
        _column_samples(sample.names, rows, found.roles, found.why),
        TableReader(table, row_maker),
        found.can_be_labeled,
        layout=found.layout.name or opened.layout,
        notes=[*notes, *found.notes],
        pages=opened.pages,
    )


def _own_export(
    bundle: Bundle,
    options: ImportOptions,
    entry: str,
    table: Table,
    rows: list[Sequence[object]],
    own: assay.OwnExport,
    notes: list[str],
) -> Dataset:
    shown = _column_samples(table.column_names, rows, own.roles, own.why)
    options = _with_roles(options, bundle, entry, roles=own.roles, labels_from=own.labels_from)
    reader = TableReader(table, own.row_maker)
    return Dataset(own.item_type, options, shown, reader, True, layout="assay", notes=[*notes, assay.NOTE])


def _number_forms(table: Table, rows: list[Sequence[object]], options: ImportOptions) -> NumberForms:
    """How numbers are written in a table of text; elsewhere they are numbers already."""
    if options.delimiter is None:
        return NumberForms()
    columns = columns_of(len(table.column_names), rows)
    return sniff_numbers(columns, delimiter=options.delimiter, decimal=options.decimal)


def _word_columns(sample: Sample, roles: Mapping[str, str]) -> dict[str, list[object]]:
    """The features that hold words. Whatever looks like a number or like NA among them is a word too."""
    features = {name: sample.whole_column(name) for name, role in roles.items() if role == ColumnRole.FEATURE}
    return {name: values for name, values in features.items() if holds_words(values)}


def _column_samples(
    names: Sequence[str], rows: list[Sequence[object]], roles: Mapping[str, str], why: Mapping[str, str]
) -> list[ColumnSample]:
    return [
        ColumnSample(
            name, roles.get(name, "ignore"), [_shown(values[place]) for values in rows[:3]], why.get(name, "")
        )
        for place, name in enumerate(names)
    ]


def _with_roles(
    options: ImportOptions, bundle: Bundle, entry: str, *, roles: dict[str, str], labels_from: str
) -> ImportOptions:
    return replace(
        options,
        columns=roles,
        labels_from=labels_from,
        entry=entry if len(bundle.names) > 1 else options.entry,
    )


def _opened(table: Table, rows: list[Sequence[object]]) -> tuple[Table, list[Sequence[object]]]:
    """The table with the objects in its rows taken apart, and its first rows."""
    opened = open_objects(table, rows)
    if not isinstance(opened, NestedTable):
        return table, rows
    return opened, [opened.flat(values) for values in rows]


def _first_rows(table: Table, name: str) -> list[Sequence[object]]:
    """What roles are guessed from. Raises InvalidInput for more columns than anybody can look through."""
    n_columns = len(table.column_names)
    if n_columns > MAX_COLUMNS:
        raise InvalidInput(
            f"{name} has {n_columns:,} columns; {MAX_COLUMNS:,} are allowed. Leave out those that are not needed, or "
            "write the numbers of a row as one list: a column of JSON Lines or Parquet.",
            code="too_many_columns",
        )
    n_rows = max(MIN_SAMPLE_ROWS, min(N_SAMPLE_ROWS, N_SAMPLE_CELLS // max(1, n_columns)))
    return [values for _, values in islice(table.records(), n_rows) if not isinstance(values, Problem)]


def _see_table(bundle: Bundle, options: ImportOptions, kind: str, entry: str, limits: Limits) -> Table:
    table = open_table(bundle, options, kind, entry, limits).table
    rows = _first_rows(table, entry)
    return _opened(table, rows)[0] if kind != "csv" else table


def _shown(value: object) -> str:
    text = f"{len(value):,} bytes" if isinstance(value, bytes) else "" if value is None else str(value)
    return storable(text if len(text) <= 100 else f"{text[:99]}…")
