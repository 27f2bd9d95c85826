"""A classifier of texts and tables trained on labeling functions and on what people labeled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from training.learners.base import UNLABELED, FloatArray, Progress, check_training, check_weights, take_rows
from training.learners.classifier import ItemClassifier
from training.learners.classifiers import logistic_regression
from training.learners.errors import InvalidRows
from training.learners.features import check_rows, fit_features
from training.learners.weak.evaluation import ABSTAIN, apply_functions
from training.learners.weak.functions import check_functions
from training.learners.weak.label_model import Kind, LabelModel, function_report

ROWS_PER_BATCH = 8_192
# A class that the label model gives less than this adds a row to the fit and nothing to the answer.
SMALLEST_SHARE = 0.01


class WeakSupervision(ItemClassifier):
    """Logistic regression on human labels and on the probabilities of a label model.

    Functions vote on the unlabeled rows; a label model turns the votes into probabilities, with the
    human labels as known truth; the classifier learns from both. What people labeled stays as it is,
    and rows on which no function votes are left out: the classifier reaches them through their
    features (Ratner et al. 2017, "Snorkel", section 2). Without functions, or without unlabeled rows,
    this is logistic regression on the labels.

    functions    a list of labeling functions or its JSON text, see training/learners/weak/functions.py
    label_model  "one_coin", "confusion" or "majority", see LabelModel
    weak_weight  of a row that only functions labeled; a row that people labeled has weight 1
    C            inverse strength of regularization
    progress     called while functions vote and after each stage; what it raises stops the fit

    After fit: `classes_` (sorted); `features_`, `classifier_`; `label_model_`, or None without
    functions; `report_`, one dict per function, see function_report; `n_weak_` rows that functions
    labeled. Memory: the vectors of the rows used (features.py), once more for each class that a
    weak row may be of, and 2 bytes x rows x functions. Raises TooFewLabels, InvalidRows and
    InvalidLabelingFunction.
    """

    def __init__(
        self,
        item_type: str = "text",
        functions: str | Sequence[Any] = "",
        label_model: Kind = "one_coin",
        weak_weight: float = 1.0,
        C: float = 1.0,
        random_state: int = 0,
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.item_type = item_type
        self.functions = functions
        self.label_model = label_model
        self.weak_weight = weak_weight
        self.C = C
        self.random_state = random_state
        self.progress = progress
        self.classes = classes

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        functions = check_functions(self.functions)
        mask = check_training(X, y, self.classes)
        weights = check_weights(sample_weight, mask)
        row_weights = np.ones(len(mask)) if weights is None else weights
        labels = np.asarray(np.asarray(y)[mask].tolist())
        self.classes_, columns = np.unique(labels, return_inverse=True)
        known = np.full(len(mask), UNLABELED)  # (n,) column of the class
        known[mask] = columns
        n_steps = len(mask) + 2  # votes on n rows, features, classifier

        targets = np.zeros((len(mask), len(self.classes_)))  # (n, K) rows of zeros are left out
        targets[mask, columns] = 1
        self.label_model_, self.report_, self.n_weak_ = None, [], 0
        if functions:
            votes = apply_functions(
                X,
                functions,
                item_type=self.item_type,
                classes=self.classes_.tolist(),
                progress=lambda step, n_rows, seconds: self._report(step, n_steps),
            )
            is_weak = ~mask & (votes != ABSTAIN).any(axis=1)
            model = LabelModel(self.label_model, n_classes=len(self.classes_)).fit(votes, known)
            targets[is_weak] = model.predict_proba(votes[is_weak])
            row_weights = np.where(is_weak, row_weights * self.weak_weight, row_weights)
            names = [function.name for function in functions]
            self.report_ = function_report(votes, names, model.accuracies_, known)
            self.label_model_, self.n_weak_ = model, int(is_weak.sum())

        self._report(n_steps - 2, n_steps)
        used = np.flatnonzero(targets.any(axis=1) & (row_weights > 0))
        if not targets[used].any(axis=0).all():
            raise InvalidRows("A class has labels with a weight of zero only; one of each class must count.")
        self.features_, vectors = fit_features(
            take_rows(X, used),
            item_type=self.item_type,
            y=targets[used].argmax(axis=1),
            is_dense=False,
            max_dimensions=None,
            random_state=self.random_state,
        )
        self._report(n_steps - 1, n_steps)
        self.classifier_ = self._classifier(vectors, targets[used], row_weights[used])
        self._report(n_steps, n_steps)
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        probabilities = np.empty((len(X), len(self.classes_)))
        for start in range(0, len(X), ROWS_PER_BATCH):
            rows = np.arange(start, min(start + ROWS_PER_BATCH, len(X)))
            vectors = self.features_.transform(check_rows(take_rows(X, rows), item_type=self.item_type))
            probabilities[rows] = self.classifier_.predict_proba(vectors)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities

    def _classifier(self, vectors: Any, targets: FloatArray, weights: FloatArray) -> LogisticRegression:
        """The least expected log-loss under the targets: each row once for each class it may be of."""
        rows, columns = np.nonzero(targets >= SMALLEST_SHARE)
        shares = targets[rows, columns] * weights[rows]
        is_counted = shares > 0
        rows, columns, shares = rows[is_counted], columns[is_counted], shares[is_counted]
        # Where each row is of one class, the vectors are taken as they are.
        repeated = vectors if np.array_equal(rows, np.arange(len(targets))) else vectors[rows]
        classifier = logistic_regression(random_state=self.random_state, C=self.C, balanced=False)
        return classifier.fit(repeated, columns, sample_weight=shares)

    def _report(self, step: int, n_steps: int) -> None:
        if self.progress is not None:
            self.progress(step, n_steps, None)
