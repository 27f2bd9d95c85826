"""Columns of tables that tell what a model said of the item: learners would learn its answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from labeling.formats.columns.names import words
from labeling.formats.rows import ColumnRole

TOLD = frozenset({"pred", "preds", "predicted", "prediction", "predictions", "confidence", "proba", "yhat"})
PAIRS = frozenset({("y", "hat"), ("y", "pred"), ("class", "probability"), ("label", "probability")})


def set_aside(
    names: Sequence[str], roles: dict[str, str], why: dict[str, str], chosen: Mapping[str, str]
) -> list[str]:
    """Take their role as features away, unless somebody chose it; the sentences that ask about it."""
    features = [name for name in names if roles.get(name) == ColumnRole.FEATURE]
    found = [name for name in features if name not in chosen and _tells(name)]
    if len(found) == len(features):
        return []  # nothing else is there to be the item
    for name in found:
        roles[name] = str(ColumnRole.IGNORE)
        why[name] = "named as what a model said, so it is no feature"
    return [
        f"{name!r} is named as what a model said, so it is no feature: learners would learn that model's answers. "
        "If it was measured, set its role to feature."
        for name in found
    ]


def _tells(name: str) -> bool:
    parts = words(name)
    return bool(TOLD.intersection(parts)) or not PAIRS.isdisjoint(pairwise(parts))
