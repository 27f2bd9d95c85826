"""A batch's images: checked, and those that are new here stored, by a few threads.

The threads take a chunk at a time: handing over one small image costs as much as checking it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

from labeling.formats.rows import GreyPixels, ImageFile, Limits, Row
from labeling.models import Blob
from labeling.storing.blobs import BlobRow, blob_files, blob_row, blob_save
from labeling.storing.images import CheckedImage, ImageRefused, image_check, image_from_grey
from labeling.storing.leftovers import leftovers_note

IMAGE_THREADS = min(4, os.cpu_count() or 1)  # Pillow and the storage let go of the interpreter
CHUNK = 20  # images handed to a thread at once

A = TypeVar("A")
B = TypeVar("B")


def images_check(
    rows: list[Row], limits: Limits, threads: Executor, beat: Callable[[], None]
) -> list[CheckedImage | ImageRefused | None]:
    """What each row's image is, or why it is refused; None for rows without one."""
    checked: list[CheckedImage | ImageRefused | None] = []
    if rows and rows[0].image is None:
        return [None] * len(rows)
    for results in _map(lambda row: _check_image(row, limits), rows, threads):
        checked += results
        beat()
    return checked


def _check_image(row: Row, limits: Limits) -> CheckedImage | ImageRefused | None:
    image = row.image
    row.image = None  # the checked image holds the bytes from now on
    try:
        if isinstance(image, GreyPixels):
            return image_from_grey(image.width, image.height, image.content)
        if isinstance(image, ImageFile):
            return image_check(
                image.content,
                image.name,
                max_bytes=limits.image_bytes,
                max_pixels=limits.image_pixels,
            )
    except ImageRefused as refused:
        return refused
    return None


def images_save(
    images: list[CheckedImage], threads: Executor, beat: Callable[[], None], *, project_id: int
) -> list[BlobRow]:
    """The bytes of images that are new here are in the storage; their rows follow with the batch."""
    by_hash = {image.sha256: image for image in images}
    for sha256 in Blob.objects.filter(sha256__in=list(by_hash)).values_list("sha256", flat=True):
        del by_hash[sha256]
    if not by_hash:
        return []
    mark = uuid.uuid4().hex[:12]
    new = [(image, blob_row(image, mark)) for image in by_hash.values()]
    leftovers_note([name for _, row in new for name in blob_files(row)], project_id=project_id)
    for _ in _map(lambda pair: blob_save(*pair), new, threads):
        beat()
    return [row for _, row in new]


def _map(function: Callable[[A], B], things: list[A], threads: Executor) -> Iterator[list[B]]:
    """function(thing) for each, in order, chunk by chunk."""
    chunks = [things[start : start + CHUNK] for start in range(0, len(things), CHUNK)]
    return threads.map(lambda chunk: [function(thing) for thing in chunk], chunks)
