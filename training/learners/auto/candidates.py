"""Classifiers of vectors as candidates: on the labels alone, on features of the pool, and on their own answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from training.learners.base import FloatArray, take_rows
from training.learners.catalogue import check_params, learner_named
from training.learners.classifiers import logistic_regression
from training.learners.features import Matrix, check_rows, fit_features, word_features
from training.learners.graph import LabelPropagation, transform_rows
from training.learners.vectors import VectorLearner
from training.rules.calibration import apply_temperature

IntArray = npt.NDArray[np.int64]

MAX_SELF_LABELED = 4_000  # rows of the pool, drawn at random: more take time and add little
N_SELF_TRAININGS = 2
TRIAL_PARAMS = {"random_forest": {"n_estimators": 100}}  # as good to judge by as 300, in a third of the time
MIN_LABELS_FOR_BOOSTING = 50  # with fewer, trees that correct each other correct noise
C_OF_WORDS = 30.0  # of logistic regression: words alone bear more than all terms together (20 Newsgroups)


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


def share_features(members: Iterable[Any]) -> None:
    """Learners that fitted the same features to the same labels have one of them, which then transforms once."""
    first: dict[tuple[bool, int | None], VectorLearner] = {}
    for member in members:
        if isinstance(member, VectorLearner):
            spec = learner_named(member.learner, item_type=member.item_type)
            member.features_ = first.setdefault((spec.is_dense, spec.max_dimensions), member).features_


class PoolFeatures(BaseEstimator):
    """Logistic regression on features that were fitted on labeled and unlabeled rows alike."""

    def __init__(self, features: Any, item_type: str, random_state: int = 0, C: float = 1.0) -> None:
        self.features = features  # fitted
        self.item_type = item_type
        self.random_state = random_state
        self.C = C

    def fit_vectors(self, vectors: Matrix, columns: IntArray, weights: FloatArray) -> PoolFeatures:
        """vectors: (l, d) of the labeled rows; columns, weights: (l,)."""
        self.classifier_ = logistic_regression(random_state=self.random_state, C=self.C, balanced=False)
        self.classifier_.fit(vectors, columns, weights)
        return self

    def fit_again(
        self,
        vectors: Matrix,
        columns: IntArray,
        weights: FloatArray,
        unlabeled: Matrix,
        temperature: float | None,
    ) -> PoolFeatures:
        """Self-training: fitted on the labels, then twice on these and on its own answers.

        unlabeled    (u, d); each row counts by 1 - entropy / log K (Iscen and others 2019, equation 11), and
                     all together as much as all labels, so that these are never drowned
        temperature  of its answers
        """
        self.fit_vectors(vectors, columns, weights)
        both = np.concatenate([vectors, unlabeled])
        for _ in range(N_SELF_TRAININGS):
            answers = apply_temperature(self.classifier_.predict_proba(unlabeled), temperature)  # (u, K)
            counts = certainty(answers)
            counts *= weights.sum() / max(counts.sum(), 1e-12)
            found = np.concatenate([columns, answers.argmax(axis=1)])
            self.fit_vectors(both, found, np.concatenate([weights, counts]))
        return self

    @property
    def features_(self) -> Any:
        return self.features

    def predict_proba(self, X: Any) -> FloatArray:
        return self.predict_vectors(transform_rows(self.features, X, self.item_type))

    def predict_vectors(self, vectors: Any) -> FloatArray:
        """(n, n_classes) for vectors that `features_` made."""
        given = vectors if sparse.issparse(vectors) else np.asarray(vectors, dtype=np.float32)
        answers: FloatArray = self.classifier_.predict_proba(given)
        return answers


class PoolVectors:
    """Features fitted on labeled and unlabeled rows, and fits of logistic regression to their vectors.

    features   fitted
    vectors    (n, d) of the rows that are kept
    kept       (n,) their places in X, ascending; every labeled one among them
    unlabeled  (u,) places in X of those that self-training answers
    """

    def __init__(
        self,
        features: Any,
        vectors: Matrix,
        kept: IntArray,
        unlabeled: IntArray,
        item_type: str,
        random_state: int,
        C: float,
    ) -> None:
        self.features = features
        self.vectors = vectors
        self.kept = kept
        self.unlabeled = unlabeled
        self.item_type = item_type
        self.random_state = random_state
        self.C = C

    def fit(self, some: Labels) -> PoolFeatures:
        return self._learner().fit_vectors(self._of(some.rows), some.columns, some.weights)

    def self_training(self, temperature: float | None) -> Fit:
        asked = self._of(self.unlabeled)

        def fit(some: Labels) -> PoolFeatures:
            mine = self._of(some.rows)
            return self._learner().fit_again(mine, some.columns, some.weights, asked, temperature)

        return fit

    def _of(self, rows: IntArray) -> Matrix:
        return self.vectors[np.searchsorted(self.kept, rows)]

    def _learner(self) -> PoolFeatures:
        return PoolFeatures(self.features, self.item_type, self.random_state, self.C)


def pool_vectors(
    X: Any, pool: IntArray, labels: Labels, item_type: str, random_state: int, graph: LabelPropagation
) -> PoolVectors:
    """Texts: the latent semantics that the graph was built on. Others: features of the labeled rows and of up to
    4,000 rows of the pool, not reduced."""
    drawn = np.random.default_rng(random_state).permutation(pool)[:MAX_SELF_LABELED]
    usual = float(check_params("logistic_regression", item_type=item_type, params={})["C"])
    if item_type == "text":
        kept = np.arange(len(graph.vectors_))
        return PoolVectors(graph.features_, graph.vectors_, kept, drawn, item_type, random_state, usual)
    kept = np.sort(np.concatenate([labels.rows, drawn]))
    features, vectors = fit_features(
        take_rows(X, kept),
        item_type=item_type,
        y=np.zeros(len(kept), dtype=np.int64),
        is_dense=True,
        max_dimensions=None,
        random_state=random_state,
    )
    return PoolVectors(features, vectors, kept, drawn, item_type, random_state, usual)


def pool_words(X: Any, random_state: int) -> PoolVectors:
    """Texts: each word by itself, so weighted as all of them use it; none of it is answered by itself."""
    features = Pipeline([("words", word_features(len(X)))])
    vectors = features.fit_transform(check_rows(X, item_type="text"))
    kept = np.arange(len(X))
    return PoolVectors(features, vectors, kept, kept[:0], "text", random_state, C_OF_WORDS)


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
