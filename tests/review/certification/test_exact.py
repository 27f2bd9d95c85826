"""The exact test: its level by enumerating every draw, its inverses, and the figures of the sample-size tables."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import hypergeom

from review.certification.exact import (
    allowed_wrong,
    is_proven,
    most_wrong,
    p_value,
    share_of_delta,
)


@pytest.mark.parametrize("delta", [0.05, 0.2])
def test_the_exact_level_is_at_most_delta_over_all_draws_of_a_small_set(delta: float) -> None:
    population, drawn = 12, 6
    draws = list(combinations(range(population), drawn))
    for n_wrong in range(population + 1):
        found = np.array([sum(item < n_wrong for item in draw) for draw in draws])
        for allowed in range(n_wrong):  # more than allowed are wrong, so a proof is false
            assert (p_value(population, allowed, drawn, found) <= delta).mean() <= delta


def test_it_is_not_needlessly_strict() -> None:
    """One more wrong one would break the level: the test uses all that whole numbers let it use."""
    population, allowed, drawn, delta = 400, 20, 150, 0.05
    most = max(x for x in range(21) if p_value(population, allowed, drawn, x) <= delta)
    assert hypergeom.cdf(most + 1, population, allowed + 1, drawn) > delta


def test_it_agrees_with_scipy_in_the_middle_and_in_both_tails() -> None:
    random = np.random.default_rng(0)
    population = random.integers(1, 100_000, 400)
    allowed = (population * random.random(400) ** 3).astype(int)
    drawn = (population * random.random(400) ** 2).astype(int)
    wrong = np.minimum(
        drawn, random.poisson(drawn * (allowed + 1) / population * random.uniform(0.3, 1.5, 400))
    )
    expected = np.where(
        allowed >= population,
        0.0,
        hypergeom.cdf(wrong, population, np.minimum(allowed + 1, population), drawn),
    )
    assert p_value(population, allowed, drawn, wrong) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_finding_more_wrong_or_allowing_fewer_never_makes_the_proof_stronger() -> None:
    p = p_value(500, np.arange(60)[:, None], 120, np.arange(40)[None, :])
    assert (np.diff(p, axis=0) <= 1e-12).all()
    assert (np.diff(p, axis=1) >= -1e-12).all()


def test_a_whole_set_that_was_looked_at_is_known_exactly() -> None:
    assert most_wrong(population=50, drawn=50, wrong=3, delta=0.01) == 3
    assert is_proven(population=50, allowed=3, drawn=50, wrong=3, delta=0.01)
    assert not is_proven(population=50, allowed=2, drawn=50, wrong=3, delta=0.01)


def test_nothing_looked_at_proves_nothing() -> None:
    assert most_wrong(population=50, drawn=0, wrong=0, delta=0.05) == 50
    assert p_value(50, 50, 0, 0) == 0


@pytest.mark.parametrize(("population", "drawn", "wrong"), [(300, 80, 0), (1923, 400, 11), (60_000, 900, 4)])
def test_the_upper_bound_is_the_smallest_number_that_is_proven(
    population: int, drawn: int, wrong: int
) -> None:
    bound = most_wrong(population=population, drawn=drawn, wrong=wrong, delta=0.05)
    assert is_proven(population=population, allowed=bound, drawn=drawn, wrong=wrong, delta=0.05)
    assert not is_proven(population=population, allowed=bound - 1, drawn=drawn, wrong=wrong, delta=0.05)


def test_the_smallest_sample_is_that_of_the_tables() -> None:
    """Binomial tables for 1% at 95%: 299, 473, 628 for 0, 1, 2 wrong; a finite set needs fewer (algebra: 238 of 1,000)."""
    for wrong, fewest in enumerate([299, 473, 628]):
        of_many: dict[str, Any] = {"population": 10_000_000, "allowed": 99_999, "wrong": wrong, "delta": 0.05}
        assert is_proven(drawn=fewest, **of_many)
        assert not is_proven(drawn=fewest - 1, **of_many)
    assert is_proven(population=1000, allowed=9, drawn=259, wrong=0, delta=0.05)
    assert not is_proven(population=100, allowed=5, drawn=100, wrong=6, delta=0.05)  # not even all of it


def test_the_shares_of_delta_never_add_up_to_more_than_one() -> None:
    shares = [share_of_delta(attempt) for attempt in range(1, 40)]
    assert shares[0] == 0.8
    assert sum(shares) == pytest.approx(1)
    assert all(later < earlier for earlier, later in pairwise(shares))


def test_a_goal_in_decimals_allows_what_it_says_on_paper() -> None:
    assert [allowed_wrong(0.29, 100), allowed_wrong(0.07, 100), allowed_wrong(0.05, 1923)] == [29, 7, 96]
    assert allowed_wrong(0.01, 60_000) == 600


@pytest.mark.parametrize(
    "counts",
    [(10, 1, 11, 0), (10, 1, 5, 6), (10, -1, 5, 0), (10, 1.5, 5, 0)],
    ids=["drawn", "wrong", "negative", "half"],
)
def test_counts_that_cannot_be_are_refused(counts: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"Needs|below|whole"):
        p_value(*counts)
