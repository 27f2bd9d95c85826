"""Which words weigh, and which labeled items are near: on made-up data whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from training.inspections.rules.nearest import nearest
from training.inspections.rules.weighty_words import MAX_SINGLE, N_STRETCHES, N_WORDS, weighty_words

# Words


def says(weights: dict[str, float]) -> Any:
    """A linear model of two classes over words; also counts what it was asked."""
    asked: list[str] = []

    def predict(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        odds = [sum(weights.get(word.strip(".,!"), 0.0) for word in text.lower().split()) for text in texts]
        p = 1 / (1 + np.exp(-np.array(odds)))
        return np.stack([1 - p, p], axis=1)

    return predict, asked


def test_the_weight_of_a_word_is_what_the_log_odds_lose_without_it() -> None:
    predict, _ = says({"goal": 2.0, "team": 0.5, "bank": -1.0})

    found = weighty_words("The team, a late Goal. The bank!", predict=predict)

    assert [one.word for one in found] == ["goal", "team"]
    assert [one.weight for one in found] == pytest.approx([2.0, 0.5])


def test_what_speaks_for_the_class_that_loses_is_not_told() -> None:
    predict, _ = says({"goal": 1.0, "bank": -3.0})

    assert [one.word for one in weighty_words("goal at the bank", predict=predict)] == ["bank"]


def test_all_places_of_a_word_are_taken_out_at_once() -> None:
    predict, _ = says({"goal": 0.8})

    (found,) = weighty_words("Goal, goal and GOAL!", predict=predict)

    assert found.weight == pytest.approx(2.4)


@pytest.mark.parametrize("text", ["", "…", "no word of these speaks"])
def test_a_text_without_weighty_words_has_none(text: str) -> None:
    assert weighty_words(text, predict=says({"goal": 2.0})[0]) == []


def test_words_in_any_script_are_found() -> None:
    predict, _ = says({"קטן": 1.0, "größe": 0.6, "мир": 2.0})

    found = weighty_words("קטן die Größe мир", predict=predict)

    assert [one.word for one in found] == ["мир", "קטן", "größe"]


def test_in_a_long_text_the_weightiest_words_are_found_with_few_questions() -> None:
    draw = np.random.default_rng(0)
    filler = [f"word{number}" for number in range(2_000)]
    chosen = [filler[int(place)] for place in draw.choice(2_000, 2, replace=False)]
    predict, asked = says({chosen[0]: 3.0, chosen[1]: 2.0})

    found = weighty_words(" ".join(filler), predict=predict)

    assert [one.word for one in found] == chosen
    assert len(asked) <= 1 + MAX_SINGLE + 3 * N_STRETCHES


def test_no_more_words_are_told_than_one_can_take_in() -> None:
    words = {f"word{number}": 0.15 + number / 200 for number in range(30)}

    found = weighty_words(" ".join(words), predict=says(words)[0])

    assert [one.word for one in found] == [f"word{number}" for number in range(29, 29 - N_WORDS, -1)]


# Items


@pytest.mark.parametrize("kind", ["array", "sparse"])
def test_the_nearest_are_those_of_the_same_direction(kind: str) -> None:
    draw = np.random.default_rng(1)
    centres = np.eye(4) * 5
    labeled_kind = np.arange(200) % 4
    labeled = np.abs(centres[labeled_kind] + draw.normal(0, 0.3, (200, 4)))
    asked = np.abs(centres[[2, 0]] * 3 + draw.normal(0, 0.3, (2, 4)))
    if kind == "sparse":
        rows, cosines = nearest(sparse.csr_matrix(asked), sparse.csr_matrix(labeled), n=5)
    else:
        rows, cosines = nearest(asked, labeled, n=5)

    assert labeled_kind[rows].tolist() == [[2] * 5, [0] * 5]
    assert (np.diff(cosines, axis=1) <= 1e-6).all()
    assert (cosines > 0.9).all()


def test_few_labeled_items_give_few_near_ones_and_none_gives_none() -> None:
    asked = np.ones((3, 2))

    assert nearest(asked, np.ones((1, 2)), n=4)[0].shape == (3, 1)
    assert nearest(asked, np.empty((0, 2)), n=4)[0].shape == (3, 0)
