"""The GAN: it gains from unlabeled images, and draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from training.learners.errors import LearnerError
from training.learners.generative.base import to_images, to_pixels
from training.learners.generative.gan import GanNet, SemiSupervisedGAN
from training.learners.saving import load, save


def digits(n: int, n_classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    bunch = load_digits()
    rows = np.flatnonzero(bunch.target < n_classes)[:n]
    return (bunch.images[rows] * 15.9).astype(np.uint8), bunch.target[rows]


def first_of_each(y: np.ndarray, n_each: int) -> np.ndarray:
    """y with the first n_each of every class known, -1 elsewhere."""
    known = np.full(len(y), -1)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)[:n_each]
        known[rows] = label
    return known


def gan(**settings: Any) -> SemiSupervisedGAN:
    return SemiSupervisedGAN(**{"n_steps": 150, "batch_size": 64, "width": 0.15, **settings})


def test_unlabeled_images_help_the_gan() -> None:
    X, y = digits(1_797)
    known = first_of_each(y, 3)
    is_known = known != -1

    with_pool = gan(n_steps=400, width=0.25).fit(X, known)
    alone = gan(n_steps=400, width=0.25).fit(X[is_known], known[is_known])

    rest = ~is_known
    gained = (with_pool.predict(X)[rest] == y[rest]).mean() - (alone.predict(X)[rest] == y[rest]).mean()
    assert gained > 0.02


def test_every_layer_of_the_gan_begins_with_sums_of_spread_one() -> None:
    torch.manual_seed(0)
    X, _ = digits(400)
    pixels = torch.tensor(X.reshape(400, 64)).float() / 255
    net = GanNet((1, 8, 8), 10, 0.1)

    net.start_from(pixels)

    logits = net.logits(pixels)  # with other noise than at the start
    assert logits.mean(dim=0).abs().max() < 0.3
    assert (logits.std(dim=0) - 1).abs().max() < 0.3


def test_the_gan_draws_without_a_class_and_says_which_it_takes_them_for(tmp_path: Path) -> None:
    X, y = digits(300, n_classes=3)
    learner = gan(n_steps=60).fit(X, first_of_each(y, 10))
    save(learner, tmp_path / "model")

    images, classes = learner.sample(5, random_state=1)
    loaded_images, loaded_classes = load(tmp_path / "model").sample(5, random_state=1)

    assert images.dtype == np.uint8
    assert images.shape[1:] == (8, 8)
    assert 0 < len(images) == len(classes) <= 15
    assert classes.tolist() == sorted(classes)
    assert (learner.predict(images) == classes).mean() > 0.9  # but for the rounding to bytes
    assert np.array_equal(images, loaded_images)
    assert np.array_equal(classes, loaded_classes)


def test_a_gan_without_unlabeled_images_refuses_to_draw() -> None:
    X, y = digits(30, n_classes=3)

    with pytest.raises(LearnerError, match="its generator learned nothing"):
        gan(n_steps=2).fit(X, y).sample()


@pytest.mark.parametrize("shape", [(5, 7), (40, 50), (33, 70, 3)])
@pytest.mark.parametrize("make", [gan])
def test_images_of_any_size_come_back_in_their_size(make: Any, shape: tuple[int, ...]) -> None:
    X = np.random.default_rng(0).integers(0, 255, (12, *shape), dtype=np.uint8)
    y = np.where(np.arange(12) < 6, np.arange(12) % 2, -1)

    learner = make(n_steps=2, batch_size=8).fit(X, y)
    images, _ = learner.sample(2)

    assert images.shape[1:] == shape
    assert learner.predict_proba(X).shape == (12, 2)


@pytest.mark.parametrize("make", [gan])
def test_a_loss_that_runs_away_is_told(make: Any) -> None:
    X, y = digits(40, n_classes=2)

    with pytest.raises(LearnerError, match=r"no longer a finite number.*Lower learning_rate, which is 1e"):
        make(n_steps=6, learning_rate=1e30).fit(X, first_of_each(y, 3))


def test_pixels_and_back_is_the_same_image_where_nothing_is_scaled() -> None:
    images = np.random.default_rng(0).integers(0, 255, (4, 6, 5, 3), dtype=np.uint8)
    x = (torch.tensor(images).permute(0, 3, 1, 2).float() - 127.5) / 127.5

    assert np.array_equal(to_images(to_pixels(x), (3, 6, 5)), images)
