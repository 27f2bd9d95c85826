"""The GAN and the autoencoder: they gain from unlabeled images, draw, rebuild, and spot what is odd."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from training.learners.errors import InvalidRows, LearnerError
from training.learners.generative.base import to_images, to_pixels
from training.learners.generative.gan import GanNet, SemiSupervisedGAN
from training.learners.generative.generated_cnn import GeneratedCNN
from training.learners.generative.vae import VaeM1M2
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


def vae(**settings: Any) -> VaeM1M2:
    given = {"n_steps": 500, "batch_size": 64, "n_hidden": 64, "n_latent": 16, "n_style": 8}
    return VaeM1M2(**{**given, "learning_rate": 0.01, "augmentation": "none", **settings})


def gan(**settings: Any) -> SemiSupervisedGAN:
    return SemiSupervisedGAN(**{"n_steps": 150, "batch_size": 64, "width": 0.15, **settings})


@pytest.fixture(scope="module")
def fitted_vae() -> VaeM1M2:
    X, y = digits(600, n_classes=4)
    return vae().fit(X, first_of_each(y, 10))


# What suits fits as short as these, and how many labels of each class.
@pytest.mark.parametrize(
    ("make", "n_each"),
    [
        (partial(gan, n_steps=900, width=0.2), 3),
        (partial(vae, n_steps=1_400, n_hidden=128, n_latent=20, n_style=10, learning_rate=0.003), 10),
    ],
    ids=["gan", "autoencoder"],
)
def test_unlabeled_images_help(make: Any, n_each: int) -> None:
    X, y = digits(1_797)
    known = first_of_each(y, n_each)
    is_known = known != -1

    with_pool = make().fit(X, known)
    alone = make().fit(X[is_known], known[is_known])

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


def test_the_autoencoder_draws_images_of_the_class_asked_for(fitted_vae: VaeM1M2) -> None:
    X, y = digits(600, n_classes=4)
    judge = LogisticRegression(max_iter=1_000).fit(X.reshape(600, -1), y)

    images, classes = fitted_vae.sample(15, random_state=3)
    again, _ = fitted_vae.sample(15, random_state=3)

    assert images.shape == (60, 8, 8)
    assert images.dtype == np.uint8
    assert classes.tolist() == [0] * 15 + [1] * 15 + [2] * 15 + [3] * 15
    assert np.array_equal(images, again)
    assert judge.score(images.reshape(60, -1), classes) > 0.8
    assert len(np.unique(images[:15].reshape(15, -1), axis=0)) == 15


def test_rebuilding_takes_noise_away_and_shows_what_is_odd(fitted_vae: VaeM1M2) -> None:
    X, _ = digits(600, n_classes=4)
    generator = np.random.default_rng(0)
    noisy = np.clip(X + generator.normal(0, 130, X.shape), 0, 255).astype(np.uint8)
    noise = generator.integers(0, 255, (50, 8, 8), dtype=np.uint8)

    clean = fitted_vae.denoise(noisy)

    assert clean.shape == X.shape
    assert clean.dtype == np.uint8
    error = [np.square(images.astype(float) - X).mean() for images in (clean, noisy)]
    assert error[0] < error[1]
    assert np.median(fitted_vae.outlier_scores(noise)) > np.quantile(fitted_vae.outlier_scores(X), 0.9)


def test_codes_are_features_of_each_image_whatever_the_batch(fitted_vae: VaeM1M2) -> None:
    X, _ = digits(1_200)

    codes = fitted_vae.encode(X)

    assert codes.shape == (1_200, 16)
    assert codes.dtype == np.float32
    assert np.allclose(codes[1_100:], fitted_vae.encode(X[1_100:]), atol=1e-5)
    with pytest.raises(InvalidRows, match="this network was trained on"):
        fitted_vae.encode(X[:, :7])


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


def with_generated(**settings: Any) -> GeneratedCNN:
    given = {"n_generated": 6, "n_generator_steps": 20, "n_steps": 20, "batch_size": 16}
    return GeneratedCNN(**{**given, **settings})


def test_generated_images_take_part_by_their_weight() -> None:
    X, y = digits(60, n_classes=3)
    known = first_of_each(y, 5)

    half = with_generated(generated_weight=0.5).fit(X, known)
    none = with_generated(generated_weight=0.0).fit(X, known)
    alone = with_generated().fit(X[known != -1], known[known != -1])

    assert half.n_generated_ == 18
    assert "15 labels and on 18 generated images, which counted 0.5 beside" in half.report_[0]
    assert np.allclose(none.predict_proba(X), alone.predict_proba(X))
    assert not np.allclose(half.predict_proba(X), none.predict_proba(X), atol=0.01)
    assert (none.n_generated_, alone.n_generated_, alone.report_) == (0, 0, [])


def test_what_was_trained_on_is_not_kept_and_drawn_again_by_a_loaded_model_too(tmp_path: Path) -> None:
    X, y = digits(60, n_classes=3)
    trained_on: list[np.ndarray] = []

    class Watched(GeneratedCNN):
        def _loop(self, *given: Any, **named: Any) -> None:
            trained_on.append(self._drawn.rows.values)
            super()._loop(*given, **named)

    settings = with_generated(random_state=4).get_params()
    Watched(**settings).fit(X, first_of_each(y, 5))
    learner = GeneratedCNN(**settings).fit(X, first_of_each(y, 5))
    save(learner, tmp_path / "model")

    images, classes = learner.sample(6, random_state=4)
    loaded, _ = load(tmp_path / "model").sample(6, random_state=4)

    assert classes.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    assert np.array_equal(images, trained_on[0])
    assert not any(
        value.dtype == np.uint8 for value in vars(learner).values() if isinstance(value, np.ndarray)
    )
    assert not hasattr(learner, "_drawn")
    assert np.array_equal(images, loaded)
    with pytest.raises(LearnerError, match="trained on the labels alone, so it has no generator"):
        with_generated().fit(X, y).sample()


def test_drawing_leaves_the_random_state_of_others_alone(fitted_vae: VaeM1M2) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    fitted_vae.sample(2)

    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("shape", [(5, 7), (40, 50), (33, 70, 3)])
@pytest.mark.parametrize("make", [gan, vae])
def test_images_of_any_size_come_back_in_their_size(make: Any, shape: tuple[int, ...]) -> None:
    X = np.random.default_rng(0).integers(0, 255, (12, *shape), dtype=np.uint8)
    y = np.where(np.arange(12) < 6, np.arange(12) % 2, -1)

    learner = make(n_steps=2, batch_size=8).fit(X, y)
    images, _ = learner.sample(2)

    assert images.shape[1:] == shape
    assert learner.predict_proba(X).shape == (12, 2)


@pytest.mark.parametrize("make", [gan, vae])
def test_a_loss_that_runs_away_is_told(make: Any) -> None:
    X, y = digits(40, n_classes=2)

    with pytest.raises(LearnerError, match=r"no longer a finite number.*Lower learning_rate, which is 1e"):
        make(n_steps=6, learning_rate=1e30).fit(X, first_of_each(y, 3))


def test_pixels_and_back_is_the_same_image_where_nothing_is_scaled() -> None:
    images = np.random.default_rng(0).integers(0, 255, (4, 6, 5, 3), dtype=np.uint8)
    x = (torch.tensor(images).permute(0, 3, 1, 2).float() - 127.5) / 127.5

    assert np.array_equal(to_images(to_pixels(x), (3, 6, 5)), images)
