"""Whether the first record of a file names its columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import mean

from labeling.formats.columns.kinds import has_classes, is_number, parses
from labeling.formats.columns.names import ALL_NAMES, fold
from labeling.formats.columns.numbers import is_comma_number

MIN_ROWS = 6  # below the first, so that a class of the first row would come again in them
MAX_NAME_CHARS = 40
_NO_NAME = re.compile(r"[\n\r\t?!.;,\"\u3002\u3001\u2026\u201c\u201d\uff01\uff0c\uff1b\uff1f]")


def looks_like_header(first: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
    """Whether the first record of a file names its columns, as seen against the records below it."""
    cells = [cell.strip() for cell in first]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()  # lines that end with a delimiter
    lower = [fold(cell) for cell in cells]
    if cells and all(cell.isdigit() for cell in cells) and len(cells) > 1:
        start = int(cells[0])
        return start in (0, 1) and [int(cell) for cell in cells] == list(range(start, start + len(cells)))
    knows_one = any(name in ALL_NAMES for name in lower)
    if any(parses(cell) or is_comma_number(cell) for cell in cells):
        return False
    if (len(set(lower)) < len(lower) or "" in lower[1:]) and not knows_one:
        return False
    below = columns_of(len(cells), rows)
    if any(
        cell and cell in {str(value).strip() for value in column}
        for cell, column in zip(cells, below, strict=True)
    ):
        return False
    if knows_one:
        return True
    if not rows:
        return False
    if any(is_number(column) or _has_comma_numbers(column) for column in below):
        return True
    if len(rows) >= MIN_ROWS and any(has_classes(column) and len(set(column)) > 1 for column in below):
        return all(len(cell) <= 2 * MAX_NAME_CHARS for cell in cells)  # else the first row's class came again
    looks_like_names = all(len(cell) <= MAX_NAME_CHARS and not _NO_NAME.search(cell) for cell in cells)
    longer_below = any(mean(len(str(value)) for value in column) > 2 * len(cell) for cell, column in
                       zip(cells, below, strict=True) if column)  # fmt: skip
    return looks_like_names and longer_below


def _has_comma_numbers(column: Sequence[object]) -> bool:
    present = [str(value).strip() for value in column if str(value).strip()]
    return bool(present) and all(map(is_comma_number, present))


def columns_of(n_columns: int, rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """The sample, column by column."""
    return [[row[i] for row in rows if i < len(row)] for i in range(n_columns)]
