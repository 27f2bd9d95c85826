"""Levels of nested tests: together false with chance delta at most, and with no less than they may."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from review.certification.exact import chance_of
from review.certification.nested import joint_levels
from review.certification.walk import most_found

SMALL = {"n_candidates": 9, "allowed": 1}
SIZES = (2, 4, 6)


def found_allowed(
    n_candidates: int, allowed: int, sizes: tuple[int, ...], levels: tuple[float, ...]
) -> list[int]:
    return [
        most_found(n_candidates=n_candidates, allowed=allowed, n_audits=n, delta=level)
        for n, level in zip(sizes, levels, strict=True)
    ]


def draws() -> Iterator[list[set[int]]]:
    """Every way to draw the nested audits of SIZES from nine candidates, all equally likely."""
    everybody = set(range(SMALL["n_candidates"]))

    def extend(stages: list[set[int]], sizes: tuple[int, ...]) -> Iterator[list[set[int]]]:
        if not sizes:
            yield stages
            return
        before = stages[-1] if stages else set()
        for more in combinations(sorted(everybody - before), sizes[0] - len(before)):
            yield from extend([*stages, before | set(more)], sizes[1:])

    return extend([], SIZES)


def chances_of_a_false_cut(most: list[int]) -> np.ndarray:
    """(S,) by stage s, over all draws: too many of the wrong ones, here the surest, are missed by some stage."""
    false = np.zeros(len(SIZES))
    n_draws = 0
    for stages in draws():
        n_draws += 1
        is_false = [
            len(audited & set(range(SMALL["allowed"] + 1 + c))) <= c
            for audited, c in zip(stages, most, strict=True)
        ]
        false += np.maximum.accumulate(is_false)
    assert n_draws == comb(9, 2) * comb(7, 2) * comb(5, 2)
    return false / n_draws


@pytest.mark.parametrize("risks", [(0.6, 0.7, 0.8), (0.2, 0.45, 0.6), (0.02, 0.2, 0.4), (0.6, 0.6, 0.6)])
def test_no_stage_spends_more_than_its_risk_and_none_could_let_one_more_be_wrong(
    risks: tuple[float, ...],
) -> None:
    """By counting every draw that there is."""
    most = found_allowed(**SMALL, sizes=SIZES, levels=joint_levels(**SMALL, sizes=SIZES, risks=risks))

    assert (chances_of_a_false_cut(most) <= np.array(risks) + 1e-12).all()
    for stage in range(len(SIZES)):
        more = [c + (at == stage) for at, c in enumerate(most[: stage + 1])]
        more += [-1] * (len(SIZES) - len(more))
        assert chances_of_a_false_cut(more)[stage] > risks[stage]


@pytest.mark.parametrize(
    ("n", "allowed", "first"), [(59_900, 3_000, 118), (58_600, 600, 590), (1_500, 35, 220)]
)
def test_they_let_more_be_wrong_than_equal_shares_of_the_risk(n: int, allowed: int, first: int) -> None:
    sizes = tuple(sorted({min(n, round(first * 2 ** (stage / 2))) for stage in range(9)}))
    shares = tuple(0.04 * (stage + 1) / len(sizes) for stage in range(len(sizes)))

    joint = found_allowed(
        n, allowed, sizes, joint_levels(n_candidates=n, allowed=allowed, sizes=sizes, risks=shares)
    )
    equal = found_allowed(n, allowed, sizes, (shares[0],) * len(sizes))

    assert joint == sorted(joint)
    assert all(one >= other for one, other in zip(joint, equal, strict=True))
    assert sum(joint) > sum(equal)


def test_simulated_at_the_boundary_they_take_the_whole_risk_and_no_more() -> None:
    """The number of audited ones among the first of the list, drawn as a worker would draw it."""
    random = np.random.default_rng(5)
    n, allowed, sizes, risks = 3_000, 150, (70, 100, 140, 200, 280), (0.08, 0.12, 0.15, 0.18, 0.2)
    most = found_allowed(
        n, allowed, sizes, joint_levels(n_candidates=n, allowed=allowed, sizes=sizes, risks=risks)
    )
    false = np.zeros(len(sizes))
    for _ in range(4_000):
        place = random.permutation(n)  # in the order of the draw, of each candidate
        listed = place[: allowed + 1 + most[-1]]
        is_false = [
            (listed[: allowed + 1 + c] < size).sum() <= c for size, c in zip(sizes, most, strict=True)
        ]
        false += np.maximum.accumulate(is_false)

    assert (false <= binom.ppf(0.999, 4_000, risks)).all()
    assert false[-1] >= binom.ppf(0.001, 4_000, 0.8 * risks[-1])  # whole numbers cannot use all of it


def test_where_the_rest_could_all_be_wrong_nothing_is_at_stake() -> None:
    levels = joint_levels(n_candidates=100, allowed=20, sizes=(40, 80, 100), risks=(0.01, 0.02, 0.03))

    assert levels[1:] == (0.03, 0.03)
    assert found_allowed(100, 20, (80, 100), levels[1:]) == [80, 100]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sizes": (4, 2)}, "must ascend"),
        ({"sizes": (2, 90)}, "must ascend"),
        ({"sizes": (0, 2)}, "must ascend"),
        ({"sizes": (2,)}, "1 sizes of stages, but 2 risks"),
        ({"risks": (0.2, 0.1)}, "must ascend between 0 and 1"),
        ({"risks": (0.0, 0.1)}, "must ascend between 0 and 1"),
    ],
)
def test_sizes_and_risks_that_cannot_be_are_refused(
    change: dict[str, tuple[float, ...]], sentence: str
) -> None:
    asked: dict[str, Any] = {**SMALL, "sizes": (2, 4), "risks": (0.1, 0.2)}

    with pytest.raises(ValueError, match=sentence):
        joint_levels(**(asked | change))


def test_a_chance_is_that_of_the_hypergeometric_distribution() -> None:
    found = np.arange(-1, 12)[:, None]
    bad = np.array([0, 3, 8, 20])

    assert np.allclose(chance_of(found, 20, bad, 10), hypergeom.pmf(found, 20, bad, 10))
