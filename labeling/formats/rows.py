"""What every format becomes: rows, and problems with their row number. Pure.

Rows are numbered from 1, as a reader of the file counts them; a header is no row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


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
