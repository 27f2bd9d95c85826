"""Votes of labeling functions to probabilities of classes: majority, or accuracies found by EM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from training.learners.base import FloatArray
from training.learners.errors import InvalidRows
from training.learners.weak.evaluation import ABSTAIN
from training.rules.intervals import clopper_pearson

Kind = Literal["majority", "one_coin", "confusion"]
IntArray = npt.NDArray[np.integer[Any]]

# Ten votes' worth of belief that a function is right seven times in ten: it starts EM on the right
# side (all functions lying together explain the votes as well) and fades as votes come in.
PRIOR_RIGHT, PRIOR_WRONG = 7.0, 3.0
LOWEST = 0.6  # over 1/2, or a function that stands alone would say nothing
PATTERNS_PER_BATCH = 65_536


class LabelModel(BaseEstimator):
    """Probabilities of classes from votes (n, m) int, -1 where a function abstains.

    kind         "majority": the share of the votes that each class got, ties shared.
                 "one_coin": function j is right with probability a_j wherever it votes, else says any
                 other class alike; that it abstains tells nothing. Dawid and Skene (1979, section 3)
                 with one accuracy a function in place of a matrix, which is also the independent model
                 of Ratner et al. (2016, "Data programming", section 2). An accuracy is at least 0.6
                 unless people have shown it to be lower (exact 95% bound): with functions that know
                 one class each, votes alone are explained as well by one class that is always wrong.
                 "confusion": the matrix of Dawid and Skene with abstaining as one more answer: m x K x
                 (K + 1) numbers, so it wants hundreds of rows of each class and functions that vote often.
    n_classes    K
    class_prior  (K,) shares of the classes. None: estimated for "confusion", all alike otherwise: there
                 an estimated share lets a frequent class swallow the others (on the SMS collection with
                 six functions 16% wrong in place of 2%)
    human_weight how many rows one human label counts for when accuracies are estimated. Over 1, since
                 many rows of votes alone would outshout a few people (Nigam et al. 2000, section 5.3)
    n_iterations at most; EM stops when no probability moves by more than 1e-4

    Functions are taken to err independently of each other given the class: two that say the same for
    the same reason are counted as two witnesses. EM is started from the majority and is the maximum a
    posteriori under a prior of ten votes, seven of them right.

    After fit: `accuracies_` (m,) in [0, 1], of the votes a function gives, higher is better;
    `prior_` (K,); `confusions_` (m, K, K + 1), the last column abstaining, for "confusion";
    `n_iterations_`. Memory: distinct rows of votes x (m + K) x 8 bytes, and n x m x 2 to find them.
    """

    def __init__(
        self,
        kind: Kind = "one_coin",
        n_classes: int = 2,
        class_prior: Sequence[float] | None = None,
        human_weight: float = 10.0,
        n_iterations: int = 200,
    ) -> None:
        self.kind = kind
        self.n_classes = n_classes
        self.class_prior = class_prior
        self.human_weight = human_weight
        self.n_iterations = n_iterations

    def fit(self, votes: Any, y: Any = None) -> Self:
        """`y` (n,): the class of rows that people labeled, -1 elsewhere; it stands as it is."""
        votes = self._checked(votes)
        known = np.full(len(votes), ABSTAIN) if y is None else np.asarray(y)
        if known.shape != (len(votes),) or (
            len(known) and not -1 <= known.min() <= known.max() < self.n_classes
        ):
            raise InvalidRows(f"y must hold {len(votes)} classes from 0 to {self.n_classes - 1}, or -1.")
        # Equal rows are one pattern with a count: EM then costs what there are patterns, not rows.
        rows = np.column_stack([votes, known]).astype(np.int16)
        patterns, counts = np.unique(rows[(rows != ABSTAIN).any(axis=1)], axis=0, return_counts=True)
        votes, known = patterns[:, :-1], patterns[:, -1]
        weights = counts.astype(np.float64) * np.where(known == ABSTAIN, 1.0, self.human_weight)  # (p,)

        self.prior_ = np.full(self.n_classes, 1 / self.n_classes)
        if self.class_prior is not None:
            self.prior_ = np.asarray(self.class_prior, dtype=np.float64) / np.sum(self.class_prior)
        lowest = _lowest_accuracies(votes, known, counts)  # (m,)
        believed = _fixed(_shares(votes, self.prior_), known)  # (p, K)
        self._maximize(votes, believed, weights, lowest)
        self.n_iterations_ = 0
        if self.kind == "majority":
            return self
        for _ in range(self.n_iterations):
            self.n_iterations_ += 1
            before = believed
            believed = _fixed(self._posterior(votes), known)
            self._maximize(votes, believed, weights, lowest)
            if len(believed) == 0 or np.abs(believed - before).max() < 1e-4:
                break
        return self

    def predict_proba(self, votes: Any) -> FloatArray:
        """(n, K) rows sum to 1; `prior_` where no function votes."""
        check_is_fitted(self)
        votes = self._checked(votes)
        probabilities = np.empty((len(votes), self.n_classes))
        for start in range(0, len(votes), PATTERNS_PER_BATCH):
            part = votes[start : start + PATTERNS_PER_BATCH]
            found = _shares(part, self.prior_) if self.kind == "majority" else self._posterior(part)
            probabilities[start : start + len(part)] = found
        probabilities[(votes == ABSTAIN).all(axis=1)] = self.prior_
        return probabilities

    def _posterior(self, votes: IntArray) -> FloatArray:
        """(p, K) P(class | votes): the E step."""
        log = np.tile(np.log(self.prior_), (len(votes), 1))  # (p, K)
        if self.kind == "confusion":
            for function, confusion in enumerate(np.log(self.confusions_)):  # (K, K + 1); -1 is the last
                log += confusion[:, votes[:, function]].T
        else:
            right = np.log(self.accuracies_)  # (m,)
            wrong = np.log((1 - self.accuracies_) / max(1, self.n_classes - 1))
            log += ((votes != ABSTAIN) @ wrong)[:, None]
            for column in range(self.n_classes):
                log[:, column] += (votes == column) @ (right - wrong)
        found: FloatArray = np.exp(log - logsumexp(log, axis=1, keepdims=True))
        return found

    def _maximize(
        self, votes: IntArray, believed: FloatArray, weights: FloatArray, lowest: FloatArray
    ) -> None:
        """The M step: accuracies or matrices, and the shares of the classes unless they are given."""
        mass = believed * weights[:, None]  # (p, K)
        n_given = weights @ (votes != ABSTAIN)  # (m,)
        n_right = np.zeros(votes.shape[1])
        for column in range(self.n_classes):
            n_right += mass[:, column] @ (votes == column)
        accuracies = (n_right + PRIOR_RIGHT) / (n_given + PRIOR_RIGHT + PRIOR_WRONG)
        self.accuracies_ = np.maximum(accuracies, lowest)
        if self.class_prior is None and self.kind == "confusion":
            self.prior_ = (mass.sum(axis=0) + 1) / (mass.sum() + self.n_classes)
        if self.kind != "confusion":
            return
        answers = np.stack([mass.T @ (votes == answer) for answer in [*range(self.n_classes), ABSTAIN]])
        counts = answers.transpose(2, 1, 0)  # (m, K, K + 1)
        belief = np.full(counts.shape[1:], 0.1)  # a little of each answer, and more of the right one
        belief[np.arange(self.n_classes), np.arange(self.n_classes)] += 0.5
        self.confusions_ = (counts + belief) / (counts + belief).sum(axis=2, keepdims=True)
        voted = self.prior_ @ (1 - self.confusions_[:, :, -1]).T  # (m,) how often each votes
        agreed = self.prior_ @ np.diagonal(self.confusions_[:, :, :-1], axis1=1, axis2=2).T
        self.accuracies_ = agreed / voted

    def _checked(self, votes: Any) -> IntArray:
        votes = np.asarray(votes)
        is_matrix = votes.ndim == 2 and votes.dtype.kind in "iu"
        if not is_matrix or (votes.size and not -1 <= votes.min() <= votes.max() < self.n_classes):
            raise InvalidRows(
                f"Votes are {votes.dtype} of shape {votes.shape}; they must be whole numbers of shape "
                f"(n, functions), from 0 to {self.n_classes - 1}, and -1 where a function abstains."
            )
        checked: IntArray = votes
        return checked


def function_report(
    votes: IntArray, names: Sequence[str], accuracies: FloatArray, y: IntArray | None = None
) -> list[dict[str, Any]]:
    """What each function does, one dict per column of `votes`, as JSON.

    n_votes; coverage, overlap, conflict: shares of all rows where it votes, where another votes too,
    where another says otherwise; estimated_accuracy of the label model; and on rows that people
    labeled (`y`, -1 elsewhere): n_checked, n_right, accuracy (None where nothing was checked) and its
    exact 95% interval low, high.
    """
    n_rows = max(1, len(votes))
    gives = votes != ABSTAIN  # (n, m)
    n_given = gives.sum(axis=1, keepdims=True)  # (n, 1)
    # Others that agree: those of the same class, itself included, counted per class.
    agreeing = np.zeros(votes.shape, dtype=np.int32)
    for column in np.unique(votes[gives]):
        is_column = votes == column
        agreeing += is_column * is_column.sum(axis=1, keepdims=True, dtype=np.int32)
    report = []
    for place, name in enumerate(names):
        row: dict[str, Any] = {
            "name": name,
            "n_votes": int(gives[:, place].sum()),
            "coverage": float(gives[:, place].sum() / n_rows),
            "overlap": float((gives[:, place] & (n_given[:, 0] > 1)).sum() / n_rows),
            "conflict": float((gives[:, place] & (agreeing[:, place] < n_given[:, 0])).sum() / n_rows),
            "estimated_accuracy": float(accuracies[place]),
        }
        is_checked = gives[:, place] & (y != ABSTAIN) if y is not None else np.zeros(len(votes), dtype=bool)
        n_checked = int(is_checked.sum())
        n_right = int((votes[is_checked, place] == y[is_checked]).sum()) if y is not None else 0
        low, high = clopper_pearson(n_right, n_checked)
        row |= {
            "n_checked": n_checked,
            "n_right": n_right,
            "accuracy": n_right / n_checked if n_checked else None,
            "low": low,
            "high": high,
        }
        report.append(row)
    return report


def _shares(votes: IntArray, prior: FloatArray) -> FloatArray:
    """(p, K) share of the votes for each class; the prior where there is none."""
    counts = np.column_stack([(votes == column).sum(axis=1) for column in range(len(prior))])
    totals = counts.sum(axis=1, keepdims=True)
    found: FloatArray = np.where(totals > 0, counts / np.maximum(totals, 1), prior)
    return found


def _lowest_accuracies(votes: IntArray, known: IntArray, counts: IntArray) -> FloatArray:
    """(m,) LOWEST, or 0 where people have shown that a function is right less often."""
    is_checked = (votes != ABSTAIN) & (known != ABSTAIN)[:, None]  # (p, m)
    n_checked = counts @ is_checked
    n_right = counts @ (is_checked & (votes == known[:, None]))
    highest = [clopper_pearson(int(right), int(n))[1] for right, n in zip(n_right, n_checked, strict=True)]
    return np.where(np.array(highest) < LOWEST, 0.0, LOWEST)


def _fixed(believed: FloatArray, known: IntArray) -> FloatArray:
    """The same with certainty where people labeled."""
    found = believed.copy()
    rows = np.flatnonzero(known != ABSTAIN)
    found[rows] = 0
    found[rows, known[rows]] = 1
    return found
