"""The exact hypergeometric test: how many labels of a finite set can be wrong, given a random sample of them.

A set of `population` labels is fixed, and so are those of them that are wrong. `drawn` of them were drawn
uniformly without replacement and checked; `wrong` of these were wrong. The number found then has the
hypergeometric distribution, whatever the labels, the model or its confidence: all that is random is the
draw. The chance of finding so few falls as more of the set are wrong, so the null hypothesis "more than
`allowed` are wrong" is hardest to reject at `allowed + 1`, and the test is exact there.

Source: the one-sided bound of a finite population by inverting the hypergeometric distribution, as in
Buonaccorsi, "A note on confidence intervals for proportions in finite populations", The American
Statistician 41 (1987), and W. Wang, "Exact optimal confidence intervals for hypergeometric parameters",
JASA 110 (2015).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FIRST_SHARE = 0.8  # of delta for the first attempt: it nearly always ends in a certificate
NAMES = ("population", "allowed", "drawn", "wrong")
NEGLIGIBLE = 1e-17  # of a sum, where the terms that are left cannot change it


def allowed_wrong(eps: float, n: int) -> int:
    """floor(eps * n), the wrong labels that a goal allows among n; 7 for 0.07 of 100, as on paper.

    In floating point 0.29 * 100 is 28.999999999999996; what lies that close below a whole number is meant
    to be that number.
    """
    _check_share("eps", eps)
    if n < 0:
        raise ValueError(f"n is {n}; it counts labels.")
    return math.floor(eps * n * (1 + 1e-12) + 1e-12)


def share_of_delta(attempt: int) -> float:
    """The share of delta that attempt 1, 2, ... may spend: 0.8, then 0.1, 0.05, ...; they sum to 1.

    So all attempts together fail with chance delta at most (union bound), however many there are and
    whatever made somebody start another. An attempt that is abandoned has spent its share.
    """
    if attempt < 1:
        raise ValueError(f"attempt is {attempt}; the first attempt has number 1.")
    return FIRST_SHARE if attempt == 1 else (1 - FIRST_SHARE) * 2.0 ** -(attempt - 1)


def p_value(
    population: npt.ArrayLike, allowed: npt.ArrayLike, drawn: npt.ArrayLike, wrong: npt.ArrayLike
) -> FloatArray:
    """The chance of at most `wrong` among the drawn if `allowed` + 1 of the population are wrong.

    Small: evidence that at most `allowed` are wrong. The four broadcast; whole numbers with
    0 <= drawn <= population, 0 <= allowed, 0 <= wrong <= drawn. 0 where allowed >= population, for then
    there is nothing to prove. Falls as `allowed` grows, rises with `wrong`.

    Raises ValueError for counts that cannot be. Takes O(size * max(wrong)) time and O(size) memory.
    """
    counts = [
        _counts(name, value) for name, value in zip(NAMES, (population, allowed, drawn, wrong), strict=True)
    ]
    shape = np.broadcast_shapes(*(count.shape for count in counts))
    size, limit, n, x = (np.broadcast_to(count, shape).ravel() for count in counts)
    if (n > size).any() or (x > n).any():
        raise ValueError("Needs wrong <= drawn <= population.")
    bad = limit + 1
    fewest = np.maximum(0, n + bad - size)  # that such a draw must hold
    p = np.where(x < fewest, 0.0, 1.0)
    is_open = (bad <= size) & (x >= fewest) & (x < np.minimum(n, bad))
    p[bad > size] = 0.0
    if is_open.any():
        p[is_open] = _lower_tail(size[is_open], bad[is_open], n[is_open], x[is_open])
    return p.reshape(shape)


def _lower_tail(size: IntArray, bad: IntArray, n: IntArray, x: IntArray) -> FloatArray:
    """P(Hypergeometric(size, bad, n) <= x), each x inside its support: from the term at x downward.

    Every term is the one above it times a ratio of whole numbers, so there is one logarithm of factorials
    to each tail; scipy.stats.hypergeom.cdf takes a hundred times as long, which a walk of 1,000 cuts feels.
    """
    top = _log_chance(x, size, bad, n)
    term, total = np.ones(len(x)), np.ones(len(x))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for step in range(int(x.max())):
            at = np.maximum(x - step, 0).astype(np.float64)  # the term is that of `at`; the next, of at - 1
            term = term * (at * (size - bad - n + at)) / ((bad - at + 1) * (n - at + 1))
            total = total + term
            if (term <= NEGLIGIBLE * total).all():
                break
        # Far above the middle the terms outgrow floating point: the tail is all of it.
        return np.where(np.isfinite(total), np.minimum(1.0, np.exp(top + np.log(total))), 1.0)


def chance_of(
    found: npt.ArrayLike, population: npt.ArrayLike, bad: npt.ArrayLike, drawn: npt.ArrayLike
) -> FloatArray:
    """P(Hypergeometric(population, bad, drawn) = found); 0 where that cannot be. The four broadcast.

    As scipy.stats.hypergeom.pmf, whose checks of each number take ten times as long.
    """
    x, size, wrong, n = np.broadcast_arrays(*(np.asarray(each) for each in (found, population, bad, drawn)))
    can_be = (x >= np.maximum(0, n + wrong - size)) & (x <= np.minimum(n, wrong))
    x, size, wrong, n = x[can_be], size[can_be], wrong[can_be], n[can_be]
    chance = np.zeros(can_be.shape)
    chance[can_be] = np.exp(_log_chance(x, size, wrong, n))
    return chance


def _log_chance(x: IntArray, size: IntArray, bad: IntArray, n: IntArray) -> FloatArray:
    return log_choose(bad, x) + log_choose(size - bad, n - x) - log_choose(size, n)


def log_choose(n: npt.ArrayLike, k: npt.ArrayLike) -> FloatArray:
    """Logarithm of the number of ways to choose k of n, 0 <= k <= n; they broadcast."""
    n, k = np.asarray(n), np.asarray(k)
    logs: FloatArray = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return logs


def is_proven(*, population: int, allowed: int, drawn: int, wrong: int, delta: float) -> bool:
    """True if the sample proves, with confidence 1 - delta, that at most `allowed` labels are wrong."""
    _check_share("delta", delta)
    return bool(p_value(population, allowed, drawn, wrong) <= delta)


def most_wrong(*, population: int, drawn: int, wrong: int, delta: float) -> int:
    """The upper confidence bound: the smallest `allowed` that the sample proves; `wrong` if all were drawn.

    It holds with probability 1 - delta or more, if the sample was not chosen by its result.
    """
    _check_share("delta", delta)
    if not 0 <= wrong <= drawn <= population:
        raise ValueError("Needs 0 <= wrong <= drawn <= population.")
    low, high = wrong, population - drawn + wrong  # the second is certain
    while low < high:
        middle = (low + high) // 2
        if p_value(population, middle, drawn, wrong) <= delta:
            high = middle
        else:
            low = middle + 1
    return low


def _counts(name: str, value: npt.ArrayLike) -> IntArray:
    array = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} must be whole numbers, not {array.dtype}.")
    if (array < 0).any():
        raise ValueError(f"{name} must not be below 0.")
    return array.astype(np.int64)


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} is {value}; it must lie above 0 and below 1.")
