"""How a delimited file is written: delimiter, quotes, escapes, lines above the header. Pure.

What a user sets is taken as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence

from labeling.errors import InvalidInput
from labeling.formats.columns.headers import looks_like_header
from labeling.formats.columns.kinds import parses
from labeling.formats.tables.delimited import Dialect, describing
from labeling.formats.text.encodings import BAD_BYTES

N_SAMPLE_ROWS = 200
MAX_LINES_ABOVE = 30  # titles and blank lines above the header
DELIMITERS = (",", "\t", ";", "|")
MIN_EVENNESS = 0.5
RARE_DELIMITERS = ("^", "~", "¦", "§")  # looked for where those make no columns
SEPARATOR_LINE = re.compile(r"""\ufeff?["']?sep=(.)["']?(\r\n?|\n|$)""", re.IGNORECASE)  # as Excel writes it
_APOSTROPHES = re.compile(r"(?m)(^|[,;\t|])'[^'\n]*'([,;\t|]|\r?$)")

Line = tuple[int, list[str]]  # (lines of the file up to its end, fields)


def sniff_dialect(
    head: bytes,
    *,
    encoding: str,
    is_cut: bool,
    is_tabbed: bool = False,
    delimiter: str | None = None,
    quote: str | None = None,
    escape: str | None = None,
    skip_lines: int | None = None,
    has_header: bool | None = None,
) -> Dialect:
    """What is given is taken, the rest is found out. `is_cut`: more follows; `is_tabbed`: so says the name."""
    text = _whole_lines(head.decode(encoding, errors=BAD_BYTES), is_cut=is_cut)
    separator = SEPARATOR_LINE.match(text)
    n_above = skip_lines if skip_lines is not None else 1 if separator else 0
    text = _without_lines(text, n_above)
    if delimiter is None:
        delimiter = separator[1] if separator else _sniff_delimiter(text, is_tabbed=is_tabbed)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        message = f"The delimiter is {delimiter!r}; it must be one character, such as ',' or ';' or a tab."
        raise InvalidInput(message, code="bad_delimiter", fields={"delimiter": [message]})
    for name, mark in (("quote", quote), ("escape", escape)):
        if mark is not None and (len(mark) > 1 or mark == delimiter or mark in ("\r", "\n")):
            message = (
                f"The {name} is {mark!r}; it must be one character other than the delimiter, or nothing."
            )
            raise InvalidInput(message, code=f"bad_{name}", fields={name: [message]})
    if quote is None:
        quote = _sniff_quote(text, delimiter)
    if escape is None:
        escape = _sniff_escape(text, delimiter, quote)
    skip_blanks = _has_blanks_before(quote, text, delimiter)
    lines = [line for line in _parse(text, delimiter, quote, escape, skip_blanks) if line[1]]
    place, has_header = _find_header(
        [fields for _, fields in lines], has_header, is_set=skip_lines is not None
    )
    if place:
        n_above += lines[place - 1][0]
    return Dialect(encoding, delimiter, quote, has_header, escape, n_above, skip_blanks)


def _sniff_delimiter(text: str, *, is_tabbed: bool) -> str:
    first = "\t" if is_tabbed else ","
    order = (first, *(candidate for candidate in DELIMITERS if candidate != first))
    marks = ('"', "", "'") if _APOSTROPHES.search(text) else ('"', "")
    scores = {
        candidate: max(
            *(_evenness(_fields(text, candidate, mark)) for mark in marks),
            _evenness(_fields(text, candidate, '"', skip_blanks=_has_blanks_before('"', text, candidate))),
        )
        for candidate in (*order, *RARE_DELIMITERS)
    }
    best = max(order, key=lambda candidate: scores[candidate])
    if scores[best] > MIN_EVENNESS:
        return best
    return max((best, *RARE_DELIMITERS), key=lambda candidate: scores[candidate])


def _find_header(rows: Sequence[list[str]], has_header: bool | None, *, is_set: bool) -> tuple[int, bool]:
    """(place of the first row of the table, whether it is a header). What stands above it is left out."""
    usual = _share_of_usual(rows)[1]
    place = 0
    if not is_set and has_header is not False and usual > 1:
        place = next((i for i, row in enumerate(rows[:MAX_LINES_ABOVE]) if _is_full(row, usual)), 0)
    if has_header is not None or not rows:
        return place, bool(has_header)
    if place and looks_like_header(rows[place], _below(rows, place)):
        return place, True
    if looks_like_header(rows[0], _below(rows, 0)):
        return 0, True
    if not is_set and _spans(rows[0]) and len(rows) > 2 and looks_like_header(rows[1], _below(rows, 1)):
        return 1, True
    return 0, False


def _spans(row: Sequence[str]) -> bool:
    """Whether a row names groups of columns, as over a merged header: words, some of them again and again."""
    cells = [cell.strip() for cell in row]
    return len(set(cells)) < len(cells) and not any(map(parses, cells)) and any(cells)


def _below(rows: Sequence[list[str]], place: int) -> list[list[str]]:
    """The rows beneath; a header may come again among them."""
    first = rows[place]
    below = rows[place + 1 :]
    below = below[1:] if below and describing(below[0]) else below
    return [row for row in below if len(row) >= len(first) and row != first]


def _is_full(row: list[str], usual: int) -> bool:
    """Whether it can be a header or a row: a title fills one cell, or a few of many."""
    n_filled = sum(bool(cell.strip()) for cell in row)
    return len(row) >= usual - 1 and n_filled > 1 and 2 * n_filled > usual


def _parse(text: str, delimiter: str, quote: str, escape: str = "", skip_blanks: bool = False) -> list[Line]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=escape or None,
        doublequote=not escape,
        skipinitialspace=skip_blanks,
    )
    lines: list[Line] = []
    try:
        for row in reader:
            lines.append((reader.line_num, row))
            if len(lines) == N_SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # what was read so far is the sample
    return lines


def _fields(
    text: str, delimiter: str, quote: str, escape: str = "", skip_blanks: bool = False
) -> list[list[str]]:
    return [row for _, row in _parse(text, delimiter, quote, escape, skip_blanks)]


def _has_blanks_before(quote: str, text: str, delimiter: str) -> bool:
    """Whether a blank stands between the delimiter and the quote of a field, row by row: 1, "a text", "b"."""
    if not quote or delimiter in ("\t", " "):
        return False
    n_spaced = len(re.findall(rf"{re.escape(delimiter)} +{re.escape(quote)}", text))
    if not n_spaced:
        return False
    plain = _fields(text, delimiter, quote)
    if 2 * n_spaced < len(plain):
        return False
    return _share_of_usual(_fields(text, delimiter, quote, skip_blanks=True))[0] >= _share_of_usual(plain)[0]


def _evenness(rows: Sequence[list[str]]) -> float:
    """How much the rows look like a table of more than one column; of equals, that with more columns."""
    share, usual = _share_of_usual(rows)
    return 0.0 if usual < 2 else share + min(usual, 50) * 1e-4


def _share_of_usual(rows: Sequence[list[str]]) -> tuple[float, int]:
    """(share of the rows that has the usual number of columns, that number)."""
    lengths = Counter(len(row) for row in rows if row)
    if not lengths:
        return 0.0, 0
    usual, n_rows = lengths.most_common(1)[0]
    return n_rows / lengths.total(), usual


def _sniff_quote(text: str, delimiter: str) -> str:
    """Whether quotes enclose fields. In tab-separated text they seldom do, and a stray one eats lines."""
    if _has_blanks_before('"', text, delimiter):
        return '"'
    quoted, unquoted = _fields(text, delimiter, '"'), _fields(text, delimiter, "")
    if _APOSTROPHES.search(text) and _has_enclosed_column(unquoted, "'"):
        single = _share_of_usual(_fields(text, delimiter, "'"))[0]
        if single >= max(_share_of_usual(quoted)[0], _share_of_usual(unquoted)[0]):
            return "'"
    if _share_of_usual(quoted)[0] != _share_of_usual(unquoted)[0]:
        return '"' if _share_of_usual(quoted)[0] > _share_of_usual(unquoted)[0] else ""
    if delimiter != "\t":
        return '"'
    if len(unquoted[0]) > 1 and all(re.fullmatch(r'"[^"]+"', name) for name in unquoted[0]):
        return '"'  # so does whoever writes the header
    return '"' if _has_enclosed_column(unquoted, '"') else ""


def _has_enclosed_column(unquoted: Sequence[list[str]], mark: str) -> bool:
    """Whether all of a column below the first row stands in these quotes; or begins so, where fields broke."""
    rows = [row for row in unquoted[1:] if row] or [row for row in unquoted if row]
    columns = zip(*([field[:1] == mark for field in row] for row in rows), strict=False)
    ends = any(field[-1:] == mark and len(field) > 1 for row in rows for field in row)
    return ends and any(all(column) for column in columns)


def _sniff_escape(text: str, delimiter: str, quote: str) -> str:
    """Whether a backslash stands before quotes within fields, where others write the quote twice.

    A path may end in a backslash, so one before a quote that ends its field, or is doubled, says nothing.
    """
    if not quote or f"\\{quote}" not in text:
        return ""
    after = re.escape(f"{delimiter}{quote}\r\n")  # where quotes are written twice, one of these follows
    inner = re.compile(rf"(?<!\\)(?:\\\\)*\\{re.escape(quote)}(?![{after}]|$)")
    if not inner.search(text):
        return ""
    doubled = _share_of_usual(_fields(text, delimiter, quote))[0]
    escaped = _share_of_usual(_fields(text, delimiter, quote, "\\"))[0]
    return "\\" if escaped >= doubled else ""


def _whole_lines(text: str, *, is_cut: bool) -> str:
    return text[: text.rfind("\n") + 1] or text if is_cut else text


def _without_lines(text: str, n_lines: int) -> str:
    lines = io.StringIO(text, newline="")
    for _ in range(n_lines):
        if not lines.readline():
            break
    return lines.read()
