"""An image folder as a zip: one folder for each class, and a table that says where each label is from.

cat/17-tabby.png  dog/18-rex.jpg  unlabeled/19-what.png  labels.csv
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import BinaryIO

import pyarrow as pa

from labeling.exports.formats.tables import CsvWriter

UNLABELED = "unlabeled"
SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/avif": ".avif",
    "image/heic": ".heic",
}
MAX_NAME_CHARS = 100
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names that Windows keeps for itself


class ImageFolderWriter:
    """Writes images as they come, stored and not deflated since they are compressed already."""

    def __init__(
        self,
        file: BinaryIO,
        schema: pa.Schema,
        *,
        class_names: Iterable[str],
        read_image: Callable[[str], bytes],
    ) -> None:
        """`read_image` gives the bytes of a blob's name."""
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self.table_file = tempfile.TemporaryFile()  # noqa: SIM115  labels.csv, until all images are written
        self.folders = folder_names(class_names)
        self.read_image = read_image
        kept = [field for field in schema if field.name not in ("blob_name", "media_type")]
        self.table = CsvWriter(self.table_file, pa.schema([*kept, ("file", pa.string())]), feature_names=None)

    def write(self, table: pa.Table) -> None:
        images = table.select(["item_id", "external_id", "label", "blob_name", "media_type"])
        paths = []
        for row in images.to_pylist():
            folder = self.folders[row["label"]] if row["label"] is not None else UNLABELED
            path = f"{folder}/{image_name(row['item_id'], row['external_id'], row['media_type'])}"
            self.zip.writestr(path, self.read_image(row["blob_name"]))
            paths.append(path)
        table = table.drop_columns(["blob_name", "media_type"])
        self.table.write(table.append_column("file", pa.array(paths, pa.string())))

    def close(self) -> None:
        self.table.close()
        self.table_file.seek(0)
        with self.zip.open("labels.csv", "w", force_zip64=True) as entry:
            while block := self.table_file.read(2**20):
                entry.write(block)
        self.table_file.close()
        self.zip.close()


def folder_names(class_names: Iterable[str]) -> dict[str, str]:
    """Class name -> a folder name that every system takes, no two alike even where case is ignored."""
    taken = {UNLABELED, "labels.csv"}
    folders = {}
    for name in class_names:
        folder = base = safe_name(name) or "class"
        number = 2
        while folder.lower() in taken:
            folder = f"{base}-{number}"
            number += 1
        taken.add(folder.lower())
        folders[name] = folder
    return folders


def image_name(item_id: int, key: str, media_type: str) -> str:
    """A file name that no other item has: "17-tabby.png"."""
    stem = safe_name(PurePosixPath(key.replace("\\", "/")).stem)
    return f"{item_id}-{stem}{SUFFIXES[media_type]}" if stem else f"{item_id}{SUFFIXES[media_type]}"


def safe_name(text: str) -> str:
    """The text without what leads out of a folder or what some file system refuses; may be empty."""
    name = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]+', "_", text).strip(" .")[:MAX_NAME_CHARS].rstrip(" .")
    return f"_{name}" if DEVICES.fullmatch(name) else name
