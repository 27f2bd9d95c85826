"""The reliability curve with the interval of each bin, and what it says in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from training.rules.calibration import calibration_error, reliability
from training.rules.intervals import clopper_pearson

MIN_ROWS = 50  # below, bins hold too few to say anything


def reliability_curve(confidence: npt.ArrayLike, is_right: npt.ArrayLike) -> dict[str, Any]:
    """Bins of equal mass (low, high, n, confidence, accuracy, accuracy_low, accuracy_high), error and sentence.

    confidence  (n,) stated probability of the answer, 0 to 1, out of sample
    is_right    (n,) whether the answer was right

    accuracy_low and accuracy_high are the exact 95% interval of the bin (Clopper and Pearson 1934). A
    model is called over- or underconfident only where the confidence of a bin lies outside of an interval
    that all bins share the risk of (Bonferroni).
    """
    sure, right = np.asarray(confidence, dtype=np.float64), np.asarray(is_right, dtype=bool)
    bins = reliability(sure, right)
    for each in bins:
        each["accuracy_low"], each["accuracy_high"] = _interval(each)
    error = calibration_error(sure, right)
    return {"n": len(sure), "bins": bins, "error": error, "sentence": _sentence(len(sure), bins, error)}


def _interval(each: dict[str, Any], confidence: float = 0.95) -> tuple[float, float]:
    return clopper_pearson(round(each["accuracy"] * each["n"]), each["n"], confidence)


def _sentence(n: int, bins: list[dict[str, Any]], error: float) -> str:
    if n < MIN_ROWS:
        return f"{n} labels measure this; from {MIN_ROWS} on it means something. Label more items drawn at random."
    together = 1 - 0.05 / len(bins)
    boasts = sum(each["confidence"] > _interval(each, together)[1] for each in bins)
    doubts = sum(each["confidence"] < _interval(each, together)[0] for each in bins)
    if boasts > doubts:
        return (
            f"The model is surer than it is right (calibration error {error:.1%}). Runs correct this on the "
            "holdout; a higher threshold keeps the wrong ones out until then."
        )
    if doubts > boasts:
        return (
            f"The model is right more often than it says (calibration error {error:.1%}). Runs correct this on "
            "the holdout; a lower threshold would label more."
        )
    return f"Confidence means what it says, as far as {n} labels can tell (calibration error {error:.1%})."
