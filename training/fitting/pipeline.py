"""What a worker does for a run, in the order it happens. Runs in the child process (run_execute).

A round: snapshot -> fit -> calibrate -> evaluate -> predict the pool -> decide -> store. It leaves the
round ready with its predictions, a candidate: somebody publishes it, or review by the project's rule. Each
round begins from scratch.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import transaction

from labeling.jobs.doorbell import ring
from labeling.jobs.trouble import for_good, waited
from labeling.jobs.work import work_hold
from training import learners
from training.code_version import code_version
from training.data.packed import PackedItems, packed_open
from training.data.snapshot import Snapshot, labels_read, snapshot_take
from training.fitting import evaluation
from training.fitting.generated_pipeline import can_generate, generated_store
from training.fitting.outcome import measuring_sets_store, predictions_accept, round_columns
from training.fitting.progress import RunProgress, Step
from training.learners.base import Learner
from training.learners.catalogue import learner_named
from training.learners.saving import save
from training.models import Round, RoundState, Run
from training.rounds.artifacts import artifact_name, artifact_save
from training.rounds.predictions import Predictions, other_classes, predictions_store
from training.rounds.pruning import predictions_prune
from training.rounds.rows import round_open, round_ready, rounds_remove_unfinished
from training.rules.acquisition import entropy
from training.rules.acquisition import margin as closeness
from training.rules.calibration import Calibration, apply_temperature, fit_temperature
from training.rules.metrics import spread_columns
from training.rules.stopping import RoundOutcome, stop_reason
from training.runs.rows import run_finish, run_log
from training.runs.selectors import IMAGE_SIZE

PREDICT_ROWS = 8_192  # items in the learner's hands at once

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def run_execute(run: Run) -> None:
    """Make all rounds that the run still needs, and finish it with the reason why it stopped.

    From the first fit on, no outage loses work: fitting, predicting and deciding need neither database nor
    storage, and each write is tried until it succeeds.

    Whole rounds of an earlier attempt are kept; a round that was left half done is made again.
    Raises WorkCancelled, WorkLost, and AssayError for what a user can act on.
    """
    with transaction.atomic():
        work_hold(run)
        rounds_remove_unfinished(run)
    done = list(run.rounds.exclude(state=RoundState.RUNNING).order_by("number"))
    if done:
        run_log(run, f"Going on after round {done[-1].number}, the last whole one.", level="warning")
    else:
        run_log(run, "A worker has taken the run, and a process of its own learns.")
    progress = RunProgress(run)
    while (
        reason := stop_reason(
            [_outcome(round) for round in done], n_rounds=run.n_rounds, uses_unlabeled=_uses_unlabeled(run)
        )
    ) is None:
        done.append(
            round_execute(run, number=len(done) + 1, before=done[-1] if done else None, progress=progress)
        )
    run_finish(run, stop_reason=reason)
    ring_ready()  # what waited for the run to be over


def round_execute(run: Run, *, number: int, before: Round | None, progress: RunProgress) -> Round:
    """Make one round: from the labels as they are now to a model version that is ready to be published."""
    progress.begin_round(number)
    round = round_open(run, number=number)

    with progress.step(Step.SNAPSHOT):
        snapshot, packed = _snapshot(run, before, progress)
        run_log(run, _begin_line(number, snapshot, uses_unlabeled=_uses_unlabeled(run)))

    with progress.step(Step.FIT):
        learner = _fit(run, number, snapshot, packed, progress)

    with progress.step(Step.CALIBRATE):
        holdout = _probabilities(learner, packed, snapshot.holdout.rows, snapshot)
        calibration = fit_temperature(holdout, snapshot.holdout.columns)
        run_log(run, f"Calibration: {calibration.why}")

    with progress.step(Step.EVALUATE):
        test = _probabilities(learner, packed, snapshot.test.rows, snapshot)
        metrics = evaluation.measure_labeled(snapshot, holdout=holdout, test=test, calibration=calibration)
        for line in evaluation.accuracy_lines(metrics):
            run_log(run, line)

    with progress.step(Step.PREDICT):
        predictions = _predict_pool(learner, packed, snapshot, calibration, progress)

    with progress.step(Step.DECIDE):
        n_human = len(snapshot.human)
        predictions_accept(run, predictions, round_number=number, n_rounds=run.n_rounds, n_human=n_human)
        sure_holdout = apply_temperature(holdout, calibration.temperature)
        metrics |= waited(lambda: evaluation.measure_pool(round, snapshot, predictions, holdout=sure_holdout))
        confidences = evaluation.count_confidences(snapshot, predictions, holdout=sure_holdout)
        run_log(run, evaluation.decision_line(metrics))

    with progress.step(Step.STORE):
        version = code_version()
        metrics |= _generate(round, learner, packed, snapshot, predictions)
        _save_learner(round, learner, snapshot, packed, calibration, version)
        predictions_store(round, predictions)
        measuring_sets_store(
            round, snapshot, item_ids=packed.ids, holdout=holdout, test=test, calibration=calibration
        )

    columns = round_columns(
        snapshot,
        predictions,
        calibration,
        version=version,
        metrics=metrics,
        confidences=confidences,
        seconds=progress.seconds,
    ) | {
        "n_human": n_human,
        "last_human_label_id": snapshot.last_human_label_id,
        "artifact": artifact_name(round),
    }
    round_ready(round, columns=columns, details=_provenance(round, snapshot, version))
    predictions_prune(run.project_id)
    ring_ready()
    return round


def _snapshot(run: Run, before: Round | None, progress: RunProgress) -> tuple[Snapshot, PackedItems]:
    """What is known when the round begins: people's labels, and the items as the learner takes them."""
    project = run.project
    classes = tuple(project.classes.all())
    labels = labels_read(project, classes)
    packed = packed_open(project, image_size=_image_size(run), on_progress=progress.tell)
    taught_by = None if _uses_unlabeled(run) else before
    return snapshot_take(project, classes=classes, labels=labels, packed=packed, before=taught_by), packed


def _fit(run: Run, number: int, snapshot: Snapshot, packed: PackedItems, progress: RunProgress) -> Learner:
    """The learner, fitted from scratch.

    On human labels and the pseudo-labels of the round before; one that learns from unlabeled items by
    itself, on human labels and the pool.
    """
    params = {name: value for name, value in run.params.items() if name != IMAGE_SIZE.name}
    learner = learners.create(
        run.learner,
        item_type=run.project.form,
        # Another draw in each round, the same when the run is repeated.
        random_state=run.seed + number - 1,
        device=_device(run),
        progress=progress.tell,
        **params,
    )
    if _uses_unlabeled(run):
        rows, labels = snapshot.with_pool()
    else:
        rows, columns = snapshot.training_set()
        labels = snapshot.class_names[columns]
    X = packed.take(rows)
    with for_good():
        learner = learner.fit(X, labels)
    for sentence in getattr(learner, "report_", ()):  # what a learner that chooses by itself has found
        run_log(run, sentence)
    return learner


def _probabilities(learner: Learner, packed: PackedItems, rows: IntArray, snapshot: Snapshot) -> FloatArray:
    """(n, n_classes) for these rows, columns in the order of the project's classes; 0 for one never seen."""
    parts = [np.empty((0, len(snapshot.classes)))]
    for start in range(0, len(rows), PREDICT_ROWS):
        X = packed.take(rows[start : start + PREDICT_ROWS])
        with for_good():
            given = learner.predict_proba(X)
        parts.append(spread_columns(given, list(learner.classes_), list(snapshot.class_names)))
    return np.concatenate(parts)


def _predict_pool(
    learner: Learner,
    packed: PackedItems,
    snapshot: Snapshot,
    calibration: Calibration,
    progress: RunProgress,
) -> Predictions:
    """What the learner thinks of every item of the pool; nothing is decided yet."""
    n_pool = len(snapshot.pool_rows)
    class_ids = np.array(snapshot.class_ids, dtype=np.int64)
    predictions = Predictions.blank(packed.ids[snapshot.pool_rows], n_classes=len(class_ids))
    for start in range(0, n_pool, PREDICT_ROWS):
        part = slice(start, min(start + PREDICT_ROWS, n_pool))
        raw = _probabilities(learner, packed, snapshot.pool_rows[part], snapshot)  # (n, n_classes)
        sure = apply_temperature(raw, calibration.temperature)
        best = sure.argmax(axis=1)
        each = np.arange(len(best))
        predictions.class_ids[part] = class_ids[best]
        # A sum of rounded parts may end a hair over 1, which no column takes.
        predictions.confidence[part] = np.clip(sure[each, best], 0.0, 1.0)
        predictions.raw_confidence[part] = np.clip(raw[each, best], 0.0, 1.0)
        predictions.margin[part] = 1.0 - closeness(sure)
        predictions.entropy[part] = entropy(sure)
        if predictions.others is not None:
            predictions.others[part] = other_classes(sure, class_ids, n=predictions.others.shape[1])
        progress.tell(part.stop, n_pool)
    return predictions


def _generate(
    round: Round, learner: Learner, packed: PackedItems, snapshot: Snapshot, predictions: Predictions
) -> dict[str, Any]:
    """Let a learner that can draw images do so, and store them; returns the metric that describes them."""
    run = round.run
    if not can_generate(learner, run.project.form):
        return {}
    generated = generated_store(round, learner, packed, snapshot, predictions)
    run_log(run, generated["sentence"], level="info" if generated["n_drawn"] > 0 else "warning")
    return {"generated": generated}


def _save_learner(
    round: Round,
    learner: Learner,
    snapshot: Snapshot,
    packed: PackedItems,
    calibration: Calibration,
    version: str,
) -> None:
    """Store the fitted learner, with a card that says what it is and how to use it."""
    one = packed.take(np.arange(1))
    card = _provenance(round, snapshot, version) | {
        "item_type": round.run.project.item_type,
        "row_shape": list(one.shape[1:]) if isinstance(one, np.ndarray) else None,  # of images and series
        "columns": list(one.columns) if hasattr(one, "columns") else None,  # of tables
        "classes": list(snapshot.class_names),
        "temperature": calibration.temperature,
        "how_to_use": "training.learners.saving.load(path).predict_proba(X): docs/learners/saving.md.",
    }
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model"
        save(learner, target)
        artifact_save(target, name=artifact_name(round), card=card)


def _provenance(round: Round, snapshot: Snapshot, version: str) -> dict[str, Any]:
    """What made this model version: enough to make it again."""
    run = round.run
    return {
        "run": run.number,
        "round": round.number,
        "learner": run.learner,
        "params": run.params,
        "policy": run.policy,
        "seed": run.seed,
        "n_human": len(snapshot.human),
        "n_pseudo": len(snapshot.pseudo),
        "labels_hash": snapshot.labels_hash,
        "code_version": version,
    }


def _outcome(round: Round) -> RoundOutcome:
    metrics: Mapping[str, Any] = round.metrics
    holdout = metrics["holdout"]
    return RoundOutcome(
        n_pool=metrics["n_pool"],
        n_accepted=metrics["n_accepted"],
        is_same_as_before=metrics["is_same_as_before"],
        accuracy=holdout["accuracy"] if holdout else None,
        log_loss=holdout["log_loss"] if holdout else None,
    )


def _begin_line(number: int, snapshot: Snapshot, *, uses_unlabeled: bool) -> str:
    beside = (
        f"{len(snapshot.pool_rows):,} unlabeled items"
        if uses_unlabeled
        else f"{len(snapshot.pseudo):,} pseudo-labels"
    )
    return (
        f"Round {number}: training on {len(snapshot.human):,} human labels and {beside}; "
        f"{len(snapshot.holdout):,} held out, {len(snapshot.test):,} for testing, "
        f"{len(snapshot.pool_rows):,} items to predict."
    )


def _uses_unlabeled(run: Run) -> bool:
    return learner_named(run.learner, item_type=run.project.form).uses_unlabeled


def _image_size(run: Run) -> int | None:
    return run.params.get(IMAGE_SIZE.name) or None


def _device(run: Run) -> str:
    """The GPU where there is one and the learner can use it. scikit-learn's need no torch to find out."""
    if learner_named(run.learner, item_type=run.project.form).takes == "vectors":
        return "cpu"
    import torch  # heavy: half the learners do without

    return "cuda" if torch.cuda.is_available() else "cpu"


def ring_ready() -> None:
    """Tell whoever publishes, by name: training knows no review. The sweep rings again if nobody hears."""
    ring(settings.ASSAY_ROUND_READY_TASK)
