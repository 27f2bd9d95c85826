"""Threshold policies: which predictions of a round become pseudo-labels. Pure, and light to import.

    {"kind": "fixed", "threshold": 0.95}                 the same in every round
    {"kind": "scheduled", "start": 0.99, "end": 0.8}     a straight line over the rounds
    {"kind": "best_share", "share": 0.3, "balanced": false}
        the surest predictions, as many as make them this share of the training mix; balanced: as
        many of each class. A quarter to a third is what practice recommends.

Another one is another `PolicyKind` in BUILT_IN, or an entry point of an installed package:

    [project.entry-points."assay.policies"]
    top_ten = "assay_extra:TOP_TEN"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from labeling.errors import InvalidInput
from labeling.kinds import kinds_of
from training.rules.params import Param, Value

ENTRY_POINT_GROUP = "assay.policies"


class InvalidPolicy(InvalidInput):
    """A threshold policy lacks a field or has a value that is not allowed."""

    code = "invalid_policy"


@dataclass(frozen=True)
class PolicyKind:
    """A policy as a form shows it, and what decides.

    `decide` is "module:function": called with the values of `params` by name and with round_number, n_rounds,
    confidence (float64), predicted and n_human as `decide` of training/rules/thresholds.py, it returns
    (is_accepted, threshold), both (n,).
    """

    name: str
    title: str
    description: str
    decide: str
    params: tuple[Param, ...] = ()

    @property
    def kind(self) -> str:
        return self.name


BUILT_IN = (
    PolicyKind(
        name="fixed",
        title="Fixed threshold",
        description="Accept what the model is at least this sure of, in every round.",
        decide="training.rules.policies.deciding:fixed",
        params=(
            Param(
                "threshold", "float", 0.95, 0.0, 1.0, help="Calibrated confidence that a prediction needs."
            ),
        ),
    ),
    PolicyKind(
        name="scheduled",
        title="Scheduled threshold",
        description="Begin strict and end lenient, in a straight line over the rounds.",
        decide="training.rules.policies.deciding:scheduled",
        params=(
            Param("start", "float", 0.99, 0.0, 1.0, help="Threshold of the first round."),
            Param("end", "float", 0.8, 0.0, 1.0, help="Threshold of the last round."),
        ),
    ),
    PolicyKind(
        name="best_share",
        title="Best share",
        description="Accept the surest, until they make up this share of what the next round trains on.",
        decide="training.rules.policies.deciding:best_share",
        params=(
            Param(
                "share", "float", 0.3, 0.0, 0.9, help="A quarter to a third works well.", is_above_low=True
            ),
            Param("balanced", "bool", False, help="As many of each class, surest first."),
        ),
    ),
)


@cache
def policy_kinds() -> Mapping[str, PolicyKind]:
    """By name."""
    return kinds_of(ENTRY_POINT_GROUP, PolicyKind, BUILT_IN)


@dataclass(frozen=True)
class Policy:
    """A kind and its values, checked and complete."""

    kind: str
    values: Mapping[str, Value]


def policy(kind: str, **values: Any) -> Policy:
    """The policy of this kind; what is left out takes its default. Raises InvalidPolicy."""
    return check_policy({"kind": kind, **values})


def check_policy(given: Mapping[str, Any]) -> Policy:
    """The policy that this JSON means; what it leaves out takes its default. Raises InvalidPolicy."""
    if not isinstance(given, Mapping):
        raise _invalid({"policy": f"The policy is {given!r:.60}; it must be an object such as {_EXAMPLE}."})
    name = given.get("kind")
    kind = policy_kinds().get(name) if isinstance(name, str) else None
    if kind is None:
        allowed = ", ".join(policy_kinds())
        raise _invalid(
            {"policy.kind": f"kind is {name!r:.60}; it must be one of {allowed}. For example: {_EXAMPLE}."}
        )
    params = {param.name: param for param in kind.params}
    values = {key: value for key, value in given.items() if key != "kind"}
    fields: dict[str, str] = {}
    for key, value in values.items():
        if key not in params:
            allowed = ", ".join(params) or "none"
            fields[f"policy.{key}"] = f"A {kind.name} policy has no {key!r:.40}. It has: {allowed}."
        elif problem := params[key].problem(value):
            fields[f"policy.{key}"] = problem
    if fields:
        raise _invalid(fields)
    return Policy(
        kind.name, {key: param.cast(values.get(key, param.default)) for key, param in params.items()}
    )


def policy_json(policy: Policy) -> dict[str, Any]:
    """What check_policy reads back as the same policy."""
    return {"kind": policy.kind, **policy.values}


_EXAMPLE = '{"kind": "fixed", "threshold": 0.95}'


def _invalid(fields: dict[str, str]) -> InvalidPolicy:
    return InvalidPolicy(
        " ".join(fields.values()), fields={name: [sentence] for name, sentence in fields.items()}
    )


DEFAULT_POLICY = policy("fixed")
