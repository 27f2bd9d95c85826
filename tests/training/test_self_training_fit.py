"""Self-training: what it may change, when it stops, and what it can say afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from training.learners import create
from training.learners.self_training import SelfTraining


class NearestMean(ClassifierMixin, BaseEstimator):
    """Plain scikit-learn style: softmax of minus the squared distance to each class's mean; drops y == -1."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> NearestMean:
        known = np.array([label not in (-1, None) for label in y])
        self.n_seen_ = int(known.sum())
        self.classes_ = np.unique(y[known].tolist())
        self.means_ = np.array([X[known][y[known] == name].mean(axis=0) for name in self.classes_])
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        nearness = np.exp(-((X[:, None] - self.means_[None]) ** 2).sum(axis=2))
        return nearness / nearness.sum(axis=1, keepdims=True)


def two_lines() -> tuple[np.ndarray, np.ndarray]:
    """Two classes on a line, 20 rows each, one labeled in each: the labels lie off their middle."""
    X = np.concatenate([np.linspace(0, 2, 20), np.linspace(2.6, 4.6, 20)])[:, None]
    y = np.full(40, -1)
    y[0], y[20] = 0, 1
    return X, y


def test_known_labels_never_change_even_where_the_learner_disagrees() -> None:
    X, y = two_lines()
    y[1], y[39] = 1, 0  # people's word, however odd

    learner = SelfTraining(NearestMean(), {"kind": "fixed", "threshold": 0.5}).fit(X, y)

    assert learner.transduction_[[0, 1, 20, 39]].tolist() == [0, 1, 1, 0]
    assert (learner.labeled_iter_[[0, 1, 20, 39]] == 0).all()
    assert y[1] == 1
    assert (y == -1).sum() == 36


def test_rounds_move_a_badly_placed_boundary() -> None:
    X, y = two_lines()
    truth = np.repeat([0, 1], 20)
    policy = {"kind": "fixed", "threshold": 0.8}

    once = SelfTraining(NearestMean(), policy, n_rounds=1).fit(X, y)
    often = SelfTraining(NearestMean(), policy, n_rounds=10).fit(X, y)

    assert (once.predict(X) == truth).mean() < 0.9
    assert (often.predict(X) == truth).mean() > 0.95
    assert often.n_rounds_ > 1


def test_one_round_is_the_plain_learner() -> None:
    X, y = two_lines()

    learner = SelfTraining(NearestMean(), {"kind": "fixed"}, n_rounds=1).fit(X, y)

    assert np.array_equal(learner.predict_proba(X), NearestMean().fit(X, y).predict_proba(X))
    assert learner.termination_condition_ == "max_rounds"


def test_all_labeled_is_the_plain_learner_and_says_so() -> None:
    X, _ = two_lines()
    y = np.repeat([0, 1], 20)

    learner = SelfTraining(NearestMean(), {"kind": "fixed"}).fit(X, y)

    assert (learner.termination_condition_, learner.n_rounds_) == ("all_labeled", 1)
    assert learner.transduction_.tolist() == y.tolist()


def test_it_stops_where_nothing_passes_and_where_nothing_changes() -> None:
    X, y = two_lines()

    strict = SelfTraining(NearestMean(), {"kind": "fixed", "threshold": 1.0}).fit(X, y)
    settled = SelfTraining(NearestMean(), {"kind": "fixed", "threshold": 0.6}, n_rounds=30).fit(X, y)

    assert (strict.termination_condition_, strict.n_rounds_) == ("nothing_accepted", 1)
    assert (strict.transduction_ == y).all()
    assert settled.termination_condition_ == "no_change"
    assert settled.n_rounds_ < 30


def test_pseudo_labels_are_judged_anew_each_round() -> None:
    X, y = two_lines()
    seen: list[tuple[int, np.ndarray, np.ndarray]] = []

    def watch(number: int, learner: SelfTraining) -> None:
        seen.append((number, learner.transduction_.copy(), learner.labeled_iter_.copy()))

    policy = {"kind": "scheduled", "start": 0.5, "end": 1.0}
    learner = SelfTraining(NearestMean(), policy, n_rounds=3, watch=watch).fit(X, y)

    n_labeled = [int((labels != -1).sum()) for _, labels, _ in seen]
    assert n_labeled[0] == 40
    assert n_labeled[-1] < 40  # stricter later: what no longer passes is no longer a label
    for number, labels, since in seen:
        assert ((labels == -1) == (since == -1)).all()
        assert since.max() <= number
    assert learner.estimator_.n_seen_ == n_labeled[-2]


def test_names_and_none_work_like_integers() -> None:
    X, y = two_lines()
    names = np.array([None if label == -1 else ["left", "right"][label] for label in y], dtype=object)

    by_name = SelfTraining(NearestMean(), {"kind": "fixed", "threshold": 0.99}, n_rounds=2).fit(X, names)
    by_number = SelfTraining(NearestMean(), {"kind": "fixed", "threshold": 0.99}, n_rounds=2).fit(X, y)

    assert by_name.classes_.tolist() == ["left", "right"]
    assert [name is None for name in by_name.transduction_] == (by_number.transduction_ == -1).tolist()


def test_a_temperature_makes_it_less_sure() -> None:
    X, y = two_lines()
    policy: Any = {"kind": "fixed", "threshold": 0.9}

    plain = SelfTraining(NearestMean(), policy, n_rounds=1).fit(X, y)
    soft = SelfTraining(NearestMean(), policy, n_rounds=1, temperature=3.0).fit(X, y)

    assert (soft.transduction_ != -1).sum() < (plain.transduction_ != -1).sum()


def test_what_the_watch_raises_stops_the_fit() -> None:
    X, y = two_lines()

    def stop(number: int, learner: SelfTraining) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SelfTraining(NearestMean(), {"kind": "fixed"}, watch=stop).fit(X, y)


def test_it_wraps_learners_of_the_list() -> None:
    texts = ["red rose", "red wine", "blue sea", "blue sky", "red sun", "blue ink", "red ant", "blue eye"]
    names = np.array(["warm", "warm", "cold", "cold", None, None, None, None], dtype=object)

    learner = SelfTraining(
        create("naive_bayes", item_type="text"), {"kind": "best_share", "share": 0.5}, n_rounds=2
    ).fit(texts, names)

    assert learner.predict(["red", "blue"]).tolist() == ["warm", "cold"]
    assert learner.transduction_.tolist() == ["warm", "warm", "cold", "cold", "warm", "cold", "warm", "cold"]
