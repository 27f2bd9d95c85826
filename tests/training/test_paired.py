"""Two models on the same items: exact where it decides, and right as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from training.rules.intervals import clopper_pearson
from training.rules.paired import LEVEL, Paired, exact_interval, upper_tail


def paired_of(standing: np.ndarray, candidate: np.ndarray) -> Paired:
    """(n,) booleans: who was right."""
    return Paired(
        n=len(standing),
        n_standing=int(standing.sum()),
        n_candidate=int(candidate.sum()),
        n_lost=int((standing & ~candidate).sum()),
        n_won=int((candidate & ~standing).sum()),
    )


@pytest.mark.parametrize("n", [0, 1, 2, 7, 40, 1_001, 200_000])
def test_the_tail_is_that_of_the_binomial(n: int) -> None:
    for k in {0, 1, n // 3, n // 2, n // 2 + 1, (n + 2 * int(n**0.5)) // 2, n}:
        if k <= n:
            for p in (0.5, 0.03, 0.8):
                assert upper_tail(k, n, p) == pytest.approx(binom.sf(k - 1, n, p), rel=1e-8, abs=1e-300)


def test_p_is_that_of_the_exact_one_sided_sign_test() -> None:
    for lost, won in ((0, 0), (5, 0), (12, 3), (3, 12), (40, 40)):
        found = Paired(n=400, n_standing=300, n_candidate=300 - lost + won, n_lost=lost, n_won=won).p_worse
        expected = binomtest(lost, lost + won, alternative="greater").pvalue if lost + won else 1.0
        assert found == pytest.approx(expected)


def test_a_candidate_that_is_no_worse_is_called_worse_at_most_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(5)
    n_drawn, n_worse = 4_000, 0
    for _ in range(n_drawn):  # both are right on 80%, independently: as much disagreement as there can be
        n_worse += paired_of(*(rng.random((2, 60)) < 0.8)).is_worse
    assert n_worse / n_drawn <= LEVEL + 3 * (LEVEL / n_drawn) ** 0.5
    assert n_worse > 0


def test_one_that_is_much_worse_is_called_so_nearly_always() -> None:
    rng = np.random.default_rng(6)
    chances = np.array([[0.9], [0.5]])
    assert sum(paired_of(*(rng.random((2, 60)) < chances)).is_worse for _ in range(200)) > 190


def test_the_interval_of_the_difference_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    chances, n_held = np.array([[0.9], [0.86]]), 0
    for _ in range(2_000):
        share, low, high = paired_of(*(rng.random((2, 80)) < chances)).difference()
        assert -1 <= low <= high <= 1
        assert low - 0.02 <= share <= high + 0.02
        n_held += low <= -0.04 <= high
    assert n_held / 2_000 > 0.94


def test_without_items_nothing_is_known() -> None:
    nothing = Paired(0, 0, 0, 0, 0)
    assert (nothing.p_worse, nothing.is_worse, nothing.difference()) == (1.0, False, (0.0, -1.0, 1.0))


def test_counts_that_cannot_be_true_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot all be true"):
        Paired(n=10, n_standing=5, n_candidate=6, n_lost=2, n_won=1)


@pytest.mark.parametrize(("n_right", "n"), [(0, 0), (0, 9), (9, 9), (1, 2), (370, 400), (99_990, 100_000)])
def test_the_exact_interval_is_that_of_training(n_right: int, n: int) -> None:
    assert exact_interval(n_right, n) == pytest.approx(clopper_pearson(n_right, n), abs=1e-9)
