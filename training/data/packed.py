"""The one bridge from rows to arrays: a packed copy of a project's items on local disk.

    ASSAY_DATA_DIR/cache/packed/<project>/<payload>/manifest.json
                                                    <first id>-<last id>.npy or .arrow
                                                    <first id>-<last id>.ids.npy

Chunks hold up to 65,536 items in id order. New items extend the last chunk; files are written
beside and renamed; a lock keeps two workers of one host apart. It is a cache: whatever is missing,
broken or no longer agrees with the database is packed again, and no other host needs it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median_low
from typing import Any

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max

from labeling.item_types import item_types
from labeling.kinds import load_factory
from labeling.models import Item, Project
from labeling.storing.storage import stored_bytes
from training.data.payloads import (
    ImagePayload,
    Payload,
    Row,
    SeriesPayload,
    TablePayload,
    TextPayload,
    series_array,
)
from training.errors import DataUnfit

CHUNK_ROWS = 65_536
PAGE_ROWS = 1_000  # items read from the database at once
FORMAT = 1  # of the manifest and the files; another number is packed anew
LOCK_SECONDS = 0.2  # between two tries to get at a folder that another process packs
MAX_SIDE = 64  # pixels: larger images are scaled down unless the run says otherwise

OnProgress = Callable[[int, int], None]  # (items done, items to do)


@dataclass(frozen=True)
class Chunk:
    """One data file and its ids, as the manifest lists them."""

    name: str  # of the files, without suffix
    first: int  # item id
    last: int
    n: int
    n_bytes: int  # of the data file: a shorter one is broken


class PackedItems:
    """All items of a project as arrays, in id order. Row i of it is the item with id `ids[i]`."""

    def __init__(self, payload: Payload, chunks: Sequence[Any], ids: Sequence[np.ndarray]) -> None:
        self._payload = payload
        self._chunks = chunks
        self._starts = np.cumsum([0, *(len(part) for part in ids)])  # (n_chunks + 1,)
        self.ids = np.concatenate(ids) if ids else np.empty(0, dtype=np.int64)  # (n_items,) ascending

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, item_ids: np.ndarray) -> np.ndarray:
        """Rows of these items, in their order. Raises KeyError if one is not packed."""
        if len(self.ids) == 0 and len(item_ids):
            raise KeyError("Nothing is packed.")
        rows = np.searchsorted(self.ids, item_ids)
        found = self.ids[np.minimum(rows, len(self.ids) - 1)] == item_ids
        if not found.all():
            raise KeyError(f"Item {item_ids[~found][0]} is not packed.")
        return rows

    def take(self, rows: np.ndarray) -> Any:
        """The items at these ascending rows, as learners take them."""
        if len(rows) > 1 and (np.diff(rows) <= 0).any():
            raise ValueError("Rows must ascend.")
        cuts = np.searchsorted(rows, self._starts)
        places = [
            rows[low:high] - start
            for low, high, start in zip(cuts[:-1], cuts[1:], self._starts[:-1], strict=True)
        ]
        return self._payload.take(self._chunks, places)


def packed_open(
    project: Project, *, image_size: int | None = None, on_progress: OnProgress = lambda done, n: None
) -> PackedItems:
    """Every item of the project as arrays, after packing those that are not packed yet.

    `image_size` (pixels) makes every image that size, square; without it the project's common size
    is used. Raises DataUnfit if an item cannot be made into an array.
    """
    payload = _payload(project, image_size=image_size)
    # The salt tells this project from one of the same id in another database.
    folder = _cache() / f"{project.pk}-{project.salt}" / payload.name
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder, on_progress):
        chunks = _usable_chunks(folder, project, payload)
        chunks = _extend(folder, project, payload, chunks, on_progress)
        _remove_strays(folder, payload, chunks)
        return PackedItems(
            payload,
            [payload.open(_path(folder, payload, chunk)) for chunk in chunks],
            [np.load(folder / f"{chunk.name}.ids.npy") for chunk in chunks],
        )


def packed_sweep() -> list[str]:
    """The caches of projects that are gone, or going, or whose items went since, are gone from this host.

    Returns their names.

    Each host has its own, so each sweeps its own (deploy/workers/caches.py).
    """
    names = [path.name for path in _cache().iterdir()] if _cache().is_dir() else []
    if not names:
        return []
    kept = {
        f"{pk}-{salt}": removed_at
        for pk, salt, removed_at in Project.objects.filter(deleted_at__isnull=True)
        .annotate(removed_at=Max("removals__at"))
        .values_list("pk", "salt", "removed_at")
    }
    gone = sorted(name for name in names if name not in kept or _is_older(_cache() / name, kept[name]))
    for name in gone:
        shutil.rmtree(_cache() / name, ignore_errors=True)  # what is written at this moment goes next time
    return gone


def _is_older(folder: Path, removed_at: dt.datetime | None) -> bool:
    """Whether items that are gone may be in the folder still. No run reads it then: nothing leaves under a run."""
    if removed_at is None:
        return False
    written = [path.stat().st_mtime for path in folder.glob("*/manifest.json")]
    return any(at < removed_at.timestamp() for at in written)


def _cache() -> Path:
    folder: Path = settings.ASSAY_DATA_DIR / "cache" / "packed"
    return folder


def _extend(
    folder: Path, project: Project, payload: Payload, chunks: list[Chunk], on_progress: OnProgress
) -> list[Chunk]:
    items = Item.objects.filter(project=project)
    last = chunks[-1].last if chunks else 0
    n_done, n_missing = 0, items.filter(id__gt=last).count()
    while items.filter(id__gt=last).exists():
        tail = chunks[-1] if chunks and chunks[-1].n < CHUNK_ROWS else None
        room = CHUNK_ROWS - (tail.n if tail else 0)
        ids: list[int] = []
        rows = _noted(_read_rows(project, after=last, limit=room), ids, n_done, n_missing, on_progress)
        temporary = folder / f"writing{payload.suffix}"
        payload.write(temporary, payload.open(_path(folder, payload, tail)) if tail else None, rows)
        old_ids = np.load(folder / f"{tail.name}.ids.npy") if tail else np.empty(0, np.int64)
        chunk = _put(folder, payload, temporary, np.concatenate([old_ids, np.array(ids, np.int64)]))
        chunks = [*(chunks[:-1] if tail else chunks), chunk]
        _write_manifest(folder, chunks)
        last = chunk.last
        n_done += len(ids)
    return chunks


def _noted(
    rows: Iterator[Row], ids: list[int], n_before: int, n_all: int, on_progress: OnProgress
) -> Iterator[Row]:
    """The same rows, while their ids are noted and progress is told."""
    for row in rows:
        ids.append(row.id)
        yield row
        if len(ids) % PAGE_ROWS == 0:
            on_progress(n_before + len(ids), max(n_all, n_before + len(ids)))


def _path(folder: Path, payload: Payload, chunk: Chunk) -> Path:
    return folder / f"{chunk.name}{payload.suffix}"


def _put(folder: Path, payload: Payload, temporary: Path, ids: np.ndarray) -> Chunk:
    """Give a written file and its ids their names, after they have reached the disk."""
    name = f"{ids[0]}-{ids[-1]}"
    np.save(folder / "writing.ids.npy", ids)
    for source, suffix in ((temporary, payload.suffix), (folder / "writing.ids.npy", ".ids.npy")):
        with source.open("rb+") as file:
            os.fsync(file.fileno())
        source.replace(folder / f"{name}{suffix}")
    n_bytes = (folder / f"{name}{payload.suffix}").stat().st_size
    return Chunk(name=name, first=int(ids[0]), last=int(ids[-1]), n=len(ids), n_bytes=n_bytes)


def _usable_chunks(folder: Path, project: Project, payload: Payload) -> list[Chunk]:
    """Chunks from the start for as long as files are whole and hold just the items in the database.

    An item can appear below the last packed id (ids are given out before their rows are committed),
    hence the count by range.
    """
    usable: list[Chunk] = []
    after = 0
    for chunk in _read_manifest(folder):
        try:
            payload.open(_path(folder, payload, chunk))
            n_ids = len(np.load(folder / f"{chunk.name}.ids.npy", mmap_mode="r"))
            n_bytes = _path(folder, payload, chunk).stat().st_size
        except (OSError, ValueError, EOFError, pa.ArrowInvalid):
            break
        n_rows = Item.objects.filter(project=project, id__gt=after, id__lte=chunk.last).count()
        if not n_rows == n_ids == chunk.n or n_bytes != chunk.n_bytes:
            break
        usable.append(chunk)
        after = chunk.last
    return usable


def _read_manifest(folder: Path) -> list[Chunk]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        return [Chunk(**chunk) for chunk in manifest["chunks"]] if manifest["format"] == FORMAT else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _write_manifest(folder: Path, chunks: list[Chunk]) -> None:
    temporary = folder / "manifest.json.writing"
    with temporary.open("w") as file:
        json.dump({"format": FORMAT, "chunks": [asdict(chunk) for chunk in chunks]}, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / "manifest.json")


def _remove_strays(folder: Path, payload: Payload, chunks: list[Chunk]) -> None:
    """Files that no chunk names: left by a killed packer or by a longer chunk. Open maps stay valid."""
    known = {f"{chunk.name}{suffix}" for chunk in chunks for suffix in (payload.suffix, ".ids.npy")}
    for path in folder.iterdir():
        if path.name not in known | {"manifest.json", "lock"}:
            path.unlink()


@contextlib.contextmanager
def _locked(folder: Path, on_progress: OnProgress) -> Iterator[None]:
    """One packer of this folder at a time on this host; the lock ends with the process."""
    with (folder / "lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                on_progress(
                    0, 1
                )  # another packs the same items: whoever waits is heard, and can be cancelled
                time.sleep(LOCK_SECONDS)
        yield


def _read_rows(project: Project, *, after: int, limit: int) -> Iterator[Row]:
    """Up to `limit` items with ids over `after`, in id order, a page at a time."""
    column = item_types()[project.item_type].column
    items = Item.objects.filter(project=project).order_by("id").values_list("id", "key", column)
    while limit > 0:
        page = list(items.filter(id__gt=after)[: min(limit, PAGE_ROWS)])
        if not page:
            return
        yield from map(Row._make, page)
        after = page[-1][0]
        limit -= len(page)


def _payload(project: Project, *, image_size: int | None) -> Payload:
    """How this project's items are packed, decided over all of them."""
    make = load_factory(item_types()[project.item_type].packed)
    payload: Payload = make(project, image_size=image_size)
    return payload


def text_payload(project: Project, *, image_size: int | None) -> TextPayload:
    return TextPayload()


def series_payload(project: Project, *, image_size: int | None) -> SeriesPayload:
    first_rows = _read_rows(project, after=0, limit=PAGE_ROWS)
    shapes = Counter(series_array(row).shape for row in first_rows)
    if not shapes:
        raise DataUnfit("The project has no items yet. Import some, then start the run again.")
    return SeriesPayload(shapes.most_common(1)[0][0])


def image_payload(project: Project, *, image_size: int | None) -> ImagePayload:
    sizes = list(
        Item.objects.filter(project=project)
        .values_list("blob__height", "blob__width", "blob__mode")
        .annotate(n=Count("id"))
        .order_by()
    )
    if not sizes:
        raise DataUnfit("The project has no items yet. Import some, then start the run again.")
    heights, widths = ([size[axis] for size in sizes for _ in range(size[3])] for axis in (0, 1))
    height, width = (image_size, image_size) if image_size else (median_low(heights), median_low(widths))
    scale = 1.0 if image_size else min(1.0, MAX_SIDE / max(height, width))
    return ImagePayload(
        max(1, round(height * scale)),
        max(1, round(width * scale)),
        is_grey=all(mode == "L" for _, _, mode, _ in sizes),
        read=stored_bytes,
    )


def table_payload(project: Project, *, image_size: int | None) -> TablePayload:
    """Columns by kind over all rows; a column without any value is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT cell.key, bool_and(jsonb_typeof(cell.value) <> 'string')
            FROM labeling_item AS item, jsonb_each(item.features) AS cell
            WHERE item.project_id = %s AND cell.value NOT IN ('null', '""')
            GROUP BY cell.key ORDER BY cell.key
            """,
            [project.pk],
        )
        columns = cursor.fetchall()
    if not columns:
        raise DataUnfit("No table row of this project holds any value, so there is nothing to learn from.")
    return TablePayload(
        numbers=[name for name, is_number in columns if is_number],
        words=[name for name, is_number in columns if not is_number],
    )
