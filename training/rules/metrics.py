"""How good a round is: against people's labels, and against the round before.

Class ids are the keys that callers use for classes; in what is returned they are as given, or
strings where they are keys of a JSON object.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from training.rules.calibration import calibration_error, log_loss, reliability
from training.rules.intervals import clopper_pearson

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HISTOGRAM_EDGES = np.linspace(0.0, 1.0, 51)


def evaluate(
    *,
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    calibrated: npt.ArrayLike,
    class_ids: Sequence[Any],
) -> dict[str, Any] | None:
    """The evaluation of one labeled set; None where it is empty.

    truth          (n,) class id that people gave, each one of class_ids
    probabilities  (n, n_classes) as the learner gave them, columns in the order of class_ids
    calibrated     (n, n_classes) after calibration; equal to `probabilities` where there is none

    Accuracy comes with its exact 95% interval. Macro means run over the classes that occur in the
    truth or among the answers; precision of a class never answered and recall of one never true
    count as 0, as in scikit-learn. log_loss is that of `calibrated`, in nats. ece_* lie in 0 to 1.
    """
    columns = class_columns(truth, class_ids)
    raw = np.asarray(probabilities, dtype=np.float64)
    sure = np.asarray(calibrated, dtype=np.float64)
    if raw.shape != (len(columns), len(class_ids)) or sure.shape != raw.shape:
        raise ValueError(
            f"probabilities have shape {raw.shape}, calibrated {sure.shape}; both must be "
            f"({len(columns)}, {len(class_ids)}): one row per label, one column per class."
        )
    if len(columns) == 0:
        return None
    predicted = sure.argmax(axis=1)
    is_right = predicted == columns
    confusion = confusion_matrix(columns, predicted, len(class_ids))
    low, high = clopper_pearson(int(is_right.sum()), len(columns))
    per_class, macro = _class_scores(confusion, class_ids)
    return {
        "n": len(columns),
        "accuracy": float(is_right.mean()),
        "low": low,
        "high": high,
        "macro": macro,
        "per_class": per_class,
        "confusion": confusion.tolist(),
        "log_loss": log_loss(sure, columns),
        "ece_raw": calibration_error(raw.max(axis=1), is_right),
        "ece_calibrated": calibration_error(sure.max(axis=1), is_right),
        "reliability": reliability(sure.max(axis=1), is_right),
        "reliability_raw": reliability(raw.max(axis=1), is_right),
    }


def class_columns(labels: npt.ArrayLike, class_ids: Sequence[Any]) -> IntArray:
    """(n,) position of each label in class_ids. Raises ValueError for a label that is not there."""
    position = {class_id: column for column, class_id in enumerate(class_ids)}
    values = np.asarray(labels).tolist()
    unknown = sorted({str(label) for label in values if label not in position})
    if unknown:
        raise ValueError(f"Labels of unknown classes: {', '.join(unknown)}. Known: {list(class_ids)}.")
    return np.array([position[label] for label in values], dtype=np.int64)


def spread_columns(
    probabilities: npt.ArrayLike, classes: Sequence[Any], class_ids: Sequence[Any]
) -> FloatArray:
    """Probabilities by `classes` of a learner -> columns by class_ids; 0 for classes it does not know."""
    given = np.asarray(probabilities, dtype=np.float64)
    spread = np.zeros((len(given), len(class_ids)))
    spread[:, class_columns(list(classes), class_ids)] = given
    return spread


def confusion_matrix(truth: IntArray, predicted: IntArray, n_classes: int) -> IntArray:
    """(n_classes, n_classes) counts: rows are the truth, columns the answer."""
    counts = np.bincount(truth * n_classes + predicted, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


def confidence_histogram(confidence: npt.ArrayLike) -> dict[str, Any]:
    """50 bins of 0.02 from 0 to 1; the last holds 1.0 too."""
    counts, _ = np.histogram(np.asarray(confidence, dtype=np.float64), bins=HISTOGRAM_EDGES)
    return {"edges": [round(float(edge), 2) for edge in HISTOGRAM_EDGES], "counts": counts.tolist()}


def agreement(predicted: npt.ArrayLike, predicted_before: npt.ArrayLike) -> float | None:
    """Share of items on which two rounds name the same class; None without items. Rows must match."""
    now, before = np.asarray(predicted), np.asarray(predicted_before)
    return float((now == before).mean()) if len(now) else None


def cleanliness(
    *,
    predicted: npt.ArrayLike,
    is_confident: npt.ArrayLike,
    predicted_before: npt.ArrayLike,
    is_confident_before: npt.ArrayLike,
) -> tuple[float | None, int]:
    """Of the items that both rounds were confident of, the share on which they agree; and their number.

    High does not mean right: two rounds can agree on the same mistake.
    """
    both = np.asarray(is_confident, dtype=bool) & np.asarray(is_confident_before, dtype=bool)
    return agreement(np.asarray(predicted)[both], np.asarray(predicted_before)[both]), int(both.sum())


def true_precision(
    *, predicted: npt.ArrayLike, is_accepted: npt.ArrayLike, truth: npt.ArrayLike
) -> dict[str, Any] | None:
    """Where the pool's truth is known (a benchmark): how much of what was accepted is right.

    n: accepted; accepted: their precision with its exact 95% interval low, high (None, 0, 1 where
    none was); pool_accuracy: of all predictions. None without rows.
    """
    is_right = np.asarray(predicted) == np.asarray(truth)
    accepted = np.asarray(is_accepted, dtype=bool)
    if len(is_right) == 0:
        return None
    n, n_right = int(accepted.sum()), int(is_right[accepted].sum())
    low, high = clopper_pearson(n_right, n)
    return {
        "n": n,
        "accepted": n_right / n if n else None,
        "low": low,
        "high": high,
        "pool_accuracy": float(is_right.mean()),
    }


def _class_scores(
    confusion: IntArray, class_ids: Sequence[Any]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    right = np.diag(confusion).astype(np.float64)
    n_answered, n_true = confusion.sum(axis=0), confusion.sum(axis=1)
    precision = right / np.maximum(n_answered, 1)
    recall = right / np.maximum(n_true, 1)
    f1 = 2 * right / np.maximum(n_answered + n_true, 1)
    occurs = (n_answered + n_true) > 0
    per_class = [
        {
            "class_id": class_id,
            "precision": float(precision[column]),
            "recall": float(recall[column]),
            "f1": float(f1[column]),
            "support": int(n_true[column]),
        }
        for column, class_id in enumerate(class_ids)
    ]
    macro = {
        "precision": float(precision[occurs].mean()),
        "recall": float(recall[occurs].mean()),
        "f1": float(f1[occurs].mean()),
    }
    return per_class, macro
