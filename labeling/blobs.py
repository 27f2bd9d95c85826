"""Image bytes in the storage, under their content hash.

A blob's file may be there before its row is (a worker died between the two), and then perhaps only
half of it; so a file that was there already is used only if its size is right.
"""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.images import CheckedImage
from labeling.models import Blob


def blob_save(image: CheckedImage) -> Blob:
    """The image's bytes and thumbnail are in the storage. Returns the row to be inserted."""
    place = f"{image.sha256[:2]}/{image.sha256[2:]}"
    return Blob(
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
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))
