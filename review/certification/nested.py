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
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from review.certification.exact import chance_of, p_value
from review.certification.walk import most_found

FloatArray = npt.NDArray[np.float64]

MAX_FOUND = 1000  # wrong audits that a stage may find; where more could pass, next to everything is audited
ROUNDING = 1 + 1e-9  # a level is the p value of the last count that passes; the same one must pass again


@lru_cache(maxsize=256)
def joint_levels(
    *, n_candidates: int, allowed: int, sizes: tuple[int, ...], risks: tuple[float, ...]
) -> tuple[float, ...]:
    """(S,) the delta of each stage's cut_by_count, so that by stage s they are false with chance risks[s] at most.

    n_candidates  M, of which the stages audit `sizes` (S,), ascending, from 1 to M
    allowed       E, wrong labels that may stay
    risks         (S,) above 0, ascending; the last is the risk of all

    Each level is the largest that the ones before leave. They hold for walk.cut_by_count with these sizes, and
    whatever chooses the stage. Takes some 20 ms. Raises ValueError for sizes or risks that do not ascend.
    """
    _check(n_candidates, sizes, risks)
    # Later on, not even all that is left unaudited would be too many.
    at_stake = [n for n in sizes if n_candidates - n > allowed]
    chain = _Chain(n_candidates, allowed)
    end = chain.at_once(at_stake[-1], risks[-1]) if at_stake else -1
    levels = []
    for n, risk in zip(at_stake, risks, strict=False):
        chain = chain.after(n, chain.most_found(n, risk), end)
        is_of_use = chain.found >= 0  # else not even no wrong audit at all would do
        levels.append(chain.level if is_of_use else risk)
    return (*levels, *[risks[-1]] * (len(sizes) - len(levels)))


@dataclass(frozen=True)
class _Chain:
    """How the audits of the stages so far may have fallen.

    n_audits  of the last stage, of which `found` may be wrong
    chances   (n,) that 0, 1, ... of the first `n_listed` wrong candidates are audited and that no stage has cut
              falsely; cut off where no later stage could
    spent     the chance that one has
    """

    n_candidates: int
    allowed: int
    n_audits: int = 0
    found: int = -1
    n_listed: int = 0
    chances: FloatArray = field(default_factory=lambda: np.ones(1))
    spent: float = 0.0

    @property
    def level(self) -> float:
        """The delta at which cut_by_count lets `found` be wrong, and not one more."""
        p = p_value(self.n_candidates, self.allowed + self.found, self.n_audits, self.found)
        return float(p) * ROUNDING

    def most_found(self, n: int, risk: float) -> int:
        """The most of n audits that may be wrong where all stages up to theirs take `risk`; -1: not even none."""
        low = max(self.found, self.at_once(n, risk - self.spent))  # chances add up at most
        high = max(low, self.at_once(n, risk))
        while low < high:
            middle = (low + high + 1) // 2
            chance = float(self._moved(n, middle, middle).sum())
            low, high = (middle, high) if self.spent + chance <= risk else (low, middle - 1)
        return low

    def at_once(self, n: int, risk: float) -> int:
        """The same if these n were the only audits."""
        if risk <= 0:
            return -1
        most = most_found(n_candidates=self.n_candidates, allowed=self.allowed, n_audits=n, delta=risk)
        return min(MAX_FOUND, most)

    def after(self, n: int, found: int, end: int) -> _Chain:
        """The chain with one stage more; no later one lets more than `end` be wrong."""
        chances = self._moved(n, found, max(end, found))
        spent = self.spent + float(chances[: found + 1].sum())
        chances[: found + 1] = 0
        return replace(
            self, n_audits=n, found=found, n_listed=self.allowed + 1 + found, chances=chances, spent=spent
        )

    def _moved(self, n: int, found: int, end: int) -> FloatArray:
        """(end + 1,) chances once the list is that of `found`, and then the audits are n. Counts only rise."""
        n_listed = self.allowed + 1 + found
        chances = self.chances[: end + 1]
        after = np.arange(end + 1)
        before = np.flatnonzero(chances)[:, None]
        joins = chance_of(
            after - before,
            self.n_candidates - self.n_listed,
            n_listed - self.n_listed,
            self.n_audits - before,
        )
        listed = chances[before[:, 0]] @ joins
        before = np.flatnonzero(listed)[:, None]
        hits = chance_of(
            after - before, self.n_candidates - self.n_audits, n_listed - before, n - self.n_audits
        )
        moved: FloatArray = listed[before[:, 0]] @ hits
        return moved


def _check(n_candidates: int, sizes: Sequence[int], risks: Sequence[float]) -> None:
    if len(sizes) != len(risks) or not sizes:
        raise ValueError(f"{len(sizes)} sizes of stages, but {len(risks)} risks.")
    if list(sizes) != sorted(set(sizes)) or not 0 < sizes[0] <= sizes[-1] <= n_candidates:
        raise ValueError(f"The sizes {list(sizes)} must ascend from 1 to at most {n_candidates}.")
    if list(risks) != sorted(risks) or not 0 < risks[0] <= risks[-1] < 1:
        raise ValueError(f"The risks {list(risks)} must ascend between 0 and 1.")
