"""Evaluation of a round, and its comparison with the round before."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from training.rules import metrics
from training.rules.intervals import clopper_pearson

CLASS_IDS = [11, 7, 30]


def one_hot(columns: list[int]) -> np.ndarray:
    return np.eye(3)[columns] * 0.9 + 0.1 / 3


def test_scores_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    truth, predicted = generator.integers(0, 3, 200), generator.integers(0, 3, 200)

    found = metrics.evaluate(
        truth=np.array(CLASS_IDS)[truth],
        probabilities=one_hot(predicted.tolist()),
        calibrated=one_hot(predicted.tolist()),
        class_ids=CLASS_IDS,
    )

    assert found is not None
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted)
    assert found["confusion"] == confusion_matrix(truth, predicted).tolist()
    assert [row["class_id"] for row in found["per_class"]] == CLASS_IDS
    assert [row["precision"] for row in found["per_class"]] == pytest.approx(precision.tolist())
    assert [row["recall"] for row in found["per_class"]] == pytest.approx(recall.tolist())
    assert [row["f1"] for row in found["per_class"]] == pytest.approx(f1.tolist())
    assert [row["support"] for row in found["per_class"]] == support.tolist()
    assert found["macro"]["f1"] == pytest.approx(f1.mean())
    assert found["low"] < found["accuracy"] == (truth == predicted).mean() < found["high"]


def test_a_class_that_does_not_occur_does_not_count_in_the_mean() -> None:
    probabilities = one_hot([0, 0, 1])

    found = metrics.evaluate(
        truth=[11, 11, 7], probabilities=probabilities, calibrated=probabilities, class_ids=CLASS_IDS
    )

    assert found is not None
    assert found["macro"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert found["per_class"][2] == {"class_id": 30, "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}


def test_an_empty_set_has_no_evaluation() -> None:
    nothing = np.empty((0, 3))

    assert metrics.evaluate(truth=[], probabilities=nothing, calibrated=nothing, class_ids=CLASS_IDS) is None


def test_a_label_of_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown classes: 99"):
        metrics.evaluate(truth=[99], probabilities=one_hot([0]), calibrated=one_hot([0]), class_ids=CLASS_IDS)


def test_classes_a_learner_does_not_know_get_probability_zero() -> None:
    spread = metrics.spread_columns([[0.2, 0.8]], classes=[30, 11], class_ids=CLASS_IDS)

    assert spread.tolist() == [[0.8, 0.0, 0.2]]


@pytest.mark.parametrize(("n_right", "n"), [(0, 1), (1, 1), (0, 59), (59, 59), (37, 40), (5_000, 10_000)])
def test_the_exact_interval_covers_at_its_ends_just_what_it_may(n_right: int, n: int) -> None:
    from scipy.stats import binom

    low, high = clopper_pearson(n_right, n)

    assert 0 <= low <= n_right / n <= high <= 1
    if n_right:
        assert binom.sf(n_right - 1, n, low) == pytest.approx(0.025, rel=1e-6)
    if n_right < n:
        assert binom.cdf(n_right, n, high) == pytest.approx(0.025, rel=1e-6)


def test_nothing_counted_says_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="3 right of 2"):
        clopper_pearson(3, 2)


def test_the_histogram_has_fifty_bins_and_loses_no_row() -> None:
    found = metrics.confidence_histogram([0.0, 0.019, 0.02, 0.5, 1.0, 0.999])

    assert found["edges"][:3] == [0.0, 0.02, 0.04]
    assert (len(found["edges"]), found["edges"][-1]) == (51, 1.0)
    assert (found["counts"][0], found["counts"][1], found["counts"][-1]) == (2, 1, 2)
    assert sum(found["counts"]) == 6


def test_cleanliness_looks_only_at_what_both_rounds_were_confident_of() -> None:
    score, n = metrics.cleanliness(
        predicted=["a", "b", "a", "b"],
        is_confident=[True, True, True, False],
        predicted_before=["a", "a", "b", "b"],
        is_confident_before=[True, True, False, True],
    )

    assert (score, n) == (0.5, 2)
    assert metrics.agreement(["a", "b", "a", "b"], ["a", "a", "b", "b"]) == 0.5
    assert metrics.agreement([], []) is None


def test_true_precision_is_that_of_accepted_rows_alone() -> None:
    found = metrics.true_precision(
        predicted=[1, 2, 3, 4], is_accepted=[True, True, True, False], truth=[1, 2, 9, 9]
    )

    assert found is not None
    assert (found["n"], found["accepted"], found["pool_accuracy"]) == (3, pytest.approx(2 / 3), 0.5)
    nothing = metrics.true_precision(predicted=[1], is_accepted=[False], truth=[1])
    assert nothing == {"n": 0, "accepted": None, "low": 0.0, "high": 1.0, "pool_accuracy": 1.0}
