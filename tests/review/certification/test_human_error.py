"""What people's own error adds: the bound covers, and the stated total covers whole simulated attempts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from review.certification.human_error import people_error, total_error, worst_total_error
from review.certification.walk import walk


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.1, 0.4])
def test_the_bound_is_missed_with_chance_delta_at_most(rate: float) -> None:
    n, delta = 150, 0.05
    misses = [people_error(n_second=n, n_differ=x, delta=delta) < rate for x in range(n + 1)]
    assert binom.pmf(np.arange(n + 1), n, rate)[misses].sum() <= delta


def test_the_bound_is_that_of_the_rule_of_three_and_a_finite_set_has_a_smaller_one() -> None:
    wide = people_error(n_second=100, n_differ=0, delta=0.05)
    assert wide == pytest.approx(1 - 0.05 ** (1 / 100))
    assert people_error(n_second=100, n_differ=0, delta=0.05, n_labels=300) < wide
    assert people_error(n_second=300, n_differ=6, delta=0.05, n_labels=300) == 6 / 300


def test_without_second_answers_nothing_is_known() -> None:
    assert people_error(n_second=0, n_differ=0, delta=0.05) == 1
    assert people_error(n_second=8, n_differ=8, delta=0.05) == 1
    assert total_error(eps=0.01, upper=1.0, human_share=0.1) == 1


def test_people_without_error_add_nothing_and_more_error_never_adds_less() -> None:
    assert total_error(eps=0.05, upper=0, human_share=0.3) == 0.05
    totals = [total_error(eps=0.05, upper=upper, human_share=0.3) for upper in np.linspace(0, 1, 30)]
    assert (np.diff(totals) >= 0).all()
    assert total_error(eps=0.05, upper=0.1, human_share=0.3) < worst_total_error(eps=0.05, upper=0.1)


def test_two_people_who_err_alike_and_independently_differ_more_often_than_one_errs() -> None:
    """The ground for counting each difference as one error."""
    rate, agree = np.meshgrid(np.linspace(0, 0.5, 40), np.linspace(0, 1, 20))
    assert (rate * (2 - rate * (1 + agree)) >= rate - 1e-12).all()


def test_the_stated_total_covers_attempts_with_people_who_err() -> None:
    """Machine, auditors, reviewers and second answers: all classes by chance, all people wrong 3% of the time."""
    n, n_classes, eps, delta, human_rate, n_seeds = 3000, 4, 0.05, 0.1, 0.03, 200
    random = np.random.default_rng(21)
    n_false, gaps = 0, []
    for _ in range(n_seeds):
        truth = random.integers(n_classes, size=n)
        is_off = random.random(n) < np.linspace(0, 0.14, n)
        machine = np.where(is_off, (truth + random.integers(1, n_classes, n)) % n_classes, truth)

        def asked(of: np.ndarray, random: np.random.Generator = random) -> np.ndarray:
            errs = random.random(len(of)) < human_rate
            return np.where(errs, (of + random.integers(1, n_classes, len(of))) % n_classes, of)

        person, second = asked(truth), asked(truth)
        ranks = random.choice(n, 500, replace=False) + 1
        found = walk(
            n_items=n,
            n_candidates=n,
            eps=eps,
            delta=delta * 2 / 3,
            promise="dataset",
            audit_ranks=ranks,
            is_wrong=(person != machine)[ranks - 1],
        )
        is_human = np.arange(n) >= found.cut
        is_human[ranks - 1] = True
        again = random.choice(np.flatnonzero(is_human), 150, replace=False)
        upper = people_error(n_second=150, n_differ=int((person != second)[again].sum()), delta=delta / 3)
        total = total_error(eps=eps, upper=upper, human_share=is_human.mean())
        wrong = (np.where(is_human, person, machine) != truth).mean()
        n_false += wrong > total
        gaps.append(total - wrong)
    assert n_false / n_seeds <= delta + 3 * np.sqrt(delta * (1 - delta) / n_seeds)
    assert np.median(gaps) < 0.08  # a bound of 1 would cover too


@pytest.mark.parametrize(
    "asked",
    [
        {"n_second": 5, "n_differ": 6, "delta": 0.05},
        {"n_second": 5, "n_differ": 1, "delta": 0.0},
        {"n_second": 5, "n_differ": 1, "delta": 0.05, "n_labels": 4},
    ],
)
def test_counts_that_cannot_be_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"needs|must"):
        people_error(**asked)
