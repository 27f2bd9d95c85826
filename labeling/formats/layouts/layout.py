"""What is known of one tool's files: the parts that the modules beside this one fill in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from labeling.formats.cells import MISSING
from labeling.formats.rows import Said
from labeling.formats.text.encodings import storable

Hear = Callable[[Mapping[str, object]], list[Said]]


@dataclass(frozen=True)
class Sample:
    """The first records of a table."""

    names: Sequence[str]
    rows: Sequence[Sequence[object]]
    nested: frozenset[str] = frozenset()  # columns that stand within an object, named with dots
    written: Sequence[Sequence[object]] = ()  # the rows before numbers were rewritten, where some were

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each column stands: tables have thousands of them, and each is looked up again and again."""
        return {name: place for place, name in reversed(list(enumerate(self.names)))}

    @cached_property
    def _present(self) -> dict[str, list[object]]:
        return {}

    def column(self, name: str) -> list[object]:
        """The values that are there, without missing and blank ones. Not to be changed."""
        found = self._present.get(name)
        if found is None:
            place = self.places[name]
            found = self._present[name] = [row[place] for row in self.rows if not is_blank(row[place])]
        return found

    def column_as_written(self, name: str) -> list[object]:
        """The same, with "1,3" as it stands in the file."""
        place = self.places[name]
        return [row[place] for row in self.written or self.rows if not is_blank(row[place])]

    def whole_column(self, name: str) -> list[object]:
        """All its values, missing ones too."""
        place = self.places[name]
        return [row[place] for row in self.rows]

    def has(self, *names: str) -> bool:
        return all(name in self.places for name in names)

    def first_of(self, names: Sequence[str]) -> str | None:
        """The column with one of these names, by the order of `names`; case does not matter."""
        return next((self._lower[name] for name in names if name in self._lower), None)

    @cached_property
    def _lower(self) -> dict[str, str]:
        return {name.strip().lower(): name for name in reversed(self.names)}

    def only(self, names: Sequence[str]) -> Sample:
        """The same records with these columns."""
        places = [self.places[name] for name in names]
        rows, written = (
            [[row[place] for place in places] for row in rows] for rows in (self.rows, self.written)
        )
        return Sample(list(names), rows, self.nested, written)


@dataclass
class Layout:
    """What the columns of a file are for, as far as whoever wrote it settles that."""

    name: str
    roles: dict[str, str] = field(default_factory=dict)  # column -> ColumnRole; the others are guessed
    why: dict[str, str] = field(default_factory=dict)  # column -> a short sentence
    hear: Hear | None = None  # who said what in a record; None: as the roles of its columns say
    needs: tuple[str, ...] = ()  # columns that `hear` reads
    class_names: dict[str, list[str]] = field(default_factory=dict)  # column of numbers -> name of each
    probabilities: dict[str, str] = field(
        default_factory=dict
    )  # column -> the class that it is the probability of
    is_percent: bool = False  # confidences are from 0 to 100
    labels_from: str = ""  # person or machine; auto: each answer tells; "": nothing is known
    item_type: str | None = None
    notes: list[str] = field(default_factory=list)
    payload_prefixes: tuple[str, ...] = ()  # of columns that hold the items themselves: "data."

    def claim(self, name: str | None, role: str, why: str) -> None:
        """The column has this role, unless there is none or it has one already."""
        if name is not None and name not in self.roles:
            self.roles[name] = str(role)
            self.why[name] = why


def is_blank(value: object) -> bool:
    """Nothing was said there: None, NaN, an empty text, list or object."""
    if value is None or value != value:
        return True
    return isinstance(value, str | list | tuple | dict) and (
        not value or (isinstance(value, str) and value.strip().lower() in MISSING)
    )


def has_classes(values: Sequence[object], *, max_chars: int = 60) -> bool:
    """Few short values that come again."""
    texts = [str(value).strip() for value in values]
    distinct = set(texts)
    return (
        bool(texts)
        and len(distinct) <= max(2, len(texts) / 2)
        and all(len(text) <= max_chars for text in distinct)
    )


def objects_of(value: object) -> Iterator[Mapping[str, object]]:
    """The objects in a list, and nothing else of it."""
    if isinstance(value, list | tuple):
        yield from (entry for entry in value if isinstance(entry, Mapping))


def text_of(value: object) -> str:
    """A name or a note in one line of text; "" for what is none."""
    if value is None or isinstance(value, list | dict | bytes) or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return storable(str(value).strip())
