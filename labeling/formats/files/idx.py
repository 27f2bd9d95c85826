"""IDX files, as MNIST ships: images with their labels beside them. Pure.

Format (http://yann.lecun.com/exdb/mnist): two zero bytes, the type (8: unsigned byte), the number of
dimensions, each dimension as a big-endian 32-bit number, then the values.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from labeling.errors import InvalidInput
from labeling.formats.cells import SPLITS
from labeling.formats.files.bundle import Bundle, open_unpacked, strip_gz
from labeling.formats.rows import GreyPixels, Limits, Problem, Row

IMAGES_NAME = re.compile(r"images[.-]idx3[.-]ubyte", re.IGNORECASE)
UNSIGNED_BYTE = 8


@dataclass(frozen=True, slots=True)
class IdxPair:
    """One file of images, the file of labels beside it (empty: none), and where its labels go."""

    images: str
    labels: str
    split: str


def is_idx(head: bytes) -> bool:
    """Whether a file that begins like this is an IDX file of unsigned bytes."""
    return len(head) >= 4 and head[:3] == b"\x00\x00\x08" and 1 <= head[3] <= 3


def find_pairs(names: list[str]) -> list[IdxPair]:
    """The image files among these names with their labels, by MNIST's naming."""
    images = {strip_gz(name): name for name in names if IMAGES_NAME.search(name)}
    if not images:
        return []
    known = {strip_gz(name): name for name in names}
    pairs = []
    for stem, name in sorted(images.items(), key=lambda pair: (_split_of(pair[0]) == "test", pair[0])):
        twin = IMAGES_NAME.sub(lambda found: _twin(found.group()), stem)
        pairs.append(IdxPair(name, known.get(twin, ""), _split_of(stem)))
    return pairs


def _twin(part: str) -> str:
    return part.lower().replace("images", "labels").replace("idx3", "idx1")


def _split_of(name: str) -> str:
    first_word = re.split(r"[-_.]", PurePosixPath(name).name.lower())[0]
    return SPLITS.get(first_word, "pool")


class IdxReader:
    """Images (and labels) of one or more pairs, one after the other. Keys: file name and place in it."""

    def __init__(self, bundle: Bundle, pairs: list[IdxPair], *, limits: Limits) -> None:
        """Raises InvalidInput if a header is wrong or images and labels differ in number."""
        self.bundle = bundle
        self.pairs = pairs
        self.n_read = 0
        self.n_images = 0
        for pair in pairs:
            with open_unpacked(bundle, pair.images)[0] as stream:
                n_images, height, width = _read_header(stream, pair.images, n_dimensions=3)
            if not 0 < height * width <= limits.image_pixels:
                raise InvalidInput(
                    f"{pair.images} has images of {width:,} x {height:,} pixels; 1 to {limits.image_pixels:,} pixels "
                    "are allowed."
                )
            if pair.labels:
                with open_unpacked(bundle, pair.labels)[0] as stream:
                    (n_labels,) = _read_header(stream, pair.labels, n_dimensions=1)
                if n_labels != n_images:
                    raise InvalidInput(
                        f"{pair.images} holds {n_images:,} images but {pair.labels} {n_labels:,} labels. "
                        "Are they of the same set?"
                    )
            self.n_images += n_images

    def rows(self, *, skip: int = 0) -> Iterator[Row | Problem]:
        self.n_read = 0
        for pair in self.pairs:
            yield from self._rows_of(pair, skip)

    def _rows_of(self, pair: IdxPair, skip: int) -> Iterator[Row | Problem]:
        images, _ = open_unpacked(self.bundle, pair.images)
        labels = open_unpacked(self.bundle, pair.labels)[0] if pair.labels else None
        try:
            n_images, height, width = _read_header(images, pair.images, n_dimensions=3)
            if labels:
                _read_header(labels, pair.labels, n_dimensions=1)
            stem = PurePosixPath(strip_gz(pair.images)).as_posix()
            n_digits = len(str(n_images - 1))
            for place in range(n_images):
                pixels = _read_exactly(images, height * width, pair.images, place)
                label = str(_read_exactly(labels, 1, pair.labels, place)[0]) if labels else None
                self.n_read += 1
                if self.n_read > skip:
                    key = f"{stem}/{place:0{n_digits}d}"
                    image = GreyPixels(width, height, pixels)
                    yield Row(self.n_read, key=key, image=image, label=label, split=pair.split)
        finally:
            images.close()
            if labels:
                labels.close()

    def labels(self) -> Iterator[tuple[int, str, str]]:
        n_before = 0
        for pair in self.pairs:
            with open_unpacked(self.bundle, pair.images)[0] as images:
                n_images, _, _ = _read_header(images, pair.images, n_dimensions=3)
            if pair.labels:
                with open_unpacked(self.bundle, pair.labels)[0] as stream:
                    _read_header(stream, pair.labels, n_dimensions=1)
                    for place in range(n_images):
                        label = _read_exactly(stream, 1, pair.labels, place)[0]
                        yield n_before + place + 1, str(label), pair.split
            n_before += n_images

    def progress(self) -> tuple[int, int]:
        return self.n_read, self.n_images


def _read_header(stream: BinaryIO, name: str, *, n_dimensions: int) -> tuple[int, ...]:
    head = stream.read(4 + 4 * n_dimensions)
    if not is_idx(head) or head[3] != n_dimensions or len(head) < 4 + 4 * n_dimensions:
        raise InvalidInput(
            f"{name} does not begin as an IDX file of {n_dimensions} dimensions does (it begins with {head[:4]!r}). "
            "Images need 3 dimensions and labels 1, both of unsigned bytes."
        )
    return struct.unpack(f">{n_dimensions}I", head[4:])


def _read_exactly(stream: BinaryIO, n_bytes: int, name: str, place: int) -> bytes:
    content = stream.read(n_bytes)
    if len(content) < n_bytes:
        raise InvalidInput(
            f"{name} ends within its image or label {place + 1:,}; it is cut off.", code="cut_off"
        )
    return content
