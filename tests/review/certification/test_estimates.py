"""Estimates from unequal draws: unbiased, covering roughly what they say, and marked approximate."""

from __future__ import annotations

import numpy as np
import pytest

from review.certification.estimates import difference, horvitz_thompson


def population(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wrongness, a model's chances of it, and chances of being drawn that follow the model."""
    random = np.random.default_rng(seed)
    expected = random.beta(0.5, 4, 4000)
    return random.random(4000) < expected, expected, np.clip(0.5 * np.sqrt(expected), 0.02, 1)


def test_both_are_unbiased_and_cover_about_as_often_as_they_say() -> None:
    is_wrong, expected, chance = population()
    random = np.random.default_rng(1)
    plain, helped = [], []
    for _ in range(300):
        drawn = random.random(4000) < chance
        plain.append(horvitz_thompson(is_wrong=is_wrong[drawn], chance=chance[drawn], population=4000))
        helped.append(
            difference(
                is_wrong=is_wrong[drawn],
                expected=expected[drawn],
                chance=chance[drawn],
                expected_total=float(expected.sum()),
                population=4000,
            )
        )
    for estimates in (plain, helped):
        shares = np.array([one.share for one in estimates])
        assert abs(shares.mean() - is_wrong.mean()) < 4 * shares.std() / np.sqrt(300)
        assert np.mean([one.low <= is_wrong.mean() <= one.high for one in estimates]) > 0.9
    assert np.std([one.share for one in helped]) < np.std([one.share for one in plain])


def test_counting_the_drawn_alone_would_be_biased() -> None:
    is_wrong, _, chance = population()
    drawn = np.random.default_rng(2).random(4000) < chance
    estimate = horvitz_thompson(is_wrong=is_wrong[drawn], chance=chance[drawn], population=4000)
    assert is_wrong[drawn].mean() > estimate.high > is_wrong.mean()


def test_a_full_count_is_exact_and_a_clean_sample_is_not_called_certain() -> None:
    is_wrong, _, _ = population()
    full = horvitz_thompson(is_wrong=is_wrong, chance=np.ones(4000), population=4000)
    assert full.low == full.share == full.high == is_wrong.mean()
    clean = horvitz_thompson(is_wrong=np.zeros(100), chance=np.full(100, 0.025), population=4000)
    assert clean.share == 0
    assert clean.high == pytest.approx(0.037, abs=0.001)  # the rule of three for 97.5%
    assert clean.is_approximate
    nothing = horvitz_thompson(is_wrong=[], chance=[], population=10)
    assert (nothing.low, nothing.high) == (0, 1)


def test_labels_that_could_not_be_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        horvitz_thompson(is_wrong=[1], chance=[0.0], population=10)
    with pytest.raises(ValueError, match="one chance"):
        horvitz_thompson(is_wrong=[1, 0], chance=[0.5], population=10)
