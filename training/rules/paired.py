"""Two models on the same items: which is right on more, and is that more than chance?

Items on which both are right, or both wrong, say nothing of which is better; what counts are the others.
If neither were better, each of these would fall to either side with one half, so their number on one side is
binomial: the exact form of McNemar's test (McNemar 1947, Psychometrika 12, 153-157; the sign test). Web
processes come here, so that it does without scipy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

LEVEL = 0.05  # a model that is no worse is called worse with at most this probability


@dataclass(frozen=True)
class Paired:
    """How often the one that stands and the candidate were right, on the same n items that people labeled."""

    n: int
    n_standing: int  # on which what stands was right
    n_candidate: int  # on which the candidate was
    n_lost: int  # what stands was right, the candidate wrong
    n_won: int  # the other way round

    def __post_init__(self) -> None:
        both = self.n_standing - self.n_lost
        if not (0 <= both == self.n_candidate - self.n_won and both + self.n_lost + self.n_won <= self.n):
            raise ValueError(f"These counts cannot all be true: {self}.")

    @property
    def n_fewer(self) -> int:
        """On how many fewer items the candidate is right; negative: on more."""
        return self.n_lost - self.n_won

    @property
    def p_worse(self) -> float:
        """The chance of a loss like this one, or more, if the candidate were no worse; low: it is worse."""
        return upper_tail(self.n_lost, self.n_lost + self.n_won)

    @property
    def is_worse(self) -> bool:
        """Beyond chance, at LEVEL."""
        return self.p_worse <= LEVEL

    def difference(self, confidence: float = 0.95) -> tuple[float, float, float]:
        """(share, low, high): by how much the candidate is right more often, in -1 to 1, approximate.

        Half an item is added to each of the four counts (Agresti and Min 2005, Statistics in Medicine 24,
        729-740). 0 with (-1, 1) without items.
        """
        if self.n == 0:
            return 0.0, -1.0, 1.0
        n, won, lost = self.n + 2.0, self.n_won + 0.5, self.n_lost + 0.5
        middle = (won - lost) / n
        half = (
            NormalDist().inv_cdf((1 + confidence) / 2)
            * math.sqrt((won + lost) / n - middle**2)
            / math.sqrt(n)
        )
        return -self.n_fewer / self.n, max(-1.0, middle - half), min(1.0, middle + half)


def upper_tail(k: int, n: int, p: float = 0.5) -> float:
    """The chance that of n draws, each a success with probability p in (0, 1), k or more are; 0 <= k <= n."""
    if k <= 0:
        return 1.0
    if k <= n * p:  # the other tail is the short one
        return 1.0 - upper_tail(n - k + 1, n, 1 - p)
    log_first = (
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(p)
        + (n - k) * math.log1p(-p)
    )
    term = total = 1.0
    for successes in range(k, n):  # from the likeliest on, until the rest is nothing
        term *= (n - successes) / (successes + 1) * p / (1 - p)
        total += term
        if term < total * 1e-17:
            break
    return min(1.0, math.exp(log_first) * total)


def exact_interval(n_right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The two-sided exact interval of a share, as training/rules/intervals.py, to ten digits."""
    if not 0 <= n_right <= n:
        raise ValueError(f"{n_right} right of {n}: the first must lie from 0 to the second.")
    tail = (1 - confidence) / 2
    low = _share_with_tail(n_right, n, tail) if n_right > 0 else 0.0
    high = 1.0 - _share_with_tail(n - n_right, n, tail) if n_right < n else 1.0
    return low, high


def _share_with_tail(k: int, n: int, tail: float) -> float:
    """The share under which k or more of n have the chance `tail`; k from 1 to n."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if upper_tail(k, n, middle) < tail:
            low = middle
        else:
            high = middle
    return (low + high) / 2
