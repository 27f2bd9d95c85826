"""How candidates are judged: on human labels that they were not trained on, and with how much noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.learners.base import BoolArray, FloatArray
from training.rules.calibration import MIN_ROWS, apply_temperature, fit_temperature

IntArray = npt.NDArray[np.int64]

N_ROUNDS = 200  # of expectation-maximization
PRIOR = 2.0  # labels' worth of belief in equal shares, in all
SMALLEST_SHARE = 0.05  # of a blend; less is left out, as it costs as much time and memory as more
STANDARD_ERRORS = 1.0  # that a gain must exceed to count as more than noise
STANDARD_ERRORS_OF_SHARE = 0.5  # the same where a share of a blend is at stake, not all of it: less is risked
SMALLEST = 1e-6


class Candidate(NamedTuple):
    """What one way of learning said of labels that it had not seen."""

    title: str
    probabilities: FloatArray  # (l, K) of the labeled rows; NaN where it was not asked
    temperature: float | None = None  # to be applied to all it says later


class Gain(NamedTuple):
    """By how much the log-loss per label falls, and the standard error of that."""

    mean: float
    error: float

    @property
    def is_beyond_noise(self) -> bool:
        return self.mean > STANDARD_ERRORS * self.error

    @property
    def is_worth_a_share(self) -> bool:
        return self.mean > STANDARD_ERRORS_OF_SHARE * self.error

    def __str__(self) -> str:
        return f"{self.mean:.3f} +- {self.error:.3f}"


def calibrated(
    title: str, probabilities: FloatArray, columns: IntArray, usual: float | None = None
) -> Candidate:
    """The candidate at the temperature that fits all its answers; at the usual one where these are fewer than 20.

    One number fitted on the labels that it is then judged by: an advantage of about 1/2 label in the
    sum of log-losses, the same for every candidate.
    """
    asked = np.isfinite(probabilities).all(axis=1)
    temperature = usual
    if asked.sum() >= MIN_ROWS:
        temperature = fit_temperature(probabilities[asked], columns[asked]).temperature
    scaled = probabilities.copy()
    scaled[asked] = apply_temperature(probabilities[asked], temperature)
    return Candidate(title, scaled, temperature)


def losses(probabilities: FloatArray, columns: IntArray) -> FloatArray:
    """(l,) minus the logarithm of what was said of the true class."""
    found: FloatArray = -np.log(np.maximum(probabilities[np.arange(len(columns)), columns], SMALLEST))
    return found


def stack(candidates: Sequence[FloatArray], columns: IntArray) -> FloatArray:
    """(M,) shares of the blend with the least log-loss on these labels: each (l, K) counts as one member.

    Maximum likelihood of a mixture with fixed parts, by expectation-maximization, with a prior for equal
    shares; stacking of predictive distributions (Yao and others 2018, equation 4).
    """
    said = np.stack([candidate[np.arange(len(columns)), columns] for candidate in candidates])  # (M, l)
    said = np.maximum(said, SMALLEST)
    shares = np.full(len(said), 1 / len(said))
    for _ in range(N_ROUNDS):
        of_each = shares[:, None] * said  # (M, l)
        of_each /= of_each.sum(axis=0)
        shares = (of_each.sum(axis=1) + PRIOR / len(said)) / (said.shape[1] + PRIOR)
    return shares


def trimmed(shares: Mapping[str, float]) -> dict[str, float]:
    """Without the members that hardly count; the shares sum to 1."""
    kept = {name: share for name, share in shares.items() if share >= SMALLEST_SHARE}
    total = sum(kept.values())
    return {name: share / total for name, share in kept.items()}


def blended_losses(candidates: Sequence[FloatArray], columns: IntArray, folds: IntArray) -> FloatArray:
    """(l,) log-losses of the blend, its shares found on the other folds than the one that is judged."""
    found = np.empty(len(columns))
    for fold in np.unique(folds):
        judged: BoolArray = folds == fold
        others = ~judged if not judged.all() else judged
        shares = stack([candidate[others] for candidate in candidates], columns[others])
        mixed = np.einsum("m,mlk->lk", shares, np.stack([candidate[judged] for candidate in candidates]))
        found[judged] = losses(mixed, columns[judged])
    return found


def gain(before: FloatArray, after: FloatArray) -> Gain:
    """Of log-losses of the same labels, label by label."""
    difference = before - after
    error = difference.std(ddof=1) / np.sqrt(len(difference)) if len(difference) > 1 else float("inf")
    return Gain(float(difference.mean()), float(error))


def sentence(candidate: Candidate, columns: IntArray) -> str:
    """What was measured of one candidate."""
    asked = np.isfinite(candidate.probabilities).all(axis=1)
    said, truth = candidate.probabilities[asked], columns[asked]
    n_wrong = int((said.argmax(axis=1) != truth).sum())
    return (
        f"{candidate.title}: log-loss {losses(said, truth).mean():.3f} and {n_wrong} wrong on {len(truth)} "
        "held-out labels."
    )
