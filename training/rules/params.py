"""A value that a user may set, of a learner or of a threshold policy: what it is and what is allowed. Pure, light."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from labeling.secrets import PREFIX, Secret, secret_names

Value = int | float | bool | str
ParamType = Literal["int", "float", "bool", "choice", "text", "secret"]
PARAM_TYPES: tuple[str, ...] = get_args(ParamType)
TEXT_CHARS = 100_000  # of a text that says nothing else


@dataclass(frozen=True)
class Param:
    """One parameter that a user may set. `low` and `high` are allowed values themselves.

    Of a text they count its characters. `is_above_low`: the value must be above `low`, not at it.
    The value of a secret is its name (labeling/secrets.py); the learner is handed a `Secret`.
    """

    name: str
    type: ParamType
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    by_item_type: Mapping[str, Value] = field(default_factory=dict)  # defaults that differ from `default`
    is_above_low: bool = False

    def default_for(self, item_type: str | None) -> Value:
        return self.by_item_type.get(item_type or "", self.default)

    def problem(self, value: Any) -> str | None:
        """A sentence on why `value` is not allowed; None: it is."""
        match self.type:
            case "bool":
                return None if isinstance(value, bool) else self._sentence(value, "true or false")
            case "choice":
                allowed = ", ".join(self.choices)
                is_one = isinstance(value, str) and value in self.choices
                return None if is_one else self._sentence(value, f"one of {allowed}")
            case "text":
                return self._text_problem(value)
            case "secret":
                return self._secret_problem(value)
        return self._number_problem(value)

    def cast(self, value: Any) -> Value:
        """An allowed value as it is kept."""
        if self.type == "int":
            return int(value)
        return float(value) if self.type == "float" else value

    def for_learner(self, value: Value) -> Value | Secret:
        """An allowed value as the learner is handed it."""
        return Secret(str(value)) if self.type == "secret" else value

    def _number_problem(self, value: Any) -> str | None:
        kind = "a whole number" if self.type == "int" else "a number"
        start = "above" if self.is_above_low else "from"
        end = "and at most" if self.is_above_low else "to"
        allowed = f"{kind} {start} {_number(self.low)} {end} {_number(self.high)}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return self._sentence(value, allowed)
        if self.type == "int" and value != int(value):
            return self._sentence(value, allowed)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return self._sentence(value, allowed)
        if self.is_above_low and value == self.low:
            return self._sentence(value, allowed)
        return None

    def _text_problem(self, value: Any) -> str | None:
        low, high = int(self.low or 0), int(TEXT_CHARS if self.high is None else self.high)
        if isinstance(value, str) and low <= len(value) <= high and "\x00" not in value:
            return None
        return self._sentence(value, f"a text of {low:,} to {high:,} characters, none of them NUL")

    def _secret_problem(self, value: Any) -> str | None:
        known = secret_names()
        if isinstance(value, str) and (not value or value in known):
            return None
        # Who takes the field for the secret itself must not read it in an error, or in a log of errors.
        return (
            f"{self.name} must be the name of a secret of this server, never the secret itself. "
            f"There are: {', '.join(known) or 'none'}. Whoever runs the server adds one with the variable "
            f"{PREFIX}NAME, then the name is NAME."
        )

    def _sentence(self, value: Any, allowed: str) -> str:
        shown = f"{value!r:.60}"
        usual = f"{self.default!r:.60}" if self.type == "text" else self.default
        return f"{self.name} is {shown}; it must be {allowed}. The default is {usual}."


def _number(value: float | None) -> str:
    return "any" if value is None else f"{value:,.10g}"
