"""Exact intervals for a share that was counted."""

from __future__ import annotations

from scipy.stats import beta


def clopper_pearson(n_right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The two-sided exact interval of a binomial share, (low, high) in [0, 1]; (0, 1) where n is 0.

    It covers the true share with probability `confidence` or more, whatever n (Clopper and Pearson 1934).
    """
    if not 0 <= n_right <= n:
        raise ValueError(f"{n_right} right of {n}: the first must lie from 0 to the second.")
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, n_right, n - n_right + 1)) if n_right > 0 else 0.0
    high = float(beta.ppf(1 - tail, n_right + 1, n - n_right)) if n_right < n else 1.0
    return low, high
