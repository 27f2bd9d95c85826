"""Rows that sum up the rows above them: said, and left out where a number is their count, sum or mean. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from labeling.formats.columns.names import MEAN_WORDS, TOTAL_WORDS, fold
from labeling.formats.columns.numbers import from_comma, from_thousands
from labeling.formats.rows import Problem, Record, Table

MIN_ROWS = 3  # above it, so that a sum is no chance
MAX_LOOKED_INTO = 20  # rows of one table, since the rows above are read again for each
_FIRST_WORDS = frozenset({"total", "subtotal", "sum", "summe", "gesamt", "average", "mean"})  # Subtotal EU
MAX_WORD_CHARS = 40


class TotalTable:
    """The table; some rows may be a problem instead, or come with one: the last, and others with gaps."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.column_names = table.column_names

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        held: Record | None = None
        n_looked = 0
        for record in self.table.records(skip=skip):
            if held is not None:
                if n_looked < MAX_LOOKED_INTO and _may_be_total(held[1], is_last=False):
                    n_looked += 1
                    yield from self._told(held, is_last=False)
                else:
                    yield held
            held = record
        if held is not None:
            yield from self._told(held, is_last=True)

    def progress(self) -> tuple[int, int]:
        return self.table.progress()

    def _told(self, record: Record, *, is_last: bool) -> Iterator[Record]:
        number, values = record
        problem = None if isinstance(values, Problem) else self._problem(number, values, is_last=is_last)
        if problem is not None:
            yield number, problem
        if problem is None or not problem.left_out:
            yield record

    def _problem(self, number: int, values: Sequence[object], *, is_last: bool) -> Problem | None:
        """What is to be said of the row: nothing, nearly always."""
        if number <= MIN_ROWS or not _may_be_total(values, is_last=is_last):
            return None
        cells = [str(value).strip() for value in values]
        word, *others = (place for place, cell in enumerate(cells) if cell)
        told = {place: _number(cells[place]) or 0.0 for place in others}
        above = self._above(number, word, others)
        if above is None:
            return None  # the word is one of the values here
        problem = Problem(
            number,
            self.column_names[word],
            f"The last row, {cells[word][:40]!r}, sums up the rows above it, so it was left out."
            if is_last
            else f"The row {cells[word][:40]!r} sums up rows above it, so it was left out.",
        )
        if any(sums.tells(told) for sums in above):
            return problem
        message = (
            f"The last row, {cells[word][:40]!r}, looks like a total. It was taken as an item."
            if is_last
            else f"The row {cells[word][:40]!r} looks like a total. It was taken as an item."
        )
        return replace(problem, message=message, left_out="")

    def _above(self, last: int, word: int, places: Sequence[int]) -> list[_Sums] | None:
        """The sums of all rows above, and of those since another such row. None: the word stands in a plain row, too."""
        whole, since = _Sums(), _Sums()
        for number, values in self.table.records():
            if number >= last:
                break
            if isinstance(values, Problem):
                continue
            if _is_word(str(values[word])):
                if not _may_be_total(values, is_last=False):
                    return None
                since = _Sums()
                continue
            for sums in (whole, since):
                sums.add(values, places)
        return [whole, since]


@dataclass(slots=True)
class _Sums:
    n_rows: int = 0
    sums: dict[int, float] = field(default_factory=dict)

    def add(self, values: Sequence[object], places: Sequence[int]) -> None:
        self.n_rows += 1
        for place in places:
            self.sums[place] = self.sums.get(place, 0.0) + (_number(str(values[place]).strip()) or 0.0)

    def tells(self, told: dict[int, float]) -> bool:
        """Whether one of these numbers is the sum or the mean of its column, or the count of the rows."""
        return self.n_rows > 1 and any(
            math.isclose(value, expected, rel_tol=1e-6, abs_tol=1e-9)
            for place, value in told.items()
            for expected in (self.sums[place], self.n_rows, self.sums[place] / self.n_rows)
            if expected
        )


def _may_be_total(values: Sequence[object] | Problem, *, is_last: bool) -> bool:
    """A word such as Total, and beside it numbers only; before the last row also a gap, and a number."""
    if isinstance(values, Problem):
        return False
    first = next((text for value in values if (text := str(value).strip())), "")
    if len(first) > MAX_WORD_CHARS or not _is_word(first):
        return False
    rest = [str(value).strip() for value in values]
    rest.remove(first)
    if any(_number(cell) is None for cell in rest if cell):
        return False
    return is_last or (any(rest) and "" in rest)


def _is_word(cell: str) -> bool:
    word = fold(cell.strip().rstrip(":").strip())
    if word in TOTAL_WORDS or word in MEAN_WORDS:
        return True
    first, _, rest = word.partition(" ")
    return first in _FIRST_WORDS and rest.count(" ") < 3 and bool(rest)


def _number(cell: str) -> float | None:
    for form in (cell, from_thousands(cell), from_comma(cell)):
        try:
            number = float(str(form))
        except ValueError:
            continue
        return number if math.isfinite(number) else None
    return None
