"""A labeled file or folder as a dataset: IDX pairs, CSV and its kin, folders of images.

The readers of imports do the reading (labeling/formats), so whatever can be imported can be
compared on. Rows of the split "test" measure; where a file names none, some are drawn.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from labeling.errors import InvalidInput
from labeling.formats.cells import SPLITS
from labeling.formats.files.bundle import FileBundle, FolderBundle
from labeling.formats.options import ImportOptions
from labeling.formats.rows import ColumnRole, GreyPixels, ImageFile, Limits, Problem, Row
from labeling.formats.sets.dataset import Dataset as File
from labeling.formats.sets.dataset import open_dataset
from training.comparisons.rules.dataset import Dataset

LIMITS = Limits(text_chars=10_000_000, image_bytes=50 * 2**20, image_pixels=100_000_000)
TEST_SHARE = 0.25  # of a file that does not say which rows are for testing
TABLES = (".csv", ".tsv", ".jsonl", ".json", ".parquet")


def files_read(
    path: Path, *, label_column: str | None = None, item_type: str | None = None, seed: int = 0
) -> Dataset:
    """The labeled rows of a file or folder; rows without a label are left out.

    A folder may hold tables called train and test, beside others that are passed over; else it is
    read as an import would read it. `label_column` and `item_type` are guessed if left out. Without
    rows for testing a quarter is drawn with `seed`, stratified. Raises InvalidInput.
    """
    files = [_open(part, label_column, item_type) for part in _parts(path)]
    kinds = {file.item_type for file, _ in files}
    if len(kinds) > 1:
        raise InvalidInput(
            f"The files of {path} look like {' and '.join(sorted(kinds))}; say which they are."
        )
    rows = [
        (row, split or row.split)
        for file, split in files
        for row in file.reader.rows()
        if not isinstance(row, Problem) and row.label is not None
    ]
    if not rows:
        raise InvalidInput(f"{path} holds no labeled row. Say which column is the label.")
    kept = [row for row, _ in rows]
    names = tuple(sorted({str(row.label) for row in kept}))
    position = {name: place for place, name in enumerate(names)}
    y = np.array([position[str(row.label)] for row in kept], dtype=np.int64)
    is_test = np.array([split != "pool" for _, split in rows], dtype=bool)
    if not is_test.any():
        is_test = stratified(y, round(len(y) * TEST_SHARE), seed=seed)
    kind = kinds.pop()
    return Dataset(kind, names, _arrays(kept, kind), y, is_test)


def stratified(y: npt.NDArray[np.int64], n: int, *, seed: int) -> npt.NDArray[np.bool_]:
    """(n_rows,) True for about n rows drawn at random, each class in proportion, one of each at least."""
    if not 0 < n <= len(y):
        raise InvalidInput(f"{n:,} rows are wanted of {len(y):,}.")
    draw = np.random.default_rng(seed)
    chosen = np.zeros(len(y), dtype=bool)
    order = draw.permutation(len(y))
    for value in np.unique(y):  # the first of each class in a random order
        chosen[order[np.flatnonzero(y[order] == value)[0]]] = True
    if n < chosen.sum():
        raise InvalidInput(
            f"{n:,} labels are too few for {chosen.sum():,} classes; take one of each at least."
        )
    # Within a class at random, across classes in step: the first rows of this order have every class in proportion.
    rank = np.empty(len(y))
    for value in np.unique(y):
        of_class = order[y[order] == value]
        rank[of_class] = (np.arange(len(of_class)) + draw.random()) / len(of_class)
    rest = np.argsort(np.where(chosen, np.inf, rank), kind="stable")
    chosen[rest[: n - chosen.sum()]] = True
    return chosen


def _parts(path: Path) -> list[tuple[Path, str]]:
    """(file or folder, split that its name says, or "" if its rows say so themselves)."""
    if not path.exists():
        raise InvalidInput(f"There is no {path}.")
    if path.is_dir():
        tables = [file for file in sorted(path.iterdir()) if _is_table(file)]
        named = [(file, SPLITS.get(file.name.split(".")[0].lower(), "?")) for file in tables]
        if {"pool", "test"} <= {split for _, split in named}:
            return [(file, split) for file, split in named if split in ("pool", "test")]
        if len(tables) == 1:
            return [(tables[0], "")]
    return [(path, "")]


def _is_table(path: Path) -> bool:
    return path.is_file() and path.name.lower().removesuffix(".gz").endswith(TABLES)


def _open(part: tuple[Path, str], label_column: str | None, item_type: str | None) -> tuple[File, str]:
    path, split = part
    bundle = (
        FolderBundle(path)
        if path.is_dir()
        else FileBundle(path.name, lambda: path.open("rb"), path.stat().st_size)
    )
    file = open_dataset(bundle, ImportOptions(), item_type=item_type, limits=LIMITS)
    if file.columns and (label_column is not None or not file.can_be_labeled):
        roles = dict(file.options.columns or {})
        if label_column not in roles:
            told = "looks like the label" if label_column is None else f"is called {label_column!r}"
            raise InvalidInput(
                f"No column of {path.name} {told}; it has {', '.join(roles)}. Name one of them."
            )
        roles = {
            name: ColumnRole.IGNORE if role == ColumnRole.LABEL else role for name, role in roles.items()
        }
        roles[label_column] = ColumnRole.LABEL
        file = open_dataset(bundle, ImportOptions(columns=roles), item_type=file.item_type, limits=LIMITS)
    return file, split


def _arrays(rows: Sequence[Row], item_type: str) -> Any:
    if item_type == "text":
        return [row.text for row in rows]
    if item_type == "table":
        return pd.DataFrame([dict(row.features) for row in rows if isinstance(row.features, dict)])
    if item_type == "series":
        try:
            return np.array([row.features for row in rows], dtype=np.float32)
        except ValueError:
            raise InvalidInput("The series differ in length; cut or resample them to one.") from None
    return _images([row.image for row in rows])


def _images(images: Sequence[Any]) -> npt.NDArray[np.uint8]:
    """(n, height, width) if all are grey, else (n, height, width, 3), scaled to the most common size."""
    if all(isinstance(image, GreyPixels) for image in images):
        sizes = {(image.height, image.width) for image in images}
        if len(sizes) == 1:
            pixels = np.frombuffer(b"".join(image.content for image in images), dtype=np.uint8)
            return pixels.reshape(len(images), *sizes.pop())
    decoded = [_decode(image) for image in images]
    size = Counter(image.size for image in decoded).most_common(1)[0][0]
    mode = "L" if all(image.mode in ("L", "1") for image in decoded) else "RGB"
    scaled = (image if image.size == size else image.resize(size) for image in decoded)
    return np.stack([np.asarray(image.convert(mode), dtype=np.uint8) for image in scaled])


def _decode(image: ImageFile | GreyPixels) -> Image.Image:
    if isinstance(image, GreyPixels):
        return Image.frombytes("L", (image.width, image.height), image.content)
    try:
        decoded = Image.open(io.BytesIO(image.content))
        decoded.load()
    except OSError as error:
        raise InvalidInput(f"The image {image.name} cannot be read: {error}.") from None
    return decoded
