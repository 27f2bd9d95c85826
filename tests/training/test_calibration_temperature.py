"""Temperature and calibration error."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import softmax

from training.rules.calibration import (
    apply_temperature,
    calibration_error,
    fit_temperature,
    log_loss,
    reliability,
)


def drawn(n: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """(probabilities that are too sharp by this factor, columns of the truth)."""
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(n, 4)) * 1.5
    honest = softmax(logits, axis=1)
    truth = np.array([generator.choice(4, p=row) for row in honest])
    return softmax(logits * sharpness, axis=1), truth


@pytest.mark.parametrize("sharpness", [3.0, 0.4])
def test_the_temperature_undoes_what_was_too_sharp_or_too_soft(sharpness: float) -> None:
    probabilities, truth = drawn(3_000, sharpness)

    found = fit_temperature(probabilities, truth)

    assert found.temperature == pytest.approx(sharpness, rel=0.1)
    calibrated = apply_temperature(probabilities, found.temperature)
    assert log_loss(calibrated, truth) < log_loss(probabilities, truth)
    assert np.allclose(calibrated.sum(axis=1), 1)
    assert (calibrated.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    right = calibrated.argmax(axis=1) == truth
    assert calibration_error(calibrated.max(axis=1), right) < calibration_error(
        probabilities.max(axis=1), right
    )


def test_fewer_than_twenty_rows_are_refused_with_the_cure() -> None:
    probabilities, truth = drawn(19, 3.0)

    found = fit_temperature(probabilities, truth)

    assert found.temperature is None
    assert found.why.startswith("19 held-out human labels; calibration needs 20 at least.")


def test_what_is_already_calibrated_is_left_alone() -> None:
    truth = np.array([0] * 50 + [1] * 50)
    probabilities = np.full((100, 2), 0.5)

    found = fit_temperature(probabilities, truth)

    assert found.temperature is None
    assert "Already calibrated" in found.why
    assert np.array_equal(apply_temperature(probabilities, found.temperature), probabilities)


def test_certainty_of_zero_and_one_stays_finite() -> None:
    probabilities = np.eye(2)[np.arange(40) % 2]
    truth = np.arange(40) % 2
    truth[:6] = 1 - truth[:6]

    found = fit_temperature(probabilities, truth)

    assert found.temperature is not None
    assert found.temperature > 1
    assert np.isfinite(apply_temperature(probabilities, found.temperature)).all()


def test_calibration_error_is_the_gap_between_stated_and_true() -> None:
    confidence = np.full(100, 0.9)
    is_right = np.arange(100) < 60

    assert calibration_error(confidence, is_right, n_bins=1) == pytest.approx(0.3)
    assert calibration_error([], []) == 0.0


def test_bins_hold_equal_numbers_and_every_row_once() -> None:
    confidence = np.linspace(0.3, 1.0, 105)

    bins = reliability(confidence, confidence > 0.5, n_bins=10)

    assert [bin["n"] for bin in bins] == [11] * 5 + [10] * 5
    assert all(one["high"] <= two["low"] for one, two in itertools.pairwise(bins))
    assert sum(bin["n"] * bin["accuracy"] for bin in bins) == pytest.approx((confidence > 0.5).sum())
