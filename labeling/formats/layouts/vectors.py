"""Columns of lists: a vector that stands for the item, lists that are only metadata, objects kept whole. Pure."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence

from labeling.formats.cells import BadCell
from labeling.formats.layouts.layout import Layout, Sample, is_blank
from labeling.formats.rows import ColumnRole
from labeling.web.json_reading import read_json

NAMES = re.compile(r"(?i)(.*[_.-])?(embeddings?|emb|vectors?|encodings?|features_vector)([_.-].*)?$")
MIN_NUMBERS = 2
MAX_NUMBERS = 20_000


def claim_lists(sample: Sample, layout: Layout, *, item_type: str | None, has_other_payload: bool) -> None:
    """Lists beside a text or an image: the first vector is the item's embedding, other lists are metadata."""
    for name in sample.names:
        values = sample.column(name)
        if name in layout.roles or not values:
            continue
        if item_type in (None, "text", "image") and has_other_payload and is_vector(name, values):
            has_one = ColumnRole.EMBEDDING in layout.roles.values()
            why = (
                "only one vector of an item is kept"
                if has_one
                else "numbers that stand for the item, for learners"
            )
            layout.claim(name, ColumnRole.IGNORE if has_one else ColumnRole.EMBEDDING, why)
        elif all(isinstance(value, list | tuple) for value in values) and not _has_numbers(values):
            layout.claim(name, ColumnRole.EXTRA, "a list that says something about the item")


def are_named(sample: Sample, names: Sequence[str]) -> bool:
    """Whether one of these columns is called an embedding and holds one."""
    return any(NAMES.fullmatch(name) and is_vector(name, sample.column(name)) for name in names
               if sample.column(name))  # fmt: skip


def series_among(sample: Sample, names: Sequence[str]) -> str | None:
    """A column of lists of numbers, which is the item where no words or pictures are."""
    return next(
        (name for name in names if sample.column(name) and is_vector(name, sample.column(name))), None
    )


def is_vector(name: str, values: Sequence[object]) -> bool:
    """Equally long lists of numbers, not all of them whole; whole ones where the name says that it is one."""
    lists = [_numbers(value) for value in values]
    if any(numbers is None for numbers in lists):
        return False
    lengths = {len(numbers) for numbers in lists if numbers is not None}
    if len(lengths) != 1 or not MIN_NUMBERS <= min(lengths) <= MAX_NUMBERS:
        return False
    is_named = bool(NAMES.fullmatch(name))
    return is_named or (
        min(lengths) >= 8 and any(number % 1 for numbers in lists for number in numbers or ())
    )


def pack_vector(value: object, field: str, n_numbers: int | None) -> bytes | None:
    """float32, little endian. Raises BadCell for another number of numbers, or what is not finite."""
    if is_blank(value):
        return None
    numbers = _numbers(value)
    if numbers is None or not all(math.isfinite(number) and abs(number) < 3e38 for number in numbers):
        raise BadCell(field, "The vector must be a list of finite numbers.")
    if n_numbers is not None and len(numbers) != n_numbers:
        raise BadCell(
            field, f"The vector has {len(numbers):,} numbers where the first one has {n_numbers:,}."
        )
    return struct.pack(f"<{len(numbers)}f", *numbers)


def _numbers(value: object) -> list[float] | None:
    if isinstance(value, str):
        text = value.strip()
        if not (text.startswith("[") and text.endswith("]")):
            return None
        try:
            value = read_json(text)
        except ValueError:
            try:
                return [float(part) for part in text[1:-1].replace(",", " ").split()]  # as NumPy prints it
            except ValueError:
                return None
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple) or not value:
        return None
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value):
        return None
    return [float(number) for number in value]


def _has_numbers(values: Sequence[object]) -> bool:
    """A series, or something that learners may be made for: not metadata."""
    flat = [entry for value in values if isinstance(value, list | tuple) for entry in value]
    while flat and all(isinstance(entry, list | tuple) for entry in flat):
        flat = [inner for entry in flat for inner in entry]
    return bool(flat) and all(
        isinstance(entry, int | float) and not isinstance(entry, bool) for entry in flat
    )
