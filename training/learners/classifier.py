"""What every learner of ours is to scikit-learn: a classifier that says which items it takes."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from training.learners.base import FloatArray


class ItemClassifier(ClassifierMixin, BaseEstimator):
    """`predict` by the highest of `predict_proba`, and scikit-learn's tags by item type.

    Subclasses have `item_type`, and after fit `classes_`, sorted.
    """

    item_type: str
    classes_: npt.NDArray[Any]

    def predict_proba(self, X: Any) -> FloatArray:
        raise NotImplementedError

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """(n,) the likeliest class of each row, the first of equals. Raises NotFittedError and InvalidRows."""
        check_is_fitted(self)
        chosen: npt.NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return chosen

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        takes = tags.input_tags
        takes.two_d_array = self.item_type in ("table", "series")
        takes.three_d_array = self.item_type in ("image", "series")
        # Columns of a table may hold words, and what is missing is imputed.
        takes.string = self.item_type in ("text", "table")
        takes.categorical = takes.allow_nan = self.item_type == "table"
        return tags
