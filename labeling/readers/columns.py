"""Guesses at what columns are for, from their names and a sample of values. Pure.

A guess may be wrong; it is shown before anything is imported, and every role can be set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import mean

from labeling.readers.rows import MISSING, ColumnRole

ID_NAMES = frozenset(
    {"id", "key", "item_id", "itemid", "uuid", "guid", "uid", "doc_id", "example_id", "row_id"}
)
LABEL_NAMES = frozenset(
    {"label", "class", "target", "category", "y", "truth", "gold", "label_text", "class_name", "label_name",
     "sentiment", "intent", "species", "topic", "labels", "classes"}
)  # fmt: skip
TEXT_NAMES = frozenset(
    {"text", "sentence", "content", "body", "message", "document", "review", "title", "description", "question",
     "subject", "headline", "comment", "tweet", "utterance", "abstract", "summary", "post"}
)  # fmt: skip
IMAGE_NAMES = frozenset(
    {
        "image",
        "img",
        "file",
        "filename",
        "file_name",
        "path",
        "image_path",
        "filepath",
        "image_file",
        "image_name",
    }
)
SERIES_NAMES = frozenset({"series", "values", "signal", "sequence", "timeseries", "time_series", "trace"})
SPLIT_NAMES = frozenset({"split", "set", "subset", "partition"})
CONFIDENCE_NAMES = frozenset({"confidence", "probability", "label_confidence"})
ALL_NAMES = frozenset().union(
    ID_NAMES, LABEL_NAMES, TEXT_NAMES, IMAGE_NAMES, SERIES_NAMES, SPLIT_NAMES, CONFIDENCE_NAMES
)
MAX_CLASS_SHARE = 0.5  # a column with more distinct values than this share of the sample holds no classes
MIN_TEXT_CHARS = 12  # mean length from which words are text rather than categories
MIN_SERIES_COLUMNS = 16  # numeric columns named by number (t0, t1, ...) from which they are a series

Rows = Sequence[Sequence[object]]

_ONCE = frozenset(
    {ColumnRole.ID, ColumnRole.LABEL, ColumnRole.CONFIDENCE, ColumnRole.SPLIT, ColumnRole.VERDICT,
     ColumnRole.ANNOTATOR, ColumnRole.TIME, ColumnRole.NOTE, ColumnRole.EMBEDDING}
)  # fmt: skip
_PAYLOADS = frozenset({ColumnRole.TEXT, ColumnRole.IMAGE, ColumnRole.FEATURE, ColumnRole.SERIES})


def guess_item_type(names: Sequence[str], rows: Rows) -> str:
    """text, table, series or image: what this table most likely holds."""
    columns = _columns(names, rows)
    labels = _guess_label(names, columns, "table")
    rest = [i for i in range(len(names)) if i != labels and names[i].lower() not in ID_NAMES | SPLIT_NAMES]
    if any(isinstance(value, bytes | dict) for i in rest for value in columns[i][:5]):
        return "image"
    if any(names[i].lower() in IMAGE_NAMES and _looks_like_files(columns[i]) for i in rest):
        return "image"
    if any(isinstance(value, list) for i in rest for value in columns[i][:5]):
        return "series"
    measures = [i for i in rest if _is_number(columns[i]) and not _has_classes(columns[i])]
    if any(_is_text(columns[i]) for i in rest) and not measures:
        return "text"
    if any(names[i].lower() in TEXT_NAMES and not _is_number(columns[i]) for i in rest):
        return "text"
    if len(_numbered(names, columns, rest)) >= MIN_SERIES_COLUMNS:
        return "series"
    return "table"


def guess_roles(names: Sequence[str], rows: Rows, item_type: str) -> dict[str, str]:
    """Column name -> role, for every column. May lack the payload's column: then nothing looks like it."""
    columns = _columns(names, rows)
    roles = dict.fromkeys(names, str(ColumnRole.IGNORE))
    taken: set[int] = set()

    def give(place: int | None, role: ColumnRole) -> None:
        if place is not None and place not in taken:
            taken.add(place)
            roles[names[place]] = str(role)

    give(_named(names, ID_NAMES), ColumnRole.ID)
    give(_named(names, SPLIT_NAMES), ColumnRole.SPLIT)
    if item_type != "table" or _named(names, LABEL_NAMES) is not None:
        give(_named(names, CONFIDENCE_NAMES), ColumnRole.CONFIDENCE)
    give(_guess_label(names, columns, item_type), ColumnRole.LABEL)
    rest = [i for i in range(len(names)) if i not in taken]
    if item_type == "text":
        for place in _guess_texts(names, columns, rest):
            give(place, ColumnRole.TEXT)
    elif item_type == "image":
        give(_guess_image(names, columns, rest), ColumnRole.IMAGE)
    elif item_type == "series":
        for place in _guess_series(names, columns, rest):
            give(place, ColumnRole.SERIES)
    else:
        for place in rest:
            is_row_number = names[place].lower() in ("unnamed: 0", "column 1") and _counts_up(columns[place])
            if not is_row_number:
                give(place, ColumnRole.FEATURE)
    return roles


def roles_with(guessed: Mapping[str, str], named: Mapping[str, str]) -> dict[str, str]:
    """The roles that somebody named, and the guesses for the other columns as far as they agree with them.

    A guess gives way where one column only can have the role, or where the item is made of what was named.
    """
    taken = set(named.values()) & {*_ONCE, *_PAYLOADS}
    if taken & _PAYLOADS:
        taken |= _PAYLOADS
    kept = {name: str(ColumnRole.IGNORE) if role in taken else role for name, role in guessed.items()}
    return kept | dict(named)


def looks_like_header(first: Sequence[str], rows: Rows) -> bool:
    """Whether the first record of a file names its columns, as seen against the records below it."""
    cells = [cell.strip() for cell in first]
    lower = [cell.lower() for cell in cells]
    if cells and all(cell.isdigit() for cell in cells) and len(cells) > 1:
        start = int(cells[0])
        return start in (0, 1) and [int(cell) for cell in cells] == list(range(start, start + len(cells)))
    if any(_parses(cell) for cell in cells) or len(set(lower)) < len(lower) or "" in lower[1:]:
        return False
    below = _columns(cells, rows)
    if any(
        cell in {str(value).strip() for value in column} for cell, column in zip(cells, below, strict=True)
    ):
        return False
    if any(name in ALL_NAMES for name in lower):
        return True
    if not rows:
        return False
    if any(_is_number(column) for column in below):
        return True
    looks_like_names = all(re.fullmatch(r"[\w .\-/()%#:]{0,40}", cell) for cell in cells)
    longer_below = any(mean(len(str(value)) for value in column) > 2 * len(cell) for cell, column in
                       zip(cells, below, strict=True) if column)  # fmt: skip
    return looks_like_names and longer_below


def _columns(names: Sequence[str], rows: Rows) -> list[list[object]]:
    return [[row[i] for row in rows if i < len(row)] for i in range(len(names))]


def _named(names: Sequence[str], known: frozenset[str]) -> int | None:
    return next((i for i, name in enumerate(names) if name.strip().lower() in known), None)


def _guess_label(names: Sequence[str], columns: Sequence[list[object]], item_type: str) -> int | None:
    named = _named(names, LABEL_NAMES)
    if named is not None:
        return named
    headerless = all(name == f"column {place}" for place, name in enumerate(names, start=1))
    if item_type == "table":
        last = len(names) - 1
        is_other = last == 0 or names[last].strip().lower() in ALL_NAMES - LABEL_NAMES
        return None if is_other or _is_number(columns[last]) or not _has_classes(columns[last]) else last
    if item_type == "text" and headerless:
        return next((i for i in (0, len(names) - 1) if len(names) > 1 and _has_classes(columns[i])), None)
    if item_type == "series" and headerless:  # UCR archives: the class comes first
        return next((i for i in (0, len(names) - 1) if _has_whole_classes(columns[i])), None)
    return None


def _guess_texts(names: Sequence[str], columns: Sequence[list[object]], rest: list[int]) -> list[int]:
    named = [i for i in rest if names[i].strip().lower() in TEXT_NAMES and not _is_number(columns[i])]
    if named:
        return named
    texts = [i for i in rest if _is_text(columns[i])]
    if texts:
        return texts
    words = [i for i in rest if columns[i] and not _is_number(columns[i])]
    return sorted(words, key=lambda i: -mean(len(str(value)) for value in columns[i]))[:1]


def _guess_image(names: Sequence[str], columns: Sequence[list[object]], rest: list[int]) -> int | None:
    for i in rest:
        if any(isinstance(value, bytes | dict) for value in columns[i][:5]) or _looks_like_files(columns[i]):
            return i
    return next((i for i in rest if names[i].strip().lower() in IMAGE_NAMES), None)


def _guess_series(names: Sequence[str], columns: Sequence[list[object]], rest: list[int]) -> list[int]:
    lists = [i for i in rest if any(isinstance(value, list) for value in columns[i][:5])]
    named = [i for i in rest if names[i].strip().lower() in SERIES_NAMES]
    listed_text = [i for i in rest if any(str(value).lstrip().startswith("[") for value in columns[i][:5])]
    if lists or named or listed_text:
        return (lists or named or listed_text)[:1]
    return [i for i in rest if _is_number(columns[i])]


def _numbered(names: Sequence[str], columns: Sequence[list[object]], rest: list[int]) -> list[int]:
    """Numeric columns whose names differ by a number only: t0, t1, t2."""
    stems = [re.sub(r"\d+$", "", names[i]) for i in rest]
    return [i for i, stem in zip(rest, stems, strict=True) if stems.count(stem) > 1 and _is_number(columns[i])
            and not names[i].startswith("column ")]  # fmt: skip


def _is_number(column: Sequence[object]) -> bool:
    present = [value for value in column if str(value).strip().lower() not in MISSING]
    return bool(present) and all(
        isinstance(value, int | float) or (isinstance(value, str) and _parses(value)) for value in present
    )


def _is_text(column: Sequence[object]) -> bool:
    """Words, mostly different from row to row."""
    present = [value for value in column if isinstance(value, str) and value.strip()]
    if not present or _looks_like_files(column):
        return False
    spaced = sum(" " in value.strip() for value in present) / len(present)
    return spaced > 0.5 and mean(map(len, present)) >= MIN_TEXT_CHARS and not _has_classes(column)


def _has_classes(column: Sequence[object]) -> bool:
    """Few distinct short values, coming again and again."""
    values = [
        str(value).strip()
        for value in column
        if value is not None and not isinstance(value, list | dict | bytes)
    ]
    present = [value for value in values if value]
    n_distinct = len(set(present))
    if n_distinct == len(present):
        return False
    return n_distinct <= max(2, len(present) * MAX_CLASS_SHARE) and max(map(len, present)) <= 60


def _has_whole_classes(column: Sequence[object]) -> bool:
    values = [str(value).strip() for value in column]
    return _has_classes(column) and all(
        re.fullmatch(r"-?\d+(\.0*)?|[^\d.]\D*", value) for value in values if value
    )


def _looks_like_files(column: Sequence[object]) -> bool:
    present = [value for value in column if isinstance(value, str) and value.strip()]
    pattern = r"(?i).+\.(png|jpe?g|webp|bmp|gif|tiff?)|data:image/.*"
    return (
        bool(present)
        and sum(bool(re.fullmatch(pattern, value.strip())) for value in present) > len(present) / 2
    )


def _counts_up(column: Sequence[object]) -> bool:
    numbers = [str(value).strip() for value in column]
    return bool(numbers) and numbers in (
        [str(i) for i in range(len(numbers))],
        [str(i) for i in range(1, len(numbers) + 1)],
    )


def _parses(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
