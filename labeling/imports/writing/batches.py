"""The rows of a file in batches, each read while the one before is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from labeling.formats.rows import Problem, Reader, Row
from labeling.formats.sets.chain import files_of

BATCH_ROWS = 10_000  # a second or two of work, so that beat and cancel are in time
BATCH_IMAGES = 2_000
BATCH_BYTES = 8 * 2**20  # of images and text; two batches and what is made of them are held at once
BEAT_SECONDS = 2.0


@dataclass(slots=True)
class ReadRows:
    """A batch as it was read. `last_row` is where the next one begins."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    n_bytes: int = 0
    last_row: int = 0
    progress: tuple[int, int] = (0, 0)  # of the reader, at the end of this batch
    files: list[tuple[int, str]] = field(default_factory=list)  # rows before each file begun so far, its name

    @property
    def n_read(self) -> int:
        """Rows of the file; a problem that cost no row, or is of the whole file, is none."""
        return len(self.rows) + sum(problem.costs_row for problem in self.problems)

    @property
    def is_full(self) -> bool:
        limit = BATCH_IMAGES if self.rows and self.rows[0].image else BATCH_ROWS
        return len(self.rows) + len(self.problems) >= limit or self.n_bytes >= BATCH_BYTES


def read_batches(reader: Reader, skip: int) -> Iterator[ReadRows]:
    batch = ReadRows()
    for row in reader.rows(skip=skip):
        if isinstance(row, Problem):
            batch.problems.append(row)
            batch.last_row = max(batch.last_row, row.row or 0)
        else:
            batch.rows.append(row)
            batch.last_row = row.number
            batch.n_bytes += _size_of(row)
        if batch.is_full:
            batch.progress, batch.files = reader.progress(), files_of(reader)
            yield batch
            batch = ReadRows()
    if batch.rows or batch.problems:
        batch.progress, batch.files = reader.progress(), files_of(reader)
        yield batch


def read_ahead(batches: Iterator[ReadRows], beat: Callable[[], None]) -> Iterator[ReadRows]:
    """The same batches, each read while the one before is written. Beats while it waits for one."""
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(next, batches, None)
        while True:
            try:
                batch = reading.result(timeout=BEAT_SECONDS)
            except TimeoutError:
                beat()
                continue
            if batch is None:
                return
            reading = thread.submit(next, batches, None)
            yield batch


def _size_of(row: Row) -> int:
    if row.image is not None:
        return len(row.image.content)
    n_bytes = len(row.text) if row.text is not None else 16 * len(row.features or ())
    if row.extras:
        n_bytes += sum(len(value) for value in row.extras.values() if isinstance(value, str))
    return n_bytes + len(row.embedding or b"")
