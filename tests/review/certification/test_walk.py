"""The walk: its level over every draw and over hostile rankings, what skipped audits do, and promises by class."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from review.certification.exact import allowed_wrong, p_value
from review.certification.walk import Cut, grid, most_found, walk, walk_by_class

# Standard deviations of a binomial share that a fixed seed may be above its mean.
TOLERANCE = 3.0


def attempt(truth: np.ndarray, random: np.random.Generator, *, n_audits: int, **goal: Any) -> Cut:
    """One attempt on candidates whose wrongness is known: truth (M,) bool in order of rank."""
    ranks = random.choice(len(truth), n_audits, replace=False) + 1
    return walk(n_candidates=len(truth), audit_ranks=ranks, is_wrong=truth[ranks - 1], **goal)


def test_the_exact_level_is_at_most_delta_over_all_draws_of_a_small_set() -> None:
    n, n_audits, eps, delta = 10, 5, 0.2, 0.2
    allowed = allowed_wrong(eps, n)
    draws = [np.array(draw) for draw in combinations(range(1, n + 1), n_audits)]
    random = np.random.default_rng(1)
    worst = 0.0
    for _ in range(12):
        truth = random.permutation(np.arange(n) < random.integers(allowed + 1, 7))
        n_false = 0
        for ranks in draws:
            found = walk(
                n_items=n,
                n_candidates=n,
                eps=eps,
                delta=delta,
                promise="dataset",
                audit_ranks=ranks,
                is_wrong=truth[ranks - 1],
            )
            n_false += truth[: found.cut].sum() > allowed
        worst = max(worst, n_false / len(draws))
    assert 0 < worst <= delta


def test_where_audits_correct_the_exact_level_is_at_most_delta_and_nearly_reached() -> None:
    """Over all draws of a small set, for many placings of the wrong ones: what counts is what stays wrong."""
    n, n_audits, eps, delta = 11, 5, 0.19, 0.2
    allowed = allowed_wrong(eps, n)
    draws = [np.array(draw) for draw in combinations(range(1, n + 1), n_audits)]
    random = np.random.default_rng(1)
    most = most_found(n_candidates=n, allowed=allowed, n_audits=n_audits, delta=delta)
    levels = []
    for n_wrong in range(allowed + 1, 9):
        truth = random.permutation(np.arange(n) < n_wrong)
        n_false = 0
        for ranks in draws:
            found = walk(
                n_items=n,
                n_candidates=n,
                eps=eps,
                delta=delta,
                promise="dataset",
                audit_ranks=ranks,
                is_wrong=truth[ranks - 1],
                corrected=True,
            )
            n_false += np.delete(truth, ranks - 1)[: found.cut - found.n_audited].sum() > allowed
        levels.append(n_false / len(draws))
    assert max(levels) <= delta
    attained = float(p_value(n, allowed + most, n_audits, most))
    assert levels[-1] == pytest.approx(attained)  # once enough are wrong the level is that of the formula
    assert attained > delta / 3


@pytest.mark.parametrize("ranking", ["good", "useless", "adversarial"])
def test_where_audits_correct_false_certificates_are_no_more_than_delta(ranking: str) -> None:
    n, eps, delta, n_seeds = 400, 0.05, 0.1, 300
    random = np.random.default_rng(8)
    truth = rankings(n, 34, random)[ranking]
    n_false, cuts, plain = 0, [], []
    for _ in range(n_seeds):
        ranks = random.choice(n, 120, replace=False) + 1
        asked: dict[str, Any] = {
            "n_items": n,
            "n_candidates": n,
            "eps": eps,
            "delta": delta,
            "promise": "dataset",
        }
        asked |= {"audit_ranks": ranks, "is_wrong": truth[ranks - 1]}
        found = walk(corrected=True, **asked)
        is_audited = np.zeros(n, dtype=bool)
        is_audited[ranks - 1] = True
        n_false += (truth & ~is_audited)[: found.cut].sum() > found.allowed
        cuts.append(found.cut)
        plain.append(walk(**asked).cut)
    assert n_false / n_seeds <= delta + TOLERANCE * np.sqrt(delta * (1 - delta) / n_seeds)
    assert n_false > 0
    assert np.mean(cuts) > np.mean(plain)


def rankings(n: int, n_wrong: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Wrong candidates by rank: well ranked, at random, and the worst at the sure end."""
    good = np.zeros(n, dtype=bool)
    weight = np.linspace(0, 1, n) ** 4 + 1e-9
    good[random.choice(n, n_wrong, replace=False, p=weight / weight.sum())] = True
    useless = random.permutation(np.arange(n) < n_wrong)
    adversarial = np.arange(n) < n_wrong
    return {"good": good, "useless": useless, "adversarial": adversarial}


@pytest.mark.parametrize("promise", ["dataset", "machine"])
@pytest.mark.parametrize("ranking", ["good", "useless", "adversarial"])
def test_false_certificates_are_no_more_than_delta_whatever_the_ranking(promise: str, ranking: str) -> None:
    n, eps, delta, n_seeds = 400, 0.05, 0.1, 200
    random = np.random.default_rng(7)
    truth = rankings(n, 24, random)[ranking]
    n_false = 0
    for _ in range(n_seeds):
        found = attempt(truth, random, n_audits=160, n_items=n, eps=eps, delta=delta, promise=promise)
        n_false += truth[: found.cut].sum() > found.allowed
    assert n_false / n_seeds <= delta + TOLERANCE * np.sqrt(delta * (1 - delta) / n_seeds)


def test_a_clean_set_is_certified_whole_and_a_rotten_one_only_where_nothing_can_go_wrong() -> None:
    goal: dict[str, Any] = {"n_items": 1000, "eps": 0.05, "delta": 0.05, "promise": "dataset"}
    random = np.random.default_rng(0)
    clean = attempt(np.zeros(1000, dtype=bool), random, n_audits=100, **goal)
    rotten = attempt(np.ones(1000, dtype=bool), random, n_audits=100, **goal)
    assert (clean.cut, clean.stopped_at) == (1000, None)
    assert rotten.cut <= 50  # as many as may be wrong in all


def test_a_skipped_audit_costs_as_much_as_a_wrong_one() -> None:
    ranks = np.arange(5, 500, 5)
    asked: dict[str, Any] = {
        "n_items": 500,
        "n_candidates": 500,
        "eps": 0.03,
        "delta": 0.05,
        "promise": "dataset",
    }
    answered = walk(audit_ranks=ranks, is_wrong=np.zeros(len(ranks), dtype=bool), **asked)
    skipped = walk(audit_ranks=ranks, is_wrong=ranks % 50 == 0, **asked)
    assert skipped.cut < answered.cut == 500
    assert answered.n_wrong == 0


def test_the_stated_p_value_is_that_of_the_stated_counts_and_the_order_of_audits_plays_no_part() -> None:
    random = np.random.default_rng(3)
    ranks = random.choice(2000, 300, replace=False) + 1
    wrong = random.random(300) < ranks / 8000
    asked: dict[str, Any] = {
        "n_items": 2500,
        "n_candidates": 2000,
        "eps": 0.05,
        "delta": 0.05,
        "promise": "dataset",
    }
    found = walk(audit_ranks=ranks, is_wrong=wrong, **asked)
    shuffled = random.permutation(300)
    assert walk(audit_ranks=ranks[shuffled], is_wrong=wrong[shuffled], **asked) == found
    assert found.p_value == p_value(found.cut, found.allowed, found.n_audited, found.n_wrong)
    assert found.p_value <= 0.05
    assert found.n_audited == (ranks <= found.cut).sum()
    assert found.n_wrong == wrong[ranks <= found.cut].sum()


def test_people_who_labeled_before_make_room_for_machine_errors() -> None:
    random = np.random.default_rng(4)
    ranks = random.choice(1000, 250, replace=False) + 1
    wrong = random.random(250) < 0.03 + (ranks > 700) * 0.2
    asked: dict[str, Any] = {
        "n_candidates": 1000,
        "eps": 0.05,
        "delta": 0.05,
        "audit_ranks": ranks,
        "is_wrong": wrong,
    }
    few = walk(n_items=1000, promise="dataset", **asked)
    many = walk(n_items=2000, promise="dataset", **asked)
    assert 0 < few.cut < many.cut


def test_the_promise_on_the_machine_part_holds_at_the_cut_it_names() -> None:
    random = np.random.default_rng(5)
    truth = random.random(5000) < np.linspace(0, 0.08, 5000)
    found = attempt(truth, random, n_audits=900, n_items=6000, eps=0.05, delta=0.05, promise="machine")
    assert found.cut > 1000
    assert found.allowed == allowed_wrong(0.05, found.cut)
    assert truth[: found.cut].sum() <= found.allowed


@pytest.mark.parametrize("promise", ["dataset", "machine"])
@pytest.mark.parametrize("n", [1, 3, 999, 1000, 1001, 60_000])
def test_a_grid_has_few_rising_cuts_and_ends_with_all_candidates(promise: str, n: int) -> None:
    cuts = grid(n_items=n, n_candidates=n, promise=promise, eps=0.05, delta=0.05, n_audits=min(n, 400))
    assert 1 <= len(cuts) <= 1001
    assert cuts[0] >= 1
    assert cuts[-1] == n
    assert (np.diff(cuts) > 0).all()


def test_too_few_audits_in_the_first_cuts_do_not_end_the_walk() -> None:
    """At 1% of 1,000 items, 300 clean audits prove all; the eleven surest may hold no audit at all."""
    random = np.random.default_rng(9)
    clean = np.zeros(1000, dtype=bool)
    cuts = [
        attempt(clean, random, n_audits=300, n_items=1000, eps=0.01, delta=0.05, promise="dataset").cut
        for _ in range(100)
    ]
    assert np.mean(np.array(cuts) == 1000) > 0.9


def test_without_candidates_or_audits_nothing_is_proven() -> None:
    nothing: dict[str, Any] = {
        "eps": 0.05,
        "delta": 0.05,
        "promise": "dataset",
        "audit_ranks": [],
        "is_wrong": [],
    }
    assert walk(n_items=10, n_candidates=0, **nothing).cut == 0
    assert walk(n_items=1000, n_candidates=1000, **nothing).cut <= 50


def test_every_class_keeps_its_own_promise() -> None:
    n, eps, delta, n_seeds = 1500, 0.1, 0.1, 150
    random = np.random.default_rng(11)
    classes = random.choice(["cat", "dog", "owl"], n, p=[0.5, 0.3, 0.2])
    rates: dict[str, Any] = {"cat": 0.02, "dog": 0.12, "owl": 0.11}
    truth = random.random(n) < np.array([rates[name] for name in classes])
    n_false = 0
    for _ in range(n_seeds):
        ranks = random.choice(n, 400, replace=False) + 1
        found = walk_by_class(
            n_items=n,
            n_candidates=n,
            eps=eps,
            delta=delta,
            promise="dataset",
            audit_ranks=ranks,
            is_wrong=truth[ranks - 1],
            audit_classes=classes[ranks - 1],
            candidate_classes=classes,
        )
        n_false += any(truth[classes == name][: cut.cut].sum() > cut.allowed for name, cut in found.items())
    assert set(found) == {"cat", "dog", "owl"}
    assert found["cat"].cut == (classes == "cat").sum()
    assert n_false / n_seeds <= delta + TOLERANCE * np.sqrt(delta * (1 - delta) / n_seeds)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"audit_ranks": [1, 1]}, "twice"),
        ({"audit_ranks": [0, 1]}, "from 1"),
        ({"audit_ranks": [1, 11]}, "from 1"),
        ({"audit_ranks": [1]}, "outcomes"),
        ({"promise": "all"}, "promise"),
        ({"n_items": 9}, "candidates among"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], says: str) -> None:
    asked: dict[str, Any] = {
        "n_items": 10,
        "n_candidates": 10,
        "eps": 0.1,
        "delta": 0.1,
        "promise": "dataset",
        "audit_ranks": [1, 2],
        "is_wrong": [False, True],
    }
    with pytest.raises(ValueError, match=says):
        walk(**{**asked, **change})
