"""The one convention of all learners.

A learner is a scikit-learn classifier that also takes unlabeled rows:

    fit(X, y, sample_weight=None)  y holds UNLABELED (-1), or None among names, where nobody knows
    predict_proba(X)               (n_items, n_classes), rows sum to 1, columns as `classes_`
    classes_, get_params()         as everywhere in scikit-learn

X is, by item type: image, uint8 of shape (n, height, width) or (n, height, width, 3); text, a
sequence of n strings; table, a pandas DataFrame or a 2-D array; series, float32 of shape (n, time)
or (n, time, channels). Learners neither change X nor y.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from training.learners.errors import InvalidRows, TooFewLabels

UNLABELED = -1

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
# Called with (step, n_steps, seconds left or None); whatever it raises stops the fit and passes through.
Progress = Callable[[int, int, float | None], None]


class Learner(Protocol):
    """What `create` returns and what a run needs."""

    classes_: npt.NDArray[Any]

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Learner: ...

    def predict_proba(self, X: Any) -> FloatArray: ...

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...


def labeled_mask(y: Any) -> BoolArray:
    """(n,) True where y names a class: neither -1 nor None nor NaN.

    Raises InvalidRows where y is no list of classes at all.
    """
    if y is None:
        raise InvalidRows(
            "A learner requires y to be passed, but the target y is None. Pass one label per row, -1 where nobody knows."
        )
    y = np.asarray(y)
    if y.ndim != 1:
        raise InvalidRows(f"y has shape {y.shape}; it must be one label per row, shape (n,).")
    if y.dtype.kind in "OUS":
        return np.array(
            [not (label is None or label == UNLABELED or label != label) for label in y], dtype=bool
        )
    mask: BoolArray = (y != UNLABELED) & (y == y)
    if y.dtype.kind == "f" and (y[mask] != np.round(y[mask])).any():
        raise InvalidRows(
            f"Unknown label type: y holds fractions such as {y[mask][y[mask] != np.round(y[mask])][0]:g}, and a learner "
            "tells classes apart. Pass names or integers."
        )
    return mask


def _check_labels(y: Any, classes: Sequence[Any] | None = None) -> BoolArray:
    """The mask of labeled rows, once it is certain that there is something to learn.

    `classes`: every class there should be; None: those that y happens to hold.
    Raises TooFewLabels for no label, for one class only and for a class without any.
    """
    mask = labeled_mask(y)
    labels = np.asarray(y)[mask]
    seen = set(labels.tolist())
    n_wanted = max(2, len(classes or ()))
    if len(labels) < n_wanted:
        are = "is 1 label" if len(labels) == 1 else f"are {len(labels)} labels"
        raise TooFewLabels(
            f"There {are} for {n_wanted} classes; each class needs one at least. Label more items first."
        )
    if len(seen) < 2:
        raise TooFewLabels(
            f"All {len(labels)} labels are of one class, {_name(next(iter(seen)))}; a learner needs two classes "
            "at least. Label some items of another class."
        )
    without = [name for name in classes or () if name not in seen]
    if without:
        names = ", ".join(_name(name) for name in without)
        raise TooFewLabels(
            f"No label for {'class' if len(without) == 1 else 'classes'} {names}; each class needs one at least. "
            "Label an item of it, or delete the class."
        )
    if classes is not None and (strangers := seen - set(classes)):
        raise InvalidRows(
            f"y holds labels of {', '.join(sorted(map(_name, strangers)))}, not among the classes "
            f"{', '.join(map(_name, classes))}. Add the class, or leave these rows unlabeled."
        )
    return mask


def check_training(X: Any, y: Any, classes: Sequence[Any] | None = None) -> BoolArray:
    """The mask of labeled rows of X, once it is certain that y goes with X and that there is something to learn.

    Raises TooFewLabels and InvalidRows.
    """
    if hasattr(X, "tocsr"):
        raise InvalidRows("A sparse matrix is no table here. Pass X.toarray(), or a DataFrame.")
    mask = _check_labels(y, classes)
    if len(X) != len(mask):
        raise InvalidRows(f"X has {len(X)} rows and y has {len(mask)}; there must be one label per row.")
    return mask


def check_weights(sample_weight: Any, is_labeled: BoolArray) -> FloatArray | None:
    """(n,) finite weights >= 0, or None, for the (n,) rows of which some are labeled.

    Raises InvalidRows, also where no labeled row weighs anything.
    """
    if sample_weight is None:
        return None
    n_rows = len(is_labeled)
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n_rows,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise InvalidRows(
            f"sample_weight has shape {weights.shape}; it must be {n_rows} finite numbers of 0 or more, one per row."
        )
    if not weights[is_labeled].any():
        raise InvalidRows("All labeled rows have a weight of zero; at least one must count.")
    return weights


def take_rows(X: Any, rows: npt.NDArray[Any]) -> Any:
    """The rows (mask or indices) of an array, a DataFrame or a sequence of strings."""
    if hasattr(X, "iloc"):
        return X.iloc[np.flatnonzero(rows) if rows.dtype == np.bool_ else rows]
    if isinstance(X, np.ndarray):
        return X[rows]
    indices = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
    return [X[int(index)] for index in indices]


def _name(label: Any) -> str:
    return repr(label) if isinstance(label, str) else str(label)
