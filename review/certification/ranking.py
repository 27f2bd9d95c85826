"""The order of the candidates, the surest first: by an error score that is learned from answers.

A good order is worth more labels than anything else about a certificate, and none of its validity: the
walk proves the cut whatever the order. So the score may be learned in any way from answers that are no
audits of the attempt, and is frozen before the draw.

What it must not do is see the truth of an unlabeled item, or judge itself on rows it was fitted on. Each
answered row therefore brings the prediction that was made before its answer (out of fold), and the scores
are compared by cross-validation.

Source of the idea and of the measure: El-Yaniv and Wiener, "On the foundations of noise-free selective
classification", JMLR 11 (2010), for risk and coverage; Geifman, Uziel and El-Yaniv, "Bias-reduced
uncertainty estimation for deep neural classifiers" (ICLR 2019), for the area under their curve.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LEARNED = "learned"
N_FOLDS = 5
MIN_ANSWERS = 100  # to learn a score from
MIN_EACH = 10  # right and wrong ones among them
MAX_CLASS_COLUMNS = 100  # more classes than this are not told apart by the learned score
MAX_NEWTON = 400  # columns up to which Newton steps are faster
PENALTIES = (0.003, 0.03, 0.3)  # inverse strengths of the learned score's L2 penalty, scikit-learn's C


@dataclass(frozen=True)
class ErrorScores:
    """How sure each candidate's label is.

    score    (M,) higher: surer; what to rank by
    p_right  (M,) in [0, 1], calibrated on the answers; for plans. It has ties where the score has none.
    name     "confidence", "margin", "entropy" or "learned"
    table    a row for each score: {"name", "aurc", "is_chosen"}; area under the risk-coverage curve,
             0 to 1, lower is better
    why      a sentence
    """

    score: FloatArray
    p_right: FloatArray
    name: str
    table: list[dict[str, Any]]
    why: str


def error_scores(
    *,
    answered: npt.ArrayLike,
    is_right: npt.ArrayLike,
    candidates: npt.ArrayLike,
    answered_features: npt.ArrayLike | None = None,
    candidate_features: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    random_state: int = 0,
) -> ErrorScores:
    """Choose a score by its cross-validated area under the risk-coverage curve, and score the candidates.

    answered            (n, n_classes) probabilities that were predicted for answered items before the answer
    is_right            (n,) whether the predicted class was the answer
    candidates          (M, n_classes) probabilities predicted by the frozen model
    answered_features   (n, d) and
    candidate_features  (M, d): more that may tell right from wrong (neighbours' agreement, a second model's
                        probability, text features, ...), finite numbers; both or none
    weight              (n,) one over the chance with which each answered item was picked; None: equal

    The learned score is a logistic model of confidence, margin, entropy, the predicted class and the
    features. It is considered from 100 answers on with 10 right and 10 wrong at least, its penalty
    chosen by the same area. Give no audit answers of the attempt: a score that has seen them breaks the
    proof. Same input, same scores. Time: 16 logistic fits on n rows; memory 8 (n + M)(d + n_classes)
    bytes. Raises ValueError for shapes that do not fit.
    """
    known, new = _probabilities("answered", answered), _probabilities("candidates", candidates)
    right = np.asarray(is_right, dtype=np.bool_)
    if right.shape != (len(known),):
        raise ValueError(
            f"is_right has shape {right.shape}; needs one for each of {len(known)} answered rows."
        )
    if known.shape[1] != new.shape[1]:
        raise ValueError(f"answered has {known.shape[1]} classes, candidates {new.shape[1]}.")
    weights = np.ones(len(right)) if weight is None else np.asarray(weight, dtype=np.float64)
    if weights.shape != right.shape or not (np.isfinite(weights) & (weights > 0)).all():
        raise ValueError("weight needs one positive number for each answered row.")
    extra, new_extra = _features(answered_features, len(known)), _features(candidate_features, len(new))
    if extra.shape[1] != new_extra.shape[1]:
        raise ValueError("Answered rows and candidates must have the same features.")
    weights = weights / weights.mean() if len(weights) else weights
    on_known, on_new = _plain_scores(known), _plain_scores(new)
    areas = {name: risk_coverage_area(score, right, weights) for name, score in on_known.items()}
    why_not = _why_not_learned(right)
    if not why_not:
        columns, new_columns = _columns(known, extra), _columns(new, new_extra)
        penalty, on_known[LEARNED] = _learned(columns, right, weights, random_state)
        areas[LEARNED] = risk_coverage_area(on_known[LEARNED], right, weights)
    name = min(areas, key=lambda one: areas[one])  # the plainest of equals: they stand first
    if name == LEARNED:
        on_new[LEARNED] = (
            _log_odds(columns, right, weights, new_columns, penalty) if len(new) else np.empty(0)
        )
    return ErrorScores(
        score=on_new[name],
        p_right=_calibrated(on_known[name], right, weights, on_new[name], new),
        name=name,
        table=[{"name": one, "aurc": area, "is_chosen": one == name} for one, area in areas.items()],
        why=why_not or f"Of {len(areas)} scores, {name} has the least area under the risk-coverage curve.",
    )


def risk_coverage_area(score: npt.ArrayLike, is_right: npt.ArrayLike, weight: npt.ArrayLike) -> float:
    """The mean share wrong among the surest rows, over all coverages; 0 to 1, lower is better. 0 without rows.

    Rows of one score count as one step: where the score cannot tell them apart, no luck of the order helps.
    """
    scores = np.asarray(score, dtype=np.float64)
    weights = np.asarray(weight, dtype=np.float64)
    if len(scores) == 0:
        return 0.0
    wrong = weights * ~np.asarray(is_right, dtype=np.bool_)
    _, place = np.unique(-scores, return_inverse=True)
    size, bad = np.bincount(place, weights), np.bincount(place, wrong)
    covered, errors = size.cumsum(), bad.cumsum()
    before, errors_before = covered - size, errors - bad
    # Within a step the rows come in no order, so the errors grow in a line: the mean risk at its middle.
    middle = (errors_before + bad / 2) / (before + size / 2)
    return float((middle * size).sum() / covered[-1])


def ranks_of(score: npt.ArrayLike, keys: Sequence[str]) -> IntArray:
    """(M,) rank of each candidate, 1 the surest; ties in the order of SHA-256 of the key (its first half).

    The hash decides alike on any machine, and knows nothing of the label.
    """
    scores = np.asarray(score, dtype=np.float64)
    if scores.shape != (len(keys),):
        raise ValueError(f"{len(scores)} scores for {len(keys)} keys.")
    if np.isnan(scores).any():
        raise ValueError("A score is not a number.")
    digests = b"".join(hashlib.sha256(key.encode()).digest()[:16] for key in keys)
    high, low = np.frombuffer(digests, dtype=">u8").reshape(-1, 2).T
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[np.lexsort((low, high, -scores))] = np.arange(1, len(keys) + 1)
    return ranks


def _plain_scores(probabilities: FloatArray) -> dict[str, FloatArray]:
    """Higher is surer, each from 0 to 1 but entropy, which is its negative in nats."""
    if probabilities.shape[1] < 2:
        top = probabilities.max(axis=1, initial=0.0)
        return {"confidence": top}
    second, first = np.partition(probabilities, -2, axis=1)[:, -2:].T
    logs = np.log(np.where(probabilities > 0, probabilities, 1.0))
    return {"confidence": first, "margin": first - second, "entropy": (probabilities * logs).sum(axis=1)}


def _columns(probabilities: FloatArray, extra: FloatArray) -> FloatArray:
    plain = _plain_scores(probabilities)
    sure = np.clip(plain["confidence"], 1e-6, 1 - 1e-6)
    parts = [np.log(sure / (1 - sure))[:, None], *(score[:, None] for score in plain.values())]
    if probabilities.shape[1] <= MAX_CLASS_COLUMNS:
        parts.append(np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)])
    return np.hstack([*parts, extra])


def _why_not_learned(right: BoolArray) -> str:
    n_right = int(right.sum())
    if len(right) >= MIN_ANSWERS and MIN_EACH <= n_right <= len(right) - MIN_EACH:
        return ""
    return (
        f"{len(right)} answers, {len(right) - n_right} of them against the model: an error score is learned "
        f"from {MIN_ANSWERS} on, with {MIN_EACH} for and {MIN_EACH} against it."
    )


def _log_odds(
    columns: FloatArray, right: BoolArray, weights: FloatArray, at: FloatArray, penalty: float
) -> FloatArray:
    solver = "newton-cholesky" if columns.shape[1] <= MAX_NEWTON else "lbfgs"
    model = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, solver=solver, max_iter=1000))
    model.fit(columns, right, logisticregression__sample_weight=weights)
    odds: FloatArray = model.decision_function(at)
    return odds


def _folds(right: BoolArray, seed: int) -> list[tuple[IntArray, IntArray]]:
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    return list(folds.split(np.zeros(len(right)), right))


def _learned(
    columns: FloatArray, right: BoolArray, weights: FloatArray, seed: int
) -> tuple[float, FloatArray]:
    """The penalty with the least area, and its out-of-fold scores."""
    tried = {}
    for penalty in PENALTIES:
        score = np.zeros(len(right))
        for train, test in _folds(right, seed):
            score[test] = _log_odds(columns[train], right[train], weights[train], columns[test], penalty)
        tried[penalty] = score
    best = min(PENALTIES, key=lambda one: risk_coverage_area(tried[one], right, weights))
    return best, tried[best]


def _calibrated(
    score: FloatArray, right: BoolArray, weights: FloatArray, at: FloatArray, probabilities: FloatArray
) -> FloatArray:
    """P(right) by isotonic regression; the confidence itself below MIN_ANSWERS answers."""
    if len(right) < MIN_ANSWERS:
        confidence: FloatArray = probabilities.max(axis=1, initial=0.0)
        return confidence
    # One answer each way at the ends, so that a clean stretch is not called certain.
    ends = np.array([score.min(), score.max()])
    model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    model.fit(
        np.concatenate([score, ends]), np.concatenate([right, [1, 0]]), np.concatenate([weights, [1.0, 1.0]])
    )
    fitted: FloatArray = model.predict(at)
    return fitted


def _probabilities(name: str, value: npt.ArrayLike) -> FloatArray:
    array = np.asarray(value, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] == 0 or not ((array >= 0) & (array <= 1 + 1e-9)).all():
        raise ValueError(f"{name} needs a row of probabilities for each item, from 0 to 1.")
    return array


def _features(value: npt.ArrayLike | None, n: int) -> FloatArray:
    if value is None:
        return np.zeros((n, 0))
    array = np.asarray(value, dtype=np.float64)
    if array.ndim != 2 or len(array) != n or not np.isfinite(array).all():
        raise ValueError(f"Features need {n} rows of finite numbers.")
    return array
