"""Image bytes in the storage, under their content hash.

A blob's file may be there before its row is: a worker may die between the two. So files are written
whole or not at all, and one that was there already is used only if its size is right.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage

from labeling.images import CheckedImage


class BlobRow(NamedTuple):
    """The columns of a Blob, but for its id and time."""

    sha256: str
    name: str
    thumbnail: str
    media_type: str
    width: int
    height: int
    mode: str
    n_bytes: int


def blob_save(image: CheckedImage) -> BlobRow:
    """The image's bytes and thumbnail are in the storage. Returns the row to be inserted."""
    place = f"{image.sha256[:2]}/{image.sha256[2:]}"
    return BlobRow(
        sha256=image.sha256,
        name=_save(f"blobs/{place}", image.content),
        thumbnail=_save(f"thumbnails/{place}.jpg", image.thumbnail) if image.thumbnail else "",
        media_type=image.media_type,
        width=image.width,
        height=image.height,
        mode=image.mode,
        n_bytes=len(image.content),
    )


def _save(name: str, content: bytes) -> str:
    if isinstance(default_storage, FileSystemStorage):
        _write_file(Path(default_storage.path(name)), content)
        return name
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))


def _write_file(path: Path, content: bytes) -> None:
    """Beside, then renamed. Five times faster than Django's storage, which counts with 60,000 small images."""
    beside = f"{path}.{os.getpid()}-{threading.get_ident()}"
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with open(descriptor, "wb", buffering=0) as file:
        file.write(content)
    os.replace(beside, path)
