"""Any scikit-learn classifier as a learner of items: features first, unlabeled rows dropped."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from training.learners import accepted, load_factory
from training.learners.base import FloatArray, Progress, check_training, check_weights, take_rows
from training.learners.catalogue import LearnerSpec, learner_named, values_for_learner
from training.learners.classifier import ItemClassifier
from training.learners.classifiers import TrainingShape
from training.learners.errors import LearnerError
from training.learners.features import check_rows, fit_features

ROWS_PER_BATCH = 8_192  # of predict_proba; bounds the memory of vectors that exist at one time


class VectorLearner(ItemClassifier):
    """A classifier of the checked list behind the features of an item type.

    learner, params   a name with takes="vectors", and its parameters, all of them
    classes           every class that must have a label; None: those that y holds
    progress          called with (step, 2, None): features, then classifier; what it raises stops the fit

    After fit: `classes_` (sorted), `features_` and `classifier_` (fitted), `fit_warnings_` (sentences
    of the library, such as "did not converge"). Missing numbers in tables are imputed; NaN in series
    and infinity anywhere are refused. Memory: the vectors of the labeled rows, see features.py.
    Raises TooFewLabels and InvalidRows.
    """

    def __init__(
        self,
        learner: str,
        item_type: str,
        params: Mapping[str, Any] | None = None,
        random_state: int = 0,
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.learner = learner
        self.item_type = item_type
        self.params = params
        self.random_state = random_state
        self.progress = progress
        self.classes = classes

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        spec = learner_named(self.learner, item_type=self.item_type)
        mask = check_training(X, y, self.classes)
        weights = check_weights(sample_weight, mask)
        labels = np.asarray(np.asarray(y)[mask].tolist())
        rows = take_rows(X, mask)

        self._report(0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            features, vectors = fit_features(
                rows,
                item_type=self.item_type,
                y=labels,
                is_dense=spec.is_dense,
                max_dimensions=spec.max_dimensions,
                random_state=self.random_state,
            )
            self._report(1)
            classifier = self._classifier(spec, vectors, labels)
            if weights is None:
                classifier.fit(vectors, labels)
            elif has_fit_parameter(classifier, "sample_weight"):
                classifier.fit(vectors, labels, sample_weight=weights[mask])
            else:
                raise LearnerError(
                    f"{spec.title} cannot weigh rows. Leave sample_weight away, or use logistic_regression, "
                    "random_forest or gradient_boosting."
                )
        self._report(2)

        if hasattr(classifier, "estimators_") and hasattr(classifier, "n_jobs"):
            # Threads of a forest add up their votes in the order they finish, and the last digit with it.
            classifier.n_jobs = 1
        self.features_, self.classifier_ = features, classifier
        self.classes_ = classifier.classes_
        self.fit_warnings_ = sorted({str(warning.message) for warning in caught})
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        n_rows = len(X)
        probabilities = np.empty((n_rows, len(self.classes_)))
        for start in range(0, n_rows, ROWS_PER_BATCH):
            rows = np.arange(start, min(start + ROWS_PER_BATCH, n_rows))
            vectors = self.features_.transform(check_rows(take_rows(X, rows), item_type=self.item_type))
            probabilities[rows] = self.predict_vectors(vectors)
        return probabilities

    def predict_vectors(self, vectors: Any) -> FloatArray:
        """(n, n_classes) for vectors that `features_` made."""
        answers: FloatArray = self.classifier_.predict_proba(vectors)
        answers /= answers.sum(axis=1, keepdims=True)
        return answers

    def _classifier(self, spec: LearnerSpec, vectors: Any, labels: npt.NDArray[Any]) -> Any:
        _, counts = np.unique(labels, return_counts=True)
        shape = TrainingShape(
            n_rows=len(labels),
            n_dimensions=vectors.shape[1],
            n_classes=len(counts),
            n_smallest=int(counts.min()),
            is_sparse=bool(sparse.issparse(vectors)),
        )
        factory = load_factory(spec.factory)
        settings = {"random_state": self.random_state, "shape": shape}
        values = values_for_learner(spec, self.params or {})
        return factory(**accepted(factory, settings), **values)

    def _report(self, step: int) -> None:
        if self.progress is not None:
            self.progress(step, 2, None)
