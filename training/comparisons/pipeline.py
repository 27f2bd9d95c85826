"""What a worker does for a comparison, in the order it happens. Runs in the child (comparison_execute).

Snapshot -> rows in a folder -> trials, each in a process of its own -> table. Taken up again after a
death, it goes on with the trials that are missing, on the labels as they were when it began.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from django.utils import timezone

from labeling.jobs.trouble import told, waited
from labeling.jobs.work import work_finish
from training.code_version import code_version
from training.comparisons.rows import comparison_begin, comparison_describe, trial_store
from training.comparisons.rules.benchmark import trials_planned
from training.comparisons.rules.dataset import Dataset, dataset_write
from training.comparisons.rules.runner import trial_run
from training.comparisons.rules.table import table_rows
from training.comparisons.rules.trial import Outcome
from training.comparisons.rules.trial import Trial as PlannedTrial
from training.data.packed import PackedItems, packed_open
from training.data.snapshot import LabeledRows, Snapshot, labels_read, snapshot_take
from training.learners.base import UNLABELED
from training.models import Comparison, MeasuredBy, Trial

MIN_MEASURED = 100  # held-out labels; below, their interval is wider than learners differ
N_FOLDS = 5


def comparison_execute(comparison: Comparison) -> None:
    """Every trial is done, and the table with it. Raises WorkCancelled, WorkLost, and AssayError."""
    if comparison.as_of is None:
        comparison_begin(comparison, now=timezone.now())
    dataset, facts = _dataset(comparison)
    if comparison.rows_hash != facts["rows_hash"] and comparison.trials.exists():
        # Labels or roles of the old moment can no longer be read back: begin again with those of now.
        comparison_begin(comparison, now=timezone.now())
        dataset, facts = _dataset(comparison)
    comparison_describe(comparison, code_version=code_version(), **facts)
    with tempfile.TemporaryDirectory(prefix="assay-compare-") as name:
        folder = Path(name)
        dataset_write(dataset, folder)
        del dataset  # the trials read it from there
        _carry_out(comparison, folder)
    waited(lambda: work_finish(comparison))


def _carry_out(comparison: Comparison, folder: Path) -> None:
    planned = trials_planned(
        {each["learner"]: each["params"] for each in comparison.learners},
        n_labels=comparison.n_labels or (None,),
        n_seeds=comparison.n_seeds,
        seed=comparison.seed,
        n_folds=N_FOLDS if comparison.measured_by == MeasuredBy.CROSS_VALIDATION else 0,
    )
    done = {
        (row.learner, row.n_labels, row.seed): Outcome(**row.outcome)
        for row in comparison.trials.order_by("pk")
    }
    seconds: dict[str, list[float]] = {}  # learner -> what its trials took, with their processes
    for trial in planned:
        key = (trial.learner, trial.n_labels, trial.seed)
        if key in done:
            continue
        remaining = [other for other in planned if (other.learner, other.n_labels, other.seed) not in done]
        began = time.monotonic()
        outcome = trial_run(
            folder,
            trial,
            max_seconds=comparison.max_seconds,
            watch=_Watch(comparison, trial, len(done), len(planned), _seconds_left(remaining, seconds)),
        )
        seconds.setdefault(trial.learner, []).append(time.monotonic() - began)
        done[key] = outcome
        row = Trial(
            comparison=comparison,
            learner=trial.learner,
            n_labels=trial.n_labels,
            seed=trial.seed,
            outcome=outcome.as_json(),
        )
        finished = [
            (each, done[each.learner, each.n_labels, each.seed])
            for each in planned
            if (each.learner, each.n_labels, each.seed) in done
        ]
        trial_store(comparison, row, table_rows(finished))


class _Watch:
    """Tells the row about the trial at work."""

    def __init__(
        self, comparison: Comparison, trial: PlannedTrial, n_done: int, n_all: int, left: float | None
    ) -> None:
        self._comparison, self._n_done, self._n_all = comparison, n_done, n_all
        self._until = None if left is None else time.monotonic() + left
        labels = "" if trial.n_labels is None else f", {trial.n_labels:,} labels"
        self._name = f"{trial.learner}{labels}, seed {trial.seed}"

    def __call__(self, step: int, n_steps: int, seconds_left: float | None) -> None:
        share = f" ({min(step, n_steps) / n_steps:.0%})" if n_steps else ""
        told(
            self._comparison,
            step_name=f"trials; now {self._name}{share}"[:100],
            step=self._n_done,
            n_steps=self._n_all,
            seconds_left=None if self._until is None else max(0.0, self._until - time.monotonic()),
        )


def _seconds_left(remaining: Sequence[PlannedTrial], seconds: Mapping[str, Sequence[float]]) -> float | None:
    """If each learner takes as long as it did so far, and one not seen yet as long as the others."""
    if not seconds:
        return None
    means = {name: sum(parts) / len(parts) for name, parts in seconds.items()}
    usual = sum(means.values()) / len(means)
    return sum(means.get(trial.learner, usual) for trial in remaining)


# The snapshot


def _dataset(comparison: Comparison) -> tuple[Dataset, dict[str, object]]:
    """The rows, and the columns that describe them."""
    project = comparison.project
    classes = tuple(project.classes.all())
    labels = labels_read(project, classes, as_of=comparison.as_of)
    packed = packed_open(project, on_progress=lambda done, n: _beat(comparison, done, n))
    snapshot = snapshot_take(project, classes=classes, labels=labels, packed=packed, before=None)
    measured_by, measured = _measured(snapshot)
    pool = snapshot.pool_rows[packed.ids[snapshot.pool_rows] <= comparison.last_item_id]
    rows = np.sort(np.concatenate([snapshot.human.rows, measured.rows, pool]))
    y = np.full(len(rows), UNLABELED)
    is_test = np.isin(rows, measured.rows)
    for labeled in (snapshot.human, measured):
        y[np.searchsorted(rows, labeled.rows)] = labeled.columns
    names = tuple(str(name) for name in snapshot.class_names)
    dataset = Dataset(project.form, names, packed.take(rows), y, is_test)
    cross_validates = measured_by == MeasuredBy.CROSS_VALIDATION
    return dataset, {
        "rows_hash": _rows_hash(packed, rows, dataset),
        "measured_by": measured_by,
        "n_human": len(snapshot.human),
        "n_test": len(snapshot.human) if cross_validates else len(measured),
        "n_pool": len(pool),
    }


def _measured(snapshot: Snapshot) -> tuple[MeasuredBy, LabeledRows]:
    """What measures: the holdout, else a test file, if large enough; else folds of the training labels.

    The holdout and the test file are never trained on, not even in folds.
    """
    if len(snapshot.holdout) >= MIN_MEASURED:
        return MeasuredBy.HOLDOUT, snapshot.holdout
    if len(snapshot.test) >= MIN_MEASURED:
        return MeasuredBy.TEST, snapshot.test
    nothing = np.empty(0, dtype=np.int64)
    return MeasuredBy.CROSS_VALIDATION, LabeledRows(nothing, nothing)


def _rows_hash(packed: PackedItems, rows: np.ndarray, dataset: Dataset) -> str:
    digest = hashlib.sha256("\n".join(dataset.class_names).encode())
    for part in (packed.ids[rows], dataset.y, dataset.is_test):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _beat(comparison: Comparison, done: int, n: int) -> None:
    told(comparison, step_name="reading items", step=done, n_steps=n)
