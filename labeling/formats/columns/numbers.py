"""Numbers as people write them: decimal commas, signs between thousands; and words that look like nothing. Pure.

Decided for each column from a sample of its values, so that one cell never means two things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from labeling.formats.cells import MISSING, NO_WORDS, NOT_AMONG_NUMBERS
from labeling.formats.columns.kinds import is_number
from labeling.formats.rows import Problem, Record, Table

_GAP = "[.\u00a0\u202f '\u2019]"  # between thousands, where the comma is decimal
COMMA_NUMBER = re.compile(rf"[+-]?(?:\d{{1,3}}(?:{_GAP}\d{{3}})+|\d+)?(?:,\d+)?(?:[eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d+)?")
MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")


@dataclass(frozen=True, slots=True)
class NumberForms:
    """Places of the columns whose numbers are written with commas."""

    decimal: str = "."
    commas: list[int] = field(default_factory=list)
    thousands: list[int] = field(default_factory=list)


def sniff_numbers(columns: Sequence[list[object]], *, delimiter: str, decimal: str | None) -> NumberForms:
    """How numbers are written in each column of a delimited text; `decimal` is taken where it is set."""
    found = {i: _present(column) for i, column in enumerate(columns)}
    found = {i: values for i, values in found.items() if values and not is_number(columns[i])}
    commas = [i for i, values in found.items() if all(map(is_comma_number, values))]
    grouped = [i for i, values in found.items() if all(map(THOUSANDS.fullmatch, values))]
    unsure = [i for i in commas if i in grouped and all(map(_is_grouped, filter(_has_comma, found[i])))]
    if decimal == ",":
        return NumberForms(",", commas)
    if decimal is None:
        sure = [i for i in commas if i not in unsure]
        if sure or (unsure and delimiter == ";"):
            return NumberForms(",", commas, [i for i in grouped if i not in commas])
    return NumberForms(".", [], grouped)


class PlainNumbers:
    """A table whose numbers are written with points, and with nothing between thousands."""

    def __init__(self, table: Table, forms: NumberForms, places: Sequence[int]) -> None:
        """`places`: the columns that hold numbers by their roles; all others stay as they are."""
        self.table = table
        self.column_names = table.column_names
        self.commas = [i for i in forms.commas if i in places]
        self.thousands = [i for i in forms.thousands if i in places]

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        for number, values in self.table.records(skip=skip):
            if isinstance(values, Problem):
                yield number, values
                continue
            yield number, self.plain(values)

    def plain(self, values: Sequence[object]) -> Sequence[object]:
        """The same values, with the numbers of these columns rewritten."""
        plain = list(values)
        for place in self.commas:
            plain[place] = from_comma(plain[place])
        for place in self.thousands:
            plain[place] = from_thousands(plain[place])
        return plain

    def progress(self) -> tuple[int, int]:
        return self.table.progress()


def from_comma(value: object) -> object:
    """1.234,5 as 1234.5; what is no such number stays as it is."""
    if not isinstance(value, str) or not is_comma_number(value.strip()):
        return value
    whole, comma, fraction = value.strip().partition(",")
    return re.sub(_GAP, "", whole) + comma.replace(",", ".") + fraction


def from_thousands(value: object) -> object:
    """1,234.5 as 1234.5; what is no such number stays as it is."""
    is_one = isinstance(value, str) and THOUSANDS.fullmatch(value.strip())
    return value.replace(",", "") if is_one and isinstance(value, str) else value


def holds_words(column: Sequence[object]) -> bool:
    """Whether some values are words, so that NA among them may be one."""
    return bool(_present(column)) and not is_number(column)


def words_kept(column: Sequence[object]) -> list[str]:
    """The values of a sample that would be missing among numbers, and are words here."""
    return [text for value in column if isinstance(value, str) and (text := value.strip())
            and text.lower() in MISSING - NO_WORDS]  # fmt: skip


def note_numbers(names: Sequence[str], forms: NumberForms, places: Sequence[int]) -> Iterator[str]:
    """What is to be said of columns whose numbers were rewritten."""
    commas = [names[i] for i in forms.commas if i in places]
    thousands = [names[i] for i in forms.thousands if i in places]
    if commas:
        yield f"Numbers are read with a decimal comma, 1,5 as 1.5, in {_listed(commas)}."
    if thousands:
        yield f"Commas stand between thousands, so 1,234 is read as 1234, in {_listed(thousands)}."


def note_words(columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """What is to be said of columns of words in which NA and the like stand."""
    for name, column in columns.items():
        kept = words_kept(column)
        if kept:
            times = "1 time" if len(kept) == 1 else f"{len(kept)} times"
            yield (
                f"In {name!r} {kept[0]!r} is kept as a word, since the other values are no numbers "
                f"({times} in the first {len(column):,} rows)."
            )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:5])
    return f"{shown} and {len(names) - 5} more columns" if len(names) > 5 else shown


def _present(column: Sequence[object]) -> list[str]:
    texts = [str(value).strip() for value in column if value is not None]
    return [text for text in texts if text.lower() not in NOT_AMONG_NUMBERS]


def is_comma_number(text: str) -> bool:
    return bool(COMMA_NUMBER.fullmatch(text)) and any(sign.isdigit() for sign in text)


def _is_grouped(text: str) -> bool:
    return bool(MAYBE_THOUSANDS.fullmatch(text))


def _has_comma(text: str) -> bool:
    return "," in text
