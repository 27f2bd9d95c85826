"""What items look like as arrays, one class per item type. No rows, no Django: packed.py feeds these.

A payload writes one chunk file from rows, opens it memory-mapped, and takes positions out of it in
the shape that learners expect (design: image uint8, text strings, table DataFrame, series float32).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from PIL import Image

from labeling.jobs.trouble import trouble_of, waited
from labeling.storing.images import image_open
from training.errors import DataUnfit

ROWS_PER_BATCH = 1_000  # of text or table rows held in memory while packing
READERS = 8  # threads: Pillow and most storages release the interpreter while they work, and storages take their time
IMAGES_AT_ONCE = 1_024


class Row(NamedTuple):
    """One item on its way into a chunk: its id, its key (for messages) and its one payload."""

    id: int
    key: str
    payload: Any  # image: name in the storage; text: str; table: dict; series: list


class Payload(Protocol):
    """How one item type is kept on disk and handed to learners."""

    name: str  # a change of name makes another cache: it holds everything that decides the arrays
    suffix: str

    def write(self, path: Path, old: Any | None, rows: Sequence[Row] | Iterable[Row]) -> None: ...

    def open(self, path: Path) -> Any: ...

    def take(self, chunks: Sequence[Any], places: Sequence[np.ndarray]) -> Any: ...


class _ArrayPayload:
    """Rows of one shape and dtype in a .npy file."""

    suffix = ".npy"
    dtype: np.dtype[Any]
    shape: tuple[int, ...]  # of one row

    def open(self, path: Path) -> np.ndarray:
        array: np.ndarray = np.load(path, mmap_mode="r")
        if array.dtype != self.dtype or array.shape[1:] != self.shape:
            raise ValueError(f"{path} holds {array.dtype}{array.shape[1:]}, not {self.dtype}{self.shape}.")
        return array

    def take(self, chunks: Sequence[np.ndarray], places: Sequence[np.ndarray]) -> np.ndarray:
        n_rows = sum(len(place) for place in places)
        out = np.empty((n_rows, *self.shape), dtype=self.dtype)
        start = 0
        for chunk, place in zip(chunks, places, strict=True):
            if len(place):
                # A run of neighbours is one copy; a scattered set is a gather.
                is_slice = place[-1] - place[0] + 1 == len(place)
                rows = slice(place[0], place[-1] + 1) if is_slice else place
                out[start : start + len(place)] = chunk[rows]
                start += len(place)
        return out

    def _new(self, path: Path, old: np.ndarray | None, n_new: int) -> tuple[np.memmap[Any, Any], int]:
        n_old = 0 if old is None else len(old)
        array = np.lib.format.open_memmap(
            path, mode="w+", dtype=self.dtype, shape=(n_old + n_new, *self.shape)
        )
        if old is not None:
            array[:n_old] = old
        return array, n_old


def _each(pool: ThreadPoolExecutor, act: Callable[[int], None], places: range) -> None:
    for _ in pool.map(act, places, chunksize=16):
        pass  # what it raised comes out here


class ImagePayload(_ArrayPayload):
    """uint8, (n, height, width) if every image is grey, else (n, height, width, 3)."""

    dtype = np.dtype(np.uint8)

    def __init__(self, height: int, width: int, *, is_grey: bool, read: Callable[[str], bytes]) -> None:
        self.mode = "L" if is_grey else "RGB"
        self.shape = (height, width) if is_grey else (height, width, 3)
        self.name = f"image-{height}x{width}-{self.mode.lower()}"
        self._read = read

    def write(self, path: Path, old: np.ndarray | None, rows: Iterable[Row]) -> None:
        listed = list(rows)
        array, start = self._new(path, old, len(listed))

        def fill(place: int) -> None:
            array[start + place] = self._decode(listed[place])

        with ThreadPoolExecutor(READERS) as pool:
            for first in range(0, len(listed), IMAGES_AT_ONCE):
                some = range(first, min(first + IMAGES_AT_ONCE, len(listed)))
                # A storage that is away costs these and no more.
                waited(partial(_each, pool, fill, some))
        array.flush()

    def _decode(self, row: Row) -> np.ndarray:
        height, width = self.shape[:2]
        try:
            image = image_open(self._read(row.payload), self.mode, size=(width, height))
            if image.size != (width, height):
                image = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
            return np.asarray(image)
        except OSError as error:
            if trouble_of(error) is not None:
                raise
            raise DataUnfit(
                f"The image of item {row.key!r} cannot be read from the storage ({error}). "
                "Put the file back, or remove the item, and start the run again."
            ) from error


class SeriesPayload(_ArrayPayload):
    """float32, (n, time) or (n, time, channels); every item has the same shape and finite values."""

    dtype = np.dtype(np.float32)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.name = "series-" + "x".join(map(str, shape))

    def write(self, path: Path, old: np.ndarray | None, rows: Iterable[Row]) -> None:
        listed = list(rows)
        array, start = self._new(path, old, len(listed))
        for place, row in enumerate(listed):
            array[start + place] = self._parse(row)
        array.flush()

    def _parse(self, row: Row) -> np.ndarray:
        values = series_array(row)
        if values.shape != self.shape:
            raise DataUnfit(
                f"Item {row.key!r} is a series of shape {values.shape}, but most are of {self.shape}. "
                "Learners need series of one length: cut or resample the others and import them again."
            )
        return values


def series_array(row: Row) -> np.ndarray:
    """One series as float32 of shape (time,) or (time, channels). Raises DataUnfit."""
    try:
        with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused below
            values = np.asarray(row.payload, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataUnfit(
            f"Item {row.key!r} is no plain list of numbers, or its channels differ in length. "
            "Import it again with one number per time step and channel."
        ) from error
    if values.ndim not in (1, 2) or not np.isfinite(values).all():
        raise DataUnfit(
            f"Item {row.key!r} holds a missing, infinite or deeper nested value. "
            "A series is a list of finite numbers, or a list of such lists, one per time step."
        )
    return values


class _ArrowPayload:
    """Rows of columns in an Arrow file, written batch by batch in constant memory."""

    suffix = ".arrow"

    def open(self, path: Path) -> pa.Table:
        return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


class TextPayload(_ArrowPayload):
    """A list of n strings."""

    name = "text"
    schema = pa.schema([("text", pa.large_string())])

    def write(self, path: Path, old: pa.Table | None, rows: Iterable[Row]) -> None:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, self.schema) as writer:
            if old is not None:
                writer.write_table(old, max_chunksize=ROWS_PER_BATCH)
            for batch in _batches(iter(rows)):
                texts = pa.array([row.payload for row in batch], type=pa.large_string())
                writer.write_batch(pa.record_batch([texts], schema=self.schema))

    def take(self, chunks: Sequence[pa.Table], places: Sequence[np.ndarray]) -> list[str]:
        taken = (
            chunk.column("text").take(pa.array(place)).to_pylist()
            for chunk, place in zip(chunks, places, strict=True)
            if len(place)
        )
        return list(chain.from_iterable(taken))


class TablePayload(_ArrowPayload):
    """A pandas DataFrame: numbers as float64, anything else as strings, NaN where missing.

    Which columns there are, and which of them are numbers, is decided over the whole project, so
    that a chunk with only numbers in a column of words still yields words.
    """

    def __init__(self, numbers: Sequence[str], words: Sequence[str]) -> None:
        self.numbers, self.words = tuple(numbers), tuple(words)
        self.schema = pa.schema(
            [(name, pa.float64()) for name in numbers] + [(name, pa.large_string()) for name in words]
        )
        # The name holds everything that decides the arrays, at a bounded length.
        columns = json.dumps([self.numbers, self.words])
        self.name = f"table-{hashlib.sha256(columns.encode()).hexdigest()[:16]}"

    def write(self, path: Path, old: pa.Table | None, rows: Iterable[Row]) -> None:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, self.schema) as writer:
            if old is not None:
                writer.write_table(old, max_chunksize=ROWS_PER_BATCH)
            for batch in _batches(iter(rows)):
                columns: list[list[Any]] = [
                    [_number(row.payload.get(name)) for row in batch] for name in self.numbers
                ]
                columns += [[_word(row.payload.get(name)) for row in batch] for name in self.words]
                arrays = [pa.array(c, type=field.type) for c, field in zip(columns, self.schema, strict=True)]
                writer.write_batch(pa.record_batch(arrays, schema=self.schema))

    def take(self, chunks: Sequence[pa.Table], places: Sequence[np.ndarray]) -> Any:
        taken = [
            chunk.take(pa.array(place)) for chunk, place in zip(chunks, places, strict=True) if len(place)
        ]
        table = pa.concat_tables(taken) if taken else self.schema.empty_table()
        return table.to_pandas()


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, ROWS_PER_BATCH)):
        yield batch


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _word(value: Any) -> str | None:
    """Words as they are; a number among words as a person would write it: 3, not 3.0."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)
