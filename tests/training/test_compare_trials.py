"""Trials: what is trained on, what measures, and processes that fail, dawdle or are called off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.comparisons.rules.benchmark import benchmark_run, trials_planned
from training.comparisons.rules.dataset import Dataset, dataset_write
from training.comparisons.rules.runner import trial_run
from training.comparisons.rules.table import table_markdown, table_rows, table_text
from training.comparisons.rules.trial import ALWAYS_TRAINED, Outcome, Trial, fold_numbers, trial_measure


def make_dataset(n: int = 240, *, n_labeled: int = 160, n_test: int = 60) -> Dataset:
    """Two clouds in a plane: the first rows labeled, the last for testing."""
    draw = np.random.default_rng(0)
    y = np.arange(n) % 2
    X = draw.normal(0, 1, (n, 2)).astype(np.float32) + 2 * y[:, None]
    is_test = np.arange(n) >= n - n_test
    known = np.where((np.arange(n) < n_labeled) | is_test, y, -1)
    return Dataset("series", ("left", "right"), X, known, is_test)


class Recorder:
    """A learner that tells what it was given."""

    seen: list[tuple[int, Sequence[int]]] = []

    def __init__(self, **_: object) -> None:
        self.classes_ = np.array([0, 1])

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: object = None) -> Recorder:
        Recorder.seen.append((len(X), y.tolist()))
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return np.tile([0.4, 0.6], (len(X), 1))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Sequence[int]]]:
    Recorder.seen = []
    monkeypatch.setattr("training.comparisons.rules.trial.create", lambda *args, **settings: Recorder())
    return Recorder.seen


def test_test_rows_are_not_even_seen_unlabeled(recorder: list[tuple[int, Sequence[int]]]) -> None:
    outcome = trial_measure(make_dataset(), Trial("logistic_regression", seed=0, n_labels=20))

    ((n_rows, y),) = recorder
    assert n_rows == 180
    assert sum(label != -1 for label in y) == 20
    assert (outcome.n_train, outcome.n_pool, outcome.n_test) == (20, 160, 60)


def test_without_the_pool_a_learner_is_shown_its_labels_alone(
    recorder: list[tuple[int, Sequence[int]]],
) -> None:
    alone = Trial("logistic_regression", seed=0, n_labels=20, sees_pool=False)
    outcome = trial_measure(make_dataset(), alone)
    trial_measure(make_dataset(), Trial("logistic_regression", seed=0, n_labels=20))

    (n_rows, y), (_, with_pool) = recorder
    assert n_rows == 20
    assert list(y) == [label for label in with_pool if label != -1]
    assert (outcome.n_train, outcome.n_pool, outcome.n_test) == (20, 0, 60)


def test_folds_measure_each_label_once_and_never_train_on_it(
    recorder: list[tuple[int, Sequence[int]]],
) -> None:
    outcome = trial_measure(make_dataset(n_test=0), Trial("logistic_regression", seed=0, n_folds=5))

    assert outcome.n_test == 160
    assert [n_rows for n_rows, _ in recorder] == [240 - 32] * 5
    assert [sum(label != -1 for label in y) for _, y in recorder] == [128] * 5


def test_folds_are_even_and_leave_single_labels_in_training() -> None:
    y = np.array([0] * 23 + [1] * 7 + [2])

    folds = fold_numbers(y, 5, seed=1)

    assert folds[-1] == ALWAYS_TRAINED
    assert np.bincount(folds[:-1]).tolist() == [6] * 5
    assert max(np.bincount(folds[:23])) - min(np.bincount(folds[:23])) <= 1


def test_all_learners_get_the_same_labels_at_the_same_seed(recorder: list[tuple[int, Sequence[int]]]) -> None:
    for learner in ("logistic_regression", "random_forest"):
        trial_measure(make_dataset(), Trial(learner, seed=7, n_labels=20))
    trial_measure(make_dataset(), Trial("random_forest", seed=8, n_labels=20))

    first, second, other = (y for _, y in recorder)
    assert first == second
    assert first != other


def test_a_benchmark_measures_in_processes_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    dataset = make_dataset()
    told: list[Any] = []
    trials = trials_planned({"logistic_regression": {}, "naive_bayes": {}}, n_labels=[10], n_seeds=1)
    results = tmp_path / "trials.jsonl"

    done = benchmark_run(dataset, trials, results=results, about="clouds", tell=told.append)
    again = benchmark_run(dataset, trials, results=results, about="clouds", tell=told.append)

    assert [outcome.as_json() for _, outcome in again] == [outcome.as_json() for _, outcome in done]
    assert len(told) == 2
    rows = table_rows(done)
    assert [row["learner"] for row in rows] == ["logistic_regression", "naive_bayes"]
    for row in rows:
        assert row["metrics"]["accuracy"]["mean"] > 0.8
        assert 20 * 2**20 < row["peak_bytes"]["mean"] < 2**30
        assert row["fit_seconds"]["mean"] > 0
    assert "naive_bayes" in table_text(rows)
    assert table_markdown(rows).count("\n") == 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dataset_write(make_dataset(), tmp_path)
    return tmp_path


def test_a_learner_that_refuses_spoils_its_own_trial_only(folder: Path) -> None:
    outcome = trial_run(folder, Trial("logistic_regression", 0, params={"C": -1.0}))

    assert "C is -1.0" in outcome.error


def test_a_trial_that_takes_too_long_is_stopped(folder: Path) -> None:
    outcome = trial_run(folder, Trial("gradient_boosting", 0, params={"max_iter": 1000}), max_seconds=0.2)

    assert "longer than 0 s" in outcome.error


def test_what_the_watcher_raises_ends_the_trial_and_passes_through(folder: Path) -> None:
    def watch(step: int, n_steps: int, seconds_left: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trial_run(folder, Trial("gradient_boosting", 0, params={"max_iter": 1000}), watch=watch)


def test_the_table_pairs_the_seeds_that_all_finished_and_shows_why_others_did_not() -> None:
    def outcome(accuracy: float) -> Outcome:
        scores = {"accuracy": accuracy, "macro_f1": accuracy, "log_loss": 1 - accuracy, "ece": 0.1}
        return Outcome(
            n_test=500, scores=scores, jackknife={name: [value] * 20 for name, value in scores.items()}
        )

    done = [
        (Trial("good", 0), outcome(0.95)),
        (Trial("good", 1), outcome(0.951)),
        (Trial("weak", 0), outcome(0.70)),
        (Trial("weak", 1), outcome(0.702)),
        (Trial("broken", 0), Outcome(error="It broke.")),
        (Trial("broken", 1), Outcome(error="It broke.")),
    ]

    good, weak, broken = table_rows(done)

    assert good["metrics"]["accuracy"]["is_best"]
    assert good["metrics"]["log_loss"]["is_best"]
    assert not good["metrics"]["ece"]["is_best"]
    assert weak["metrics"]["accuracy"]["behind"]["mean"] == pytest.approx(0.2495)
    assert broken["errors"] == ["It broke."]
    assert "metrics" not in broken
    assert "It broke." in table_text([good, weak, broken])
    assert "**95.05%" in table_markdown([good, weak, broken])
