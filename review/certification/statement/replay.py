"""Attempts played with known truth, stage by stage, as the service does: what luck with the audits amounts to.

For simulated people, and for tests and benchmarks of stages and plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from review.certification.stages import Part, is_next_worth_it, stage_levels, stage_sizes
from review.certification.walk import Cut, walk


@dataclass(frozen=True)
class Played:
    """What an attempt came to; n_left: candidates above the cut that no audit covers."""

    cut: Cut
    n_audits: int
    n_left: int
    n_wrong_kept: int


def attempt_play(
    is_wrong: np.ndarray,
    random: np.random.Generator,
    *,
    n_items: int,
    eps: float,
    delta: float,
    promise: str = "dataset",
    sizes: list[int] | None = None,
    levels: Sequence[float] | None = None,
) -> Played:
    """One attempt, its audits drawn by `random`.

    is_wrong  (M,) of the candidates in order of rank, in truth
    delta     the attempt's share of the risk
    sizes     of the stages, and levels, the risk of each; as in the service if left out
    """
    goal: dict[str, Any] = {"eps": eps, "promise": promise}
    n = len(is_wrong)
    whole: dict[str, Any] = {"n_items": n_items, "n_candidates": n, "delta": delta, **goal}
    sizes = sizes or stage_sizes(**whole)
    levels = levels or stage_levels(sizes, **whole, per_class=False)
    drawn = random.permutation(n)[: sizes[-1]] + 1
    for stage, size in enumerate(sizes, start=1):
        ranks = drawn[:size]
        wrong = is_wrong[ranks - 1]
        cut = walk(
            n_items=n_items,
            n_candidates=n,
            delta=levels[stage - 1],
            audit_ranks=ranks,
            is_wrong=wrong,
            corrected=promise == "dataset",
            **goal,
        )
        part = Part(n_items, n, cut.cut, ranks, wrong)
        if not is_next_worth_it([part], sizes=sizes, levels=levels, stage=stage, **goal):
            break
    audited_wrong = int(wrong[ranks <= cut.cut].sum()) if promise == "dataset" else 0
    n_left = n - cut.cut - int((ranks > cut.cut).sum())
    return Played(cut, size, n_left, int(is_wrong[: cut.cut].sum()) - audited_wrong)
