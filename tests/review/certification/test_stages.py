"""Audits in stages: valid whatever the truth, and cheap without knowing it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from review.certification.stages import stage_levels, stage_sizes
from review.certification.statement.replay import attempt_play
from review.certification.walk import walk

N_ITEMS, N = 3_000, 2_900


def wrong_at_random(random: np.random.Generator, n_wrong: int, *, sharpness: float) -> np.ndarray:
    """(N,) the wrong candidates among all; the higher the rank, the likelier (0: no ranking at all)."""
    weight = (np.arange(N) + 0.5) ** sharpness
    is_wrong = np.zeros(N, dtype=bool)
    is_wrong[random.choice(N, n_wrong, replace=False, p=weight / weight.sum())] = True
    return is_wrong


@pytest.mark.parametrize("promise", ["dataset", "machine"])
@pytest.mark.parametrize("sharpness", [0.0, 3.0])
def test_false_certificates_stay_within_delta_over_all_stages(promise: str, sharpness: float) -> None:
    """One wrong label more than allowed, and a rule that may stop wherever it likes."""
    random = np.random.default_rng(7)
    allowed = int(0.05 * (N_ITEMS if promise == "dataset" else N))
    n_false, n_plays = 0, 400 if promise == "dataset" else 100  # dear to play
    for _ in range(n_plays):
        is_wrong = wrong_at_random(random, allowed + 60, sharpness=sharpness)
        played = attempt_play(is_wrong, random, n_items=N_ITEMS, eps=0.05, delta=0.2, promise=promise)
        n_false += played.n_wrong_kept > played.cut.allowed
    assert n_false <= binom.ppf(0.999, n_plays, 0.2)


def test_a_rule_that_takes_any_stage_that_proves_all_keeps_delta() -> None:
    """The worst rule there is: it looks after every stage, and takes what it likes best."""
    random = np.random.default_rng(8)
    goal: dict[str, Any] = {"n_items": N_ITEMS, "n_candidates": N, "eps": 0.05, "promise": "dataset"}
    sizes = stage_sizes(**goal, delta=0.2)
    levels = stage_levels(sizes, **goal, delta=0.2, per_class=False)
    allowed = int(0.05 * N_ITEMS)
    n_false, n_plays = 0, 1_000
    for _ in range(n_plays):
        is_wrong = wrong_at_random(random, allowed + 60, sharpness=0.0)
        drawn = random.permutation(N) + 1
        for n, level in zip(sizes, levels, strict=True):
            ranks, wrong = drawn[:n], is_wrong[drawn[:n] - 1]
            cut = walk(**goal, delta=level, audit_ranks=ranks, is_wrong=wrong, corrected=True).cut
            if is_wrong[:cut].sum() - wrong[ranks <= cut].sum() > allowed:
                n_false += 1
                break
    assert binom.ppf(0.001, n_plays, 0.1) <= n_false <= binom.ppf(0.999, n_plays, 0.2)


@pytest.mark.parametrize(
    ("n_wrong", "sharpness", "at_most"),
    [(10, 3.0, 1.4), (60, 3.0, 1.5), (300, 3.0, 1.25), (900, 2.0, 1.2)],
)
def test_stages_cost_little_more_than_the_best_number_of_audits(
    n_wrong: int, sharpness: float, at_most: float
) -> None:
    goal: dict[str, Any] = {"n_items": N_ITEMS, "eps": 0.05, "delta": 0.04}

    def cost(sizes: list[int] | None, n_plays: int) -> float:
        random = np.random.default_rng(3)
        plays = [
            attempt_play(wrong_at_random(random, n_wrong, sharpness=sharpness), random, sizes=sizes, **goal)
            for _ in range(n_plays)
        ]
        return float(np.mean([play.n_audits + play.n_left for play in plays]))

    best = min(cost([n], 20) for n in (80, 120, 180, 270, 400, 600, 900, 1_350))
    assert cost(None, 40) < at_most * best


def test_sizes_ascend_and_stay_within_the_candidates() -> None:
    for n_items, n_candidates, eps in [
        (60_000, 59_900, 0.05),
        (60_000, 59_000, 0.01),
        (300, 280, 0.1),
        (50, 40, 0.02),
    ]:
        for promise in ("dataset", "machine"):
            sizes = stage_sizes(
                n_items=n_items, n_candidates=n_candidates, eps=eps, delta=0.04, promise=promise
            )
            assert sizes == sorted(set(sizes))
            assert 0 <= sizes[-1] <= n_candidates
    assert stage_sizes(n_items=100, n_candidates=5, eps=0.1, delta=0.04, promise="dataset") == [0]
    assert stage_sizes(n_items=0, n_candidates=0, eps=0.1, delta=0.04, promise="dataset") == [0]
    whole = stage_sizes(n_items=60_000, n_candidates=59_900, eps=0.05, delta=0.04, promise="dataset")
    by_class = stage_sizes(
        n_items=60_000, n_candidates=59_900, eps=0.05, delta=0.04, promise="dataset", n_classes=10
    )
    assert by_class[0] > 8 * whole[0]
