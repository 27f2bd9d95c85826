"""Means, intervals and marks of a comparison: simulated, so that the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from training.comparisons.rules.statistics import (
    best_of,
    estimate,
    score_estimate,
    scores_of,
    spread_estimate,
)
from training.rules.metrics import evaluate

N_ROWS, N_SEEDS, N_GROUPS = 400, 4, 20


def simulate(draw: np.random.Generator, *, gain: float, seed_spread: float) -> np.ndarray:
    """(n_seeds, n_rows) of right and wrong: rows are hard or easy, seeds good or bad, and the rest is luck."""
    ease = draw.normal(0, 1, N_ROWS)
    skill = draw.normal(gain, seed_spread, (N_SEEDS, 1))
    return (ease + skill + draw.normal(0, 1, (N_SEEDS, N_ROWS)) > 0).astype(float)


def scored(right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(values, jackknife) of accuracies."""
    group = np.arange(right.shape[1]) % N_GROUPS
    left_out = [right[:, group != g].mean(axis=1) for g in range(N_GROUPS)]
    return right.mean(axis=1), np.stack(left_out, axis=1)


@pytest.mark.parametrize("seed_spread", [0.0, 0.1, 0.5])
def test_the_interval_of_a_mean_holds_the_truth_as_often_as_it_says(seed_spread: float) -> None:
    draw = np.random.default_rng(1)
    # The truth: the mean over many rows and seeds. P(Z > 0) for a symmetric sum is one half.
    intervals = [estimate(*scored(simulate(draw, gain=0.0, seed_spread=seed_spread))) for _ in range(400)]

    share = np.mean([each.low <= 0.5 <= each.high for each in intervals])

    assert 0.93 <= share <= 0.995


def test_equal_learners_are_seldom_told_apart_and_unequal_ones_are() -> None:
    draw = np.random.default_rng(2)

    def marks(gains: dict[str, float]) -> list[bool]:
        ease = draw.normal(0, 1, N_ROWS)
        learners = {}
        for name, gain in gains.items():
            skill = draw.normal(gain, 0.1, (N_SEEDS, 1))
            right = ease + skill + draw.normal(0, 1, (N_SEEDS, N_ROWS)) > 0
            learners[name] = scored(right.astype(float))
        found = best_of("accuracy", learners)
        return [found[name]["is_best"] for name in gains]

    equal = [any(marks({"a": 0.0, "b": 0.0, "c": 0.0})) for _ in range(300)]
    unequal = [marks({"a": 0.8, "b": 0.0, "c": 0.1}) for _ in range(50)]

    assert np.mean(equal) <= 0.06
    assert np.mean([first for first, _, _ in unequal]) >= 0.95
    assert not any(second or third for _, second, third in unequal)


def test_lower_is_better_for_losses() -> None:
    flat = np.full((2, N_GROUPS), 0.0)
    learners = {"good": ([0.1, 0.1], flat + 0.1), "bad": ([0.9, 0.91], flat + 0.9)}

    found = best_of("log_loss", learners)

    assert found["good"]["is_best"]
    assert found["bad"]["behind"]["mean"] == pytest.approx(0.805)


def test_one_learner_alone_is_never_the_best() -> None:
    assert not best_of("accuracy", {"only": scored(np.ones((2, 40)))})["only"]["is_best"]


def test_without_an_error_the_accuracy_is_still_not_certain() -> None:
    found = score_estimate("accuracy", *scored(np.ones((3, 30))), n_test=30)

    assert found.mean == found.high == 1.0
    assert 0.85 < found.low < 0.9  # Clopper and Pearson of 30 of 30: 0.884


def test_scores_agree_with_those_of_a_round() -> None:
    draw = np.random.default_rng(3)
    probabilities = draw.dirichlet(np.ones(4), 200)
    truth = np.where(draw.random(200) < 0.5, probabilities.argmax(axis=1), draw.integers(0, 4, 200))

    scores, jackknife = scores_of(probabilities, truth)
    of_round = evaluate(
        truth=truth, probabilities=probabilities, calibrated=probabilities, class_ids=range(4)
    )

    assert of_round is not None
    assert scores["accuracy"] == of_round["accuracy"]
    assert scores["macro_f1"] == pytest.approx(of_round["macro"]["f1"])
    assert scores["log_loss"] == of_round["log_loss"]
    assert scores["ece"] == of_round["ece_calibrated"]
    assert {len(parts) for parts in jackknife.values()} == {N_GROUPS}


def test_seconds_have_an_interval_only_from_several_seeds() -> None:
    one, three = spread_estimate([2.0]), spread_estimate([1.0, 2.0, 3.0])

    assert one.low == one.high == 2.0
    assert three.low < 1.0 < 3.0 < three.high
