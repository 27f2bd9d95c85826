"""The error score: what it learns, how it is chosen, and that no hidden truth can reach it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from review.certification.ranking import error_scores, ranks_of, risk_coverage_area


def made(n: int, seed: int, *, helps: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities of 3 classes, whether the answer agrees, and a feature that tells more (or nothing)."""
    random = np.random.default_rng(seed)
    trouble = random.standard_normal(n)
    confidence = np.clip(0.8 + 0.1 * random.standard_normal(n), 0.4, 0.99)
    top = random.integers(3, size=n)
    probabilities = np.tile(((1 - confidence) / 2)[:, None], 3)
    probabilities[np.arange(n), top] = confidence
    odds = 1.5 + 4 * (confidence - 0.8) - (2.0 * trouble if helps else 0)
    is_right = random.random(n) < 1 / (1 + np.exp(-odds))
    return probabilities, is_right, np.column_stack([trouble, random.standard_normal(n)])


def test_a_feature_that_tells_right_from_wrong_is_learned_and_ranks_new_items_better() -> None:
    known, right, extra = made(500, 0, helps=True)
    new, truly_right, new_extra = made(3000, 1, helps=True)
    found = error_scores(
        answered=known, is_right=right, candidates=new, answered_features=extra, candidate_features=new_extra
    )
    assert found.name == "learned"
    plain = risk_coverage_area(new.max(axis=1), truly_right, np.ones(3000))
    assert risk_coverage_area(found.score, truly_right, np.ones(3000)) < 0.6 * plain
    assert found.p_right.mean() == pytest.approx(truly_right.mean(), abs=0.05)
    assert [row["name"] for row in found.table if row["is_chosen"]] == ["learned"]


def test_features_that_tell_nothing_do_no_harm_to_speak_of() -> None:
    new, truly_right, new_extra = made(5000, 1, helps=False)
    areas = []
    for seed in range(2, 5):
        known, right, extra = made(300, seed, helps=False)
        found = error_scores(
            answered=known,
            is_right=right,
            candidates=new,
            answered_features=extra,
            candidate_features=new_extra,
        )
        areas.append(risk_coverage_area(found.score, truly_right, np.ones(5000)))
    assert np.median(areas) < 1.1 * risk_coverage_area(new.max(axis=1), truly_right, np.ones(5000))


def test_permuting_the_hidden_truth_changes_nothing() -> None:
    """A published method scored unlabeled items with their true labels; this is the test it would have failed."""
    probabilities, right, extra = made(900, 3, helps=True)
    is_answered = np.arange(900) < 400
    keys = [f"item-{i}" for i in range(900)]

    def ranking(truth: np.ndarray) -> tuple[np.ndarray, ...]:
        found = error_scores(
            answered=probabilities[is_answered],
            is_right=truth[is_answered],
            candidates=probabilities[~is_answered],
            answered_features=extra[is_answered],
            candidate_features=extra[~is_answered],
        )
        return found.score, found.p_right, ranks_of(found.score, keys[400:])

    hidden = right.copy()
    hidden[~is_answered] = np.random.default_rng(0).permutation(right[~is_answered])
    assert (hidden != right).any()
    for before, after in zip(ranking(right), ranking(hidden), strict=True):
        np.testing.assert_array_equal(before, after)


def test_few_answers_or_none_against_the_model_leave_a_plain_score() -> None:
    known, right, _ = made(60, 0, helps=False)
    new = made(50, 1, helps=False)[0]
    few = error_scores(answered=known, is_right=right, candidates=new)
    assert few.name != "learned"
    assert "60 answers" in few.why
    known = made(200, 0, helps=False)[0]
    clean = error_scores(answered=known, is_right=np.ones(200, dtype=bool), candidates=new)
    assert clean.name == "confidence"
    assert clean.p_right.max() < 1  # two hundred right ones make nothing certain
    none = error_scores(answered=np.zeros((0, 3)), is_right=[], candidates=new)
    np.testing.assert_array_equal(none.score, new.max(axis=1))


def test_answers_picked_among_the_hard_count_by_their_weight() -> None:
    """Asking the unsure ten times as often makes p_right too low, unless each is weighted by 1 / its chance."""
    known, right, _ = made(6000, 5, helps=False)
    chance = np.where(right, 0.05, 0.5)  # as extreme as it gets: wrong ones are asked ten times as often
    is_asked = np.random.default_rng(0).random(6000) < chance
    asked: dict[str, Any] = {"answered": known[is_asked], "is_right": right[is_asked], "candidates": known}
    assert error_scores(**asked).p_right.mean() < right.mean() - 0.2
    weighted = error_scores(**asked, weight=1 / chance[is_asked]).p_right.mean()
    assert weighted == pytest.approx(right.mean(), abs=0.03)


def test_the_area_is_that_of_ties_broken_at_random_on_average_and_knows_best_from_worst() -> None:
    random = np.random.default_rng(4)
    score = random.integers(4, size=60).astype(float)
    right = random.random(60) < 0.3 + score / 6
    ones = np.ones(60)
    shuffled = [risk_coverage_area(score + 1e-6 * random.random(60), right, ones) for _ in range(800)]
    assert risk_coverage_area(score, right, ones) == pytest.approx(np.mean(shuffled), abs=0.02)
    best, worst = (risk_coverage_area(one, right, ones) for one in (right.astype(float), 1.0 - right))
    assert best < risk_coverage_area(score, right, ones) < worst
    assert risk_coverage_area(np.exp(score), right, ones) == risk_coverage_area(score, right, ones)
    assert risk_coverage_area(ones, right, ones) == pytest.approx(1 - right.mean())


def test_ranks_follow_the_score_and_ties_only_the_key() -> None:
    random = np.random.default_rng(6)
    score = random.integers(5, size=300).astype(float)
    keys = [f"k{i}" for i in range(300)]
    ranks = ranks_of(score, keys)
    assert sorted(ranks) == list(range(1, 301))
    assert (np.diff(score[np.argsort(ranks)]) <= 0).all()
    order = random.permutation(300)
    np.testing.assert_array_equal(ranks_of(score[order], [keys[i] for i in order]), ranks[order])
    assert (
        np.argsort(ranks[score == 2]) != np.arange((score == 2).sum())
    ).any()  # not the order they came in


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"is_right": [True]}, "is_right"),
        ({"candidates": [[0.5, 0.5]]}, "classes"),
        ({"candidates": [[0.5, np.nan, 0.5]]}, "probabilities"),
        ({"answered_features": np.zeros((4, 2))}, "same features"),
        ({"answered_features": np.full((4, 1), np.inf)}, "finite"),
        ({"weight": [1, 1, 1, 0]}, "weight"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], says: str) -> None:
    known, right, _ = made(4, 0, helps=False)
    with pytest.raises(ValueError, match=says):
        error_scores(**{"answered": known, "is_right": right, "candidates": known, **change})
