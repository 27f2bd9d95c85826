"""FiftyOne's labels.json beside a folder of images: {"classes": ["cat", "dog"], "labels": {"0001": 0}}. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO, TypeVar

import ijson

from labeling.errors import InvalidInput
from labeling.formats.files.bundle import Bundle, open_unpacked
from labeling.formats.rows import Problem, Record
from labeling.formats.text.json_bytes import BLOCK_BYTES, MarkedStream
from labeling.web.json_reading import DepthLimited, TooDeep

BEGINS = re.compile(rb'\s*\{\s*"classes"\s*:\s*(null|\[\s*("[^]]*)?\])\s*,\s*"labels"\s*:\s*\{')
Value = TypeVar("Value")
NOTE = "It is FiftyOne's table of labels: the name of an image, without its ending, and its class."


def is_fiftyone(head: bytes) -> bool:
    return bool(BEGINS.match(head))


class FiftyOneTable:
    """A row for each image: its name without ending, and the name of its class."""

    def __init__(self, bundle: Bundle, name: str, *, encoding: str) -> None:
        """Raises InvalidInput for broken JSON."""
        self.bundle = bundle
        self.name = name
        self.encoding = encoding
        self.column_names = ["image", "label"]
        self.n_bytes = bundle.size(name)
        self.n_bytes_read = 0
        self.classes = [str(value) for value in self._values("classes.item")]

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        for number, pair in enumerate(self._pairs(), start=1):
            if number > skip:
                yield number, self._row(number, *pair)

    def progress(self) -> tuple[int, int]:
        return self.n_bytes_read, self.n_bytes

    def _row(self, number: int, image: str, label: object) -> list[object] | Problem:
        if isinstance(label, int) and not isinstance(label, bool) and self.classes:
            if not 0 <= label < len(self.classes):
                return Problem(
                    number, "label", f"There is no class {label} among the {len(self.classes)} classes."
                )
            label = self.classes[label]
        return [image, label]

    def _values(self, prefix: str) -> Iterator[object]:
        stream, _ = open_unpacked(self.bundle, self.name)
        with stream:
            yield from self._read(ijson.items(self._checked(stream), prefix, use_float=True))

    def _pairs(self) -> Iterator[tuple[str, object]]:
        stream, beneath = open_unpacked(self.bundle, self.name)
        with stream:
            for number, pair in enumerate(
                self._read(ijson.kvitems(self._checked(stream), "labels", use_float=True))
            ):
                if number % 256 == 0:
                    self.n_bytes_read = beneath.tell()
                yield pair
        self.n_bytes_read = self.n_bytes

    def _checked(self, stream: BinaryIO) -> DepthLimited:
        return DepthLimited(io.BufferedReader(MarkedStream(stream, self.encoding), BLOCK_BYTES))

    def _read(self, values: Iterator[Value]) -> Iterator[Value]:
        try:
            yield from values
        except (TooDeep, ijson.JSONError, UnicodeError, ValueError, OverflowError):
            raise InvalidInput(f"{self.name} is no valid JSON.", code="bad_json") from None
