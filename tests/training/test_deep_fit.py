"""Deep learners beyond the laws: batches, averages, what they refuse, and that unlabeled rows help."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from training.learners import create
from training.learners.deep.augmentation import cut_out, strong_view
from training.learners.deep.data import Batches, Rows
from training.learners.deep.early_stop import EarlyStop, Held
from training.learners.deep.mean_teacher import MeanTeacher
from training.learners.deep.nets import Average, make_net, probabilities
from training.learners.deep.noisy_student import NoisyStudent
from training.learners.deep.pseudo_label import PseudoLabel
from training.learners.errors import InvalidRows, LearnerError
from training.learners.network import split_off


def tiny(n: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Images of two classes, the first six labeled."""
    columns = np.arange(n) % 2
    X = np.random.default_rng(0).integers(0, 100, (n, 9, 7), dtype=np.uint8) + (120 * columns)[:, None, None]
    return X.astype(np.uint8), np.where(np.arange(n) < 6, columns, -1)


# --- rows, batches, averages --------------------------------------------------------------------------


def test_rows_keep_bytes_and_give_numbers_from_minus_one_to_one() -> None:
    images = np.array([[[0, 255]], [[127, 128]]], dtype=np.uint8)  # (2, 1, 2)
    rows = Rows(images)

    batch = rows.take(np.array([1, 0]))

    assert rows.values is images
    assert rows.shape == (1, 1, 2)
    assert batch.dtype == torch.float32
    assert batch.shape == (2, 1, 1, 2)
    assert batch[1].flatten().tolist() == [-1, 1]
    assert Rows(np.zeros((4, 5, 6, 3), dtype=np.uint8)).take(np.arange(2)).shape == (2, 3, 5, 6)


def test_rows_may_be_read_only() -> None:
    images = np.zeros((3, 4, 4), dtype=np.uint8)
    images.setflags(write=False)

    assert Rows(images).take(np.arange(2)).shape == (2, 1, 4, 4)


def test_batches_go_through_all_rows_before_any_comes_again() -> None:
    batches = Batches(10, 4, seed=0)

    drawn = np.concatenate([batches.next() for _ in range(5)])  # two passes

    assert np.bincount(drawn[:10]).tolist() == [1] * 10
    assert np.bincount(drawn).tolist() == [2] * 10


def test_few_rows_fill_a_batch_by_coming_more_than_once() -> None:
    assert np.bincount(Batches(3, 7, seed=0).next()).tolist() in ([3, 2, 2], [2, 3, 2], [2, 2, 3])


def test_the_average_is_the_plain_mean_at_first_and_then_moves_by_its_decay() -> None:
    net, copy = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    average = Average(net, copy, decay=0.75)
    seen = []
    for value in (4.0, 2.0, 0.0, 8.0, 0.0):
        nn.init.constant_(net.weight, value)
        average.update()
        seen.append(copy.weight.item())

    assert seen == pytest.approx([4.0, 3.0, 2.0, 3.5, 2.625])


def test_clean_answers_have_neither_dropout_nor_gradient_and_leave_the_mode() -> None:
    net = make_net((6,), 3, dropout=0.5).train()
    x = torch.randn(8, 6)

    one, two = probabilities(net, x), probabilities(net, x)

    assert torch.equal(one, two)
    assert not one.requires_grad
    assert net.training


# --- views --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(6, 1, 8, 8), (6, 3, 20, 14)])
def test_strong_views_keep_shape_and_range_and_differ(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x = torch.rand(shape) * 2 - 1

    view = strong_view(x, is_flipped=True, is_coloured=True)

    assert view.shape == x.shape
    assert view.min() >= -1
    assert view.max() <= 1
    assert (view != x).flatten(1).any(dim=1).all()


def test_a_cut_is_a_grey_square_of_at_most_two_fifths_of_the_side() -> None:
    torch.manual_seed(0)

    cut = cut_out(torch.ones(500, 1, 20, 20)) == 0

    heights, widths = cut.any(dim=3).sum(dim=(1, 2)), cut.any(dim=2).sum(dim=(1, 2))
    assert heights.max() == widths.max() == 8
    assert torch.equal(cut.sum(dim=(1, 2, 3)), heights * widths)


# --- fits ---------------------------------------------------------------------------------------------


def test_rows_of_weight_zero_are_left_out_labeled_or_not() -> None:
    X, y = tiny()
    wrong = y.copy()
    wrong[4] = 1 - wrong[4]
    weights = np.ones(len(y))
    weights[[4, 20, 21]] = 0
    kept = weights > 0

    one = PseudoLabel(n_steps=5, batch_size=8).fit(X, wrong, sample_weight=weights)
    two = PseudoLabel(n_steps=5, batch_size=8).fit(X[kept], y[kept])

    assert np.allclose(one.predict_proba(X), two.predict_proba(X))


def test_a_label_too_few_is_refused() -> None:
    X, y = tiny()

    with pytest.raises(InvalidRows, match="X has 24 rows and y has 23"):
        PseudoLabel(n_steps=2).fit(X, y[:-1])


def test_images_of_another_shape_are_refused_at_prediction() -> None:
    X, y = tiny()
    learner = PseudoLabel(n_steps=2, batch_size=8).fit(X, y)

    with pytest.raises(InvalidRows, match=r"shape \(7, 9\); this network was trained on \(9, 7\)"):
        learner.predict_proba(np.zeros((1, 7, 9), dtype=np.uint8))


def test_a_loss_that_runs_away_is_told() -> None:
    class RunsAway(PseudoLabel):
        def _loss(self, net: nn.Module, batch: Any) -> torch.Tensor:
            return super()._loss(net, batch) * torch.inf

    X, y = tiny()

    with pytest.raises(LearnerError, match=r"no longer a finite number at step 1 of 3\. Lower learning_rate"):
        RunsAway(n_steps=3, batch_size=8).fit(X, y)


def test_nobody_elses_random_state_is_touched() -> None:
    X, y = tiny()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    MeanTeacher(n_steps=2, batch_size=8, flip=True).fit(X, y)

    assert torch.equal(torch.rand(3), expected)


def test_progress_counts_over_all_rounds_of_a_noisy_student() -> None:
    X, y = tiny()
    reports: list[tuple[int, int, float | None]] = []

    learner = NoisyStudent(
        n_rounds=2, n_steps=3, batch_size=8, progress=lambda *report: reports.append(report)
    )
    learner.fit(X, y)

    assert learner.n_rounds_ == 2
    assert reports[-1] == (9, 9, 0.0)
    assert all(n_steps == 9 for _, n_steps, _ in reports)
    assert learner.history_[-1]["step"] == 9


def test_a_teacher_that_is_sure_of_nothing_stays() -> None:
    X, y = tiny()

    learner = NoisyStudent(n_rounds=2, n_steps=3, batch_size=8, threshold=1.0).fit(X, y)
    teacher = NoisyStudent(n_rounds=2, n_steps=3, batch_size=8).fit(X[:6], y[:6])

    assert learner.n_rounds_ == 0
    assert np.allclose(learner.predict_proba(X), teacher.predict_proba(X))


@pytest.mark.parametrize("rule", ["fixed", "flexmatch", "freematch", "softmatch", "adamatch"])
def test_every_rule_of_fixmatch_trains(rule: str) -> None:
    X, y = tiny()

    learner = create("fixmatch", item_type="image", weighting=rule, n_steps=4, batch_size=8).fit(X, y)

    assert np.isfinite(learner.predict_proba(X)).all()


# --- early stop ----------------------------------------------------------------------------------------


def table(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two classes that lie apart, the first 240 labeled."""
    columns = np.arange(n) % 2
    X = np.random.default_rng(0).normal(size=(n, 3)) + 2 * columns[:, None]
    return X, np.where(np.arange(n) < 240, columns, -1)


def held_rows(y: np.ndarray) -> np.ndarray:
    split = split_off(y[y != -1], min_rows=200, max_held=1_000, random_state=0)
    assert split is not None
    return np.flatnonzero(y != -1)[split[1]]


class Unlearns(PseudoLabel):
    """Is driven away from the labels after the first half."""

    def _loss(self, net: nn.Module, batch: Any) -> torch.Tensor:
        return self._labels_alone(net, batch) * (1 if batch.done < 0.5 else -1)


def test_a_fit_that_gets_worse_is_stopped_and_keeps_the_weights_of_its_best_check() -> None:
    X, y = table()
    learner = Unlearns(n_steps=80, batch_size=32, learning_rate=0.02, patience=3, item_type="table").fit(X, y)

    held = held_rows(y)
    best = min((check["validation_error"], check["validation_loss"]) for check in learner.history_)
    told = -np.log(learner.predict_proba(X[held])[np.arange(len(held)), y[held]]).mean()
    assert len(learner.history_) < 20
    assert learner.history_[-1]["validation_loss"] > best[1] + 0.01
    assert told == pytest.approx(best[1], abs=1e-5)
    assert learner.report_ == [
        f"Stopped after {learner.history_[-1]['step']} of 80 steps: 3 checks in a row without gain on 24 held-out labels."
    ]


def test_held_out_labels_are_not_trained_on() -> None:
    X, y = table()
    seen: list[Any] = []

    class Watched(PseudoLabel):
        def _begin(self, data: Any) -> None:
            seen.append(data)

    Watched(n_steps=1, batch_size=32, patience=3, item_type="table").fit(X, y)

    (data,) = seen
    assert data.held.rows.tolist() == held_rows(y).tolist()
    assert data.held.y.tolist() == y[data.held.rows].tolist()
    assert sorted([*data.labeled, *data.held.rows]) == list(range(240))
    assert data.y.tolist() == y[data.labeled].tolist()
    assert data.pool.tolist() == list(range(240, 300))


def test_few_labels_are_all_trained_on() -> None:
    X, y = table()
    y[199:] = -1
    settings: dict[str, Any] = {"n_steps": 6, "batch_size": 32, "item_type": "table"}

    learner = PseudoLabel(**settings, patience=2).fit(X, y)

    assert np.array_equal(learner.predict_proba(X), PseudoLabel(**settings).fit(X, y).predict_proba(X))
    assert learner.report_ == [
        "No early stop: there are 199 labels. It wants 200 at least, two of each class."
    ]


def test_fewer_errors_are_a_gain_and_among_equals_less_log_loss() -> None:
    net = nn.Linear(1, 2, bias=False)
    early_stop = EarlyStop(Rows(np.ones((2, 1), np.float32)), Held(np.arange(2), torch.tensor([0, 1])))
    told = []
    for logits in ([0.5, 0.0], [0.1, 0.0], [0.1, 0.0], [3.0, 0.0]):  # the last is as wrong, and surer
        net.weight.data = torch.tensor(logits)[:, None]
        told.append(early_stop.check(net) | {"without": early_stop.n_without_gain})
    early_stop.restore(net)

    assert [one["validation_error"] for one in told] == [0.5] * 4
    assert [one["without"] for one in told] == [0, 0, 1, 2]
    assert net.weight.flatten().tolist() == pytest.approx([0.1, 0.0])


# --- unlabeled rows help ------------------------------------------------------------------------------

# What suits fits as short as these: 150 steps, where the defaults have 2,000.
SHORT: dict[str, dict[str, Any]] = {
    "pseudo_label": {"answers": "own", "threshold": 0.95},
    "mean_teacher": {},
    "vat": {},
    "mixmatch": {},
    "fixmatch": {},
}


@pytest.mark.parametrize("name", SHORT)
def test_unlabeled_digits_help(name: str) -> None:
    X, truth, y = few_digits(n_labels=3)
    settings = {"n_steps": 150, "batch_size": 64, "random_state": 1, **SHORT[name]}

    alone: Any = create(name, item_type="image", **settings).fit(X[y != -1], y[y != -1])
    both: Any = create(name, item_type="image", **settings).fit(X, y)

    rest = y == -1
    gain = (both.predict(X[rest]) == truth[rest]).mean() - (alone.predict(X[rest]) == truth[rest]).mean()
    assert gain > 0.02


def few_digits(n_labels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All of the 8 x 8 digits, their truth, and y with `n_labels` of each digit."""
    bunch = load_digits()
    generator = np.random.default_rng(1)
    labeled = np.concatenate(
        [
            generator.choice(np.flatnonzero(bunch.target == digit), n_labels, replace=False)
            for digit in range(10)
        ]
    )
    y = np.full(len(bunch.target), -1)
    y[labeled] = bunch.target[labeled]
    return (bunch.images * 15).astype(np.uint8), bunch.target, y


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", SHORT)
def test_a_gpu_learns_as_well_as_a_cpu(name: str) -> None:
    X, truth, y = few_digits(n_labels=10)

    learner: Any = create(name, item_type="image", device="cuda", batch_size=64, n_steps=300).fit(X, y)

    assert (learner.predict(X) == truth).mean() > 0.85
