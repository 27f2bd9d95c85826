"""Items as points: what a fitted learner makes of them, or what classical learners would begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from training.learners.base import take_rows
from training.learners.features import check_rows, fit_features

FIT_ROWS = 20_000  # that words, scales and categories are taken from


def learner_features(learner: Any, X: Any, *, item_type: str) -> Any | None:
    """(n, d) of a fitted learner: its vectors, or the input of its network's last layer; None if it has neither.

    A network has its last layer as `net_.head`. Raises InvalidRows.
    """
    head = getattr(getattr(learner, "net_", None), "head", None)
    if head is not None:
        seen: list[npt.NDArray[np.float32]] = []
        handle = head.register_forward_pre_hook(
            lambda module, given: seen.append(given[0].detach().float().cpu().numpy().copy())
        )
        try:
            learner.predict_proba(X)
        finally:
            handle.remove()
        points = np.concatenate(seen) if seen else np.empty((0, 0), dtype=np.float32)
        return points if len(points) == len(X) else None
    if hasattr(learner, "features_") and hasattr(learner.features_, "transform"):
        return learner.features_.transform(check_rows(X, item_type=item_type))
    return None


def item_features(X: Any, *, item_type: str, random_state: int = 0) -> Any:
    """(n, d) float32, sparse for texts: TF-IDF, pixels, or scaled and one-hot columns (training/learners/features.py).

    Fitted on 20,000 rows at most. Raises InvalidRows. Memory: that of the result.
    """
    n = len(check_rows(X, item_type=item_type))
    chosen = np.arange(n)
    if n > FIT_ROWS:
        chosen = np.sort(np.random.default_rng(random_state).choice(n, FIT_ROWS, replace=False))
    transform, vectors = feature_maker(take_rows(X, chosen), item_type=item_type, random_state=random_state)
    return vectors if n <= FIT_ROWS else transform(X)


def feature_maker(X: Any, *, item_type: str, random_state: int = 0) -> tuple[Callable[[Any], Any], Any]:
    """(what makes such features of other items, those of X), fitted on X. Raises InvalidRows."""
    rows = check_rows(X, item_type=item_type)
    pipeline, vectors = fit_features(
        rows,
        item_type=item_type,
        y=np.zeros(len(rows), dtype=np.int64),
        is_dense=False,
        max_dimensions=None,
        random_state=random_state,
    )
    return lambda others: pipeline.transform(check_rows(others, item_type=item_type)), vectors
