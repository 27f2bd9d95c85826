"""JSON as its parser takes it: UTF-8, with a mark where a character is broken. Pure.

The streaming parser ends at a byte that is no UTF-8, and makes "?" of half a pair of surrogates. Both become
a NUL and U+FFFD instead, which the check of each row sees, names and refuses; all other rows are read.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO

from labeling.formats.text.encodings import BAD_BYTES

BROKEN = "\x00\ufffd"
BLOCK_BYTES = 64 * 1024
_ESCAPED_BROKEN = rb"\u0000\ufffd"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_TOKEN = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_BAD = re.compile("[\ud800-\udfff]+")
_UNFINISHED = re.compile(rb"\\[\\uU0-9a-fA-F]*$")  # may go on in the next block
MAX_UNFINISHED = 64


class MarkedStream(io.RawIOBase):
    """The file in UTF-8. An encoding's byte order mark is left out."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)(
            BAD_BYTES
        )
        self.rest = b""  # of an escape
        self.ready = b""
        self.is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self.ready and not self.is_over:
            block = self.stream.read(BLOCK_BYTES)
            self.is_over = not block
            self.ready = self._marked(block)
        n_bytes = min(len(buffer), len(self.ready))
        buffer[:n_bytes] = self.ready[:n_bytes]
        self.ready = self.ready[n_bytes:]
        return n_bytes

    def _marked(self, block: bytes) -> bytes:
        text = self.decoder.decode(block, final=self.is_over)
        try:
            whole = self.rest + text.encode()
        except UnicodeEncodeError:
            whole = self.rest + _BAD.sub(lambda _: _ESCAPED_BROKEN.decode(), text).encode()
        self.rest = b""
        if not self.is_over and (
            unfinished := _UNFINISHED.search(whole, max(0, len(whole) - MAX_UNFINISHED))
        ):
            whole, self.rest = whole[: unfinished.start()], whole[unfinished.start() :]
        if not _SURROGATE.search(whole):
            return whole
        return _TOKEN.sub(lambda token: _ESCAPED_BROKEN if token[1] else token[0], whole)
