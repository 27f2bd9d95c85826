"""What a file is: its format, and the bytes by which its encoding is told. Pure.

Formats are told by content first and by name second; what a user sets is taken as it is.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from labeling.errors import AssayError, InvalidInput
from labeling.formats.files.bundle import Bundle, open_unpacked, strip_gz
from labeling.formats.files.idx import is_idx
from labeling.formats.files.parquet import MAGIC as PARQUET_MAGIC
from labeling.formats.text.encodings import BOMS, sniff_encoding, sniff_wide
from labeling.web.json_reading import read_json

FORMATS = ("csv", "json", "jsonl", "parquet", "idx", "images", "texts")
TABLE_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".psv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".manifest": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
NAMES_OF = {"csv": "CSV", "json": "JSON", "jsonl": "JSON Lines", "parquet": "Parquet"}
SAMPLE_BYTES = 256 * 1024
BLOCK_BYTES = 2**20
MAX_ASCII_BYTES = 64 * 2**20  # looked through for the first letter beyond ASCII
NOT_TEXT = frozenset(range(32)) - {9, 10, 11, 12, 13, 27}
WEB_PAGE = re.compile(r"\s*(<!doctype html|<html[\s>])", re.IGNORECASE)
_JSON_BEGINS = re.compile(r'(\[\s*)?\{\s*("(?:[^"\\\n]|\\.)*"\s*:|\})')
_ARFF = re.compile(r"(?:%[^\n]*\n|\s)*@relation\s", re.IGNORECASE)
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
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x04\x95", "a pickle, which may run anything"),
    (b"ARROW1", "an Arrow file (save it as Parquet)"),
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
    text = head.decode(sniff_encoding(head), errors="replace").removeprefix("\ufeff").strip()
    check_table(text, name)
    if suffix in ("csv", "parquet") and not is_json(text):
        return "csv"
    if text[:1] == "[" and not (suffix == "jsonl" and _has_list_per_line(text)):
        return "json"
    if text[:1] in ("{", "["):
        if suffix == "json" and "\n" not in text:
            return "json"  # one object around the array
        return "jsonl" if suffix == "jsonl" or _has_object_per_line(text) else "json"
    if suffix:
        raise InvalidInput(
            f"{name} is named as {suffix} but begins with {text[:20]!r}. JSON begins with [ or {{.",
            code="bad_json",
        )
    return "csv"


def is_json(text: str) -> bool:
    """Whether a text is JSON or JSON Lines, whatever its name: it begins with an object, or a list of some."""
    first = text.lstrip().partition("\n")[0].strip()
    if first in ("{", "["):
        return bool(_JSON_BEGINS.match(text))
    if not _JSON_BEGINS.match(text):
        return False
    try:
        found = read_json(first)
    except ValueError:
        return (first.startswith("[") and not first.endswith("]")) or len(text) >= SAMPLE_BYTES // 4
    return isinstance(found, dict | list)


def named_otherwise(name: str, kind: str) -> list[str]:
    """The sentence for a file whose name says another format than its content; none for one that is right."""
    said = TABLE_SUFFIXES.get(_suffix(name), "")
    if said in ("", kind) or {said, kind} == {"json", "jsonl"}:
        return []
    return [f"{name} is named as {NAMES_OF[said]} and holds {NAMES_OF[kind]}, so it was read as that."]


def check_table(text: str, name: str) -> None:
    """Raise InvalidInput for text of a known kind that is no table: the next step is named for each."""
    begin = text.lstrip("\ufeff \t\r\n")[:4096]
    root = re.match(r"<([A-Za-z][\w.:-]*)(\s[^<>]*)?>", begin)
    ends = text.rstrip()[-200:]
    if begin[:5].lower() == "<?xml" or (root and ends.endswith(f"</{root[1]}>")):
        raise InvalidInput(
            f"{name} is XML, which is no table. Export the labels as CSV, JSON or JSON Lines from the program that wrote "
            "it (annotation tools offer that), or turn it into a table with one row for each item.",
            code="unknown_format",
        )
    if _ARFF.match(begin):
        raise InvalidInput(
            f"{name} is an ARFF file of Weka. Save it as CSV (in Weka: Tools, ArffViewer, Save as) and import that.",
            code="unknown_format",
        )
    if (
        begin.startswith("%YAML")
        or re.match(r"---\s*\n(- )?[\w \"']+:(\s|$)", begin)
        or _suffix(name) in (".yaml", ".yml")
    ):
        raise InvalidInput(
            f"{name} is YAML, which is no table. Save the same lists and objects as JSON or JSON Lines and import that.",
            code="unknown_format",
        )


def read_head(bundle: Bundle, name: str) -> bytes:
    """The first unpacked bytes of a file."""
    stream, _ = open_unpacked(bundle, name)
    with stream:
        return stream.read(SAMPLE_BYTES)


def read_letters(bundle: Bundle, name: str, head: bytes) -> bytes:
    """A part by which the encoding can be told: the head, or where the first letters beyond ASCII stand."""
    if not head.isascii() or len(head) < SAMPLE_BYTES:
        return head
    stream, _ = open_unpacked(bundle, name)
    with stream:
        before = b""
        try:
            for _ in range(MAX_ASCII_BYTES // BLOCK_BYTES):
                block = stream.read(BLOCK_BYTES)
                if not block.isascii():
                    whole = before + block + stream.readline(BLOCK_BYTES)
                    return whole[whole.find(b"\n") + 1 :]
                if not block:
                    break
                before = block[-SAMPLE_BYTES:]
        except AssayError:
            return head  # broken or a bomb: said where the rows are read
    return head


def check_text(head: bytes, name: str) -> None:
    """Raise InvalidInput if these bytes are no text in any encoding."""
    if head.startswith(tuple(bom for bom, _ in BOMS)) or (b"\x00" in head and sniff_wide(head)):
        return
    for magic, kind in KNOWN_BINARIES:
        if head.startswith(magic):
            raise _binary(name, f"it is {kind}")
    if head[257:262] == b"ustar":
        raise InvalidInput(
            f"{name} is a tar archive, which cannot be read file by file. Unpack it and make a zip of it, or import "
            "the folder with `assay import`.",
            code="unknown_format",
        )
    if WEB_PAGE.match(head[:512].decode("ascii", "ignore")):
        raise _binary(name, "it is a web page, perhaps the page about the file instead of the file")
    n_control = sum(byte in NOT_TEXT for byte in head[:8192])
    if n_control > 0.005 * len(head[:8192]):
        raise _binary(name, f"{n_control} of its first {len(head[:8192]):,} bytes are control characters")


def _has_object_per_line(text: str) -> bool:
    first, _, rest = text.partition("\n")
    return first.rstrip().endswith("}") and (not rest.strip() or rest.lstrip().startswith("{"))


def _has_list_per_line(text: str) -> bool:
    """[...] line after line, which are no rows with names; an array over several lines is one."""
    first, _, rest = text.partition("\n")
    return first.rstrip().endswith("]") and rest.lstrip().startswith("[")


def is_tabbed(name: str) -> bool:
    """Whether the name says that tabs part the columns."""
    return _suffix(name) in (".tsv", ".tab")


def _suffix(name: str) -> str:
    return PurePosixPath(strip_gz(name).lower()).suffix


def _binary(name: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{name} is not text: {what}. Use CSV, TSV, JSON, JSON Lines, Parquet, IDX, or a zip of images.",
        code="not_text",
    )
