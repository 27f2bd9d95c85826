"""What each policy lets pass. Pure; how it is called: training/rules/thresholds.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
Decision = tuple[BoolArray, FloatArray]


def fixed(*, threshold: float, confidence: FloatArray, **_: object) -> Decision:
    return confidence >= threshold, np.full(len(confidence), threshold)


def scheduled(
    *, start: float, end: float, round_number: int, n_rounds: int, confidence: FloatArray, **_: object
) -> Decision:
    """A straight line from `start` in the first round to `end` in the last."""
    if not 1 <= round_number <= n_rounds:
        raise ValueError(f"Round {round_number} of {n_rounds}: the first must lie from 1 to the second.")
    done = (round_number - 1) / (n_rounds - 1) if n_rounds > 1 else 0.0
    return fixed(threshold=start + (end - start) * done, confidence=confidence)


def best_share(
    *,
    share: float,
    balanced: bool,
    confidence: FloatArray,
    predicted: npt.NDArray[Any],
    n_human: int,
    **_: object,
) -> Decision:
    # pseudo / (pseudo + human) = share
    n_wanted = int(share / (1 - share) * n_human + 1e-9)
    if not balanced:
        is_accepted, threshold = _surest(confidence, n_wanted)
        return is_accepted, np.full(len(confidence), threshold)
    is_accepted = np.zeros(len(confidence), dtype=bool)
    thresholds = np.ones(len(confidence))
    names = np.unique(predicted)
    for name in names:
        rows = np.flatnonzero(predicted == name)
        is_accepted[rows], thresholds[rows] = _surest(confidence[rows], n_wanted // len(names))
    return is_accepted, thresholds


def _surest(confidence: FloatArray, n_wanted: int) -> tuple[BoolArray, float]:
    """The n most confident, ties by row, and the confidence of the last of them (1.0 where there is none)."""
    chosen = np.argsort(-confidence, kind="stable")[:n_wanted]
    is_accepted = np.zeros(len(confidence), dtype=bool)
    is_accepted[chosen] = True
    return is_accepted, float(confidence[chosen[-1]]) if len(chosen) else 1.0
