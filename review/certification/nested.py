"""Levels for exact tests of nested samples, so that all of them together are false with chance delta at most.

The audits of a later stage hold those of the stages before, so tests that fail or pass falsely mostly do so
together. Testing each of S stages at delta / S (Bonferroni) forgets that. Here the chance that any of them
passes falsely is worked out, and each test takes as much as its share of the risk leaves: exact group
sequential testing, as in clinical trials (Pocock 1977; Lan and DeMets 1983, whose spending function `risks`
is), with the hypergeometric distribution in the place of the normal one.

What has to be worked out. Stage s audits K_s of M candidates and lets c_s of them be wrong. By the proof of
walk.cut_by_count its cut is false only if, of the first E + 1 + c_s wrong candidates by rank, at most c_s are
among its audits. The list is fixed before the draw (extended by any candidates, should it be too short, which
only makes the event likelier), so the chance that this happens at one stage or another depends on M, E, the
sizes and the c_s alone. The number of audited ones among the first E + 1 + c_s is a Markov chain over the stages:
the list grows, by candidates of which the audits so far hold a hypergeometric number; then the audits grow,
of which a hypergeometric number is in the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from review.certification.exact import chance_of, p_value
from review.certification.walk import most_found

FloatArray = npt.NDArray[np.float64]

MAX_FOUND = 1000  # wrong audits that a stage may find; where more could pass, next to everything is audited
ROUNDING = 1 + 1e-9  # a level is the p value of the last count that passes; the same one must pass again


@dataclass(frozen=True)
class _Chain:
    """After a stage with `n_audits`, of which `found` may be wrong: (n,) chances that 0, 1, ... of the first
    `n_listed` wrong candidates are audited and that no stage's test has passed falsely. Cut off where no later
    test could."""

    n_audits: int
    found: int
    n_listed: int
    chances: FloatArray


@lru_cache(maxsize=256)
def joint_levels(
    *, n_candidates: int, allowed: int, sizes: tuple[int, ...], risks: tuple[float, ...]
) -> tuple[float, ...]:
    """(S,) the delta of each stage's cut_by_count, so that by stage s they are false with chance risks[s] at most.

    n_candidates  M, of which the stages audit `sizes` (S,), ascending, from 1 to M
    allowed       E, wrong labels that may stay
    risks         (S,) above 0, ascending; the last is the risk of all

    Each level is the largest that the ones before leave. They hold for walk.cut_by_count with these sizes, and
    whatever chooses the stage. Takes some 50 ms. Raises ValueError for sizes or risks that do not ascend.
    """
    _check(n_candidates, sizes, risks)
    levels: list[float] = []
    at_stake = [
        n for n in sizes if n_candidates - n > allowed
    ]  # later not even all the rest would be too many
    spent = 0.0
    chain = _Chain(0, -1, 0, np.ones(1))
    for n, risk in zip(at_stake, risks, strict=False):
        found = _most_found(chain, n, n_candidates, allowed, spent, risk)
        end = _at_once(n_candidates, allowed, at_stake[-1], risks[-1])
        chances = _moved(chain, n, found, n_candidates, allowed, max(end, found))
        spent += float(chances[: found + 1].sum())
        chances[: found + 1] = 0
        chain = _Chain(n, found, allowed + 1 + found, chances)
        passes = found >= 0  # else not even no wrong audit at all would do, and nothing is spent so far
        levels.append(float(p_value(n_candidates, allowed + found, n, found)) * ROUNDING if passes else risk)
    return (*levels, *[risks[-1]] * (len(sizes) - len(levels)))


def _most_found(chain: _Chain, n: int, n_candidates: int, allowed: int, spent: float, risk: float) -> int:
    """The most wrong audits among n that may be found with `risk` in all, `spent` of it before; -1: none."""
    low = max(chain.found, _at_once(n_candidates, allowed, n, risk - spent))  # the risks add up at most
    high = max(low, _at_once(n_candidates, allowed, n, risk))
    while low < high:
        middle = (low + high + 1) // 2
        chance = float(_moved(chain, n, middle, n_candidates, allowed, middle).sum())
        low, high = (middle, high) if spent + chance <= risk else (low, middle - 1)
    return low


def _at_once(n_candidates: int, allowed: int, n: int, risk: float) -> int:
    """The most wrong audits that may be found where these n are all there are."""
    if risk <= 0:
        return -1
    return min(MAX_FOUND, most_found(n_candidates=n_candidates, allowed=allowed, n_audits=n, delta=risk))


def _moved(chain: _Chain, n: int, found: int, n_candidates: int, allowed: int, end: int) -> FloatArray:
    """(end + 1,) the chain's chances once the list is for `found` and there are n audits; counts only rise."""
    n_listed = allowed + 1 + found
    before = np.zeros(end + 1)
    before[: min(len(chain.chances), end + 1)] = chain.chances[: end + 1]
    count = np.flatnonzero(before)[:, None]
    after = np.arange(end + 1)
    listed = before[count[:, 0]] @ chance_of(
        after - count, n_candidates - chain.n_listed, n_listed - chain.n_listed, chain.n_audits - count
    )
    count = np.flatnonzero(listed)[:, None]
    moved: FloatArray = listed[count[:, 0]] @ chance_of(
        after - count, n_candidates - chain.n_audits, n_listed - count, n - chain.n_audits
    )
    return moved


def _check(n_candidates: int, sizes: Sequence[int], risks: Sequence[float]) -> None:
    if len(sizes) != len(risks) or not sizes:
        raise ValueError(f"{len(sizes)} sizes of stages, but {len(risks)} risks.")
    if list(sizes) != sorted(set(sizes)) or not 0 < sizes[0] <= sizes[-1] <= n_candidates:
        raise ValueError(f"The sizes {list(sizes)} must ascend from 1 to at most {n_candidates}.")
    if list(risks) != sorted(risks) or not 0 < risks[0] <= risks[-1] < 1:
        raise ValueError(f"The risks {list(risks)} must ascend between 0 and 1.")
