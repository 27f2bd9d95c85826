"""What a worker does with the predictions of a file: one round of them, as if a learner had made them here.

Read -> calibrate -> evaluate -> decide -> store, in the steps and with the measures of training/pipeline.py. What the
file does not tell is not made up: an item without a row has no prediction, a class without a probability shares what
the others leave, and whatever was understood otherwise than it is written is in the run's log and the round's metrics.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction

from labeling.models import ImportedAnswer, Item, Label, LabelClass, Split
from labeling.removals import these
from labeling.work import work_hold
from training import evaluation
from training.acquisition import entropy
from training.acquisition import margin as closeness
from training.calibration import Calibration, apply_temperature, fit_temperature
from training.code_version import code_version
from training.models import Round, RoundState, Run
from training.pipeline import PREDICT_ROWS, ring_ready
from training.policies import check_policy
from training.predictions import Predictions, measured_store, other_classes, predictions_store
from training.progress import RunProgress, Step
from training.runs import (
    predictions_prune,
    round_open,
    round_ready,
    rounds_remove_unfinished,
    run_finish,
    run_log,
)
from training.snapshot import READ_ROWS, LabeledRows, Snapshot, labels_hash, labels_read
from training.thresholds import class_thresholds, decide

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EDGE = 1e-6  # by which the class that the file names is ahead of the others, where it is no surer of it than of them
TAKEN_IN = "Its predictions are this run's only round."


@dataclass(frozen=True)
class Told:
    """What the file says, in ascending order of item id."""

    item_ids: IntArray  # (n,)
    columns: IntArray  # (n,) position of the class
    confidence: FloatArray  # (n,) 0 to 1, NaN: the file has none

    def __len__(self) -> int:
        return len(self.item_ids)

    def take(self, places: npt.NDArray[Any] | slice) -> Told:
        return Told(self.item_ids[places], self.columns[places], self.confidence[places])

    def sha256(self, class_ids: IntArray) -> str:
        """Of items, classes and confidences: the same for the same file, however often it is imported."""
        digest = hashlib.sha256()
        for column in (self.item_ids, class_ids[self.columns], self.confidence):
            digest.update(column.tobytes())
        return digest.hexdigest()


def filed_execute(run: Run) -> None:
    """The run's round is ready, or the project has it already, and the run is done.

    Raises WorkCancelled and WorkLost. Killed half-way it is begun again; a whole round is kept.
    """
    with transaction.atomic():
        work_hold(run)
        rounds_remove_unfinished(run)
    reason = TAKEN_IN
    if not run.rounds.exists():
        classes = tuple(run.project.classes.all())
        told = told_read(run, classes)
        sha256 = told.sha256(_ids(classes))
        same = _same_round(run, sha256)
        if same is None:
            round_of_file(run, classes, told, sha256)
        else:
            reason = f"The same predictions are round {same.run.number}.{same.number} already, so there is no second one."
    run_finish(run, stop_reason=reason)
    ring_ready()


def round_of_file(run: Run, classes: tuple[LabelClass, ...], told: Told, sha256: str) -> Round:
    """The file's predictions as a round that is ready to be published."""
    progress = RunProgress(run)
    progress.begin_round(1)
    round = round_open(run, number=1)
    probabilities = Probabilities(run, classes)
    class_ids = _ids(classes)

    with progress.step(Step.SNAPSHOT):
        snapshot, places = _snapshot(run, classes, told)
        holdout, test = (probabilities.of(told.take(places[name])) for name in (Split.HOLDOUT, Split.TEST))

    with progress.step(Step.CALIBRATE):
        calibration = fit_temperature(holdout, snapshot.holdout.columns)
        run_log(run, f"Calibration: {calibration.why}")

    with progress.step(Step.EVALUATE):
        metrics = evaluation.measure_labeled(snapshot, holdout=holdout, test=test, calibration=calibration)

    with progress.step(Step.PREDICT):
        pool = told.take(places[Split.POOL])
        predictions = _predictions(pool, probabilities, class_ids, calibration, progress)

    with progress.step(Step.DECIDE):
        predictions.is_accepted, predictions.threshold = decide(
            check_policy(run.policy),
            round_number=1,
            n_rounds=1,
            confidence=predictions.confidence,
            predicted=predictions.class_ids,
            n_human=0,
        )
        sure = {
            is_test: apply_temperature(raw, calibration.temperature)
            for is_test, raw in ((False, holdout), (True, test))
        }
        metrics |= evaluation.measure_pool(round, snapshot, predictions, holdout=sure[False])
        confidences = evaluation.count_confidences(snapshot, predictions, holdout=sure[False])
        sentences = probabilities.seen.sentences(len(classes))
        metrics["made_elsewhere"] = {
            **run.params,
            "sha256": sha256,
            "n_rows": len(told),
            "sentences": sentences,
        }
        for line in (*sentences, *evaluation.accuracy_lines(metrics), evaluation.decision_line(metrics)):
            run_log(run, line)

    with progress.step(Step.STORE):
        predictions_store(round, predictions)
        for is_test, labeled in ((False, snapshot.holdout), (True, snapshot.test)):
            measured_store(
                round,
                is_test=is_test,
                item_ids=labeled.rows,
                truth_ids=class_ids[labeled.columns],
                calibrated=sure[is_test],
                class_ids=class_ids,
            )
    round_ready(
        round,
        columns={
            "labels_hash": snapshot.labels_hash,
            "code_version": code_version(),
            "temperature": calibration.temperature,
            "threshold": class_thresholds(predictions.class_ids, predictions.threshold),
            "metrics": metrics,
            "confidences": confidences,
            "seconds": progress.seconds,
        },
    )
    predictions_prune(run.project_id)
    return round


def told_read(run: Run, classes: tuple[LabelClass, ...]) -> Told:
    """The file's labels, also those that a person's stands in place of; not those on which it contradicts itself."""
    position = {label_class.pk: column for column, label_class in enumerate(classes)}
    labels = Label.objects.filter(source=run.takes_in_id, is_human=False).exclude(retired_reason="withdrawn")
    rows = np.fromiter(
        (
            (item_id, position[class_id], np.nan if confidence is None else confidence)
            for item_id, class_id, confidence in labels.order_by("item_id")
            .values_list("item_id", "label_class_id", "confidence")
            .iterator(chunk_size=READ_ROWS)
        ),
        dtype=[("item", np.int64), ("column", np.int64), ("confidence", np.float64)],
    )
    return Told(rows["item"].copy(), rows["column"].copy(), rows["confidence"].copy())


@dataclass
class _Seen:
    """What the file has of probabilities, counted as it is read."""

    n_rows: int = 0
    n_none: int = 0  # without a confidence
    n_low: int = 0  # with one that is lower than chance
    n_all: int = 0  # with a probability of each class
    n_otherwise: int = 0  # whose probabilities name another class than the row's label

    def sentences(self, n_classes: int) -> list[str]:
        """For people: what was understood otherwise than it is written."""
        lines = []
        if self.n_none:
            lines.append(
                f"{self.n_none:,} of {self.n_rows:,} rows have no confidence; they count as no surer than chance."
            )
        if self.n_low:
            lines.append(
                f"{self.n_low:,} of {self.n_rows:,} confidences are below {1 / n_classes:.2g}, which is chance among "
                f"{n_classes} classes; they count as that."
            )
        if self.n_otherwise:
            lines.append(
                f"In {self.n_otherwise:,} of {self.n_rows:,} rows the likeliest class is not the label; the label counts."
            )
        return lines


@dataclass
class Probabilities:
    """Probabilities of all classes, from a file that may have them, or only that of the class it names, or none."""

    run: Run
    classes: Sequence[LabelClass]
    seen: _Seen = field(default_factory=_Seen)

    def __post_init__(self) -> None:
        self._columns = {label_class.name: column for column, label_class in enumerate(self.classes)}
        assert self.run.takes_in is not None
        self._answers = ImportedAnswer.objects.filter(
            brought_by=self.run.takes_in.details["import"],
            source__is_human=False,
            kind=ImportedAnswer.Kind.LABEL,
            probabilities__isnull=False,
        ).order_by("pk")
        self.has_all = self._answers.exists()

    @property
    def knows_others(self) -> bool:
        """Whether more than the first class of a row is known."""
        return self.has_all or len(self.classes) == 2

    def of(self, told: Told) -> FloatArray:
        """(n, n_classes), rows sum to 1; the class that the file names is the likeliest of its row."""
        parts = [np.empty((0, len(self.classes)))]
        parts += [
            self._block(told.take(slice(at, at + PREDICT_ROWS))) for at in range(0, len(told), PREDICT_ROWS)
        ]
        return np.concatenate(parts)

    def _block(self, told: Told) -> FloatArray:
        n_classes = len(self.classes)
        least = min(1.0, (1 + EDGE) / n_classes)
        each = np.arange(len(told))
        is_none = np.isnan(told.confidence)
        first = np.where(is_none, least, np.clip(told.confidence, least, 1.0))
        found = np.repeat(((1 - first) / max(1, n_classes - 1))[:, None], n_classes, axis=1)
        found[each, told.columns] = first
        is_low = told.confidence < 1 / n_classes - EDGE
        if self.has_all:
            for place, row in self._rows(told):
                found[place] = row
                is_none[place] = is_low[place] = False
        self.seen.n_rows += len(told)
        self.seen.n_none += int(is_none.sum())
        self.seen.n_low += int(is_low.sum())
        return found

    def _rows(self, told: Told) -> Iterator[tuple[int, FloatArray]]:
        """(place, probabilities) of the rows of which the file tells all and that name the label's class."""
        answers = self._answers.filter(item_id__in=these(told.item_ids.tolist()))
        done: dict[int, bool] = {}  # place -> whether its label is the likeliest
        for item_id, given in answers.values_list("item_id", "probabilities"):
            place = int(np.searchsorted(told.item_ids, item_id))
            row = np.zeros(len(self.classes))
            for name, share in given.items():
                if name in self._columns:
                    row[self._columns[name]] = share
            if done.get(place) or not row.sum() > 0:
                continue  # several models answered, and one has said it
            done[place] = bool(row.argmax() == told.columns[place])
            if done[place]:
                self.seen.n_all += 1
                yield place, row / row.sum()
        self.seen.n_otherwise += sum(not is_label for is_label in done.values())


def _predictions(
    pool: Told,
    probabilities: Probabilities,
    class_ids: IntArray,
    calibration: Calibration,
    progress: RunProgress,
) -> Predictions:
    """What the file says of every item that nobody has labeled; nothing is decided yet."""
    predictions = Predictions.blank(
        pool.item_ids, n_classes=len(class_ids) if probabilities.knows_others else 1
    )
    for start in range(0, len(pool), PREDICT_ROWS):
        part = slice(start, min(start + PREDICT_ROWS, len(pool)))
        block = pool.take(part)
        raw = probabilities.of(block)
        sure = apply_temperature(raw, calibration.temperature)
        each = np.arange(len(block))
        predictions.class_ids[part] = class_ids[block.columns]
        predictions.confidence[part] = np.clip(sure[each, block.columns], 0.0, 1.0)
        predictions.raw_confidence[part] = np.clip(raw[each, block.columns], 0.0, 1.0)
        predictions.margin[part] = 1.0 - closeness(sure)
        predictions.entropy[part] = entropy(sure)
        if predictions.others is not None:
            predictions.others[part] = other_classes(sure, class_ids, n=predictions.others.shape[1])
        progress.tell(part.stop, len(pool))
    return predictions


def _snapshot(
    run: Run, classes: tuple[LabelClass, ...], told: Told
) -> tuple[Snapshot, dict[str, npt.NDArray[np.int64]]]:
    """What people say now of what the file speaks of, and the places in `told` of each part.

    Nothing was learned here, so nobody's label is trained on. Rows are item ids: nothing is packed.
    """
    labels = labels_read(run.project, classes)
    others = Item.objects.filter(project=run.project).exclude(split=Split.POOL)
    not_pool = np.fromiter(others.values_list("id", flat=True).iterator(), dtype=np.int64)
    is_free = ~np.isin(told.item_ids, not_pool) & ~np.isin(told.item_ids, labels.item_ids)
    places: dict[str, IntArray] = {Split.POOL: np.flatnonzero(is_free)}
    measured = {}
    for split in (Split.HOLDOUT, Split.TEST):
        of_split = labels.splits == split.value
        _, at, of_label = np.intersect1d(
            told.item_ids, labels.item_ids[of_split], assume_unique=True, return_indices=True
        )
        places[split] = at
        measured[split] = LabeledRows(told.item_ids[at], labels.columns[of_split][of_label])
    nobody = LabeledRows(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    snapshot = Snapshot(
        classes=classes,
        human=nobody,
        pseudo=nobody,
        holdout=measured[Split.HOLDOUT],
        test=measured[Split.TEST],
        pool_rows=told.item_ids[is_free],
        labels_hash=labels_hash([]),
        last_human_label_id=0,
    )
    return snapshot, places


def _same_round(run: Run, sha256: str) -> Round | None:
    """The round that an earlier import of the same predictions made, if it has them still."""
    rounds = Round.objects.filter(
        run__project=run.project_id, run__takes_in__isnull=False, pruned_at__isnull=True
    )
    rounds = rounds.exclude(run=run).exclude(state=RoundState.RUNNING)
    same = rounds.filter(metrics__made_elsewhere__sha256=sha256)
    return same.select_related("run").order_by("-pk").first()


def _ids(classes: tuple[LabelClass, ...]) -> IntArray:
    return np.array([label_class.pk for label_class in classes], dtype=np.int64)
