"""The outcome of a round, whoever predicted: what it accepts, what it says of the measuring sets, its columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.snapshot import Snapshot
from training.models import Round, Run
from training.rounds.predictions import Predictions, measured_store
from training.rules.calibration import Calibration, apply_temperature
from training.rules.policies import check_policy
from training.rules.thresholds import class_thresholds, decide

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def predictions_accept(
    run: Run, predictions: Predictions, *, round_number: int, n_rounds: int, n_human: int
) -> None:
    """Decide by the run's policy which predictions are accepted, and note the thresholds."""
    predictions.is_accepted, predictions.threshold = decide(
        check_policy(run.policy),
        round_number=round_number,
        n_rounds=n_rounds,
        confidence=predictions.confidence,
        predicted=predictions.class_ids,
        n_human=n_human,
    )


def measuring_sets_store(
    round: Round,
    snapshot: Snapshot,
    *,
    item_ids: IntArray | None,
    holdout: FloatArray,
    test: FloatArray,
    calibration: Calibration,
) -> None:
    """Store what the running round says of the holdout and the test set. Raises WorkLost.

    item_ids        of the rows that the snapshot counts in; None: it counts in item ids
    holdout, test   raw probabilities (n, n_classes)
    """
    class_ids = np.array(snapshot.class_ids, dtype=np.int64)
    for is_test, labeled, raw in ((False, snapshot.holdout, holdout), (True, snapshot.test, test)):
        measured_store(
            round,
            is_test=is_test,
            item_ids=labeled.rows if item_ids is None else item_ids[labeled.rows],
            truth_ids=class_ids[labeled.columns],
            calibrated=apply_temperature(raw, calibration.temperature),
            class_ids=class_ids,
        )


def round_columns(
    snapshot: Snapshot,
    predictions: Predictions,
    calibration: Calibration,
    *,
    version: str,
    metrics: dict[str, Any],
    confidences: dict[str, Any],
    seconds: dict[str, float],
) -> dict[str, Any]:
    """The columns of a round that is ready, as every kind of round has them."""
    return {
        "labels_hash": snapshot.labels_hash,
        "code_version": version,
        "temperature": calibration.temperature,
        "threshold": class_thresholds(predictions.class_ids, predictions.threshold),
        "metrics": metrics,
        "confidences": confidences,
        "seconds": seconds,
    }
