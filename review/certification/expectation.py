"""Where attempts should end, from an estimate of how many of the first k candidates are wrong.

Plans (planner.py) read the estimate off the model, the choice of the next stage (stages.py) off the audits.
Nothing that is promised rests on it: a wrong one costs labels, never the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import gamma

from review.certification.exact import allowed_wrong, p_value
from review.certification.walk import DATASET, MACHINE, allowed_at, grid, most_found

FloatArray = npt.NDArray[np.float64]

N_CUTS = 80  # of the grid that an estimate for the machine promise looks at


@dataclass(frozen=True)
class Goal:
    """What is promised of how many items, and the risk that the test may take."""

    n_items: int
    eps: float
    delta: float
    promise: str

    @property
    def free(self) -> int:
        """Labels that may all be wrong, and so need no proof."""
        return allowed_wrong(self.eps, self.n_items) if self.promise == DATASET else 0


@dataclass(frozen=True)
class Curve:
    """Expected wrong labels among the first k candidates; both rise, from 0 to M and from 0 to all."""

    ranks: FloatArray
    wrong: FloatArray

    @property
    def n(self) -> int:
        return round(float(self.ranks[-1]))

    def cut_at(self, wrong: FloatArray) -> FloatArray:
        """The rank at which so many wrong are expected; n where fewer are."""
        return np.interp(wrong, self.wrong, self.ranks)


def cuts_expected(curve: Curve, goal: Goal, n: int, luck: FloatArray, scale: FloatArray) -> FloatArray:
    """(n_draws,) where attempts with n audits end.

    luck   (n_draws,) quantile of the draw, above 0, below 1, high is good
    scale  (n_draws,) true / expected wrong
    """
    if n == 0 or curve.n == 0:
        return np.full(luck.shape, float(min(curve.n, goal.free)))
    if goal.promise == MACHINE:
        return _cuts_of_machine(curve, goal, n, luck, scale)
    most = most_found(n_candidates=curve.n, allowed=goal.free, n_audits=n, delta=goal.delta)
    if most < 0:
        return np.full(luck.shape, float(min(curve.n, goal.free)))
    # Audited wrong ones come as a Poisson process along the curve, so the next after `most` at a gamma variate.
    reached = gamma.ppf(luck, most + 1) * curve.n / n / scale
    return np.maximum(curve.cut_at(reached), float(min(curve.n, goal.free)))


def _cuts_of_machine(curve: Curve, goal: Goal, n: int, luck: FloatArray, scale: FloatArray) -> FloatArray:
    """The walk over (some of) its grid, with as many wrong audits at each cut as luck and scale make of the curve."""
    steps = grid(
        n_items=goal.n_items,
        n_candidates=curve.n,
        promise=MACHINE,
        eps=goal.eps,
        delta=goal.delta,
        n_audits=n,
        max_steps=N_CUTS,
    )
    drawn = np.floor(steps * (n / curve.n)).astype(np.int64)
    mean = np.interp(steps, curve.ranks, curve.wrong) * (n / curve.n) * scale[:, None]
    found = np.minimum(np.floor(gamma.ppf(1 - luck[:, None], mean + 0.5)).astype(np.int64), drawn)
    fails = p_value(
        steps, allowed_at(steps, n_items=goal.n_items, eps=goal.eps, promise=MACHINE), drawn, found
    )
    n_passed = np.where((fails > goal.delta).any(axis=1), (fails > goal.delta).argmax(axis=1), len(steps))
    return np.concatenate([[0.0], steps.astype(np.float64)])[n_passed]
