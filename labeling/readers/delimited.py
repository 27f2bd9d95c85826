"""CSV, TSV and other delimited text. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from labeling.errors import InvalidInput
from labeling.readers.bundle import Bundle, open_unpacked
from labeling.readers.rows import Problem, Record

MAX_LINE_CHARS = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written."""

    encoding: str
    delimiter: str  # one character
    quote: str  # one character, or empty: quotes are ordinary characters
    has_header: bool


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
            first = next((fields for fields in self._reader() if fields), None)
        except csv.Error as error:
            raise InvalidInput(
                f"The first row of {name} cannot be read: {error}. Is it a table?", code="bad_table"
            ) from None
        except UnicodeError as error:
            raise self._other_encoding(0, error) from None
        if first is None:
            raise InvalidInput(f"{name} holds no row.", code="empty_file")
        self.column_names = name_columns(first) if dialect.has_header else count_columns(len(first))

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        n_columns = len(self.column_names)
        reader = self._reader()
        is_header = self.dialect.has_header
        number = 0
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                yield (
                    number,
                    Problem(number, "", f"The row cannot be read: {error}. Is a quote left open in it?"),
                )
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
            if len(fields) != n_columns:
                yield (
                    number,
                    Problem(
                        number,
                        "",
                        f"The row has {_columns(len(fields))} where {n_columns} are expected "
                        f"(delimiter {self.dialect.delimiter!r}). Quote fields that hold the delimiter.",
                    ),
                )
            else:
                yield number, fields

    def progress(self) -> tuple[int, int]:
        return self.n_bytes_read, self.n_bytes

    def _other_encoding(self, n_rows: int, error: UnicodeError) -> InvalidInput:
        return InvalidInput(
            f"{self.name} is not {self.dialect.encoding} after row {n_rows:,}: {error}. Set the right encoding.",
            code="bad_encoding",
        )

    def _reader(self) -> Iterator[list[str]]:
        stream, beneath = open_unpacked(self.bundle, self.name)
        # Bytes of another encoding become surrogates, so that their row can be named.
        lines = io.TextIOWrapper(stream, encoding=self.dialect.encoding, errors="surrogateescape", newline="")

        most = max(MAX_LINE_CHARS, csv.field_size_limit())

        def counted() -> Iterator[str]:
            with lines:
                for i, line in enumerate(iter(partial(lines.readline, most), "")):
                    if len(line) == most and not line.endswith(("\n", "\r")):
                        raise InvalidInput(
                            f"{self.name} has a line of more than {most:,} characters. Is it a table of lines?",
                            code="line_too_long",
                        )
                    if i % 1024 == 0:
                        self.n_bytes_read = beneath.tell()
                    yield line
                self.n_bytes_read = self.n_bytes

        return csv.reader(
            counted(),
            delimiter=self.dialect.delimiter,
            quotechar=self.dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.dialect.quote else csv.QUOTE_NONE,
        )


def name_columns(fields: list[str]) -> list[str]:
    """Names from a header; empty and repeated ones get their number."""
    names: list[str] = []
    for place, field in enumerate(fields, start=1):
        name = field.strip() or f"column {place}"
        names.append(f"{name} ({place})" if name in names else name)
    return names


def count_columns(n_columns: int) -> list[str]:
    """Names for a file without header: column 1, column 2, ..."""
    return [f"column {place}" for place in range(1, n_columns + 1)]


def _columns(n_columns: int) -> str:
    return "1 column" if n_columns == 1 else f"{n_columns} columns"
