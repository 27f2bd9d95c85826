"""What a learner says of itself: its name, its parameters and what they may be. Pure and light."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

ITEM_TYPES = ("image", "text", "table", "series")
Value = int | float | bool | str


@dataclass(frozen=True)
class Param:
    """One parameter that a user may set. `low` and `high` are allowed values themselves."""

    name: str
    type: Literal["int", "float", "bool", "choice", "text"]
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    by_item_type: Mapping[str, Value] = field(default_factory=dict)  # defaults that differ from `default`

    def default_for(self, item_type: str | None) -> Value:
        return self.by_item_type.get(item_type or "", self.default)

    def problem(self, value: Any) -> str | None:
        """A sentence on why `value` is not allowed; None: it is."""
        if self.type == "bool":
            return None if isinstance(value, bool) else self._sentence(value, "true or false")
        if self.type == "choice":
            allowed = ", ".join(self.choices)
            return None if value in self.choices else self._sentence(value, f"one of {allowed}")
        kind = "a whole number" if self.type == "int" else "a number"
        allowed = f"{kind} from {_number(self.low)} to {_number(self.high)}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return self._sentence(value, allowed)
        if self.type == "int" and value != int(value):
            return self._sentence(value, allowed)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return self._sentence(value, allowed)
        return None

    def _sentence(self, value: Any, allowed: str) -> str:
        shown = f"{value!r:.60}"
        return f"{self.name} is {shown}; it must be {allowed}. The default is {self.default}."


@dataclass(frozen=True)
class LearnerSpec:
    """A name that `create` knows.

    `factory` is "module:attribute", imported only when a worker creates the learner. With
    `takes="vectors"` it makes any scikit-learn classifier: Assay turns items into vectors, drops
    unlabeled rows and saves it. With `takes="items"` it makes a learner by the convention of
    training/learners/base.py, which sees items as they are and unlabeled rows too.
    Of item_type, random_state, device, progress, classes, shape it is handed those it names.
    """

    name: str
    title: str
    description: str
    item_types: tuple[str, ...]
    factory: str
    params: tuple[Param, ...] = ()
    takes: Literal["vectors", "items"] = "vectors"
    # Learns from unlabeled rows: a run hands it people's labels and the whole pool, and leaves out the
    # pseudo-labels of the round before, which it makes better by itself.
    uses_unlabeled: bool = False
    # What the classifier asks of its vectors; dense ones are reduced to max_dimensions where needed.
    is_dense: bool = False
    max_dimensions: int | None = None
    # Types of this learner's own that a saved model may hold, as "module.Class"; see saving.py.
    trusted_types: tuple[str, ...] = ()

    def for_item_type(self, item_type: str | None) -> LearnerSpec:
        """The same with the defaults that suit this item type."""
        params = tuple(replace(param, default=param.default_for(item_type)) for param in self.params)
        return replace(self, params=params)


def _number(value: float | None) -> str:
    return "any" if value is None else f"{value:,.10g}"
