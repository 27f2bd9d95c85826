"""Iterative self-training: train, take over the sure predictions, train again from scratch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from training.learners.base import BoolArray, FloatArray, Learner, labeled_mask
from training.rules.calibration import apply_temperature
from training.rules.policies import Policy, check_policy
from training.rules.thresholds import decide

RoundWatch = Callable[[int, "SelfTraining"], None]


class SelfTraining(ClassifierMixin, BaseEstimator):
    """Self-training around any learner, by the same rules as a run of Assay.

    Each round fits a fresh copy of the learner on the human labels and on what the round before
    accepted, judges all other rows anew, and accepts what the policy lets pass. No pseudo-label is
    kept without being judged again, and known labels never change.

    estimator    any learner; cloned, never fitted itself
    policy       as JSON, {"kind": "fixed", "threshold": 0.95}, or as a Policy; see training/rules/policies
    n_rounds     at most; one round is the plain learner
    temperature  of the calibration, applied before the policy; None: none
    watch        called with (round number, self) after each round; what it raises stops the fit

    After fit: `classes_`; `estimator_`, the learner of the last round; `n_rounds_` done;
    `termination_condition_`, one of max_rounds, all_labeled (nothing is unlabeled), no_change (the
    same rows with the same classes passed as in the round before), nothing_accepted;
    `transduction_` (n,), the labels of the last decision, -1 or None where there is none;
    `labeled_iter_` (n,), the round since when a row has had that label without a break: 0 for
    people's labels, -1 where there is none.
    """

    def __init__(
        self,
        estimator: Any,
        policy: Mapping[str, Any] | Policy,
        n_rounds: int = 10,
        temperature: float | None = None,
        watch: RoundWatch | None = None,
    ) -> None:
        self.estimator = estimator
        self.policy = policy
        self.n_rounds = n_rounds
        self.temperature = temperature
        self.watch = watch

    def fit(self, X: Any, y: Any) -> Self:
        policy = check_policy(self.policy) if isinstance(self.policy, Mapping) else self.policy
        is_human = labeled_mask(y)
        labels = np.array(y, copy=True)
        nobody = None if labels.dtype.kind in "OUS" else -1
        if nobody is None:
            labels = labels.astype(object)
            labels[~is_human] = None
        self.labeled_iter_ = np.where(is_human, 0, -1)
        self.termination_condition_ = "max_rounds"

        for number in range(1, self.n_rounds + 1):
            self.estimator_ = _fresh(self.estimator).fit(X, labels)
            self.n_rounds_ = number
            before = labels.copy()
            predicted, is_accepted = self_training_step(
                self.estimator_,
                X,
                is_human=is_human,
                policy=policy,
                round_number=number,
                n_rounds=self.n_rounds,
                temperature=self.temperature,
            )
            labels[~is_human] = nobody
            labels[is_accepted] = predicted[is_accepted]
            is_kept = is_accepted & (labels == before)
            self.labeled_iter_ = np.where(is_accepted & ~is_kept, number, self.labeled_iter_)
            self.labeled_iter_[~is_human & ~is_accepted] = -1
            self.transduction_ = labels
            self.classes_ = self.estimator_.classes_
            if self.watch is not None:
                self.watch(number, self)
            if is_human.all():
                self.termination_condition_ = "all_labeled"
            elif not is_accepted.any():
                self.termination_condition_ = "nothing_accepted"
            elif np.array_equal(labels, before):
                self.termination_condition_ = "no_change"
            else:
                continue
            break
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        return apply_temperature(self.estimator_.predict_proba(X), self.temperature)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        check_is_fitted(self)
        chosen: npt.NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return chosen


def self_training_step(
    learner: Learner,
    X: Any,
    *,
    is_human: BoolArray,
    policy: Policy,
    round_number: int,
    n_rounds: int,
    temperature: float | None,
) -> tuple[npt.NDArray[Any], BoolArray]:
    """What a fitted learner would add: (predicted class, is accepted), both (n,).

    Rows that people labeled are never accepted, whatever the learner thinks of them.
    """
    probabilities = apply_temperature(learner.predict_proba(X), temperature)  # (n, n_classes)
    predicted = learner.classes_[probabilities.argmax(axis=1)]
    pool = np.flatnonzero(~is_human)
    is_accepted = np.zeros(len(predicted), dtype=bool)
    is_accepted[pool], _ = decide(
        policy,
        round_number=round_number,
        n_rounds=n_rounds,
        confidence=probabilities.max(axis=1)[pool],
        predicted=predicted[pool],
        n_human=int(is_human.sum()),
    )
    return predicted, is_accepted


def _fresh(estimator: Any) -> Any:
    """The same learner before it learned anything."""
    fresh = clone(estimator)
    if hasattr(estimator, "progress"):
        # clone copies deeply: a method would report to a copy of the object it belongs to.
        fresh.progress = estimator.progress
    return fresh
