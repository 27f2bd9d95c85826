"""The one way in which JSON from outside is read: no deeper than MAX_DEPTH, whatever reads it. Pure.

Parsers of JSON work by recursion, or build the path to each value; for a file of 15,000 brackets that is a
crash, or memory that grows with the square of the depth. So depth is followed in the bytes, before any of
them is parsed: brackets outside of strings are counted, in time proportional to the length and in no memory.
"""

from __future__ import annotations

import io
import json
import re
from itertools import accumulate
from typing import Any, BinaryIO

MAX_DEPTH = 100  # levels of lists and objects; data has a handful
BLOCK_BYTES = 64 * 1024

_OTHERS = bytes(set(range(256)) - set(b'[]{}"\\'))
_BRACKETS = re.compile(rb"[\[\]{}]")
_TOKENS = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class TooDeep(ValueError):
    """The JSON is nested more than MAX_DEPTH levels deep."""

    def __init__(self, place: int) -> None:
        super().__init__(
            f"it is nested more than {MAX_DEPTH} levels deep at byte {place:,}; {MAX_DEPTH} levels are allowed"
        )


class DepthGauge:
    """Follows JSON in UTF-8 (or ASCII) block by block. Broken JSON is none of its business."""

    def __init__(self) -> None:
        self.depth = 0
        self.n_bytes = 0
        self._in_string = False
        self._rest = b""  # a backslash whose other half is in the next block

    def feed(self, block: bytes) -> None:
        """The next bytes. Raises TooDeep, which says where."""
        for start in range(0, len(block), BLOCK_BYTES):
            self._feed(block[start : start + BLOCK_BYTES])

    def _feed(self, block: bytes) -> None:
        whole = self._rest + block
        start = self.n_bytes - len(self._rest)
        n_backslashes = len(whole) - len(whole.rstrip(b"\\"))
        self._rest = whole[-1:] if n_backslashes % 2 else b""
        whole = whole[: len(whole) - len(self._rest)]
        few = whole.translate(None, _OTHERS)
        if b"\\" in few:  # a quote after a backslash ends no string; what is between them matters, so: anew
            few = _ESCAPED.sub(b"", whole).translate(None, _OTHERS)
        parts = few.split(b'"')
        outside = b"".join(parts[1::2] if self._in_string else parts[::2])
        depths = accumulate(map(_STEPS.__getitem__, outside.replace(b"\\", b"")), initial=self.depth)
        last = self.depth
        for last in depths:
            if last > MAX_DEPTH:
                raise TooDeep(start + self._place(whole) + 1)
        self.depth = last
        self._in_string ^= len(parts) % 2 == 0
        self.n_bytes += len(block)

    def _place(self, block: bytes) -> int:
        """Where in a block that is too deep the first bracket too many stands."""
        depth, in_string = self.depth, self._in_string
        for token in _TOKENS.finditer(block):
            mark = token[0]
            if mark == b'"':
                in_string = not in_string
            elif not in_string and len(mark) == 1:
                depth += _STEPS[mark[0]]
                if depth > MAX_DEPTH:
                    return token.start()
        return 0


def check_depth(text: str | bytes) -> None:
    """Raises TooDeep. A text with few brackets costs two counts."""
    if isinstance(text, str):
        if text.count("[") + text.count("{") <= MAX_DEPTH:
            return
        text = text.encode("utf-8", "surrogatepass")
    elif text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return
    DepthGauge().feed(text)


def read_json(text: str | bytes, **options: Any) -> Any:
    """json.loads, with the same `options`, of a text or of UTF-8 bytes. Raises ValueError (TooDeep is one)."""
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    check_depth(text)
    return json.loads(text, **options)


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An `object_pairs_hook` that refuses a field that stands twice: one reader sees the first, another the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        repeated = next(name for name in found if sum(name == other for other, _ in pairs) > 1)
        raise ValueError(f"the field {repeated[:100]!r} stands in it twice")
    return found


class DepthLimited(io.RawIOBase):
    """The bytes of a JSON file in UTF-8 as they are read. Reading on raises TooDeep where they go too deep."""

    def __init__(self, stream: BinaryIO | io.BufferedIOBase) -> None:
        self.stream = stream
        self.gauge = DepthGauge()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self.stream.read(len(buffer))
        self.gauge.feed(block)
        buffer[: len(block)] = block
        return len(block)
