"""CSV, TSV and other delimited text. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import partial
from io import TextIOBase

from labeling.errors import InvalidInput
from labeling.formats.columns.names import fold
from labeling.formats.files.bundle import Bundle, open_unpacked
from labeling.formats.rows import Problem, Record
from labeling.formats.text.encodings import storable, text_stream

MAX_LINE_CHARS = 16 * 2**20
MAX_DOUBLES_TOLD = 5
_RULE = re.compile(r":?(-{2,}|={2,}):?")
_TYPE = re.compile(
    r"(int|integer|bigint|smallint|long|u?int(8|16|32|64)|float|float(16|32|64)|double|decimal|numeric|number|real|str"
    r"|string|text|char|varchar|object|bool|boolean|date|datetime|timestamp|time|category|categorical|factor)(\(\d+\))?"
)
N_PEEKED = 50  # rows that tell how many columns there are


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written."""

    encoding: str
    delimiter: str  # one character
    quote: str  # one character, or empty: quotes are ordinary characters
    has_header: bool
    escape: str = (
        ""  # one character that stands before quotes within fields, or empty: they are written twice
    )
    skip_lines: int = 0  # lines above the table: titles, or sep=;
    skip_blanks: bool = False  # those between a delimiter and the quote that follows


class DelimitedTable:
    """Rows are records, which may span lines inside quotes."""

    def __init__(self, bundle: Bundle, name: str, dialect: Dialect, *, max_chars: int) -> None:
        """Raises InvalidInput if the file has no first record."""
        self.bundle = bundle
        self.name = name
        self.dialect = dialect
        self.n_bytes = bundle.size(name)
        self.n_bytes_read = 0
        csv.field_size_limit(max(csv.field_size_limit(), max_chars + 1))  # of the whole process
        try:
            first, broken = self._peek()
        except UnicodeError as error:
            raise self._other_encoding(0, error) from None
        if broken is not None and (dialect.has_header or not first):
            raise InvalidInput(
                f"The first row of {name} cannot be read: {_why(broken)} Is it a table?", code="bad_table"
            )
        if not first:
            raise InvalidInput(f"{name} holds no row.", code="empty_file")
        self.header = first[0] if dialect.has_header else None
        self.notes: list[str] = []
        self.column_names = self._names(first)
        # Between tabs, quotes are ordinary: nobody closes them. Between commas one that is not closed was forgotten.
        self._tells_quotes = not dialect.quote and dialect.delimiter != "\t"

    def _peek(self) -> tuple[list[list[str]], csv.Error | None]:
        """(the first rows that can be read, why the very first cannot). One bad row spoils no other."""
        reader = self._reader()
        first: list[list[str]] = []
        broken: csv.Error | None = None
        n_broken = 0
        while len(first) + n_broken < N_PEEKED:
            try:
                fields = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                n_broken += 1
                broken = broken or (None if first else error)
                continue
            if fields:
                first.append(fields)
        return first, broken

    def _names(self, first: list[list[str]]) -> list[str]:
        """Names for as many columns as rows fill. A delimiter at the end of lines makes no column."""
        lengths = [len(fields) for fields in first[1:]] or [len(first[0])]
        widths = [_width(fields) for fields in first]
        if self.header is None:
            n_columns = max(widths, default=0) if max(widths) == min(lengths) - 1 else len(first[0])
            if n_columns < len(first[0]):
                self.notes.append("Each line ends with a delimiter; no column was made of it.")
            return count_columns(max(1, n_columns))
        named = _width(first[0])
        filled = max(widths[1:], default=named)
        if filled == len(first[0]) + 1 and min(lengths) == filled:
            self.notes.append(
                "The header names one column less than rows have, so the first is without name."
            )
            return name_columns(["", *first[0]])
        self._note_doubles(first[0])
        n_columns = max(1, named, min(filled, len(first[0])))
        if n_columns < sorted(lengths)[len(lengths) // 2]:
            self.notes.append("Lines end with a delimiter; no column was made of it.")
        return name_columns(first[0][:n_columns])

    def _note_doubles(self, header: list[str]) -> None:
        """Two columns of one name may contradict each other: which is which is said."""
        names = name_columns(header)
        doubles = [
            name
            for place, name in enumerate(names, start=1)
            if name == f"{_clean(header[place - 1])} ({place})"
        ]
        for name in doubles[:MAX_DOUBLES_TOLD]:
            first = name.rpartition(" (")[0]
            self.notes.append(f"Two columns are called {first!r}; the later one is read as {name!r}.")

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        n_columns = len(self.column_names)
        reader = self._reader()
        header = self.header
        is_header = header is not None
        number = 0
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                if number > skip:
                    yield number, Problem(number, "", f"The row cannot be read: {_why(error)}")
                continue
            except UnicodeError as error:
                raise self._other_encoding(number, error) from None
            if not fields:
                continue  # an empty line
            if is_header:
                is_header = False
                continue
            number += 1
            if number <= skip:
                continue
            if header is not None and _is_header_again(fields, header):
                yield number, Problem(number, "", "The row repeats the header, so it was left out.")
            elif number == 1 and header is not None and (message := describing(fields)):
                yield number, Problem(number, "", message)
            elif len(fields) == n_columns:
                if self._tells_quotes and any('"' in field for field in fields):
                    yield from self._open_quotes(number, fields)
                yield number, fields
            elif len(fields) > n_columns and not any(map(str.strip, fields[n_columns:])):
                yield number, fields[:n_columns]
            else:
                yield number, self._wrong_length(number, fields)

    def _open_quotes(self, number: int, fields: list[str]) -> Iterator[Record]:
        """A quote before a value that nothing closes is kept, where quotes are ordinary characters, and said."""
        for name, field in zip(self.column_names, fields, strict=True):
            if field.startswith('"') and field.count('"') % 2:
                message = "The value begins with a quote that is never closed; the quote was kept in it."
                yield number, Problem(number, name, message, left_out="")

    def _wrong_length(self, number: int, fields: list[str]) -> Problem:
        n_columns = len(self.column_names)
        told = (
            f"The row has {_columns(len(fields))} where {n_columns} are expected "
            f"(delimiter {self.dialect.delimiter!r})."
        )
        if len(fields) > n_columns:
            return Problem(number, "", f"{told} Quote fields that hold the delimiter.")
        return Problem(number, "", f"{told} Is it a line of another kind, such as a title or a total?")

    def progress(self) -> tuple[int, int]:
        return self.n_bytes_read, self.n_bytes

    def _other_encoding(self, n_rows: int, error: UnicodeError) -> InvalidInput:
        return InvalidInput(
            f"{self.name} is not {self.dialect.encoding} after row {n_rows:,}: {error}. Set the right encoding.",
            code="bad_encoding",
        )

    def _reader(self) -> Iterator[list[str]]:
        stream, beneath = open_unpacked(self.bundle, self.name)
        lines = text_stream(stream, self.dialect.encoding)

        most = max(MAX_LINE_CHARS, csv.field_size_limit())

        def counted() -> Iterator[str]:
            with lines:
                for _ in range(self.dialect.skip_lines):
                    if not lines.readline(most):
                        break
                for i, line in enumerate(iter(partial(lines.readline, most), "")):
                    if len(line) == most and not line.endswith(("\n", "\r")):
                        if not i:
                            raise InvalidInput(
                                f"{self.name} has a line of more than {most:,} characters. Is it a table of lines?",
                                code="line_too_long",
                            )
                        line = self._too_long(lines, most)
                    if i % 1024 == 0:
                        self.n_bytes_read = beneath.tell()
                    yield line
                self.n_bytes_read = self.n_bytes

        return csv.reader(
            counted(),
            delimiter=self.dialect.delimiter,
            quotechar=self.dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.dialect.quote else csv.QUOTE_NONE,
            escapechar=self.dialect.escape or None,
            doublequote=not self.dialect.escape,
            skipinitialspace=self.dialect.skip_blanks,
        )

    def _too_long(self, lines: TextIOBase, most: int) -> str:
        """The rest of the line is passed over. What stands for it has a value that no row may have."""
        while (rest := lines.readline(most)) and not rest.endswith(("\n", "\r")):
            pass
        return "x" * (csv.field_size_limit() + 1) + "\n"


def _is_header_again(fields: list[str], header: list[str]) -> bool:
    """Also in other capitals, and with other blanks; one name alone may be a value in other capitals."""
    if fields == header:
        return True
    if (
        len(fields) != len(header)
        or len(fields) < 2
        or fields[0].casefold().strip() != header[0].casefold().strip()
    ):
        return False
    return [fold(cell) for cell in fields] == [fold(cell) for cell in header]


def describing(fields: list[str]) -> str:
    """What is to be said of a first row that describes the columns, and is none of theirs; "" for a plain one."""
    cells = [cell.strip().lower() for cell in fields if cell.strip()]
    if len(cells) > 1 and all(map(_RULE.fullmatch, cells)):
        return "The row is a line of dashes beneath the header, so it was left out."
    if len(cells) > 1 and all(map(_TYPE.fullmatch, cells)):
        return "The row names the types of the columns, so it was left out."
    return ""


def _why(error: csv.Error) -> str:
    """What the reader of CSV says, in words for whoever wrote the file."""
    if "field limit" in str(error):
        return f"a value in it has more than the {csv.field_size_limit() - 1:,} characters allowed."
    return f"{error}. Is a quote left open in it?"


def _clean(name: str) -> str:
    return storable(name.strip("\ufeff \t\r\n").strip())


def name_columns(fields: list[str]) -> list[str]:
    """Names from a header; empty and repeated ones get their number."""
    names: dict[str, None] = {}  # looked up fast, and in order
    for place, field in enumerate(fields, start=1):
        name = _clean(field) or f"column {place}"
        names[_free(name, place, names)] = None
    return list(names)


def _free(name: str, place: int, taken: Container[str]) -> str:
    """The name, with its column's number where another column has it."""
    while name in taken:
        name = f"{name} ({place})"
    return name


def count_columns(n_columns: int) -> list[str]:
    """Names for a file without header: column 1, column 2, ..."""
    return [f"column {place}" for place in range(1, n_columns + 1)]


def _width(fields: list[str]) -> int:
    """How many columns up to the last that is filled."""
    return max((place for place, field in enumerate(fields, start=1) if field.strip()), default=0)


def _columns(n_columns: int) -> str:
    return "1 column" if n_columns == 1 else f"{n_columns} columns"
