"""The columns of items that labeling functions read, and their values: numbers, texts, flags.

Texts are held as Arrow strings while they are worked on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from training.learners.base import BoolArray, FloatArray
from training.learners.errors import InvalidRows
from training.learners.features import TableColumns, check_rows
from training.learners.weak.expressions import InvalidExpression
from training.learners.weak.functions import TEXT_COLUMN

TEXT_CHARACTERS = 20_000  # of a text are read
Text = Any  # an Arrow array of strings (n,), or a str
Value = Any  # FloatArray (n,) | float | BoolArray (n,) | bool | Text


class Columns:
    """The columns of some rows by name: each either numbers or texts, with what is missing marked.

    Items of type text have the column "text". Columns of a table are numbers or texts as in
    training/learners/features.py. Arrow strings are made when a text is first asked for.
    """

    def __init__(
        self, n_rows: int, numbers: Mapping[str, FloatArray], texts: Mapping[str, Sequence[str | None]]
    ) -> None:
        self.n_rows = n_rows
        self._numbers = numbers
        self._texts = texts
        self._arrow: dict[str, Text] = {}

    @property
    def names(self) -> list[str]:
        return [*self._numbers, *self._texts]

    def read(self, name: str) -> Value:
        """(n,) float64 with NaN, or Arrow strings with "", where a value is missing."""
        if name in self._numbers:
            return self._numbers[name]
        if name not in self._texts:
            raise InvalidExpression(f"There is no column {name!r}. There are: {', '.join(self.names)}.")
        if name not in self._arrow:
            self._arrow[name] = arrow_strings(["" if text is None else text for text in self._texts[name]])
        return self._arrow[name]

    def is_missing(self, name: str) -> BoolArray:
        if name in self._numbers:
            return np.asarray(np.isnan(self._numbers[name]))
        self.read(name)
        return np.array([text is None for text in self._texts[name]], dtype=bool)

    def part(self, start: int, stop: int) -> Columns:
        stop = min(stop, self.n_rows)
        numbers = {name: values[start:stop] for name, values in self._numbers.items()}
        texts = {name: values[start:stop] for name, values in self._texts.items()}
        return Columns(stop - start, numbers, texts)


def columns_of(X: Any, *, item_type: str) -> Columns:
    """The columns that functions may read. Raises InvalidRows for items that are neither text nor table."""
    if item_type == "text":
        texts = check_rows(X, item_type="text")
        return Columns(len(texts), {}, {TEXT_COLUMN: texts})
    if item_type != "table":
        raise InvalidRows(
            f"Labeling functions read texts and tables; items of type {item_type} have no columns."
        )
    frame = check_rows(X, item_type="table")
    kinds = TableColumns().fit(frame)
    values = kinds.transform(frame)
    numbers = {name: values[name].to_numpy(dtype=np.float64) for name in kinds.numeric_}
    texts = {name: values[name].where(frame[name].notna(), None).tolist() for name in kinds.categorical_}
    return Columns(len(frame), numbers, texts)


def is_text(value: Value) -> bool:
    return isinstance(value, str | pa.Array | pa.ChunkedArray)


def as_text(value: Value, what: str) -> Text:
    if not is_text(value):
        raise InvalidExpression(f"{what} is not a text.")
    return value


def as_numbers(value: Value, what: str) -> Any:
    if is_text(value) or np.asarray(value).dtype == np.bool_:
        raise InvalidExpression(f"{what} is not a number. number(...) reads numbers out of texts.")
    return value


def as_flags(value: Value, what: str) -> Any:
    if is_text(value) or np.asarray(value).dtype != np.bool_:
        raise InvalidExpression(f"{what} must be true or false, such as a comparison.")
    return value


def arrow_strings(texts: Sequence[str]) -> Text:
    cut = [text[:TEXT_CHARACTERS] for text in texts]
    try:
        return pa.array(cut, pa.large_string())
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 cannot hold
        return pa.array([text.encode("utf-8", "replace").decode() for text in cut], pa.large_string())


def arrow_flags(values: Any) -> BoolArray:
    if isinstance(values, pa.Scalar):
        return np.asarray(values.as_py())
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=bool)


def arrow_floats(values: Any) -> FloatArray:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
