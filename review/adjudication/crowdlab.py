"""Answers of several people to the same items, weighed by how often each person is right, and with a model. Pure.

CROWDLAB: Goh, Tkachenko and Mueller 2022, "CROWDLAB: Supervised learning to infer consensus labels and
quality scores for data with multiple annotators", arXiv 2210.06812, section 3. The library cleanlab has it,
but with pandas and scikit-learn, which web processes do not load; the tests hold this one against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LEAST = 1e-6  # weight of somebody who is no better than always naming the commonest class


@dataclass(frozen=True)
class Weighed:
    """What the answers come to.

    columns  (n,) likeliest class of each item
    quality  (n,) how likely that class is right, 0 to 1; higher is surer
    people   (m,) how likely an answer of each person is right, 0 to 1; NaN without answers
    """

    columns: IntArray
    quality: FloatArray
    people: FloatArray


def crowdlab(answers: npt.ArrayLike, model: npt.ArrayLike) -> Weighed:
    """Weigh the answers.

    answers  (n, m) column of the class that each person named, -1 for none; two people at least for each item
    model    (n, K) probabilities by a model that had not learned the answers; rows of NaN where it said nothing

    A person's weight is how much less they err against other people than naming the commonest class always
    would; the model's is the same against the consensus, times the root of answers per item. The likeliest
    class is that of the weighted mean, in which an answer counts as right with the chance that answers agree
    with the consensus. Raises ValueError for arrays that do not fit.
    """
    given, said = np.asarray(answers, dtype=np.int64), np.asarray(model, dtype=np.float64)
    if given.ndim != 2 or said.ndim != 2 or len(given) != len(said) or len(given) == 0:
        raise ValueError("Needs answers (n, m) and probabilities (n, K) of the same items, one at least.")
    if ((given >= 0).sum(axis=1) < 2).any() or given.max() >= said.shape[1] or said.shape[1] < 2:
        raise ValueError("Needs two answers for each item, each one of the K classes, two at least.")
    first = _weigh(given, said, _majority(given, said))
    columns = first.probabilities.argmax(axis=1)
    mean = _weigh(given, said, columns)
    return Weighed(columns, mean.probabilities[np.arange(len(given)), columns], _people(given, columns, mean))


@dataclass(frozen=True)
class _Mean:
    probabilities: FloatArray  # (n, K)
    weights: FloatArray  # (m,) of the people
    model_weight: float


def _weigh(given: IntArray, said: FloatArray, columns: IntArray) -> _Mean:
    """The weighted mean of model and answers, each weighed by its agreement with the consensus `columns`."""
    is_given, n_classes = given >= 0, said.shape[1]
    n_answers = is_given.sum(axis=1)
    p_right = float(((given == columns[:, None]).sum(axis=1) / n_answers).mean())
    p_other = (1 - p_right) / (n_classes - 1)
    commonest = np.bincount(columns, minlength=n_classes).argmax()
    error = max(LEAST, float((columns != commonest).mean()))
    weights = np.maximum(LEAST, 1 - (1 - _agreement(given, n_classes)) / error)  # (m,)
    speaks = np.isfinite(said).all(axis=1)
    model_error = float((said[speaks].argmax(axis=1) != columns[speaks]).mean()) if speaks.any() else 1.0
    model_weight = max(LEAST, 1 - model_error / error) * float(np.sqrt(n_answers.mean()))

    of_model = np.where(speaks, model_weight, 0.0)  # (n,)
    of_class = np.zeros((len(given), n_classes))  # weight of those who named it
    for person, weight in enumerate(weights):
        rows = np.flatnonzero(is_given[:, person])
        of_class[rows, given[rows, person]] += weight
    of_people = of_class.sum(axis=1, keepdims=True)
    total = of_model[:, None] * np.nan_to_num(said) + p_right * of_class + p_other * (of_people - of_class)
    return _Mean(total / (of_model[:, None] + of_people), weights, model_weight)


def _agreement(given: IntArray, n_classes: int) -> FloatArray:
    """(m,) of the answers that others gave to a person's items, the share that are the person's own."""
    counts = _counts(given, n_classes)
    agreement = np.empty(given.shape[1])
    for person in range(given.shape[1]):
        rows = np.flatnonzero(given[:, person] >= 0)
        n_same = (counts[rows, given[rows, person]] - 1).sum()
        agreement[person] = n_same / max(1, (counts[rows].sum(axis=1) - 1).sum())
    return agreement


def _majority(given: IntArray, said: FloatArray) -> IntArray:
    """(n,) the class that most named; of several the one the model holds likelier, else the first."""
    counts = _counts(given, said.shape[1])
    is_most = counts == counts.max(axis=1, keepdims=True)
    majority: IntArray = np.where(is_most, np.nan_to_num(said), -1.0).argmax(axis=1)
    return majority


def _people(given: IntArray, columns: IntArray, mean: _Mean) -> FloatArray:
    """(m,) the mean of how likely a person's answers are and of how often they are the consensus."""
    weight_of_people = mean.weights.sum() * (given >= 0).sum(axis=1).mean() / given.shape[1]
    share = mean.model_weight / (mean.model_weight + weight_of_people)
    quality = np.full(given.shape[1], np.nan)
    for person in range(given.shape[1]):
        rows = np.flatnonzero(given[:, person] >= 0)
        if len(rows):
            answers = given[rows, person]
            likely = mean.probabilities[rows, answers].mean()
            quality[person] = share * likely + (1 - share) * (answers == columns[rows]).mean()
    return quality


def _counts(given: IntArray, n_classes: int) -> IntArray:
    """(n, K) how many people named each class."""
    counts = np.zeros((len(given), n_classes), dtype=np.int64)
    for answers in given.T:
        rows = np.flatnonzero(answers >= 0)
        counts[rows, answers[rows]] += 1
    return counts
