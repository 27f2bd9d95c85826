"""A labeled file or folder, split in two: items without labels for the service, and the truth for people."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from labeling.errors import InvalidInput
from labeling.formats.files.bundle import Bundle
from labeling.formats.options import ImportOptions
from labeling.formats.rows import ColumnRole, GreyPixels, Limits, Problem, Row
from labeling.formats.sets.dataset import Dataset, open_dataset
from labeling.imports.uploads import bundle_on_server
from labeling.item_types import PAYLOAD_ROLES

LIMITS = Limits(text_chars=10_000_000, image_bytes=50 * 2**20, image_pixels=100_000_000)
KEY_COLUMN = "simulated key"


@dataclass(frozen=True)
class Truth:
    """What is to be labeled, and what is right. Neither labels nor names of files with labels are in `upload`."""

    item_type: str
    upload: Path
    import_options: dict[str, Any]
    by_key: dict[str, str]  # item -> class

    @property
    def classes(self) -> list[str]:
        return sorted(set(self.by_key.values()))


def truth_read(
    path: Path,
    folder: Path,
    *,
    entry: str | None = None,
    label_column: str | None = None,
    item_type: str | None = None,
    n_items: int | None = None,
    seed: int = 0,
) -> Truth:
    """Read the labeled rows of `path`, and write them without labels into `folder`.

    Rows without a label and rows of a test set are left out. `entry`: the table within a folder or archive that
    holds several. `n_items`: only so many, drawn with `seed`.
    Everything that an import reads is read: CSV and its kin, JSON, Parquet, IDX pairs, folders of images.
    Raises InvalidInput.
    """
    if not path.exists():
        raise InvalidInput(f"There is no file or folder {path}.")
    with bundle_on_server(path) as bundle:
        dataset = _open(bundle, path, ImportOptions(entry=entry), label_column, item_type)
        rows = [
            row
            for row in dataset.reader.rows()
            if not isinstance(row, Problem) and row.label is not None and row.split != "test"
        ]
    if n_items is not None and n_items < len(rows):
        rows = [rows[place] for place in sorted(random.Random(seed).sample(range(len(rows)), n_items))]
    classes = {str(row.label) for row in rows}
    if len(classes) < 2:
        raise InvalidInput(
            f"{path} has {len(rows):,} labeled rows of {len(classes)} classes; two classes are the least. "
            "Say which column is the label with --label-column."
        )
    folder.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {}
    if dataset.item_type == "image":
        upload = _write_images(rows, folder)
    else:
        upload, options = _write_lines(rows, dataset.item_type, folder)
    keys = _keys(upload, dataset.item_type, options)
    return Truth(
        dataset.item_type, upload, options, {key: str(row.label) for key, row in zip(keys, rows, strict=True)}
    )


def _open(
    bundle: Bundle, path: Path, options: ImportOptions, label_column: str | None, item_type: str | None
) -> Dataset:
    dataset = open_dataset(bundle, options, item_type=item_type, limits=LIMITS)
    if label_column is not None:
        roles = dict(dataset.options.columns or {})
        if label_column not in roles:
            raise InvalidInput(
                f"{path.name} has no column {label_column!r}; it has {', '.join(roles) or 'none'}."
            )
        roles = {
            name: str(ColumnRole.IGNORE) if role == ColumnRole.LABEL else role for name, role in roles.items()
        }
        options = replace(options, columns={**roles, label_column: str(ColumnRole.LABEL)})
        dataset = open_dataset(bundle, options, item_type=dataset.item_type, limits=LIMITS)
    if not dataset.can_be_labeled:
        raise InvalidInput(
            f"{path} has no labels, or none were found; name their column with --label-column."
        )
    return dataset


def _write_lines(rows: Iterable[Row], item_type: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    """JSON lines with a key of ours, and the roles of their columns."""
    path = folder / "items.jsonl"
    names: dict[str, str] = {KEY_COLUMN: ColumnRole.ID}
    payload_role = PAYLOAD_ROLES[item_type]
    with open(path, "w", encoding="utf-8") as file:
        for number, row in enumerate(rows, start=1):
            if item_type == "text":
                values: dict[str, object] = {"text": row.text}
            elif item_type == "table":
                assert isinstance(row.features, dict)
                values = row.features
            else:
                values = {"series": row.features}
            names |= dict.fromkeys(values, payload_role)
            file.write(json.dumps({KEY_COLUMN: f"{number:07d}", **values}) + "\n")
    return path, {"format": "jsonl", "columns": {name: str(role) for name, role in names.items()}}


def _write_images(rows: list[Row], folder: Path) -> Path:
    """One IDX file if all are grey and of one size, else a zip of numbered files."""
    images = [row.image for row in rows]
    sizes = {(each.height, each.width) for each in images if isinstance(each, GreyPixels)}
    if len(sizes) == 1 and all(isinstance(each, GreyPixels) for each in images):
        path = folder / "items-images-idx3-ubyte"
        with open(path, "wb") as file:
            file.write(struct.pack(">4I", 0x803, len(images), *sizes.pop()))
            file.writelines(each.content for each in images if each is not None)
        return path
    path = folder / "items.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, image in enumerate(images, start=1):
            assert image is not None
            if isinstance(image, GreyPixels):
                archive.writestr(f"{number:07d}.png", _png(image))
            else:
                archive.writestr(f"{number:07d}{Path(image.name).suffix or '.png'}", image.content)
    return path


def _png(image: GreyPixels) -> bytes:
    out = io.BytesIO()
    Image.frombytes("L", (image.width, image.height), image.content).save(out, "png")
    return out.getvalue()


def _keys(upload: Path, item_type: str, options: dict[str, Any]) -> list[str]:
    """The keys that the import will give, in the order of the rows: read as the import reads them."""
    with bundle_on_server(upload) as bundle:
        dataset = open_dataset(bundle, ImportOptions(**options), item_type=item_type, limits=LIMITS)
        return [str(row.key) for row in dataset.reader.rows() if isinstance(row, Row)]
