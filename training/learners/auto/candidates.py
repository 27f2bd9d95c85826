"""Classifiers of vectors as candidates: alone, on features of the whole pool, and trained on their own answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from training.calibration import apply_temperature
from training.learners.base import FloatArray, take_rows
from training.learners.catalogue import check_params, learner_named
from training.learners.classifiers import logistic_regression
from training.learners.graph import transform_rows
from training.learners.vectors import VectorLearner

IntArray = npt.NDArray[np.int64]

MAX_SELF_LABELED = 4_000  # rows of the pool, drawn at random: more take time and add little
N_SELF_TRAININGS = 2
TRIAL_PARAMS = {"random_forest": {"n_estimators": 100}}  # as good to judge by as 300, in a third of the time
MIN_LABELS_FOR_BOOSTING = 50  # with fewer, trees that correct each other correct noise


class Labels:
    """The labeled rows of a fit: `rows` (l,) their places in X, `columns` (l,), `weights` (l,), and `folds` (l,)."""

    def __init__(
        self, rows: IntArray, columns: IntArray, weights: FloatArray, folds: IntArray, n_classes: int
    ) -> None:
        self.rows = rows
        self.columns = columns
        self.weights = weights
        self.folds = folds
        self.n_classes = n_classes

    def where(self, mask: npt.NDArray[np.bool_]) -> Labels:
        return Labels(
            self.rows[mask], self.columns[mask], self.weights[mask], self.folds[mask], self.n_classes
        )

    @property
    def is_weighted(self) -> bool:
        return bool((self.weights != self.weights[:1]).any())


Fit = Callable[[Labels], Any]  # labels -> something with predict_proba(X)


def supervised_names(item_type: str, labels: Labels) -> list[str]:
    """The classifiers worth trying on the labels alone."""
    if item_type == "text":
        return ["logistic_regression", "naive_bayes"]
    if item_type == "image":
        return ["logistic_regression"]
    names = ["logistic_regression", "random_forest"]
    if len(labels.rows) >= MIN_LABELS_FOR_BOOSTING:
        names.append("gradient_boosting")
    if not labels.is_weighted:
        names.append("lda")  # it cannot weigh rows
    return names


def title_of(name: str, item_type: str) -> str:
    return learner_named(name, item_type=item_type).title


def fit_supervised(
    name: str, X: Any, labels: Labels, item_type: str, random_state: int, *, is_trial: bool = False
) -> VectorLearner:
    """The learner of that name with its usual parameters, its classes numbered 0 to K - 1."""
    learner = _learner(name, item_type, random_state, TRIAL_PARAMS.get(name, {}) if is_trial else {})
    weights = labels.weights if labels.is_weighted else None
    return learner.fit(take_rows(X, labels.rows), labels.columns, weights)


def fit_self_trained(
    name: str,
    X: Any,
    pool: IntArray,
    labels: Labels,
    item_type: str,
    random_state: int,
    temperature: float | None,
) -> VectorLearner:
    """The learner trained again, twice, on the labels and on its answers for up to 4,000 rows of the pool.

    An answer counts by 1 - entropy / log K (Iscen and others 2019, equation 11), and all answers together as
    much as all labels, so that the labels are never drowned.
    """
    learner = fit_supervised(name, X, labels, item_type, random_state)
    drawn = np.sort(np.random.default_rng(random_state).permutation(pool)[:MAX_SELF_LABELED])
    asked = take_rows(X, drawn)
    both = take_rows(X, np.concatenate([labels.rows, drawn]))
    for _ in range(N_SELF_TRAININGS):
        answers = apply_temperature(learner.predict_proba(asked), temperature)  # (n, K)
        weights = certainty(answers)
        weights *= labels.weights.sum() / max(weights.sum(), 1e-12)
        learner = _learner(name, item_type, random_state).fit(
            both,
            np.concatenate([labels.columns, answers.argmax(axis=1)]),
            np.concatenate([labels.weights, weights]),
        )
    return learner


class PoolFeatures(BaseEstimator):
    """Logistic regression on features that were fitted on all rows, labeled or not."""

    def __init__(self, features: Any, item_type: str, random_state: int = 0) -> None:
        self.features = features
        self.item_type = item_type
        self.random_state = random_state

    def fit_vectors(self, vectors: npt.NDArray[np.float32], labels: Labels) -> PoolFeatures:
        """vectors: (n, d) of all rows."""
        classifier = logistic_regression(random_state=self.random_state, C=10.0, balanced=False)
        self.classifier_ = classifier.fit(vectors[labels.rows], labels.columns, labels.weights)
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        vectors = transform_rows(self.features, X, self.item_type)
        answers: FloatArray = self.classifier_.predict_proba(vectors)
        return answers


def out_of_fold(
    fit: Fit, X: Any, labels: Labels, judged: npt.NDArray[np.int64], step: Callable[[], None]
) -> FloatArray:
    """(l, K) what `fit` on the labels of all other folds says of the labels of each judged fold; NaN elsewhere."""
    answers = np.full((len(labels.rows), labels.n_classes), np.nan)
    for fold in judged:
        held = labels.folds == fold
        fitted = fit(labels.where(~held))
        answers[held] = fitted.predict_proba(take_rows(X, labels.rows[held]))
        step()
    return answers


def certainty(probabilities: FloatArray) -> FloatArray:
    """(n,) 1 - entropy / log K: 1 for a sure answer, 0 for none."""
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1)
    found: FloatArray = np.clip(1 - entropy / np.log(probabilities.shape[1]), 0, 1)
    return found


def _learner(
    name: str, item_type: str, random_state: int, given: Mapping[str, Any] | None = None
) -> VectorLearner:
    params: Mapping[str, Any] = check_params(name, item_type=item_type, params=given or {})
    return VectorLearner(name, item_type, params, random_state)
