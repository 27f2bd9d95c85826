"""The monitor after release: a test that may be read after every answer, and alarms when too many labels are wrong.

`population` certified labels are asked in random order, without replacement, each right or wrong. The null
hypothesis is that at most `allowed` of them are wrong. For each of some larger numbers of wrong labels the
likelihood ratio of what was seen is multiplied up, answer by answer, and the mean of these is the evidence.
While the null holds it is a supermartingale that begins at 1, so the chance that it *ever* reaches 1 / delta
is at most delta (Ville 1939), however often one looks and whenever one stops. One answer: with x wrong among
the n before it, the next is wrong with chance (W - x) / (population - n) if W are wrong in all, which is
largest under the null at W = allowed; so each factor has mean 1 there and less below.

Sources: Wald 1945 for mixtures of likelihood ratios; Waudby-Smith and Ramdas, "Estimating means of bounded
random variables by betting", JRSS B 86 (2024), section 4 for sampling without replacement.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Wrong labels of the alternatives, as multiples of allowed + 1: from a little too many to far too many.
MULTIPLES = (1.25, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0)


class Monitor:
    """Evidence that more than `allowed` of `population` are wrong; it alarms once, and stays so.

    value     mean likelihood ratio, from 1; higher is more evidence; inf once more wrong were seen than allowed
    is_alarm  whether the value has ever reached 1 / delta
    n, n_wrong  answers so far
    """

    def __init__(self, *, population: int, allowed: int, delta: float) -> None:
        if not allowed >= 0:
            raise ValueError(f"allowed is {allowed}; it counts labels.")
        if not 0 < delta < 1:
            raise ValueError(f"delta is {delta}; it must lie above 0 and below 1.")
        self.population, self.allowed, self.delta = population, allowed, delta
        self.n = self.n_wrong = 0
        self.is_alarm = False
        self._wrong_in_all = _alternatives(population, allowed)
        self._logs = np.zeros(len(self._wrong_in_all))

    @property
    def value(self) -> float:
        if not len(self._logs):
            return 1.0  # nothing could be too many
        highest = float(self._logs.max())
        if math.isinf(highest):
            return math.inf if highest > 0 else 0.0
        return math.exp(min(700.0, highest)) * float(np.exp(self._logs - highest).mean())

    def add(self, is_wrong: bool) -> None:
        """Count the next answer. Raises ValueError if all of the population were counted."""
        left = self.population - self.n
        if left <= 0:
            raise ValueError(f"All {self.population} labels were counted before.")
        if len(self._logs):
            self._logs += _log_ratios(self._wrong_in_all, self.allowed, self.n_wrong, left, is_wrong)
        self.n += 1
        self.n_wrong += bool(is_wrong)
        self.is_alarm = self.is_alarm or self.value >= 1 / self.delta


def _alternatives(population: int, allowed: int) -> FloatArray:
    """Numbers of wrong labels above `allowed` and up to `population`; empty if there are none."""
    if allowed >= population:
        return np.zeros(0)
    wanted = np.ceil(np.array(MULTIPLES) * (allowed + 1))
    return np.unique(np.clip(wanted, allowed + 1, population))


def _log_ratios(
    wrong_in_all: FloatArray, allowed: int, n_wrong: int, left: int, is_wrong: bool
) -> FloatArray:
    """Log of the chance of this answer under each alternative over that under the null at its edge."""
    null = min(1.0, max(0.0, (allowed - n_wrong) / left))
    other = np.clip((wrong_in_all - n_wrong) / left, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        if is_wrong:
            return np.log(other) - np.log(null) if null > 0 else np.full(len(other), math.inf)
        return np.log1p(-other) - math.log1p(-null) if null < 1 else np.zeros(len(other))
