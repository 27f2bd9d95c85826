"""Several readers as one: the files of a set, one after the other. Pure.

Rows are counted through all files; `files_of` says which file a row is of and where in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labeling.formats.pictures.folders import FolderReader
from labeling.formats.row_maker import TableReader
from labeling.formats.rows import ImageFile, Problem, Reader, Row

STEPS = 1_000  # of progress for each file, since bytes and rows do not add up


@dataclass(frozen=True, slots=True)
class Part:
    """One of the readers. `name`: the file whose rows it gives; blank where each row is a file of its own."""

    name: str
    reader: Reader


class ChainReader:
    """Reads its parts in their order, each from its beginning."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = list(parts)
        self.n_before = [0]  # rows before each part that was begun
        self.current = 0

    def rows(self, *, skip: int = 0) -> Iterator[Row | Problem]:
        self.n_before = [0]
        for place, part in enumerate(self.parts):
            self.current = place
            before = self.n_before[-1]
            last = 0
            for row in part.reader.rows(skip=max(0, skip - before)):
                number = row.number if isinstance(row, Row) else row.row
                last = max(last, number or 0)
                yield _moved(row, before)
            if not last and skip > before:
                last = _last_number(part.reader)
            self.n_before.append(before + last)

    def labels(self) -> Iterator[tuple[int, str, str]]:
        before = 0
        for part in self.parts:
            for number, label, split in part.reader.labels():
                yield before + number, label, split
            before += _last_number(part.reader)

    def progress(self) -> tuple[int, int]:
        n_read, n_all = self.parts[self.current].reader.progress()
        done = STEPS * n_read // n_all if n_all else 0
        return STEPS * self.current + min(done, STEPS), STEPS * len(self.parts)


def _moved(row: Row | Problem, before: int) -> Row | Problem:
    if isinstance(row, Row):
        row.number += before
        return row
    return replace(row, row=None if row.row is None else row.row + before)


def _last_number(reader: Reader) -> int:
    """The number of its last row, without making rows where that can be avoided."""
    if isinstance(reader, SetReader):
        return _last_number(reader.reader)
    if isinstance(reader, FolderReader):
        return len(reader.names)
    if isinstance(reader, TableReader):
        records = deque(reader.table.records(), maxlen=1)
        return records[0][0] if records else 0
    found = deque(reader.rows(), maxlen=1)
    if not found:
        return 0
    return found[0].number if isinstance(found[0], Row) else found[0].row or 0


def files_of(reader: Reader) -> list[tuple[int, str]]:
    """(rows before it, name) of each file that was begun, where rows are counted through several; blank names where
    each row is a file of its own.
    """
    if not isinstance(reader, ChainReader):
        return []
    return list(zip(reader.n_before, (part.name for part in reader.parts), strict=False))


class SetReader:
    """A table of a set: rows that say no split have that of the table's name or of the image's folder."""

    def __init__(
        self, reader: Reader, *, split: str, prefix: str = "", splits: Mapping[str, str] | None = None
    ) -> None:
        """`prefix` is put before ids; `splits`: name of an image in the bundle -> split of its folder."""
        self.reader = reader
        self.split = split
        self.prefix = prefix
        self.splits = splits or {}

    def rows(self, *, skip: int = 0) -> Iterator[Row | Problem]:
        for row in self.reader.rows(skip=skip):
            if isinstance(row, Row):
                if row.split == "pool":
                    row.split = self._split_of(row)
                if self.prefix and row.key:
                    row.key = self.prefix + row.key
            yield row

    def _split_of(self, row: Row) -> str:
        if self.split == "pool" and isinstance(row.image, ImageFile):
            return self.splits.get(row.image.name, "pool")
        return self.split

    def labels(self) -> Iterator[tuple[int, str, str]]:
        for number, label, split in self.reader.labels():
            yield number, label, self.split if split == "pool" else split

    def progress(self) -> tuple[int, int]:
        return self.reader.progress()
