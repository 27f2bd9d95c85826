"""What a file is: format, encoding, delimiter, header. Pure.

Formats are told by content first and by name second; what a user sets is taken as it is.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from pathlib import PurePosixPath

from labeling.errors import InvalidInput
from labeling.readers.bundle import Bundle, open_unpacked, strip_gz
from labeling.readers.columns import looks_like_header
from labeling.readers.delimited import Dialect
from labeling.readers.folders import is_image_name
from labeling.readers.idx import find_pairs, is_idx
from labeling.readers.parquet import MAGIC as PARQUET_MAGIC

FORMATS = ("csv", "json", "jsonl", "parquet", "idx", "images")
TABLE_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".psv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
SAMPLE_BYTES = 256 * 1024
N_SAMPLE_ROWS = 200
DELIMITERS = (",", "\t", ";", "|")
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODING_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.: -]{0,39}")
NOT_OF_FILES = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)
NOT_TEXT = frozenset(range(32)) - {9, 10, 11, 12, 13, 27}
KNOWN_BINARIES = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x7fELF", "a program"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
)


def find_entry(bundle: Bundle) -> tuple[str, str]:
    """(format, name of the table or "" where all files count). Raises InvalidInput if nothing fits."""
    names = bundle.names
    if not names:
        raise InvalidInput("The archive or folder holds no files.", code="empty_file")
    if find_pairs(names):
        return "idx", ""
    if len(names) == 1 and not is_image_name(names[0]):
        return format_of(bundle, names[0]), names[0]
    tables = [name for name in names if _suffix(name) in TABLE_SUFFIXES]
    if len(tables) == 1:
        return format_of(bundle, tables[0]), tables[0]
    if any(is_image_name(name) for name in names):
        return "images", ""
    if "xl/workbook.xml" in names:
        raise InvalidInput(
            "This is an Excel workbook. Save the sheet as CSV and import that.", code="unknown_format"
        )
    if tables:
        message = (
            f"The archive or folder holds {len(tables)} tables ({', '.join(tables[:5])}). "
            "Import them one by one, or name one as `entry`."
        )
        raise InvalidInput(message, code="many_tables", fields={"entry": [message]})
    raise InvalidInput(
        f"Nothing that can be imported was found among {len(names)} files (the first is {names[0][:100]!r}). "
        "Tables, images and IDX pairs can be.",
        code="unknown_format",
    )


def format_of(bundle: Bundle, name: str) -> str:
    """The format of one file. Raises InvalidInput for an empty or binary one."""
    head = read_head(bundle, name)
    if not head.strip():
        raise InvalidInput(f"{name} is empty. Choose a file with rows.", code="empty_file")
    if head[:4] == PARQUET_MAGIC:
        return "parquet"
    if is_idx(head[:8]):
        return "idx"
    check_text(head, name)
    suffix = TABLE_SUFFIXES.get(_suffix(name), "")
    if suffix == "csv":
        return "csv"
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start == b"[" and suffix != "jsonl":
        return "json"
    if start == b"{":
        if suffix == "json" and b"\n" not in head.strip():
            return "json"  # one object around the array
        return "jsonl" if suffix == "jsonl" or _has_object_per_line(head) else "json"
    if suffix:
        raise InvalidInput(
            f"{name} is named as {suffix} but begins with {head[:20]!r}. JSON begins with [ or {{.",
            code="bad_json",
        )
    return "csv"


def read_head(bundle: Bundle, name: str) -> bytes:
    """The first unpacked bytes of a file."""
    stream, _ = open_unpacked(bundle, name)
    with stream:
        return stream.read(SAMPLE_BYTES)


def check_text(head: bytes, name: str) -> None:
    """Raise InvalidInput if these bytes are no text in any encoding."""
    if head.startswith(tuple(bom for bom, _ in BOMS)):
        return
    for magic, kind in KNOWN_BINARIES:
        if head.startswith(magic):
            raise _binary(name, f"it is {kind}")
    n_control = sum(byte in NOT_TEXT for byte in head[:8192])
    if n_control > 0.005 * len(head[:8192]):
        raise _binary(name, f"{n_control} of its first {len(head[:8192]):,} bytes are control characters")


def sniff_encoding(head: bytes) -> str:
    """utf-8 where it fits, else what its byte order mark or its letters say."""
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the sample may end within a letter
    except UnicodeDecodeError:
        import charset_normalizer

        best = charset_normalizer.from_bytes(head[:65_536]).best()
        return best.encoding.replace("_", "-") if best else "cp1252"
    return "utf-8"


def check_encoding(encoding: str) -> str:
    """The encoding's own name. Raises InvalidInput for one that files are not written in."""
    try:
        name = codecs.lookup(encoding).name if ENCODING_NAME.fullmatch(encoding) else ""
    except LookupError:
        name = ""
    # Python calls more things encodings: hex, base64 and zip turn bytes into bytes; others escape or hash names.
    if name and name not in NOT_OF_FILES and codecs.lookup(name)._is_text_encoding:
        return name
    message = (
        f"The encoding {encoding[:40]!r} is none that files are read in; use utf-8, utf-16, utf-32, cp1252, "
        "latin-1, shift_jis, gb18030 or another text encoding that Python knows."
    )
    raise InvalidInput(message, code="bad_encoding", fields={"encoding": [message]})


def sniff_dialect(
    head: bytes,
    name: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    has_header: bool | None = None,
) -> Dialect:
    """How a delimited file is written; what is given is taken, the rest is found out."""
    encoding = check_encoding(encoding) if encoding else sniff_encoding(head)
    lines = _whole_lines(head.decode(encoding, errors="replace"), is_cut=len(head) == SAMPLE_BYTES)
    if delimiter is None:
        first = "\t" if _suffix(name) in (".tsv", ".tab") else ","
        order = (first, *(candidate for candidate in DELIMITERS if candidate != first))
        scores = {
            candidate: max(_evenness(_parse(lines, candidate, mark)) for mark in ('"', ""))
            for candidate in order
        }
        delimiter = max(order, key=lambda candidate: scores[candidate])
    if len(delimiter) != 1 or delimiter in '"\r\n':
        message = f"The delimiter is {delimiter!r}; it must be one character, such as ',' or ';' or a tab."
        raise InvalidInput(message, code="bad_delimiter", fields={"delimiter": [message]})
    if quote is not None and (len(quote) > 1 or quote == delimiter or quote in ("\r", "\n")):
        message = f"The quote is {quote!r}; it must be one character other than the delimiter, or nothing."
        raise InvalidInput(message, code="bad_quote", fields={"quote": [message]})
    if quote is None:
        quote = _sniff_quote(lines, delimiter)
    rows = [row for row in _parse(lines, delimiter, quote) if row]
    if has_header is None:
        has_header = bool(rows) and looks_like_header(
            rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
        )
    return Dialect(encoding, delimiter, quote, has_header)


def _parse(text: str, delimiter: str, quote: str) -> list[list[str]]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) == N_SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # what was read so far is the sample
    return rows


def _evenness(rows: list[list[str]]) -> float:
    """How much the rows look like a table of more than one column; of equals, that with more columns."""
    share, usual = _share_of_usual(rows)
    return 0.0 if usual < 2 else share + min(usual, 50) * 1e-4


def _share_of_usual(rows: list[list[str]]) -> tuple[float, int]:
    """(share of the rows that has the usual number of columns, that number)."""
    lengths = Counter(len(row) for row in rows if row)
    if not lengths:
        return 0.0, 0
    usual, n_rows = lengths.most_common(1)[0]
    return n_rows / lengths.total(), usual


def _sniff_quote(text: str, delimiter: str) -> str:
    """Whether quotes enclose fields. In tab-separated text they seldom do, and a stray one eats lines."""
    quoted, unquoted = _parse(text, delimiter, '"'), _parse(text, delimiter, "")
    if _share_of_usual(quoted)[0] != _share_of_usual(unquoted)[0]:
        return '"' if _share_of_usual(quoted)[0] > _share_of_usual(unquoted)[0] else ""
    if delimiter != "\t":
        return '"'
    enclosed = [
        [field[:1] == '"' == field[-1:] and len(field) > 1 for field in row] for row in unquoted if row
    ]
    has_quoted_column = any(all(column) for column in zip(*enclosed, strict=False))
    return '"' if has_quoted_column else ""


def _whole_lines(text: str, *, is_cut: bool) -> str:
    return text[: text.rfind("\n") + 1] or text if is_cut else text


def _has_object_per_line(head: bytes) -> bool:
    first, _, rest = head.removeprefix(codecs.BOM_UTF8).strip().partition(b"\n")
    return first.rstrip().endswith(b"}") and (not rest.strip() or rest.lstrip().startswith(b"{"))


def _suffix(name: str) -> str:
    return PurePosixPath(strip_gz(name).lower()).suffix


def _binary(name: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{name} is not text: {what}. Use CSV, TSV, JSON, JSON Lines, Parquet, IDX, or a zip of images.",
        code="not_text",
    )
