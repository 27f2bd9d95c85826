"""Which predictions are sure enough to stand as pseudo-labels, and what another threshold would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from labeling.kinds import load_factory
from training.rules.intervals import clopper_pearson
from training.rules.metrics import class_columns
from training.rules.policies import Policy, check_policy, policy_json, policy_kinds

__all__ = [
    "check_policy",
    "class_thresholds",
    "confidence_counts",
    "decide",
    "policy_json",
    "threshold_table",
]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

TABLE_THRESHOLDS = tuple(step / 100 for step in range(50, 100))  # 0.50, 0.51, ... 0.99


def decide(
    policy: Policy,
    *,
    round_number: int,
    n_rounds: int,
    confidence: npt.ArrayLike,
    predicted: npt.ArrayLike,
    n_human: int,
) -> tuple[BoolArray, FloatArray]:
    """Which predictions become pseudo-labels, and the threshold that each had to pass.

    round_number  1, 2, ... n_rounds
    confidence    (n,) calibrated probability of the predicted class, 0 to 1, higher = surer
    predicted     (n,) class of each prediction
    n_human       human labels in the training mix

    Returns (is_accepted, threshold), both (n,). All that is accepted is at or above its threshold;
    a best share stops at its count, so that it may leave out some that tie with the last accepted
    (the earlier row is taken).
    """
    sure = np.asarray(confidence, dtype=np.float64)
    classes = np.asarray(predicted)
    if sure.shape != classes.shape or sure.ndim != 1:
        raise ValueError(f"confidence has shape {sure.shape}, predicted {classes.shape}; both must be (n,).")
    return load_factory(policy_kinds()[policy.kind].decide)(  # type: ignore[no-any-return]
        **policy.values,
        round_number=round_number,
        n_rounds=n_rounds,
        confidence=sure,
        predicted=classes,
        n_human=n_human,
    )


def class_thresholds(predicted: npt.ArrayLike, threshold: FloatArray) -> dict[str, float]:
    """{"all": t} where one threshold served all, else {class: t}; for showing and storing."""
    classes = np.asarray(predicted)
    if len(threshold) == 0:
        return {}
    if (threshold == threshold[0]).all():
        return {"all": float(threshold[0])}
    return {str(name): float(threshold[classes == name][0]) for name in np.unique(classes)}


def threshold_table(
    *,
    confidence: npt.ArrayLike,
    holdout_confidence: npt.ArrayLike,
    holdout_is_right: npt.ArrayLike,
) -> list[dict[str, Any]]:
    """What each threshold from 0.50 to 0.99 would accept of the pool, and how right it would be.

    confidence          (n,) of the pool's predictions
    holdout_confidence  (m,) of the predictions on the holdout, and
    holdout_is_right    (m,) whether each named the person's class; m may be 0

    A row: threshold; n_accepted and share of the pool; holdout_n predictions of the holdout at or
    above it, their precision (None where there is none) and its exact 95% interval. The interval
    holds for one threshold that was fixed beforehand, not for the best-looking row of the table.
    """
    pool = np.sort(np.asarray(confidence, dtype=np.float64))
    held = np.asarray(holdout_confidence, dtype=np.float64)
    right = np.asarray(holdout_is_right, dtype=bool)
    rows = []
    for threshold in TABLE_THRESHOLDS:
        n_accepted = len(pool) - int(np.searchsorted(pool, threshold, side="left"))
        is_above = held >= threshold
        n, n_right = int(is_above.sum()), int(right[is_above].sum())
        low, high = clopper_pearson(n_right, n)
        rows.append(
            {
                "threshold": threshold,
                "n_accepted": n_accepted,
                "share": n_accepted / len(pool) if len(pool) else 0.0,
                "holdout_n": n,
                "holdout_precision": n_right / n if n else None,
                "holdout_low": low,
                "holdout_high": high,
            }
        )
    return rows


CONFIDENCE_EDGES = np.arange(1001) / 1000  # bin k holds what is at or above k / 1000 and below the next


def confidence_counts(
    *,
    predicted: npt.ArrayLike,
    confidence: npt.ArrayLike,
    holdout_predicted: npt.ArrayLike,
    holdout_confidence: npt.ArrayLike,
    holdout_is_right: npt.ArrayLike,
    class_ids: Sequence[int],
) -> dict[str, Any]:
    """All that is needed to say what any threshold of whole thousandths would do, class by class.

    predicted, confidence    (n,) class id and calibrated confidence, 0 to 1, of the pool's predictions
    holdout_*                (m,) the same of the holdout, and whether each named the person's class

    Bin k, 0 to 1000, holds confidences from k/1000 up to, not including, (k+1)/1000; the last holds 1
    alone. So the counts of bins k and above are exactly those that the threshold k/1000 accepts.
    Empty bins are left out: {"n_pool", "n_holdout", "classes": [{"class_id", "pool": [[bin, n]],
    "holdout": [[bin, n, n_right]]}]}.
    """
    classes = np.asarray(class_ids, dtype=np.int64)

    def cells(named: npt.ArrayLike, sure: npt.ArrayLike) -> npt.NDArray[np.int64]:
        columns = class_columns(named, class_ids)
        bins = np.searchsorted(CONFIDENCE_EDGES, np.asarray(sure, dtype=np.float64), side="right") - 1
        return columns * len(CONFIDENCE_EDGES) + bins

    size = len(classes) * len(CONFIDENCE_EDGES)
    shape = (len(classes), len(CONFIDENCE_EDGES))
    held = cells(holdout_predicted, holdout_confidence)
    right = np.asarray(holdout_is_right, dtype=bool)
    pool = np.bincount(cells(predicted, confidence), minlength=size).reshape(shape)
    n_held = np.bincount(held, minlength=size).reshape(shape)
    n_right = np.bincount(held[right], minlength=size).reshape(shape)
    return {
        "n_pool": int(pool.sum()),
        "n_holdout": int(n_held.sum()),
        "classes": [
            {
                "class_id": int(class_id),
                "pool": [[int(k), int(pool[row, k])] for k in np.flatnonzero(pool[row])],
                "holdout": [
                    [int(k), int(n_held[row, k]), int(n_right[row, k])] for k in np.flatnonzero(n_held[row])
                ],
            }
            for row, class_id in enumerate(classes)
        ],
    }
