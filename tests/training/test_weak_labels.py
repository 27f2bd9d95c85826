"""The label model finds what it should in simulations, and the learner gains from it on texts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.learners import create
from training.learners.errors import InvalidParams, InvalidRows
from training.learners.weak.functions import InvalidLabelingFunction
from training.learners.weak.label_model import LabelModel, function_report


def simulated(shares: list[float], n: int = 5_000, n_functions: int = 8) -> tuple[np.ndarray, ...]:
    """(votes, y, accuracies): independent functions that vote on a part of the rows."""
    generator = np.random.default_rng(0)
    n_classes = len(shares)
    y = generator.choice(n_classes, n, p=shares)
    accuracies = np.linspace(0.6, 0.95, n_functions)
    shape = (n, n_functions)
    others = (y[:, None] + generator.integers(1, n_classes, shape)) % n_classes
    votes = np.where(generator.random(shape) < accuracies, y[:, None], others)
    votes[generator.random(shape) > generator.uniform(0.2, 0.7, n_functions)] = -1
    return votes, y, accuracies


@pytest.mark.parametrize("kind", ["one_coin", "confusion"])
@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.8, 0.2], [0.4, 0.3, 0.2, 0.1]])
def test_known_accuracies_are_found_without_a_label_and_beat_the_majority(
    kind: Any, shares: list[float]
) -> None:
    votes, y, accuracies = simulated(shares)

    model = LabelModel(kind, n_classes=len(shares)).fit(votes)
    majority = LabelModel("majority", n_classes=len(shares)).fit(votes)

    assert np.abs(model.accuracies_ - accuracies).max() < 0.06
    if shares == [0.5, 0.5] or kind == "confusion":
        right = (model.predict_proba(votes).argmax(axis=1) == y).mean()
        assert right > (majority.predict_proba(votes).argmax(axis=1) == y).mean()
    if kind == "confusion":
        assert np.abs(model.prior_ - shares).max() < 0.06


@pytest.mark.parametrize("kind", ["majority", "one_coin", "confusion"])
def test_probabilities_sum_to_one_and_are_the_prior_where_nobody_votes(kind: Any) -> None:
    votes, _, _ = simulated([0.6, 0.3, 0.1], n=500)
    votes[:20] = -1

    model = LabelModel(kind, n_classes=3).fit(votes)
    probabilities = model.predict_proba(votes)

    assert np.allclose(probabilities.sum(axis=1), 1)
    assert np.allclose(probabilities[:20], model.prior_)
    assert model.predict_proba(votes[:0]).shape == (0, 3)


def test_people_can_show_that_a_function_lies() -> None:
    votes, y, _ = simulated([0.5, 0.5], n=2_000)
    votes[:, 0] = np.where(votes[:, 0] == -1, -1, 1 - y)
    known = np.where(np.arange(2_000) < 100, y, -1)

    untold, told = LabelModel().fit(votes), LabelModel().fit(votes, known)

    assert untold.accuracies_[0] == 0.6  # the lowest there is on the votes' word alone
    assert told.accuracies_[0] < 0.1
    right = [(model.predict_proba(votes).argmax(axis=1) == y).mean() for model in (untold, told)]
    assert right[1] > right[0]


@pytest.mark.parametrize("kind", ["one_coin", "confusion"])
def test_functions_that_know_one_class_each_do_not_swallow_a_rare_one(kind: Any) -> None:
    generator = np.random.default_rng(0)
    y = (generator.random(4_000) < 0.1).astype(int)  # a rare class
    votes = np.full((4_000, 4), -1)
    for column, label in enumerate([0, 0, 1, 1]):
        votes[(y == label) & (generator.random(4_000) < 0.5), column] = label
        votes[(y != label) & (generator.random(4_000) < 0.02), column] = label

    model = LabelModel(kind).fit(votes)

    covered = (votes != -1).any(axis=1)
    predicted = model.predict_proba(votes[covered]).argmax(axis=1)
    assert (predicted == y[covered])[y[covered] == 1].mean() > 0.9


@pytest.mark.parametrize(
    "votes", [np.zeros(3, dtype=int), np.zeros((3, 2)), np.full((3, 2), 2), np.full((3, 2), -2)]
)
def test_what_is_no_matrix_of_votes_is_refused(votes: np.ndarray) -> None:
    with pytest.raises(InvalidRows, match="from 0 to 1, and -1 where a function abstains"):
        LabelModel().fit(votes)


def test_the_report_counts_coverage_conflicts_and_people() -> None:
    votes = np.array([[0, 0, -1], [0, 1, -1], [-1, 1, -1], [1, 1, -1]])
    known = np.array([0, 1, -1, 1])

    first, second, third = function_report(votes, ["a", "b", "c"], np.array([0.7, 0.8, 0.9]), known)

    assert (first["n_votes"], first["coverage"], first["overlap"], first["conflict"]) == (3, 0.75, 0.75, 0.25)
    assert (first["n_checked"], first["n_right"], first["estimated_accuracy"]) == (3, 2, 0.7)
    assert second["overlap"] == 0.75
    assert second["accuracy"] == 1.0
    assert second["low"] < 1 == second["high"]
    assert (third["n_votes"], third["accuracy"]) == (0, None)
    json.dumps([first, second, third])


FUNCTIONS = [
    {"name": "win", "kind": "keyword", "class": "spam", "words": ["win", "prize"]},
    {"name": "digits", "kind": "regex", "class": "spam", "pattern": r"\d{3}"},
    {"name": "chat", "kind": "keyword", "class": "ham", "words": ["home", "soon"]},
    {"name": "plain", "kind": "expression", "class": "ham", "expression": "words(text) < 5"},
]


def messages(n: int = 400) -> tuple[list[str], np.ndarray]:
    """Texts whose class shows in words of which the functions know only some."""
    generator = np.random.default_rng(0)
    y = np.where(generator.random(n) < 0.4, "spam", "ham").astype(object)
    words = {
        "spam": ["win", "prize", "offer", "cash", "urgent", "deal", "0800123", "claim"],
        "ham": ["home", "soon", "dinner", "love", "bus", "lecture", "tired", "mum"],
    }
    common = ["the", "you", "and", "now", "call", "me"]
    return [" ".join([*generator.choice(words[label], 3), *generator.choice(common, 3)]) for label in y], y


def test_functions_teach_what_few_labels_cannot() -> None:
    X, y = messages()
    known = np.where(np.isin(np.arange(400), [0, 1]), y.astype(object), np.array(None))
    rest = slice(2, None)

    plain = create("logistic_regression", item_type="text").fit(X, known)
    weak = create("weak_supervision", item_type="text", functions=FUNCTIONS).fit(X, known)

    accuracy = (weak.predict(X)[rest] == y[rest]).mean()  # type: ignore[attr-defined]
    assert accuracy > (plain.predict(X)[rest] == y[rest]).mean() + 0.1  # type: ignore[attr-defined]
    assert accuracy > 0.95
    assert [row["name"] for row in weak.report_] == ["win", "digits", "chat", "plain"]  # type: ignore[attr-defined]


def test_what_people_labeled_stands_against_every_function() -> None:
    X, y = messages(60)
    says_ham = [
        {"name": f"f{i}", "kind": "expression", "class": "ham", "expression": "True"} for i in range(5)
    ]
    nobody = np.full(60, None, dtype=object)
    known = np.concatenate([y[:30], nobody[30:]])
    before = known.copy()

    class Watched(create("weak_supervision", item_type="text").__class__):  # type: ignore[misc]
        def _classifier(self, vectors: Any, targets: np.ndarray, weights: np.ndarray) -> Any:
            self.targets_ = targets
            return super()._classifier(vectors, targets, weights)

    learner = Watched(functions=says_ham).fit(X, known)

    expected = (y[:30, None] == np.array(["ham", "spam"])).astype(float)
    assert np.array_equal(learner.targets_[:30], expected)
    assert (learner.targets_[30:, 0] > 0.5).all()
    assert np.array_equal(known, before)


def test_without_functions_or_unlabeled_rows_it_is_logistic_regression() -> None:
    X, y = messages(60)
    known = np.where(np.arange(60) < 30, y.astype(object), np.array(None))
    plain = create("logistic_regression", item_type="text").fit(X[:30], y[:30]).predict_proba(X)

    without_functions = create("weak_supervision", item_type="text").fit(X, known)
    without_rows = create("weak_supervision", item_type="text", functions=FUNCTIONS).fit(X[:30], y[:30])

    assert np.allclose(without_functions.predict_proba(X), plain)
    assert np.allclose(without_rows.predict_proba(X), plain)


def test_tables_too_and_saving(tmp_path: Any) -> None:
    from training.learners.saving import load, save

    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 200)
    X = pd.DataFrame({"a": y + generator.normal(size=200), "b": y + generator.normal(size=200)})
    functions = json.dumps(
        [
            {"name": "high", "kind": "expression", "class": 1, "expression": "a > 1.5 or b > 2"},
            {"name": "low", "kind": "expression", "class": 0, "expression": "a < -0.5"},
        ]
    )

    learner = create("weak_supervision", item_type="table", functions=functions)
    learner.fit(X, np.where(np.arange(200) < 10, y, -1))
    save(learner, tmp_path / "model")

    assert (learner.predict_proba(X).argmax(axis=1) == y).mean() > 0.7
    assert np.allclose(load(tmp_path / "model").predict_proba(X), learner.predict_proba(X))


def test_wrong_functions_are_refused_by_the_checked_list_and_by_the_learner() -> None:
    X, y = messages(20)
    missing = [{"name": "a", "kind": "regex", "class": "eggs", "pattern": "x"}]

    with pytest.raises(InvalidParams, match="pattern is missing"):
        create(
            "weak_supervision", item_type="text", functions=[{"name": "a", "kind": "regex", "class": "ham"}]
        )
    with pytest.raises(InvalidLabelingFunction, match="There is no class 'eggs'"):
        create("weak_supervision", item_type="text", functions=missing).fit(X, y)
