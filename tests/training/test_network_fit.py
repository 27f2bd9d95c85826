"""The convolutional network beyond the laws: sizes, early stop, held-out labels, augmentation, cancel."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from training.learners import create, saving
from training.learners.augmentation import REACHES, augment, random_maps
from training.learners.errors import InvalidRows, LearnerError, UnreadableModel
from training.learners.network import ConvNet, SimpleCNN, steps_for
from training.learners.saving import load, save


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    bunch = load_digits()
    return (bunch.images[:n] * 15).astype(np.uint8), bunch.target[:n]


def tiny(n: int = 12, shape: tuple[int, ...] = (9, 9)) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return generator.integers(0, 255, (n, *shape), dtype=np.uint8), np.arange(n) % 2


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (28, 28), (33, 47, 3), (16, 130), (96, 64, 3)])
def test_images_of_any_size_grey_or_colour(shape: tuple[int, ...]) -> None:
    X, y = tiny(6, shape)

    learner = SimpleCNN(n_steps=2, batch_size=4).fit(X, y)

    assert learner.predict_proba(X).shape == (6, 2)


def test_the_dense_layer_stays_small_for_large_and_long_images() -> None:
    sizes = [(28, 28), (224, 224), (16, 900)]

    assert all(ConvNet(3, *size, 10, 0.0).dense.in_features <= 128 * 64 for size in sizes)


def test_it_learns_digits_and_keeps_the_best_weights() -> None:
    X, y = digits(1_000)

    learner = SimpleCNN(n_steps=300, batch_size=64).fit(X[:600], y[:600])

    losses = [check["validation_loss"] for check in learner.history_]
    assert (learner.predict(X[600:]) == y[600:]).mean() > 0.9
    kept = -np.log(learner.predict_proba(X)[np.arange(1_000), y]).mean()
    assert kept < losses[0]
    assert learner.n_steps_ == learner.history_[-1]["step"]


def test_it_stops_early_and_says_so_and_the_best_weights_stand() -> None:
    X, y = digits(400)
    noise = np.random.default_rng(0).permutation(y[300:])  # no fit can gain on these

    learner = SimpleCNN(n_steps=200, batch_size=32, patience=2)
    learner.fit(X[:300], y[:300], validation=(X[300:], noise))

    losses = [check["validation_loss"] for check in learner.history_]
    assert learner.stop_reason_.startswith(
        f"Stopped after {learner.n_steps_} of 200 steps: 2 checks in a row"
    )
    probabilities = learner.predict_proba(X[300:])
    assert -np.log(probabilities[np.arange(100), noise]).mean() == pytest.approx(min(losses), rel=1e-3)


def test_few_labels_are_all_trained_on() -> None:
    X, y = tiny()

    learner = SimpleCNN(n_steps=3, batch_size=4).fit(X, y)

    assert "validation_loss" not in learner.history_[-1]
    assert learner.stop_reason_ == "All 3 steps are done."


def test_few_labels_take_fewer_steps_and_many_never_more_than_allowed() -> None:
    assert steps_for(100, n_steps=2_000, batch_size=128) == 300
    assert steps_for(1_000, n_steps=2_000, batch_size=128) == 468
    assert steps_for(60_000, n_steps=2_000, batch_size=128) == 2_000
    assert steps_for(10, n_steps=50, batch_size=128) == 50


def test_validation_of_an_unknown_class_is_refused() -> None:
    X, y = tiny()

    with pytest.raises(LearnerError, match="only of classes that are trained on"):
        SimpleCNN(n_steps=2).fit(X, y, validation=(X, np.full(12, 7)))


def test_images_of_another_shape_are_refused_at_prediction() -> None:
    X, y = tiny()
    learner = SimpleCNN(n_steps=1).fit(X, y)

    with pytest.raises(InvalidRows, match=r"shape \(10, 9\); this network was trained on \(9, 9\)"):
        learner.predict_proba(np.zeros((1, 10, 9), dtype=np.uint8))
    with pytest.raises(InvalidRows, match=r"shape \(9, 9, 3\)"):
        learner.predict_proba(np.zeros((1, 9, 9, 3), dtype=np.uint8))


def test_nobody_elses_random_state_is_touched() -> None:
    X, y = tiny()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    SimpleCNN(n_steps=2, augmentation="affine", flip=True).fit(X, y)

    assert torch.equal(torch.rand(3), expected)


def test_progress_counts_up_with_an_estimate_and_at_most_four_a_second() -> None:
    X, y = tiny()
    reports: list[tuple[int, int, float | None]] = []
    started = time.monotonic()

    SimpleCNN(n_steps=40, progress=lambda *report: reports.append(report)).fit(X, y)

    assert reports[0] == (0, 40, None)
    assert reports[-1] == (40, 40, 0.0)
    assert len(reports) <= 3 + 4 * (time.monotonic() - started)
    assert all(report[2] is not None and report[2] >= 0 for report in reports[1:])


@pytest.mark.parametrize(("augmentation", "flip"), [("none", False), ("shift", False), ("affine", True)])
def test_views_keep_shape_and_range(augmentation: str, flip: bool) -> None:
    x = torch.rand(5, 3, 12, 16) * 2 - 1

    view = augment(x, augmentation, is_flipped=flip)  # type: ignore[arg-type]

    assert view.shape == x.shape
    assert view.min() >= -1.0001
    assert view.max() <= 1.0001
    assert torch.equal(view, x) == (augmentation == "none" and not flip)


def test_a_flip_mirrors_left_and_right_and_about_half_of_the_images() -> None:
    torch.manual_seed(0)
    x = torch.arange(4.0).expand(200, 1, 4, 4)

    view = augment(x, "none", is_flipped=True)

    is_mirrored = torch.isclose(view, x.flip(3)).flatten(1).all(1)
    is_same = torch.isclose(view, x).flatten(1).all(1)
    assert (is_mirrored | is_same).all()
    assert 70 < is_mirrored.sum() < 130


def test_shifts_reach_a_tenth_of_the_side_and_turn_nothing() -> None:
    torch.manual_seed(0)

    maps = random_maps(1_000, REACHES["shift"], is_flipped=False)  # (n, 2, 3); a side is 2 long

    assert torch.equal(maps[:, :, :2], torch.eye(2).expand(1_000, 2, 2))
    assert 0.19 < maps[:, :, 2].abs().max() <= 0.2


def test_weights_are_arrays_only_and_a_damaged_file_is_refused(tmp_path: Path) -> None:
    X, y = tiny()
    save(SimpleCNN(n_steps=1).fit(X, y), tmp_path / "model")

    with np.load(tmp_path / "model" / "weights.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fi" for name in arrays.files)
    with (tmp_path / "model" / "weights.npz").open("r+b") as file:
        file.seek(200)
        file.write(b"damage")

    with pytest.raises(UnreadableModel, match=r"weights.npz in model is missing or damaged"):
        load(tmp_path / "model")


def test_a_saved_file_cannot_choose_what_is_imported(tmp_path: Path) -> None:
    X, y = tiny()
    save(SimpleCNN(n_steps=1).fit(X, y), tmp_path / "model")
    path = tmp_path / "model" / "learner.json"
    forged = json.loads(path.read_text()) | {"type": "subprocess.Popen"}
    path.write_text(json.dumps(forged | {"checksum": saving._own_checksum(forged)}))

    with pytest.raises(UnreadableModel, match=r"subprocess.Popen is no learner"):
        load(tmp_path / "model")


def test_saving_again_replaces_the_whole_folder(tmp_path: Path) -> None:
    X, y = tiny()
    save(create("knn", item_type="image").fit(X, y), tmp_path / "model")

    save(SimpleCNN(n_steps=1).fit(X, y), tmp_path / "model")

    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["learner.json", "weights.npz"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_learns_as_well_as_a_cpu() -> None:
    X, y = digits(1_000)

    learner = SimpleCNN(n_steps=300, device="cuda").fit(X[:600], y[:600])

    assert (learner.predict(X[600:]) == y[600:]).mean() > 0.9
