"""The scikit-learn classifiers of the checked list, set up for the data at hand.

Each factory gets `shape`, because what suits 100,000 rows breaks on 8: cross-validation needs
rows in every class, trees need leaves smaller than the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, LinearSVC

EXACT_KERNEL_ROWS = 5_000  # libsvm takes time with the square of the rows


@dataclass(frozen=True)
class TrainingShape:
    """What a factory may know of the labeled rows, once they are vectors."""

    n_rows: int
    n_dimensions: int
    n_classes: int
    n_smallest: int  # labels of the rarest class, >= 1
    is_sparse: bool


def logistic_regression(*, random_state: int, C: float, balanced: bool) -> LogisticRegression:
    # 1e-3 instead of 1e-4: on pixels and TF-IDF the answers agree to three digits in a third of the time.
    return LogisticRegression(
        C=C, class_weight=_weights(balanced), max_iter=300, tol=1e-3, random_state=random_state
    )


def random_forest(
    *, random_state: int, n_estimators: int, min_samples_leaf: int, balanced: bool
) -> RandomForestClassifier:
    return RandomForestClassifier(
        n_estimators,
        min_samples_leaf=min_samples_leaf,
        class_weight=_weights(balanced),
        n_jobs=-1,
        random_state=random_state,
    )


def gradient_boosting(
    *, random_state: int, shape: TrainingShape, learning_rate: float, max_iter: int, max_leaf_nodes: int
) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=learning_rate,
        max_iter=max_iter,
        max_leaf_nodes=max_leaf_nodes,
        # The library's 20 forbids any split of 39 rows; a fifth of an average class allows some.
        min_samples_leaf=int(np.clip(shape.n_rows // (5 * shape.n_classes), 1, 20)),
        # The split for early stopping is stratified: each class needs rows on both sides.
        early_stopping=shape.n_rows >= 1_000 and shape.n_smallest >= 20,
        random_state=random_state,
    )


def knn(*, shape: TrainingShape, n_neighbors: int, weights: str) -> KNeighborsClassifier:
    return KNeighborsClassifier(min(n_neighbors, shape.n_rows), weights=weights)


def svm(*, random_state: int, shape: TrainingShape, C: float, kernel: str) -> Any:
    if kernel == "linear":
        machine: Any = LinearSVC(C=C, random_state=random_state)
    elif shape.n_rows <= EXACT_KERNEL_ROWS:
        machine = SVC(C=C)
    else:
        # The same `gamma` as SVC's "scale" for standardised or unit vectors, on 1,000 landmarks.
        landmarks = Nystroem(gamma=1.0 / shape.n_dimensions, n_components=1_000, random_state=random_state)
        machine = Pipeline([("landmarks", landmarks), ("machine", LinearSVC(C=C, random_state=random_state))])
    if shape.n_smallest < 2:
        return MarginSoftmax(machine)
    folds = StratifiedKFold(min(5, shape.n_smallest), shuffle=True, random_state=random_state)
    return CalibratedClassifierCV(machine, method="temperature", cv=folds, ensemble=False)


def lda(*, shape: TrainingShape) -> LinearDiscriminantAnalysis | GaussianNB:
    if shape.n_rows == shape.n_classes:
        # One row a class shows no spread within classes: equal balls around each.
        return GaussianNB(var_smoothing=1.0)
    # Ledoit-Wolf shrinkage: the covariance stays invertible with fewer rows than dimensions.
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")


def qda(*, shape: TrainingShape, reg_param: float) -> Any:
    if shape.n_smallest < 2:
        # One row has no covariance; until each class has two, all share one.
        return lda(shape=shape)
    # The "svd" solver needs more rows than dimensions in each class; shrinkage does not.
    return QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=reg_param)


def naive_bayes(*, shape: TrainingShape, smoothing: float) -> MultinomialNB | GaussianNB:
    return MultinomialNB(alpha=smoothing) if shape.is_sparse else GaussianNB(var_smoothing=smoothing)


class MarginSoftmax(ClassifierMixin, BaseEstimator):
    """Probabilities as the softmax of margins, where a class has too few labels to fit them on folds.

    Only for ranking: they are not calibrated. Binary margins m count as (-m, m).
    """

    def __init__(self, machine: Any) -> None:
        self.machine = machine

    def fit(self, X: Any, y: npt.NDArray[Any], sample_weight: Any = None) -> Self:
        self.machine_ = clone(self.machine)
        if sample_weight is None:
            self.machine_.fit(X, y)
        else:
            self.machine_.fit(X, y, sample_weight=sample_weight)
        self.classes_ = self.machine_.classes_
        return self

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        margins = self.machine_.decision_function(X)  # (n,) for two classes, else (n, n_classes)
        if margins.ndim == 1:
            margins = np.column_stack([-margins, margins])  # (n, 2)
        probabilities: npt.NDArray[np.float64] = softmax(margins, axis=1)
        return probabilities

    def predict(self, X: Any) -> npt.NDArray[Any]:
        chosen: npt.NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return chosen


def _weights(balanced: bool) -> str | None:
    return "balanced" if balanced else None
