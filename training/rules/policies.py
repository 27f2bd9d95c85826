"""Threshold policies: which predictions of a round become pseudo-labels. Pure, and light to import.

    {"kind": "fixed", "threshold": 0.95}                 the same in every round
    {"kind": "scheduled", "start": 0.99, "end": 0.8}     a straight line over the rounds
    {"kind": "best_share", "share": 0.3, "balanced": false}
        the surest predictions, as many as make them this share of the training mix; balanced: as
        many of each class. A quarter to a third is what practice recommends.

How a policy decides is in training/rules/thresholds.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from labeling.errors import InvalidInput

MAX_SHARE = 0.9


class InvalidPolicy(InvalidInput):
    """A threshold policy lacks a field or has a value that is not allowed."""

    code = "invalid_policy"


@dataclass(frozen=True)
class FixedPolicy:
    threshold: float = 0.95
    kind: ClassVar[str] = "fixed"


@dataclass(frozen=True)
class ScheduledPolicy:
    start: float = 0.99
    end: float = 0.8
    kind: ClassVar[str] = "scheduled"


@dataclass(frozen=True)
class BestSharePolicy:
    share: float = 0.3
    balanced: bool = False
    kind: ClassVar[str] = "best_share"


Policy = FixedPolicy | ScheduledPolicy | BestSharePolicy
DEFAULT_POLICY = FixedPolicy()

_KINDS: dict[str, type[FixedPolicy] | type[ScheduledPolicy] | type[BestSharePolicy]] = {
    policy.kind: policy for policy in (FixedPolicy, ScheduledPolicy, BestSharePolicy)
}


def check_policy(policy: Mapping[str, Any]) -> Policy:
    """The policy that this JSON means; what it leaves out takes its default. Raises InvalidPolicy."""
    if not isinstance(policy, Mapping):
        raise _invalid({"policy": f"The policy is {policy!r:.60}; it must be an object such as {_EXAMPLE}."})
    kind = policy.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _invalid(
            {
                "policy.kind": f"kind is {kind!r:.60}; it must be one of {', '.join(_KINDS)}. For example: {_EXAMPLE}."
            }
        )
    defaults = asdict(_KINDS[kind]())
    given = {name: value for name, value in policy.items() if name != "kind"}
    fields: dict[str, str] = {}
    for name, value in given.items():
        if name not in defaults:
            fields[f"policy.{name}"] = f"A {kind} policy has no {name!r:.40}. It has: {', '.join(defaults)}."
        elif problem := _problem(name, value):
            fields[f"policy.{name}"] = problem
    if fields:
        raise _invalid(fields)
    values: dict[str, Any] = {
        name: value if isinstance(value, bool) else float(value) for name, value in (defaults | given).items()
    }
    return _KINDS[kind](**values)


def policy_json(policy: Policy) -> dict[str, Any]:
    """What check_policy reads back as the same policy."""
    return {"kind": policy.kind, **asdict(policy)}


_EXAMPLE = '{"kind": "fixed", "threshold": 0.95}'


def _problem(name: str, value: Any) -> str | None:
    if name == "balanced":
        return None if isinstance(value, bool) else f"balanced is {value!r:.40}; it must be true or false."
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if name == "share":
        if is_number and 0 < value <= MAX_SHARE:
            return None
        return (
            f"share is {value!r:.40}; it must be above 0 and at most {MAX_SHARE}. "
            "Use 0.3 to let pseudo-labels make up 30% of what the next round trains on."
        )
    if is_number and 0 <= value <= 1:
        return None
    return f"{name} is {value!r:.40}; it must lie in [0, 1]. Use 0.95 to accept only sure labels."


def _invalid(fields: dict[str, str]) -> InvalidPolicy:
    return InvalidPolicy(
        " ".join(fields.values()), fields={name: [sentence] for name, sentence in fields.items()}
    )
