"""Objects within rows become columns named with dots: {"meta": {"source": "x"}} has a column meta.source. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labeling.formats.rows import Problem, Record, Table

MAX_LEAVES = 60  # columns that one object becomes; an object with more names is kept whole


def is_image_object(value: object) -> bool:
    """An image as Hugging Face datasets store it."""
    return isinstance(value, Mapping) and bool(value) and set(value) <= {"bytes", "path"}


def leaves_of(name: str, value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """(dotted name, value) of everything in the object that is no object itself."""
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner and not is_image_object(inner):
            yield from leaves_of(f"{name}.{key}", inner)
        elif not isinstance(inner, Mapping) or is_image_object(inner):
            yield f"{name}.{key}", inner


class NestedTable:
    """A table whose objects are taken apart. Each record has one value more than there are columns:

    what stands in those objects under names that none of the first records has ({} for nothing).
    """

    def __init__(self, table: Table, opened: dict[str, list[str]]) -> None:
        """`opened`: column with objects -> the dotted names of what is in them."""
        self.table = table
        self.opened = opened
        self.column_names = [dotted for name in table.column_names for dotted in opened.get(name, [name])]
        self.nested = frozenset(dotted for name in opened for dotted in opened[name])
        self._places = {name: place for place, name in enumerate(self.column_names)}

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        for number, values in self.table.records(skip=skip):
            yield number, values if isinstance(values, Problem) else self.flat(values)

    def progress(self) -> tuple[int, int]:
        return self.table.progress()

    def flat(self, values: Sequence[object]) -> list[object]:
        flat: list[object] = [None] * len(self.column_names)
        rest: dict[str, object] = {}
        for name, value in zip(self.table.column_names, values, strict=True):
            if name not in self.opened:
                flat[self._places[name]] = value
                continue
            found = leaves_of(name, value) if isinstance(value, Mapping) else [(name, value)]
            for dotted, inner in found:
                place = self._places.get(dotted)
                if place is not None:
                    flat[place] = inner
                elif inner is not None:
                    rest[dotted] = inner
        flat.append(rest)
        return flat


def open_objects(table: Table, rows: Sequence[Sequence[object]]) -> Table:
    """The table with its objects taken apart, or as it is where none of these first rows has any."""
    names = table.column_names
    found: dict[str, dict[str, None]] = {}
    bare: set[str] = set()  # columns that also hold something else
    for values in rows:
        for name, value in zip(names, values, strict=False):
            if isinstance(value, Mapping) and not is_image_object(value):
                found.setdefault(name, {}).update((dotted, None) for dotted, _ in leaves_of(name, value))
            elif value is not None and not isinstance(value, Mapping):
                bare.add(name)
    opened = {
        name: list(leaves)
        for name, leaves in found.items()
        if leaves and name not in bare and len(leaves) <= MAX_LEAVES and not set(leaves) & set(names)
    }
    return NestedTable(table, opened) if opened else table
