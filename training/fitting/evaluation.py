"""Round.metrics: what a round measures, put together from the pure rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.snapshot import LabeledRows, Snapshot, sealed_truth
from training.models import Round
from training.rounds.predictions import PastPredictions, Predictions, predictions_read
from training.rounds.standing import round_before
from training.rules.calibration import Calibration, apply_temperature
from training.rules.metrics import (
    agreement,
    cleanliness,
    confidence_histogram,
    evaluate,
    true_precision,
)
from training.rules.thresholds import confidence_counts, threshold_table

FloatArray = npt.NDArray[np.float64]


def measure_labeled(
    snapshot: Snapshot, *, holdout: FloatArray, test: FloatArray, calibration: Calibration
) -> dict[str, Any]:
    """The part that needs people's labels. `holdout` and `test`: raw probabilities (n, n_classes)."""

    def measured(labeled: LabeledRows, raw: FloatArray) -> dict[str, Any] | None:
        class_ids = np.array(snapshot.class_ids)
        return evaluate(
            truth=class_ids[labeled.columns],
            probabilities=raw,
            calibrated=apply_temperature(raw, calibration.temperature),
            class_ids=snapshot.class_ids,
        )

    return {
        "n_train_human": len(snapshot.human),
        "n_train_pseudo": len(snapshot.pseudo),
        "n_holdout": len(snapshot.holdout),
        "n_test": len(snapshot.test),
        "class_ids": snapshot.class_ids,
        "holdout": measured(snapshot.holdout, holdout),
        "test": measured(snapshot.test, test),
        "calibration": {"temperature": calibration.temperature, "why": calibration.why},
    }


def measure_pool(
    round: Round, snapshot: Snapshot, predictions: Predictions, *, holdout: FloatArray
) -> dict[str, Any]:
    """The part about the pool, once it is decided. `holdout`: calibrated probabilities (n, n_classes)."""
    n_pool, n_accepted = len(predictions), int(predictions.is_accepted.sum())
    return {
        "n_pool": n_pool,
        "n_accepted": n_accepted,
        "share_accepted": n_accepted / n_pool if n_pool else 0.0,
        "expected_wrong": float((1 - predictions.confidence[predictions.is_accepted]).sum()),
        "label_counts": {
            "human": _counts(snapshot, np.array(snapshot.class_ids)[snapshot.human.columns]),
            "pseudo": _counts(snapshot, predictions.class_ids[predictions.is_accepted]),
        },
        "confidence_histogram": confidence_histogram(predictions.confidence),
        "thresholds": threshold_table(
            confidence=predictions.confidence,
            holdout_confidence=holdout.max(axis=1),
            holdout_is_right=holdout.argmax(axis=1) == snapshot.holdout.columns,
        ),
        **_against_before(round, predictions),
        "true_precision": _true_precision(round, predictions),
    }


def count_confidences(snapshot: Snapshot, predictions: Predictions, *, holdout: FloatArray) -> dict[str, Any]:
    """Round.confidences. `holdout`: calibrated probabilities (n, n_classes)."""
    return confidence_counts(
        predicted=predictions.class_ids,
        confidence=predictions.confidence,
        class_ids=snapshot.class_ids,
        **count_holdout(snapshot, holdout),
    )


def count_holdout(snapshot: Snapshot, holdout: FloatArray) -> dict[str, npt.NDArray[Any]]:
    """The part of confidence_counts that is about the holdout, by its arguments. `holdout`: calibrated."""
    said = holdout.argmax(axis=1)
    return {
        "holdout_predicted": np.array(snapshot.class_ids)[said],
        "holdout_confidence": np.clip(holdout.max(axis=1), 0.0, 1.0),
        "holdout_is_right": said == snapshot.holdout.columns,
    }


def accuracy_lines(metrics: dict[str, Any]) -> list[str]:
    """For people: how right the model is on what it never saw."""
    lines = [
        f"Accuracy on the {name}: {measured['accuracy']:.1%} of {measured['n']:,} "
        f"(95% interval {measured['low']:.1%} to {measured['high']:.1%})."
        for name in ("holdout", "test")
        if (measured := metrics[name]) is not None
    ]
    return lines or ["Nothing is held out yet, so the accuracy is not known. Answer items drawn at random."]


def decision_line(metrics: dict[str, Any]) -> str:
    """For people: what the policy let through."""
    line = f"Accepted {metrics['n_accepted']:,} of {metrics['n_pool']:,} predictions ({metrics['share_accepted']:.1%})."
    truth = metrics["true_precision"]
    if truth is not None and truth["accepted"] is not None:
        line += f" By the sealed truth {truth['accepted']:.2%} of them are right."
    return line


def _counts(snapshot: Snapshot, class_ids: npt.NDArray[np.int64]) -> dict[str, int]:
    return {str(class_id): int((class_ids == class_id).sum()) for class_id in snapshot.class_ids}


def _against_before(round: Round, predictions: Predictions) -> dict[str, Any]:
    """Teacher and student: how far this round and the project's round before think the same."""
    before = round_before(round)
    if before is None:
        return {"agreement": None, "cleanliness": None, "n_both_confident": 0, "is_same_as_before": False}
    past = predictions_read(before)
    _, now, then = np.intersect1d(
        predictions.item_ids, past.item_ids, assume_unique=True, return_indices=True
    )
    clean, n_both = cleanliness(
        predicted=predictions.class_ids[now],
        is_confident=predictions.is_accepted[now],
        predicted_before=past.class_ids[then],
        is_confident_before=past.is_accepted[then],
    )
    return {
        "agreement": agreement(predictions.class_ids[now], past.class_ids[then]),
        "cleanliness": clean,
        "n_both_confident": n_both,
        # Only a round of the same run is a reason to stop it.
        "is_same_as_before": before.run_id == round.run_id and _is_same(predictions, past),
    }


def _is_same(predictions: Predictions, past: PastPredictions) -> bool:
    now, then = predictions.is_accepted, past.is_accepted
    return np.array_equal(predictions.item_ids[now], past.item_ids[then]) and np.array_equal(
        predictions.class_ids[now], past.class_ids[then]
    )


def _true_precision(round: Round, predictions: Predictions) -> dict[str, Any] | None:
    """How much of what was accepted is right, where the pool's truth was imported sealed."""
    places, truth = sealed_truth(round.run.project, predictions.item_ids)
    return true_precision(
        predicted=predictions.class_ids[places], is_accepted=predictions.is_accepted[places], truth=truth
    )
