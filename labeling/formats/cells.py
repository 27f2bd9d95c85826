"""What single cells hold: keys, labels, features, series, splits; and content hashes. Pure."""

from __future__ import annotations

import hashlib
import json
import math

from labeling.formats.classes import LabelRules, class_name
from labeling.formats.text.encodings import storable
from labeling.formats.text.json_bytes import BROKEN
from labeling.web.json_reading import TooDeep, read_json

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})  # lower case; of table cells
NOT_AMONG_NUMBERS = MISSING | {
    "-",
    "--",
    "\u2013",
    "\u2014",
    "n.a.",
    "#n/a",
    "#na",
    "<na>",
    ".",
}  # where all else is a number
NO_WORDS = frozenset({"", "?", "nan"})  # missing in every column; the others may be words
INFINITE = frozenset({"inf", "infinity"})
MAX_KEY_CHARS = 500
MAX_LABEL_CHARS = 200
MAX_FEATURES = 100_000  # values in one table row or series

# What files call the parts of a dataset -> what Assay does with a labeled row of it.
SPLITS = {
    **dict.fromkeys(("", "train", "training", "pool", "unlabeled", "unlabelled", "extra"), "pool"),
    **dict.fromkeys(("valid", "val", "validation", "dev", "holdout"), "holdout"),
    **dict.fromkeys(("test", "testing", "eval", "t10k"), "test"),
}


class BadCell(Exception):
    """A value that makes its row unusable."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def read_key(value: object, field: str) -> str:
    key = as_text(value, field).strip()
    if not key:
        raise BadCell(
            field, "The id is empty. Fill it in, or ignore the id column: the content then serves as id."
        )
    if len(key) > MAX_KEY_CHARS:
        raise BadCell(field, f"The id has {len(key)} characters; {MAX_KEY_CHARS} are allowed.")
    check_storable(key, field)
    return key


class SeveralLabels(BadCell):
    """More than one label where one is wanted."""

    def __init__(self, field: str, labels: list[str]) -> None:
        shown = ", ".join(repr(label[:40]) for label in labels[:5])
        super().__init__(field, f"It has {len(labels)} labels ({shown}), and the question takes one.")
        self.labels = labels


def read_label(value: object, field: str, rules: LabelRules | None = None) -> str | None:
    """The class name, or None where the row is not labeled."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = as_text(value, field)
    if rules is not None and (parts := rules.parts(text)):
        raise SeveralLabels(field, parts)
    label = class_name(text) if rules is None else rules.read(text)
    if not label:
        return None
    if len(label) > MAX_LABEL_CHARS:
        raise BadCell(
            field,
            f"The label has {len(label)} characters; {MAX_LABEL_CHARS} are allowed. Is this the label column?",
        )
    check_storable(label, field)
    return label


def label_as_written(value: object) -> str:
    """What a cell has instead of the class's name; "" where it has none, or a number of the same digits."""
    if not isinstance(value, str | float):
        return "-1" if value == -1 else ""
    text = str(value)
    return "" if not text.strip() or text.lstrip()[:1] in ("[", "{") else storable(text)[:MAX_LABEL_CHARS]


def read_words(value: object, field: str) -> object:
    """As read_feature, of a column of words: NA, None and null are among them, and names such as Nan and INF."""
    if isinstance(value, str):
        text = value.strip()
        if (
            text.lower() in NOT_AMONG_NUMBERS - NO_WORDS
            or text == "Nan"
            or text.lower().lstrip("+-") in INFINITE
        ):
            check_storable(text, field)
            return text
    return read_feature(value, field)


def read_feature(value: object, field: str) -> object:
    """A number, a category or None for a missing value ("", "?", NA, NaN). Infinity is refused.

    Digits with a leading zero ("01234") are codes, not numbers, and stay as they are.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in NOT_AMONG_NUMBERS:
            return None
        try:
            number = float(text)
        except ValueError:
            check_storable(text, field)
            return text
        if "_" in text:
            return text
        if not math.isfinite(number):
            raise _infinite(field, text)
        digits = text.lstrip("+-")
        if digits.isdigit():
            return text if digits[0] == "0" and len(digits) > 1 else int(text)
        return number
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if math.isinf(value):
            raise _infinite(field, value)
        return None if math.isnan(value) else value
    if isinstance(value, list | dict | bytes):
        raise BadCell(field, "A feature must be one number or one category, not a list, object or bytes.")
    return read_feature(str(value), field)  # Decimal, dates


def read_series(value: object, field: str) -> list[object]:
    """A list of numbers (time), or a list of equally long lists (time, channels); null where missing."""
    if isinstance(value, str):
        value = _parse_list(value, field)
    if not isinstance(value, list) or not value:
        raise BadCell(field, "A series must be a list of numbers, such as [0.1, 0.2, 0.3].")
    if len(value) > MAX_FEATURES:
        raise BadCell(field, f"The series has {len(value):,} steps; {MAX_FEATURES:,} are allowed.")
    if not isinstance(value[0], list):
        return [read_number(step, field) for step in value]
    n_channels = len(value[0])
    if not n_channels or any(not isinstance(step, list) or len(step) != n_channels for step in value):
        raise BadCell(
            field, f"Every step of this series must be a list of {n_channels or 'at least 1'} numbers."
        )
    return [[read_number(channel, field) for channel in step] for step in value]


def _parse_list(text: str, field: str) -> object:
    try:
        return read_json(text)
    except TooDeep as error:
        raise BadCell(field, f"The list is refused: {error}.") from None
    except ValueError:
        return text.replace(";", " ").replace(",", " ").split()


def read_number(value: object, field: str) -> float | int | None:
    number = read_feature(value, field)
    if number is None or isinstance(number, bool | int | float):
        return number
    try:
        return float(str(number))  # a code such as "007" is a number in a series
    except ValueError:
        raise BadCell(field, f"{str(number)[:40]!r} is not a number.") from None


def read_confidence(value: object, field: str) -> float | None:
    number = read_number(value, field)
    if number is not None and not 0 <= number <= 1:
        raise BadCell(field, f"The confidence is {number}; it must lie in [0, 1].")
    return None if number is None else float(number)


def read_split(value: object, field: str) -> str:
    name = as_text(value, field).strip().lower()
    if name not in SPLITS:
        raise BadCell(
            field, f"The split is {name[:40]!r}; use train, validation or test, or ignore the column."
        )
    return SPLITS[name]


def as_text(value: object, field: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list | dict | bytes):
        raise BadCell(field, f"This must be text or a number, not {type(value).__name__}.")
    return str(value)


def check_storable(text: str, field: str) -> bytes:
    """The text in UTF-8. Raises BadCell for what PostgreSQL cannot store: NUL, and bytes of another encoding."""
    if "\x00" in text:
        if BROKEN in text:
            raise _broken(field, text.index(BROKEN))
        raise BadCell(field, "The text holds a NUL character, as binary files do. Is the encoding right?")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        if not "\udc80" <= text[error.start] <= "\udcff":
            raise _broken(field, error.start) from None
        raise BadCell(
            field,
            f"Character {error.start + 1} is not valid in the file's encoding, so the row was left out. "
            "Mend the row, or set the encoding that the file has.",
        ) from None


def _broken(field: str, place: int) -> BadCell:
    return BadCell(
        field,
        f"Character {place + 1} is broken: half of a pair (a lone surrogate), or bytes that are not in the "
        "file's encoding. The row was left out.",
    )


def hash_text(text: str, field: str = "text") -> str:
    """Content hash of a text: the first 128 bits of SHA-256 of its UTF-8 bytes, hex."""
    return hashlib.sha256(check_storable(text, field)).hexdigest()[:32]


def hash_features(features: object) -> str:
    """Content hash of a table row or series, over its JSON with sorted keys."""
    text = json.dumps(features, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _infinite(field: str, value: object) -> BadCell:
    return BadCell(
        field, f"The value is {value}; features must be finite. Leave the cell empty if it is missing."
    )
