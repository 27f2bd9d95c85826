"""How the automatic learner judges candidates: shares, gains and noise."""

from __future__ import annotations

import numpy as np
import pytest

from training.learners.auto.judging import (
    blended_losses,
    calibrated,
    gain,
    losses,
    sentence,
    stack,
    trimmed,
)

COLUMNS = np.arange(60) % 2


def answers(share_right: float, confidence: float, seed: int) -> np.ndarray:
    """(60, 2) probabilities, right as often as asked."""
    is_right = np.random.default_rng(seed).random(60) < share_right
    of_truth = np.where(is_right, confidence, 1 - confidence)
    said = np.empty((60, 2))
    said[np.arange(60), COLUMNS] = of_truth
    said[np.arange(60), 1 - COLUMNS] = 1 - of_truth
    return said


def test_the_better_candidate_gets_the_larger_share() -> None:
    shares = stack([answers(0.95, 0.9, 0), answers(0.5, 0.9, 1)], COLUMNS)

    assert shares.sum() == pytest.approx(1)
    assert shares[0] > 0.8


def test_candidates_that_err_on_different_rows_share() -> None:
    shares = stack([answers(0.8, 0.95, 0), answers(0.8, 0.95, 1)], COLUMNS)

    assert shares.min() > 0.3


def test_shares_of_a_fold_are_found_without_it() -> None:
    folds = np.arange(60) % 3
    good, bad = answers(0.95, 0.9, 0), answers(0.5, 0.9, 1)
    tempting = bad.copy()
    tempting[folds == 0] = np.eye(2)[COLUMNS[folds == 0]]  # right where it is judged, poor elsewhere

    before = blended_losses([good, bad], COLUMNS, folds)
    after = blended_losses([good, tempting], COLUMNS, folds)
    unlearned = stack([good[folds != 0], bad[folds != 0]], COLUMNS[folds != 0])

    mixed = unlearned[0] * good + unlearned[1] * tempting
    assert np.allclose(after[folds == 0], losses(mixed, COLUMNS)[folds == 0])
    assert after[folds == 0].mean() < before[folds == 0].mean()


def test_a_gain_counts_only_beyond_its_noise() -> None:
    generator = np.random.default_rng(0)
    before = generator.random(40)

    assert gain(before, before - 0.1 + generator.normal(0, 0.05, 40)).is_beyond_noise
    assert not gain(before, before + generator.normal(0, 0.5, 40) - 0.001).is_beyond_noise
    assert not gain(before, before).is_beyond_noise
    assert not gain(before[:1], before[:1] - 1).is_beyond_noise


def test_a_share_of_a_blend_takes_half_the_proof() -> None:
    before = np.ones(100)
    changes = 0.1 * np.where(np.arange(100) % 2, 1, -1)  # their standard error is close to 0.01

    assert gain(before, before - changes - 0.007).is_worth_a_share
    assert not gain(before, before - changes - 0.007).is_beyond_noise
    assert not gain(before, before - changes - 0.004).is_worth_a_share


def test_overconfident_answers_are_softened_and_rows_not_asked_stay_so() -> None:
    said = answers(0.8, 0.999, 0)
    said[:10] = np.nan

    candidate = calibrated("A model", said, COLUMNS)

    assert candidate.temperature is not None
    assert candidate.temperature > 1
    assert np.isnan(candidate.probabilities[:10]).all()
    assert "on 50 held-out labels" in sentence(candidate, COLUMNS)


def test_small_shares_are_left_out() -> None:
    assert trimmed({"a": 0.6, "b": 0.37, "c": 0.03}) == pytest.approx({"a": 0.6 / 0.97, "b": 0.37 / 0.97})
