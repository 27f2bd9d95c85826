"""What a worker does with the predictions of a file: one round of them, as if a learner had made them here.

Read -> calibrate -> evaluate -> decide -> store, in the steps and with the measures of training/fitting/pipeline.py. What the
file does not tell is not made up: an item without a row has no prediction, a class without a probability shares what
the others leave, and whatever was understood otherwise than it is written is in the run's log and the round's metrics.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from django.db import transaction

from labeling.jobs.work import work_hold
from labeling.models import LabelClass, Split
from training.code_version import code_version
from training.filed.told import BLOCK_ROWS, Probabilities, Told, filed_snapshot, ids_of, told_read
from training.fitting import evaluation
from training.fitting.outcome import measuring_sets_store, predictions_accept, round_columns
from training.fitting.pipeline import ring_ready
from training.fitting.progress import RunProgress, Step
from training.models import Round, RoundState, Run
from training.rounds.predictions import Predictions, other_classes, predictions_store
from training.rounds.pruning import predictions_prune
from training.rounds.rows import round_open, round_ready, rounds_remove_unfinished
from training.rules.acquisition import entropy
from training.rules.acquisition import margin as closeness
from training.rules.calibration import Calibration, apply_temperature, fit_temperature
from training.runs.rows import run_finish, run_log

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

TAKEN_IN = "Its predictions are this run's only round."


def filed_execute(run: Run) -> None:
    """Make the run's round, unless the project has it already, and finish the run.

    Raises WorkCancelled and WorkLost. If it is killed halfway it starts over; a whole round is kept.
    """
    with transaction.atomic():
        work_hold(run)
        rounds_remove_unfinished(run)
    reason = TAKEN_IN
    if not run.rounds.exists():
        classes = tuple(run.project.classes.all())
        told = told_read(run, classes)
        sha256 = told.sha256(ids_of(classes))
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

    with progress.step(Step.SNAPSHOT):
        snapshot, places = filed_snapshot(run, classes, told)
        holdout, test = (probabilities.of(told.take(places[name])) for name in (Split.HOLDOUT, Split.TEST))

    with progress.step(Step.CALIBRATE):
        calibration = fit_temperature(holdout, snapshot.holdout.columns)
        run_log(run, f"Calibration: {calibration.why}")

    with progress.step(Step.EVALUATE):
        metrics = evaluation.measure_labeled(snapshot, holdout=holdout, test=test, calibration=calibration)

    with progress.step(Step.PREDICT):
        pool = told.take(places[Split.POOL])
        predictions = _predictions(pool, probabilities, ids_of(classes), calibration, progress)

    with progress.step(Step.DECIDE):
        predictions_accept(run, predictions, round_number=1, n_rounds=1, n_human=0)
        sure_holdout = apply_temperature(holdout, calibration.temperature)
        metrics |= evaluation.measure_pool(round, snapshot, predictions, holdout=sure_holdout)
        confidences = evaluation.count_confidences(snapshot, predictions, holdout=sure_holdout)
        sentences = probabilities.seen.sentences(len(classes))
        metrics["made_elsewhere"] = {
            **run.params,
            "sha256": sha256,
            "n_rows": len(told),
            "sentences": sentences,
            "last_human_label_id": snapshot.last_human_label_id,
        }
        for line in (*sentences, *evaluation.accuracy_lines(metrics), evaluation.decision_line(metrics)):
            run_log(run, line)

    with progress.step(Step.STORE):
        predictions_store(round, predictions)
        measuring_sets_store(
            round, snapshot, item_ids=None, holdout=holdout, test=test, calibration=calibration
        )
    columns = round_columns(
        snapshot,
        predictions,
        calibration,
        version=code_version(),
        metrics=metrics,
        confidences=confidences,
        seconds=progress.seconds,
    )
    round_ready(round, columns=columns)
    predictions_prune(run.project_id)
    return round


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
    for start in range(0, len(pool), BLOCK_ROWS):
        part = slice(start, min(start + BLOCK_ROWS, len(pool)))
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


def _same_round(run: Run, sha256: str) -> Round | None:
    """The round that an earlier import of the same predictions made, if it has them still."""
    rounds = Round.objects.filter(
        run__project=run.project_id, run__takes_in__isnull=False, pruned_at__isnull=True
    )
    rounds = rounds.exclude(run=run).exclude(state=RoundState.RUNNING)
    same = rounds.filter(metrics__made_elsewhere__sha256=sha256)
    return same.select_related("run").order_by("-pk").first()
