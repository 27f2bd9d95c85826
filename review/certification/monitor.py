"""The monitor after release: evidence that more labels are wrong than was certified, valid at every look.

A set of `population` labels stands; audits are drawn from it one by one, uniformly without replacement.
After n of them, x wrong, the value compares how well two kinds of sets explain what was seen: the mean over
alternatives A of

    P(Hypergeometric(population, A, n) = x) / P(Hypergeometric(population, allowed, n) = x)

The n answers in their order have these two chances but for a factor that cancels, so the value needs counts
alone, and anyone can recompute it from them.

Why it may be read after every answer: step by step the ratio is multiplied by a/e after a wrong answer and
by (1-a)/(1-e) after a right one, a and e the shares of wrong labels that would be left under A and under
`allowed`. If W labels are wrong in truth and W <= allowed, the next answer is wrong with a chance w <= e,
and e < a since allowed < A, so the expected factor w a/e + (1-w)(1-a)/(1-e) is at most 1: the value is a
nonnegative supermartingale that starts at 1. By Ville's inequality it ever reaches 1/delta with chance
delta at most, however often one looks and whenever one stops. An exact test read again and again has no
such promise.

Sources: Wald, "Sequential tests of statistical hypotheses" (1945), for the likelihood ratio; Robbins,
"Statistical methods related to the law of the iterated logarithm" (1970), for mixtures and Ville's
inequality (1939) in this use; Waudby-Smith and Ramdas, "Confidence sequences for sampling without
replacement" (NeurIPS 2020), for finite sets.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from review.certification.exact import log_choose

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

WORSE = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0)  # times as many wrong as allowed


def breach_values(*, population: int, allowed: int, n: npt.ArrayLike, n_wrong: npt.ArrayLike) -> FloatArray:
    """Evidence that more than `allowed` of the population are wrong; at 1/delta or more: alarm.

    n, n_wrong  audits so far and how many of them were wrong, of any equal shape
    Returns values from 0 to infinity, 1 before the first answer; infinite once more than `allowed` wrong
    ones were seen. The alternatives, equally weighted, are 1.25 to 10 times as many wrong, and one more
    than allowed where that is all there is.
    """
    _check(population, allowed)
    drawn, wrong = _counts(population, n, n_wrong)
    if allowed >= population:
        return np.ones(drawn.shape)  # nothing can be breached
    more = [min(population, max(allowed + 1, round(times * allowed))) for times in WORSE]
    return np.where(wrong > allowed, np.inf, _ratio(population, allowed, sorted(set(more)), drawn, wrong))


def running(is_wrong: npt.ArrayLike) -> tuple[IntArray, IntArray]:
    """(n, n_wrong) after each answer, along the last axis of 0/1 answers in their order."""
    wrong = np.asarray(is_wrong, dtype=np.int64)
    return np.broadcast_to(np.arange(1, wrong.shape[-1] + 1), wrong.shape), wrong.cumsum(axis=-1)


class Monitor:
    """breach_values answer by answer; the alarm stays once raised, though the value may fall again."""

    def __init__(self, population: int, allowed: int, delta: float) -> None:
        _check(population, allowed)
        if not 0 < delta < 1:
            raise ValueError(f"delta is {delta}; it must lie above 0 and below 1.")
        self.population = population
        self.allowed = allowed
        self.delta = delta
        self.n = 0
        self.n_wrong = 0
        self.value = 1.0
        self.is_alarm = False

    def add(self, is_wrong: bool) -> None:
        """Count one more audit; a skipped one is wrong. Raises ValueError once all have been audited."""
        if self.n == self.population:
            raise ValueError(f"All {self.population} labels have been audited.")
        self.n += 1
        self.n_wrong += bool(is_wrong)
        self.value = float(
            breach_values(population=self.population, allowed=self.allowed, n=self.n, n_wrong=self.n_wrong)
        )
        self.is_alarm = self.is_alarm or self.value >= 1 / self.delta


def _ratio(
    population: int, null: int, alternatives: list[int], drawn: IntArray, wrong: IntArray
) -> FloatArray:
    """Mean over the alternatives of their chance / that of the null; 0 where neither could give this."""
    each = np.stack([_log_chance(population, one, drawn, wrong) for one in alternatives])
    mean = logsumexp(each, axis=0) - np.log(len(alternatives))
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.exp(mean - _log_chance(population, null, drawn, wrong))
    return np.where(np.isneginf(mean), 0.0, values)


def _counts(population: int, n: npt.ArrayLike, n_wrong: npt.ArrayLike) -> tuple[IntArray, IntArray]:
    drawn, wrong = np.asarray(n, dtype=np.int64), np.asarray(n_wrong, dtype=np.int64)
    if drawn.shape != wrong.shape:
        raise ValueError("Needs a count of wrong answers for each count of answers.")
    if ((wrong < 0) | (wrong > drawn) | (drawn > population)).any():
        raise ValueError("Needs 0 <= n_wrong <= n <= population.")
    return drawn, wrong


def _log_chance(population: int, bad: int, n: IntArray, x: IntArray) -> FloatArray:
    """log of C(bad, x) C(population - bad, n - x): the chance of x but for what all sets share; -inf if none."""
    good = population - bad
    is_possible = (x <= bad) & (n - x <= good)
    value = log_choose(bad, np.minimum(x, bad)) + log_choose(good, np.minimum(n - x, good))
    return np.where(is_possible, value, -np.inf)


def _check(population: int, allowed: int) -> None:
    if population < 0 or allowed < 0:
        raise ValueError(f"{allowed} wrong allowed among {population}: neither is below 0.")
