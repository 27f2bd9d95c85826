"""A last row that sums up the rows above it: said, and left out where its numbers are their count or sum. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from labeling.formats.columns.names import TOTAL_WORDS, fold
from labeling.formats.columns.numbers import from_comma, from_thousands
from labeling.formats.rows import Problem, Record, Table

MIN_ROWS = 3  # above it, so that a sum is no chance


class TotalTable:
    """The table; its last row may be a problem instead, or come with one."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.column_names = table.column_names

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        held: Record | None = None
        for record in self.table.records(skip=skip):
            if held is not None:
                yield held
            held = record
        if held is None:
            return
        number, values = held
        problem = None if isinstance(values, Problem) else self._problem(number, values)
        if problem is not None:
            yield number, problem
        if problem is None or not problem.left_out:
            yield held

    def progress(self) -> tuple[int, int]:
        return self.table.progress()

    def _problem(self, number: int, values: Sequence[object]) -> Problem | None:
        """What is to be said of the last row: nothing, nearly always."""
        cells = [str(value).strip() for value in values]
        filled = [place for place, cell in enumerate(cells) if cell]
        if number <= MIN_ROWS or not filled or not _is_word(cells[filled[0]]):
            return None
        word, *others = filled
        numbers = {place: _number(cells[place]) for place in others}
        if None in numbers.values() or any(map(_is_word, self._above(number, word))):
            return None  # no row of sums, or the word is one of the values here
        name, shown = self.column_names[word], cells[word][:40]
        if self._sums_up(number, {place: told for place, told in numbers.items() if told is not None}):
            return Problem(
                number, name, f"The last row, {shown!r}, sums up the rows above it, so it was left out."
            )
        return Problem(
            number,
            name,
            f"The last row, {shown!r}, looks like a total. It was taken as an item.",
            left_out="",
        )

    def _above(self, last: int, place: int) -> Iterator[str]:
        for number, values in self.table.records():
            if number < last and not isinstance(values, Problem):
                yield str(values[place])

    def _sums_up(self, last: int, told: dict[int, float]) -> bool:
        """Whether one of these numbers is the count or the sum of its column."""
        sums, n_rows = dict.fromkeys(told, 0.0), 0
        for number, values in self.table.records() if told else ():
            if number >= last or isinstance(values, Problem):
                continue
            n_rows += 1
            for place in sums:
                sums[place] += _number(str(values[place]).strip()) or 0.0
        return any(
            math.isclose(value, total, rel_tol=1e-6, abs_tol=1e-9)
            for place, value in told.items()
            for total in (sums[place], n_rows)
            if total
        )


def _is_word(cell: str) -> bool:
    return fold(cell.strip().rstrip(":").strip()) in TOTAL_WORDS


def _number(cell: str) -> float | None:
    for form in (cell, from_thousands(cell), from_comma(cell)):
        try:
            number = float(str(form))
        except ValueError:
            continue
        return number if math.isfinite(number) else None
    return None
