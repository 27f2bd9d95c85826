"""What every format becomes: rows, and problems with their row number. Pure.

Rows are numbered from 1, as a reader of the file counts them; a header is no row.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from labeling.errors import InvalidInput
from labeling.formats.classes import LabelRules, class_name
from labeling.formats.text.encodings import storable
from labeling.formats.text.json_bytes import BROKEN
from labeling.web.json_reading import TooDeep, read_json

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})  # lower case; of table cells
NO_WORDS = frozenset({"", "?", "nan"})  # missing in every column; the others may be words
MAX_KEY_CHARS = 500
MAX_LABEL_CHARS = 200
MAX_FEATURES = 100_000  # values in one table row or series

# What files call the parts of a dataset -> what Assay does with a labeled row of it.
SPLITS = {
    **dict.fromkeys(("", "train", "training", "pool", "unlabeled", "unlabelled", "extra"), "pool"),
    **dict.fromkeys(("valid", "val", "validation", "dev", "holdout"), "holdout"),
    **dict.fromkeys(("test", "testing", "eval", "t10k"), "test"),
}


class ColumnRole(StrEnum):
    """What one column is for."""

    ID = "id"
    TEXT = "text"  # several are joined by a line break
    IMAGE = "image"  # a file beside the table, or the bytes themselves
    FEATURE = "feature"  # one value of a table row
    SERIES = "series"  # a list of numbers, or one of several numeric columns
    LABEL = "label"
    CONFIDENCE = "confidence"  # of a machine's label, 0 to 1
    SPLIT = "split"
    ANNOTATOR = "annotator"  # the person, or the model, that the label is of
    TIME = "time"  # when that was said
    VERDICT = "verdict"  # whether the label was accepted, rejected or ignored
    NOTE = "note"  # of whoever labeled
    EMBEDDING = "embedding"  # a vector that stands for the item, for learners
    EXTRA = "extra"  # kept, shown to people and exported; never learned from
    IGNORE = "ignore"


_ROLES = frozenset(ColumnRole)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one row may hold at most."""

    text_chars: int
    image_bytes: int
    image_pixels: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was left out, or what is odd about it. `row` is None if it concerns the whole file.

    Reports count what was left out: every row that a file has is one item, one repeat, or left out once.
    """

    row: int | None  # from 1; where several files are read together, counted through all of them
    field: str
    message: str
    file: str = ""  # of several in one import; "": the one that is imported
    left_out: str = "row"  # or "label", "value": the row itself came in; "": nothing, it is only odd

    @property
    def costs_row(self) -> bool:
        return self.left_out == "row" and self.row is not None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a set of files does not come in, before any row is read."""

    what: str  # in words, with the name of the first
    n: int
    why: str


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An encoded image as it came: not looked at yet, so not to be trusted."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class GreyPixels:
    """A decoded grey image: `width * height` bytes, row by row."""

    width: int
    height: int
    content: bytes


class SaidKind(StrEnum):
    """What somebody did with the question."""

    LABEL = "label"
    REJECT = "reject"  # of this label: it is not this class
    IGNORE = "ignore"  # looked at, and passed over


@dataclass(frozen=True, slots=True)
class Said:
    """What one person or one machine said of an item, as a file tells it."""

    kind: SaidKind
    label: str | None  # the class; None only where it was ignored
    is_human: bool
    who: str = ""  # the person's or model's name in the file; "": the file names nobody
    at: dt.datetime | None = None  # with a time zone; UTC where the file names none
    confidence: float | None = None  # of a machine, 0 to 1
    probabilities: dict[str, float] | None = None  # class -> 0 to 1, where the file has several
    note: str = ""
    threshold: float | None = None  # that a machine's confidence had to pass, 0 to 1


@dataclass(slots=True)
class Row:
    """One item on its way in. The payload is exactly one of text, features and image."""

    number: int
    key: str | None = None  # None: the content hash becomes the key
    text: str | None = None
    features: dict[str, object] | list[object] | None = None
    image: ImageFile | GreyPixels | None = None
    content_hash: str = ""  # empty for images until they are decoded
    label: str | None = None
    label_written: str = ""  # as the file has it, where that is another name than the label
    confidence: float | None = None
    split: str = "pool"
    # Only where the file tells more than one bare label of it: `label` is then what all of it comes to.
    said: Sequence[Said] = ()
    extras: dict[str, object] | None = None  # columns kept for people: JSON values
    passed_over: str = ""  # why a label that the file has for it was not taken
    embedding: bytes | None = None  # float32, little endian
    file: str = ""  # where the row is a file of its own: its name
    # Of an export of ours: the split is settled, and `label` is what stood, as `stood` tells it; `said` makes no label.
    is_exported: bool = False
    stood: Said | None = None


class Reader(Protocol):
    """One dataset, read from its beginning, in the same order each time."""

    def rows(self, *, skip: int = 0) -> Iterator[Row | Problem]:
        """Rows (or why there is none) from row `skip + 1` on. Raises InvalidInput where the file ends badly."""
        ...

    def labels(self) -> Iterator[tuple[int, str, str]]:
        """(row number, label, split) of the labeled rows, without reading what they label."""
        ...

    def progress(self) -> tuple[int, int]:
        """How much has been read, of how much (bytes or rows; 0: not known)."""
        ...


Record = tuple[int, Sequence[object] | Problem]


class Table(Protocol):
    """A file of rows and columns, before anybody has said what the columns are for."""

    column_names: list[str]

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        """(row number, one value per column name)."""
        ...

    def progress(self) -> tuple[int, int]: ...


class TableReader:
    """A table whose columns have roles."""

    def __init__(self, table: Table, row_maker: RowMaker) -> None:
        self.table = table
        self.row_maker = row_maker

    def rows(self, *, skip: int = 0) -> Iterator[Row | Problem]:
        make = self.row_maker.make
        for number, values in self.table.records(skip=skip):
            if isinstance(values, Problem):
                yield values
                continue
            try:
                yield make(number, values)
            except BadCell as error:
                yield Problem(number, error.field, error.message)

    def labels(self) -> Iterator[tuple[int, str, str]]:
        for number, values in self.table.records():
            if isinstance(values, Problem):
                continue
            try:
                label, split = self.row_maker.make_label(values)
            except BadCell:
                continue  # reported when the row itself is read
            if label is not None:
                yield number, label, split

    def progress(self) -> tuple[int, int]:
        return self.table.progress()


class BadCell(Exception):
    """A value that makes its row unusable."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class RowMaker:
    """Turns the values of one record into a row, by the roles of the columns."""

    def __init__(
        self,
        *,
        column_names: Sequence[str],
        roles: Mapping[str, str],
        item_type: str,
        limits: Limits,
        read_image: Callable[[str], ImageFile],
        labels: LabelRules | None = None,
        words: Collection[str] = (),
    ) -> None:
        """`read_image` returns the image of a file name, or raises BadCell. Raises InvalidInput for bad roles.

        `words`: features whose values are words, so that NA is one of them.
        """
        check_roles(column_names, roles, item_type)
        self.limits = limits
        self.read_image = read_image
        self.names = list(column_names)
        self.labels = labels or LabelRules()
        places = {
            role: [i for i, name in enumerate(column_names) if roles.get(name) == role] for role in ColumnRole
        }
        self.texts = places[ColumnRole.TEXT]
        self.features = [
            (i, self.names[i], read_words if self.names[i] in words else read_feature)
            for i in places[ColumnRole.FEATURE]
        ]
        self.series = places[ColumnRole.SERIES]
        self.image = _first(places[ColumnRole.IMAGE])
        self.id = _first(places[ColumnRole.ID])
        self.label = _first(places[ColumnRole.LABEL])
        self.confidence = _first(places[ColumnRole.CONFIDENCE])
        self.split = _first(places[ColumnRole.SPLIT])

    def make(self, number: int, values: Sequence[object]) -> Row:
        """The row of these values. Raises BadCell."""
        row = Row(number)
        if self.id is not None:
            row.key = read_key(values[self.id], self.names[self.id])
        row.label, row.split = self.make_label(values)
        if self.label is not None and values[self.label] != row.label:
            row.label_written = _written(values[self.label])
        if self.confidence is not None:
            row.confidence = _read_confidence(values[self.confidence], self.names[self.confidence])
        if self.texts:
            row.text = self._read_text(values)
            row.content_hash = hash_text(row.text, self.names[self.texts[0]])
        elif self.features:
            row.features = {name: read(values[i], name) for i, name, read in self.features}
            if all(value is None for value in row.features.values()):
                raise BadCell(self.features[0][1], "Every feature of this row is missing.")
            row.content_hash = hash_features(row.features)
        elif self.series:
            row.features = self._read_series(values)
            row.content_hash = hash_features(row.features)
        else:
            assert self.image is not None  # check_roles has seen to it
            row.image = self._read_image(values[self.image], self.names[self.image])
            if row.key is None and row.image.name:
                row.key = row.image.name
        return row

    def make_label(self, values: Sequence[object]) -> tuple[str | None, str]:
        """(label or None, split) of these values. Raises BadCell."""
        label = (
            None
            if self.label is None
            else read_label(values[self.label], self.names[self.label], self.labels)
        )
        split = "pool" if self.split is None else _read_split(values[self.split], self.names[self.split])
        return label, split

    def _read_text(self, values: Sequence[object]) -> str:
        parts = [part for i in self.texts if (part := _as_text(values[i], self.names[i]))]
        text = parts[0] if len(parts) == 1 else "\n".join(parts)
        name = self.names[self.texts[0]]
        if not text or text.isspace():
            raise BadCell(name, "The text is empty.")
        if len(text) > self.limits.text_chars:
            raise BadCell(
                name,
                f"The text has {len(text):,} characters; {self.limits.text_chars:,} are allowed. "
                "Split it, or raise ASSAY_MAX_TEXT_CHARS.",
            )
        return text

    def _read_series(self, values: Sequence[object]) -> list[object]:
        if len(self.series) > 1:
            return [_read_number(values[i], self.names[i]) for i in self.series]
        return read_series(values[self.series[0]], self.names[self.series[0]])

    def _read_image(self, value: object, name: str) -> ImageFile:
        if isinstance(value, Mapping) and (
            "bytes" in value or "path" in value
        ):  # as Hugging Face datasets store it
            path = str(value.get("path") or "")
            content = value.get("bytes")
            value = ImageFile(path, content) if isinstance(content, bytes) else path
        if isinstance(value, bytes):
            value = ImageFile("", value)
        if isinstance(value, ImageFile):
            if len(value.content) > self.limits.image_bytes:
                raise BadCell(name, f"The image has more than {self.limits.image_bytes:,} bytes.")
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # images are often called by number
        if not isinstance(value, str) or not value.strip():
            raise BadCell(name, "No image is named here.")
        if "://" in value and not value.lower().startswith("file:"):
            raise BadCell(
                name, "This is an address; images are taken from files in the same archive or folder."
            )
        return self.read_image(value.strip())


def check_roles(column_names: Sequence[str], roles: Mapping[str, str], item_type: str) -> None:
    """Raise InvalidInput if these roles do not make items of this type out of these columns."""
    known = set(column_names)
    unknown = [name for name in roles if name not in known]
    if unknown:
        raise _roles_error(
            f"There is no column {unknown[0]!r}; the file has {_listed(column_names)}. "
            "If that is not how the file looks, check delimiter and header."
        )
    wrong = [role for role in roles.values() if role not in _ROLES]
    if wrong:
        raise _roles_error(f"A column has the role {wrong[0]!r}; use one of {', '.join(ColumnRole)}.")
    chosen = list(roles.values())
    for role in (ColumnRole.ID, ColumnRole.LABEL, ColumnRole.IMAGE, ColumnRole.SPLIT, ColumnRole.CONFIDENCE):
        if chosen.count(role) > 1:
            names = [name for name, given in roles.items() if given == role]
            raise _roles_error(
                f"Only one column can be the {role}, but {_listed(names)} are. Ignore the others."
            )
    wanted = {
        "text": ColumnRole.TEXT,
        "table": ColumnRole.FEATURE,
        "series": ColumnRole.SERIES,
        "image": ColumnRole.IMAGE,
    }
    payload = wanted[item_type]
    if payload not in chosen:
        raise _roles_error(
            f"No column is the {payload}, which {item_type} items are made of; the file has {_listed(column_names)}. "
            "If that is not how the file looks, check delimiter and header."
        )
    for role in set(wanted.values()) - {payload}:
        if role in chosen:
            raise _roles_error(
                f"A column has the role {role}, but this project has {item_type} items, made of {payload} columns."
            )


def _roles_error(message: str) -> InvalidInput:
    return InvalidInput(message, code="bad_columns", fields={"columns": [message]})


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:10])
    return f"{len(names)} columns: {shown}, ..." if len(names) > 10 else shown or "no columns"


def read_key(value: object, field: str) -> str:
    key = _as_text(value, field).strip()
    if not key:
        raise BadCell(
            field, "The id is empty. Fill it in, or ignore the id column: the content then serves as id."
        )
    if len(key) > MAX_KEY_CHARS:
        raise BadCell(field, f"The id has {len(key)} characters; {MAX_KEY_CHARS} are allowed.")
    check_storable(key, field)
    return key


def read_label(value: object, field: str, rules: LabelRules | None = None) -> str | None:
    """The class name, or None where the row is not labeled."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _as_text(value, field)
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


def _written(value: object) -> str:
    """What a cell has instead of the class's name; "" where it has none, or a number of the same digits."""
    if not isinstance(value, str | float):
        return "-1" if value == -1 else ""
    text = str(value)
    return "" if not text.strip() or text.lstrip()[:1] in ("[", "{") else storable(text)[:MAX_LABEL_CHARS]


def read_words(value: object, field: str) -> object:
    """As read_feature, of a column of words: NA, None and null are among them."""
    if isinstance(value, str) and value.strip().lower() in MISSING - NO_WORDS:
        return value.strip()
    return read_feature(value, field)


def read_feature(value: object, field: str) -> object:
    """A number, a category or None for a missing value ("", "?", NA, NaN). Infinity is refused.

    Digits with a leading zero ("01234") are codes, not numbers, and stay as they are.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in MISSING:
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
        return [_read_number(step, field) for step in value]
    n_channels = len(value[0])
    if not n_channels or any(not isinstance(step, list) or len(step) != n_channels for step in value):
        raise BadCell(
            field, f"Every step of this series must be a list of {n_channels or 'at least 1'} numbers."
        )
    return [[_read_number(channel, field) for channel in step] for step in value]


def _parse_list(text: str, field: str) -> object:
    try:
        return read_json(text)
    except TooDeep as error:
        raise BadCell(field, f"The list is refused: {error}.") from None
    except ValueError:
        return text.replace(";", " ").replace(",", " ").split()


def _read_number(value: object, field: str) -> float | int | None:
    number = read_feature(value, field)
    if number is None or isinstance(number, bool | int | float):
        return number
    try:
        return float(str(number))  # a code such as "007" is a number in a series
    except ValueError:
        raise BadCell(field, f"{str(number)[:40]!r} is not a number.") from None


def _read_confidence(value: object, field: str) -> float | None:
    number = _read_number(value, field)
    if number is not None and not 0 <= number <= 1:
        raise BadCell(field, f"The confidence is {number}; it must lie in [0, 1].")
    return None if number is None else float(number)


def _read_split(value: object, field: str) -> str:
    name = _as_text(value, field).strip().lower()
    if name not in SPLITS:
        raise BadCell(
            field, f"The split is {name[:40]!r}; use train, validation or test, or ignore the column."
        )
    return SPLITS[name]


def _as_text(value: object, field: str) -> str:
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


def _first(places: Sequence[int]) -> int | None:
    return places[0] if places else None
