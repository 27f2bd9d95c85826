"""One trial: a learner, so many labels, a seed. It is fitted, predicts, and is scored.

Measured on rows that it never saw: the test rows of the dataset, or by k-fold cross-validation over
the labeled rows, whose out-of-fold probabilities are scored together. All learners get the same
rows in the same roles at the same seed, so that their scores can be paired.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from labeling.secrets import hide_secrets
from training.comparisons.rules.dataset import Dataset
from training.comparisons.rules.files import stratified
from training.comparisons.rules.statistics import scores_of
from training.learners import create
from training.learners.base import UNLABELED, Learner, Progress, take_rows
from training.learners.catalogue import learner_named
from training.rules.metrics import spread_columns

PREDICT_ROWS = 8_192  # items in the learner's hands at once
ALWAYS_TRAINED = -1  # in folds: a class with one label cannot be both trained on and measured

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trial:
    """What is to be done.

    n_labels    None: all there are
    n_folds     0: measured on the test rows
    sees_pool   False: the learner is not shown the unlabeled rows, so that it is seen what they are worth to it
    """

    learner: str
    seed: int
    n_labels: int | None = None
    n_folds: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    sees_pool: bool = True

    @property
    def title(self) -> str:
        """What a table calls it."""
        return self.learner if self.sees_pool else f"{self.learner}, labels alone"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Outcome:
    """What came of it; `error` is a sentence where nothing did.

    scores     metric -> value over all measured rows; log_loss in nats, the others 0 to 1
    jackknife  metric -> the same score with each group of the measured rows left out
    seconds    of fitting and of predicting, summed over folds
    """

    n_train: int = 0  # labeled rows, of one fold on average
    n_pool: int = 0  # unlabeled rows
    n_test: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    jackknife: Mapping[str, list[float]] = field(default_factory=dict)
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    peak_bytes: int = 0  # resident set of the trial's process, data and libraries included
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"error": hide_secrets(self.error)}


def trial_measure(
    dataset: Dataset, trial: Trial, *, device: str = "auto", progress: Progress | None = None
) -> Outcome:
    """The outcome of the trial, without its peak memory. Raises what the learner raises.

    `device`: cpu, cuda, or auto: the GPU where there is one and the learner can use it.
    `progress` hears of all folds as one: (step, n_steps, seconds left or None).
    """
    folds = _folds(dataset, trial)
    measured, n_train, fit_seconds, predict_seconds = [], [], 0.0, 0.0
    probabilities = np.zeros((len(dataset), len(dataset.class_names)))
    for number, (train, test) in enumerate(folds):
        y = np.full(len(dataset), UNLABELED)
        y[train] = dataset.y[train]
        # What measures is not even there as an unlabeled row.
        is_there = ~dataset.is_test if trial.sees_pool else y != UNLABELED
        is_there[test] = False
        there = np.flatnonzero(is_there)
        learner = create(
            trial.learner,
            item_type=dataset.item_type,
            random_state=trial.seed,
            device=_device(trial.learner, dataset.item_type, device),
            progress=_of_fold(progress, number, len(folds)),
            **trial.params,
        )
        began = time.perf_counter()
        learner.fit(take_rows(dataset.X, there), y[there])
        fitted = time.perf_counter()
        probabilities[test] = _predict(learner, dataset, test)
        fit_seconds += fitted - began
        predict_seconds += time.perf_counter() - fitted
        measured.append(test)
        n_train.append(len(train))
    rows = np.sort(np.concatenate(measured))
    scores, jackknife = scores_of(probabilities[rows], dataset.y[rows])
    return Outcome(
        n_train=round(float(np.mean(n_train))),
        n_pool=int((~dataset.is_test).sum()) - round(float(np.mean(n_train))) if trial.sees_pool else 0,
        n_test=len(rows),
        scores=scores,
        jackknife=jackknife,
        fit_seconds=round(fit_seconds, 3),
        predict_seconds=round(predict_seconds, 3),
    )


def _folds(dataset: Dataset, trial: Trial) -> list[tuple[IntArray, IntArray]]:
    """(rows trained on, rows measured on) of each fit; the same for every learner at this seed."""
    labeled = dataset.labeled_rows
    if trial.n_labels is not None and trial.n_labels < len(labeled):
        labeled = labeled[stratified(dataset.y[labeled], trial.n_labels, seed=trial.seed)]
    if trial.n_folds == 0:
        return [(labeled, dataset.test_rows)]
    fold = fold_numbers(dataset.y[labeled], trial.n_folds, seed=trial.seed)
    return [
        (labeled[fold != number], labeled[fold == number])
        for number in range(trial.n_folds)
        if (fold == number).any()
    ]


def fold_numbers(y: IntArray, n_folds: int, *, seed: int) -> IntArray:
    """(n,) fold of each row, 0 to n_folds - 1, every class spread evenly; ALWAYS_TRAINED for a class of one row."""
    draw = np.random.default_rng(seed)
    folds = np.full(len(y), ALWAYS_TRAINED)
    start = 0
    for value in np.unique(y):
        rows = draw.permutation(np.flatnonzero(y == value))
        if len(rows) > 1:
            # Classes begin where the last one ended, so that folds are of one size.
            folds[rows] = (start + np.arange(len(rows))) % n_folds
            start += len(rows)
    return folds


def _predict(learner: Learner, dataset: Dataset, rows: IntArray) -> FloatArray:
    """(n, n_classes) in the order of the dataset's classes; 0 for a class that the learner never saw."""
    parts = []
    for start in range(0, len(rows), PREDICT_ROWS):
        given = learner.predict_proba(take_rows(dataset.X, rows[start : start + PREDICT_ROWS]))
        parts.append(spread_columns(given, learner.classes_.tolist(), range(len(dataset.class_names))))
    return np.concatenate(parts)


def _device(learner: str, item_type: str, device: str) -> str:
    if learner_named(learner, item_type=item_type).takes == "vectors":
        return "cpu"
    if device != "auto":
        return device
    import torch  # heavy: half the learners do without

    return "cuda" if torch.cuda.is_available() else "cpu"


def _of_fold(progress: Progress | None, number: int, n_folds: int) -> Progress | None:
    if progress is None or n_folds == 1:
        return progress

    def tell(step: int, n_steps: int, seconds_left: float | None) -> None:
        progress(number * max(1, n_steps) + step, n_folds * max(1, n_steps), None)

    return tell
