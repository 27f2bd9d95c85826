"""Tables of rows -> files: CSV, JSONL, Parquet. Pure; one batch in memory at a time.

Each writer is given pyarrow tables of one schema and writes them to a binary file that it does not
close. Features (table rows, series) come as one JSON column: CSV and Parquet of table rows get one
column for each, named "features.<name>", and "features_exact" for the rows that these do not tell exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from labeling.formats.cells import BadCell, read_feature

# A spreadsheet takes such a cell for a formula, which may read files or send data (OWASP, "CSV
# injection"), also in the full width of East Asian keyboards and behind what it takes for blank; plain negative
# numbers are none.
_BLANK = r"\s\x{85}\x{A0}\x{1680}\x{180E}\x{2000}-\x{200F}\x{2028}-\x{202F}\x{205F}-\x{2064}\x{3000}\x{FEFF}\x00-\x1F"
FORMULA = rf"^'*([{_BLANK}]*[=+\-@\x{{FF1D}}\x{{FF0B}}\x{{FF0D}}\x{{2212}}\x{{FF20}}]|[\t\r\n])"
JSON_COLUMNS = ("features", "answers", "probabilities", "extras")  # their values are JSON already
EXACT = "features_exact"
NUMBER = r"^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$"


class Writer(Protocol):
    def write(self, table: pa.Table) -> None:
        """Write the rows of this table."""
        ...

    def close(self) -> None:
        """Write what ends the file; the file itself stays open."""
        ...


class CsvWriter:
    """UTF-8, comma, one header; a missing value is an empty cell.

    Text that a spreadsheet would take for a formula gets an apostrophe before it. JSONL and Parquet
    hold every text as it is.
    """

    def __init__(self, file: BinaryIO, schema: pa.Schema, *, feature_names: Sequence[str] | None) -> None:
        self.feature_names = feature_names
        self.file = pyarrow.csv.CSVWriter(file, flat_schema(schema, feature_names))

    def write(self, table: pa.Table) -> None:
        table = flatten_features(table, self.feature_names)
        for index, field in enumerate(table.schema):
            if pa.types.is_string(field.type):
                table = table.set_column(index, field, defuse_formulas(table.column(index)))
        self.file.write_table(table)

    def close(self) -> None:
        self.file.close()


class ParquetWriter:
    """Zstandard, row groups of about 100,000 rows; decided_at is a timestamp."""

    ROWS_OF_GROUP = 100_000
    TIMES = pa.timestamp("us", tz="UTC")

    def __init__(self, file: BinaryIO, schema: pa.Schema, *, feature_names: Sequence[str] | None) -> None:
        self.feature_names = feature_names
        flat = flat_schema(schema, feature_names)
        fields = [pa.field(f.name, self.TIMES) if f.name == "decided_at" else f for f in flat]
        self.schema = pa.schema(fields)
        self.file = pyarrow.parquet.ParquetWriter(file, self.schema, compression="zstd")
        self.waiting: list[pa.Table] = []

    def write(self, table: pa.Table) -> None:
        self.waiting.append(flatten_features(table, self.feature_names).cast(self.schema))
        if sum(waiting.num_rows for waiting in self.waiting) >= self.ROWS_OF_GROUP:
            self._write_group()

    def close(self) -> None:
        self._write_group()
        self.file.close()

    def _write_group(self) -> None:
        if self.waiting:
            self.file.write_table(pa.concat_tables(self.waiting))
        self.waiting = []


class JsonlWriter:
    """One object a line, in UTF-8; features as they are.

    Written column by column in C: an encoder that takes row after row needs as long as all the rest.
    """

    def __init__(self, file: BinaryIO, schema: pa.Schema, **_: object) -> None:
        self.file = file

    def write(self, table: pa.Table) -> None:
        if table.num_rows == 0:
            return
        pieces: list[Any] = []
        for index, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
            pieces.append(f"{',' if index else '{'}{json.dumps(name)}:")
            pieces.append(pc.fill_null(column, "null") if name in JSON_COLUMNS else json_values(column))
        lines = pc.binary_join_element_wise(*pieces, "}\n", "")
        for chunk in lines.chunks:
            self.file.write("".join(chunk.to_pylist()).encode())

    def close(self) -> None:
        pass


def json_values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each value of a column of texts, numbers or truths as JSON; a missing one as null."""
    if pa.types.is_string(column.type):
        column = pc.binary_join_element_wise('"', escape(column), '"', "")
    elif pa.types.is_boolean(column.type):
        column = pc.if_else(column, "true", "false")
    else:
        column = column.cast(pa.string())
    return pc.fill_null(column, "null")


def escape(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The texts as they stand between the quotes of a JSON string."""
    is_special = pc.fill_null(pc.match_substring_regex(column, r'[\x00-\x1f"\\]'), False)
    if not pc.any(is_special).as_py():
        return column
    special = column.filter(is_special).to_pylist()
    escaped = pa.array([json.dumps(text, ensure_ascii=False)[1:-1] for text in special], pa.string())
    # Not as ChunkedArray: replace_with_mask counts replacements from the start of each chunk.
    return pa.chunked_array(
        [pc.replace_with_mask(column.combine_chunks(), is_special.combine_chunks(), escaped)]
    )


def defuse_formulas(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The texts with an apostrophe before each that a spreadsheet would run.

    One that begins with apostrophes before such a text gets another, so that reading it takes one away
    (labeling/formats/layouts/tools/assay.py).
    """
    runs = pc.and_not(pc.match_substring_regex(column, FORMULA), pc.match_substring_regex(column, NUMBER))
    if not pc.any(runs).as_py():
        return column
    return pc.if_else(runs, pc.binary_join_element_wise("'", column, ""), column)


def flat_schema(schema: pa.Schema, feature_names: Sequence[str] | None) -> pa.Schema:
    """The schema with the column "features" replaced by one column for each name."""
    if feature_names is None:
        return schema
    place = schema.get_field_index("features")
    flat = [pa.field(name, pa.string()) for name in [*(f"features.{name}" for name in feature_names), EXACT]]
    fields = list(schema)
    return pa.schema([*fields[:place], *flat, *fields[place + 1 :]])


def flatten_features(table: pa.Table, feature_names: Sequence[str] | None) -> pa.Table:
    """The table with each row's JSON object of features spread over columns of text.

    Text, because a column of a table may hold numbers in one row and words in another; a number is
    written as JSON writes it, and a missing value is null. Where that does not tell the row exactly (a column that it
    does not have, a truth, a category called "NA") the object stands beside it.
    """
    if feature_names is None:
        return table
    texts = table.column("features").to_pylist()
    rows = [json.loads(text) for text in texts]
    place = table.schema.get_field_index("features")
    columns = [
        pa.array([_feature_text(row.get(name)) for row in rows], pa.string()) for name in feature_names
    ]
    exact = [
        None if _is_told(row, len(feature_names)) else text for row, text in zip(rows, texts, strict=True)
    ]
    columns.append(pa.array(exact, pa.string()))
    arrays = [*table.columns[:place], *columns, *table.columns[place + 1 :]]
    return pa.table(arrays, schema=flat_schema(table.schema, feature_names))


def _feature_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _is_told(row: Mapping[str, object], n_names: int) -> bool:
    """Whether single cells of text tell these features exactly."""
    return len(row) == n_names and all(_is_told_value(value) for value in row.values())


def _is_told_value(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if not isinstance(value, str):
        return True
    try:
        return bool(read_feature(value, "") == value)
    except BadCell:
        return False
