"""The labels that a certificate is about, as columns, and as the file that goes with it.

CSV in UTF-8 with the header key,label,source,rank,predicted and a row for each item of the population:

    source      "person", "machine", or "" for an item without a label (and `label` is empty)
    rank        1: the machine's surest; empty for items that people labeled before the freeze
    predicted   the class that the frozen model gave; empty where rank is
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

import numpy as np
import numpy.typing as npt

from labeling.errors import InvalidInput

HEADER = ("key", "label", "source", "rank", "predicted")
SOURCES = ("person", "machine", "")
MAX_RANK = 10**12

IntArray = npt.NDArray[np.int64]
LabelRow = tuple[str, str, str, int | None, str]  # as in HEADER; rank None: labeled before the freeze


@dataclass(frozen=True)
class Labels:
    """N items as columns of equal length, in any order. Memory: 300 bytes for each item, and its key."""

    keys: list[str]
    labels: list[str]
    sources: list[str]
    ranks: IntArray  # (N,) from 1; 0: labeled by a person before the freeze
    predicted: list[str]

    def __len__(self) -> int:
        return len(self.keys)

    def in_order_of_rank(self) -> IntArray:
        """Positions of the candidates (rows with a rank), the surest first."""
        candidates = np.flatnonzero(self.ranks)
        return candidates[np.argsort(self.ranks[candidates], kind="stable")]


def labels_of(rows: Iterable[LabelRow]) -> Labels:
    """The columns of (key, label, source, rank or None, predicted)."""
    keys, labels, sources, ranks, predicted = [], [], [], [], []
    for key, label, source, rank, guess in rows:
        keys.append(key)
        labels.append(label)
        sources.append(source)
        ranks.append(rank or 0)
        predicted.append(guess)
    return Labels(keys, labels, sources, np.array(ranks, dtype=np.int64), predicted)


def labels_write(rows: Iterable[LabelRow], file: TextIO) -> None:
    """Write the file. Open it with newline="" and encoding="utf-8"."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)  # None becomes an empty cell


def labels_read(file: TextIO) -> Labels:
    """Read the file, opened with newline="" and encoding="utf-8".

    Raises InvalidInput that names the row if it has not this shape; what the values mean is for
    `verify` to judge.
    """
    reader = csv.reader(file, strict=True)
    try:
        header = next(reader, [])
        if tuple(header) != HEADER:
            raise InvalidInput(
                f"The first line of the labels is {','.join(header)[:200]!r}; it must be {','.join(HEADER)!r}."
            )
        return labels_of(_rows(reader))
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidInput(f"The labels are no CSV file in UTF-8: {error}.") from None


def _rows(reader: Iterable[list[str]]) -> Iterator[LabelRow]:
    shared: dict[str, str] = {}  # one object for each word, not one for each row
    for number, cells in enumerate(reader, start=1):
        if len(cells) != len(HEADER):
            raise InvalidInput(f"Row {number:,} of the labels has {len(cells)} cells, not {len(HEADER)}.")
        key, label, source, rank, predicted = cells
        if source not in SOURCES:
            raise InvalidInput(
                f"Row {number:,} of the labels has the source {source!r}; it is person, machine, or empty."
            )
        yield (
            key,
            shared.setdefault(label, label),
            shared.setdefault(source, source),
            _rank(rank, number),
            shared.setdefault(predicted, predicted),
        )


def _rank(text: str, number: int) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdecimal() and 1 <= int(text[:20]) <= MAX_RANK:
        return int(text)
    raise InvalidInput(
        f"Row {number:,} of the labels has the rank {text!r}; it is a number from 1, or empty."
    )
