"""Estimates of a share wrong from samples of unequal chances, for dashboards. Approximate: they prove nothing.

Their intervals lean on the normal distribution, which misleads for few draws, rare errors and very unequal
chances. A certificate uses exact.py, and nothing from here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A share of wrong labels, 0 to 1, with an approximate two-sided interval; `n` answers made it."""

    share: float
    low: float
    high: float
    n: int
    is_approximate: bool = True


def horvitz_thompson(
    *, is_wrong: npt.ArrayLike, chance: npt.ArrayLike, population: int, confidence: float = 0.95
) -> Estimate:
    """The share wrong among `population` labels, each answer weighted by one over its chance of being drawn.

    is_wrong  (n,) outcomes of the drawn labels
    chance    (n,) inclusion probabilities, above 0, recorded before the draw; labels that could not be
              drawn are not spoken for

    Horvitz and Thompson, "A generalization of sampling without replacement from a finite universe", JASA 47
    (1952). The variance is sum((1 - chance) / chance^2 * is_wrong), as if labels were drawn independently
    (Poisson sampling); for a fixed number of draws that is wide. Without a wrong answer it is 0 and says
    nothing, so `high` is then that of the rule of three with the smallest chance.
    """
    wrong = np.asarray(is_wrong, dtype=np.float64)
    return _estimate(wrong, np.zeros_like(wrong), 0.0, chance, population, confidence)


def difference(
    *,
    is_wrong: npt.ArrayLike,
    expected: npt.ArrayLike,
    chance: npt.ArrayLike,
    expected_total: float,
    population: int,
    confidence: float = 0.95,
) -> Estimate:
    """The same helped by a model: its expected errors of all labels, corrected by the answers.

    expected        (n,) chance of being wrong that the model gave to each drawn label, before its answer
    expected_total  the sum of these over all labels

    expected_total plus sum((is_wrong - expected) / chance), over the population. A useless model makes it no more than
    noisier; a good one narrows it as if n were n / (1 - correlation^2). Sarndal, Swensson and Wretman,
    "Model Assisted Survey Sampling" (1992), section 6.3; prediction-powered inference (Angelopoulos and
    others, Science 382, 2023) is the same idea.
    """
    return _estimate(
        np.asarray(is_wrong, dtype=np.float64),
        np.asarray(expected, dtype=np.float64),
        expected_total,
        chance,
        population,
        confidence,
    )


def _estimate(
    wrong: FloatArray,
    expected: FloatArray,
    total_expected: float,
    chance: npt.ArrayLike,
    population: int,
    confidence: float,
) -> Estimate:
    pi = np.asarray(chance, dtype=np.float64)
    if not wrong.shape == expected.shape == pi.shape:
        raise ValueError("Needs one chance and one expectation for each answer.")
    if population < 1 or not 0 < confidence < 1:
        raise ValueError("Needs a population and a confidence between 0 and 1.")
    if not ((pi > 0) & (pi <= 1)).all():
        raise ValueError("Chances of being drawn must be above 0 and at most 1.")
    if len(pi) == 0:
        return Estimate(min(1.0, total_expected / population), 0.0, 1.0, 0)
    residual = wrong - expected
    share = (total_expected + float((residual / pi).sum())) / population
    spread = math.sqrt(float(((1 - pi) / pi**2 * residual**2).sum())) / population
    width = NormalDist().inv_cdf((1 + confidence) / 2) * spread
    # Where no answer was off, the spread says nothing; the weight of one more wrong answer does.
    least = -math.log((1 - confidence) / 2) / float(pi.min()) / population if not wrong.any() else 0.0
    low, high = share - width, max(share + width, share + least if (pi < 1).any() else share)
    share, low, high = (min(1.0, max(0.0, value)) for value in (share, low, high))
    return Estimate(share, low, high, len(pi))
