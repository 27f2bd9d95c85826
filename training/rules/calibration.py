"""How far stated confidence is from observed accuracy, and one number that brings them together.

Held-out human labels only: on rows that the learner trained on, every model looks calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MIN_ROWS = 20  # below, the best temperature is noise
SMALLEST = 1e-12  # probabilities are clipped here before their logarithm
TEMPERATURE_RANGE = (0.05, 20.0)


@dataclass(frozen=True)
class Calibration:
    """`temperature` > 1 softens, < 1 sharpens, None: leave probabilities as they are. `why` is a sentence."""

    temperature: float | None
    why: str


def fit_temperature(probabilities: npt.ArrayLike, truth: npt.ArrayLike) -> Calibration:
    """The temperature with the least log-loss on held-out rows (Guo and others 2017).

    probabilities  (n, n_classes), rows sum to 1
    truth          (n,) column of the true class

    Each label counts as right with (n + 1) / (n + 2) only, the rest shared by the other classes (as in
    Platt 1999): else n answers that are all right would sharpen every probability to 1.

    Refuses, with the reason, below 20 rows and where no temperature lowers the log-loss.
    """
    logs, columns = _logs(probabilities), np.asarray(truth, dtype=np.int64)
    n = len(columns)
    if n < MIN_ROWS:
        return Calibration(
            None,
            f"{n} held-out human labels; calibration needs {MIN_ROWS} at least. Label more items drawn at random.",
        )

    doubt = 1 / (n + 2)

    def loss_at(log_temperature: float) -> float:
        scaled = log_softmax(logs / np.exp(log_temperature), axis=1)
        of_truth = scaled[np.arange(n), columns]
        of_others = (scaled.sum(axis=1) - of_truth) / max(1, logs.shape[1] - 1)
        return float(-((1 - doubt) * of_truth + doubt * of_others).mean())

    low, high = np.log(TEMPERATURE_RANGE)
    found = minimize_scalar(loss_at, bounds=(low, high), method="bounded", options={"xatol": 1e-4})
    before, after, temperature = loss_at(0.0), float(found.fun), float(np.exp(found.x))
    if before - after < 1e-4:
        return Calibration(
            None,
            f"Already calibrated: no temperature lowers the log-loss of {before:.3f} on {n} held-out labels.",
        )
    verb = "softens" if temperature > 1 else "sharpens"
    return Calibration(
        temperature,
        f"Temperature {temperature:.2f} {verb} the probabilities; "
        f"log-loss on {n} held-out labels falls from {before:.3f} to {after:.3f}.",
    )


def apply_temperature(probabilities: npt.ArrayLike, temperature: float | None) -> FloatArray:
    """(n, n_classes) calibrated probabilities; the order of classes within a row stays as it was."""
    given: FloatArray = np.asarray(probabilities, dtype=np.float64)
    if temperature is None:
        return given
    if not temperature > 0:
        raise ValueError(f"The temperature is {temperature}; it must be above 0.")
    scaled: FloatArray = np.exp(log_softmax(_logs(given) / temperature, axis=1))
    return scaled


def log_loss(probabilities: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Mean negative log-likelihood in nats; 0 is best. `truth` holds columns."""
    return _log_loss(_logs(probabilities), np.asarray(truth, dtype=np.int64))


def calibration_error(confidence: npt.ArrayLike, is_right: npt.ArrayLike, n_bins: int = 15) -> float:
    """Expected calibration error over bins of equal mass, 0 (best) to 1.

    Equal mass because a good model puts nearly all rows in the last of equally wide bins (Nguyen
    and O'Connor 2015). At least 10 rows a bin, so that noise is not taken for error.
    """
    return float(
        sum(b["n"] * abs(b["confidence"] - b["accuracy"]) for b in _bins(confidence, is_right, n_bins))
    ) / max(1, np.size(confidence))


def reliability(confidence: npt.ArrayLike, is_right: npt.ArrayLike, n_bins: int = 10) -> list[dict[str, Any]]:
    """Bins of equal mass for the reliability curve: low, high, n, mean confidence, accuracy."""
    return _bins(confidence, is_right, n_bins)


def _bins(confidence: npt.ArrayLike, is_right: npt.ArrayLike, n_bins: int) -> list[dict[str, Any]]:
    sure, right = np.asarray(confidence, dtype=np.float64), np.asarray(is_right, dtype=np.float64)
    if len(sure) == 0:
        return []
    order = np.argsort(sure, kind="stable")
    return [
        {
            "low": float(sure[rows[0]]),
            "high": float(sure[rows[-1]]),
            "n": len(rows),
            "confidence": float(sure[rows].mean()),
            "accuracy": float(right[rows].mean()),
        }
        for rows in np.array_split(order, max(1, min(n_bins, len(sure) // 10)))
    ]


def _logs(probabilities: npt.ArrayLike) -> FloatArray:
    logs: FloatArray = np.log(np.clip(np.asarray(probabilities, dtype=np.float64), SMALLEST, None))
    return logs


def _log_loss(logs: FloatArray, columns: IntArray) -> float:
    return float(-logs[np.arange(len(columns)), columns].mean()) if len(columns) else 0.0
