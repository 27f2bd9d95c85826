"""fastText: a line is "__label__x text", or several labels before the text. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial

from labeling.errors import InvalidInput
from labeling.formats.files.bundle import Bundle, open_unpacked
from labeling.formats.rows import Problem, Record
from labeling.formats.text.encodings import text_stream

PREFIX = "__label__"
MAX_LINE_CHARS = 16 * 2**20


def is_fasttext(head: bytes) -> bool:
    """Whether most of the first lines begin with a label."""
    lines = [line for line in head.removeprefix(codecs.BOM_UTF8).splitlines()[:200] if line.strip()]
    return bool(lines) and sum(line.lstrip().startswith(PREFIX.encode()) for line in lines) > len(lines) / 2


class FastTextTable:
    """Two columns: label (a list, as a line may have several) and text."""

    column_names = ["label", "text"]

    def __init__(self, bundle: Bundle, name: str, *, encoding: str) -> None:
        self.bundle = bundle
        self.name = name
        self.encoding = encoding
        self.n_bytes = bundle.size(name)
        self.n_bytes_read = 0

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        stream, beneath = open_unpacked(self.bundle, self.name)
        number = 0
        with text_stream(stream, self.encoding, newline=None) as lines:
            for line in iter(partial(lines.readline, MAX_LINE_CHARS), ""):
                if len(line) == MAX_LINE_CHARS:
                    raise InvalidInput(
                        f"{self.name} has a line of more than {MAX_LINE_CHARS:,} characters.",
                        code="line_too_long",
                    )
                if not line.strip():
                    continue
                number += 1
                if number % 1024 == 0:
                    self.n_bytes_read = beneath.tell()
                if number > skip:
                    yield (
                        number,
                        split_line(line)
                        if line.strip() != PREFIX
                        else Problem(number, "label", "The label has no name."),
                    )
        self.n_bytes_read = self.n_bytes

    def progress(self) -> tuple[int, int]:
        return self.n_bytes_read, self.n_bytes


def split_line(line: str) -> list[object]:
    """[labels, text]; hyphens in a label stand for spaces only to people, so they stay."""
    rest = line.strip()
    labels: list[str] = []
    while rest.startswith(PREFIX):
        first, _, rest = rest.partition(" ") if " " in rest else rest.partition("\t")
        labels.append(first.removeprefix(PREFIX).rstrip(","))
        rest = rest.lstrip(" \t,")
    return [[label for label in labels if label], rest.strip()]
