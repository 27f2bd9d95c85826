"""Several answers weighed: as cleanlab weighs them, better than the majority, and sure where it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cleanlab.multiannotator import get_label_quality_multiannotator

from review.adjudication.crowdlab import crowdlab

SKILLS = np.array([0.95, 0.9, 0.75, 0.55, 0.5])


def make_answers(
    seed: int, n: int = 400, n_classes: int = 4, model_skill: float = 0.85
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, answers of two to four of five people, and a model's probabilities."""
    random = np.random.default_rng(seed)
    truth = random.choice(n_classes, n, p=[0.4, 0.3, 0.2, 0.1])

    def guesses(skill: float) -> np.ndarray:
        other = (truth + random.integers(1, n_classes, n)) % n_classes
        return np.where(random.random(n) < skill, truth, other)

    answers = np.stack([guesses(skill) for skill in SKILLS], axis=1)
    for row in answers:
        row[random.permutation(5)[: random.integers(1, 4)]] = -1
    model = random.dirichlet(np.ones(n_classes), n)
    model[np.arange(n), guesses(model_skill)] += 1.5
    return truth, answers, model / model.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(3))
def test_it_weighs_as_cleanlab_does(seed: int) -> None:
    _, answers, model = make_answers(seed)
    theirs = get_label_quality_multiannotator(
        np.where(answers < 0, np.nan, answers), model, verbose=False, return_detailed_quality=False
    )

    ours = crowdlab(answers, model)

    labels, people = theirs["label_quality"], theirs["annotator_stats"].sort_index()
    assert np.array_equal(ours.columns, labels["consensus_label"])
    assert np.allclose(ours.quality, labels["consensus_quality_score"])
    assert np.allclose(ours.people, people["annotator_quality"])


def test_with_a_good_model_it_is_right_more_often_than_the_majority_and_knows_where() -> None:
    for seed in range(5):
        truth, answers, model = make_answers(10 + seed, model_skill=0.95)
        ours = crowdlab(answers, model)
        counts = np.stack([(answers == k).sum(axis=1) for k in range(4)], axis=1)
        is_right = ours.columns == truth
        surest = ours.quality >= np.median(ours.quality)
        assert is_right.mean() > (counts.argmax(axis=1) == truth).mean() + 0.03
        assert is_right[surest].mean() > is_right[~surest].mean() + 0.03


def test_people_are_ranked_by_their_skill() -> None:
    _, answers, model = make_answers(20, n=2000)
    assert np.array_equal(np.argsort(-crowdlab(answers, model).people)[:3], [0, 1, 2])


def test_a_model_that_said_nothing_leaves_it_to_the_people() -> None:
    _, answers, model = make_answers(30)
    silent = np.full_like(model, np.nan)

    ours = crowdlab(answers, silent)

    assert np.isfinite(ours.quality).all()
    agreed = np.array([len({*row[row >= 0]}) == 1 for row in answers])
    named = np.array([row[row >= 0][0] for row in answers])
    assert np.array_equal(ours.columns[agreed], named[agreed])
    half = np.where(np.arange(len(model))[:, None] % 2, model, np.nan)
    assert crowdlab(answers, half).quality.min() > 0


@pytest.mark.parametrize(
    ("answers", "model"),
    [
        ([[0, -1]], [[0.5, 0.5]]),
        ([[0, 2]], [[0.5, 0.5]]),
        ([[0, 0]], [[1.0]]),
        (np.empty((0, 2)), np.empty((0, 2))),
        ([[0, 1]], [[0.5, 0.5], [0.5, 0.5]]),
    ],
)
def test_what_does_not_fit_is_refused(answers: Any, model: Any) -> None:
    with pytest.raises(ValueError, match="Needs"):
        crowdlab(answers, model)
