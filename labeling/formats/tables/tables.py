"""A file of rows and columns, opened with everything detected that was not set. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from labeling.errors import InvalidInput
from labeling.formats.files import sniff
from labeling.formats.files.bundle import Bundle
from labeling.formats.files.parquet import ParquetTable
from labeling.formats.options import ImportOptions
from labeling.formats.rows import Limits, Table
from labeling.formats.tables.delimited import DelimitedTable
from labeling.formats.tables.dialects import sniff_dialect
from labeling.formats.tables.fasttext import PREFIX, FastTextTable, is_fasttext
from labeling.formats.tables.fiftyone import NOTE, FiftyOneTable, is_fiftyone
from labeling.formats.tables.jsonfiles import JsonLinesTable, JsonTable
from labeling.formats.tables.totals import TotalTable
from labeling.formats.text.encodings import PageSample, check_encoding, sniff_doubts


@dataclass(frozen=True, slots=True)
class OpenedTable:
    table: Table
    options: ImportOptions
    notes: list[str] = field(default_factory=list)
    layout: str = ""
    pages: list[PageSample] = field(default_factory=list)  # that its text may be in, where that is not sure


def open_table(bundle: Bundle, options: ImportOptions, kind: str, entry: str, limits: Limits) -> OpenedTable:
    """The table of one file. Raises InvalidInput if it is empty, binary, or not what the options say."""
    named = sniff.named_otherwise(entry, kind)
    if kind == "parquet":
        return OpenedTable(ParquetTable(bundle, entry), options, named)
    head = sniff.read_head(bundle, entry)
    if not head.strip():
        raise InvalidInput(f"{entry} is empty. Choose a file with rows.", code="empty_file")
    sniff.check_text(head, entry)
    pages: list[PageSample] = []
    if options.encoding:
        encoding = check_encoding(options.encoding)
    else:
        encoding, pages = sniff_doubts(sniff.read_letters(bundle, entry, head))
    opened = _open_text(bundle, replace(options, encoding=encoding), kind, entry, head, encoding, limits)
    return replace(opened, notes=[*named, *opened.notes], pages=pages)


def _open_text(
    bundle: Bundle, options: ImportOptions, kind: str, entry: str, head: bytes, encoding: str, limits: Limits
) -> OpenedTable:
    if kind == "json" and is_fiftyone(head):
        labels = FiftyOneTable(bundle, entry, encoding=encoding)
        return OpenedTable(labels, options, [NOTE], layout="fiftyone")
    if kind == "json":
        table = JsonTable(bundle, entry, encoding=encoding)
        return OpenedTable(table, options, table.notes)
    if kind == "jsonl":
        return OpenedTable(JsonLinesTable(bundle, entry, encoding=encoding), options)
    if PREFIX.encode() in head and is_fasttext(head):
        return OpenedTable(FastTextTable(bundle, entry, encoding=encoding), options, layout="fasttext")
    return _open_delimited(bundle, options, encoding, entry, head, limits)


def _open_delimited(
    bundle: Bundle, options: ImportOptions, encoding: str, entry: str, head: bytes, limits: Limits
) -> OpenedTable:
    dialect = sniff_dialect(
        head,
        encoding=encoding,
        is_cut=len(head) == sniff.SAMPLE_BYTES,
        is_tabbed=sniff.is_tabbed(entry),
        delimiter=options.delimiter,
        quote=options.quote,
        escape=options.escape,
        skip_lines=options.skip_lines,
        has_header=options.has_header,
    )
    table = DelimitedTable(bundle, entry, dialect, max_chars=limits.text_chars)
    notes = list(table.notes)
    if dialect.skip_lines:
        notes.insert(
            0,
            "The first line stands above the table and is no part of it."
            if dialect.skip_lines == 1
            else f"The first {dialect.skip_lines} lines stand above the table and are no part of it.",
        )
    options = replace(
        options,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        skip_lines=dialect.skip_lines,
        has_header=dialect.has_header,
    )
    return OpenedTable(TotalTable(table), options, notes)
