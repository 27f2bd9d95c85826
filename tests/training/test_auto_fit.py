"""The automatic learner: it uses the pool where that helps, leaves it where that hurts, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_moons
from sklearn.pipeline import Pipeline

from training.learners import auto, create
from training.learners.auto import Auto
from training.learners.auto.images import Budget
from training.learners.errors import InvalidRows
from training.learners.saving import load, save
from training.rules.calibration import apply_temperature


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    bunch = load_digits()
    return (bunch.images[:n] * 15).astype(np.uint8), bunch.target[:n]


def some_labeled(y: np.ndarray, each: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    rows = [generator.choice(np.flatnonzero(y == column), each, replace=False) for column in np.unique(y)]
    hidden = np.full(len(y), -1)
    hidden[np.concatenate(rows)] = y[np.concatenate(rows)]
    return hidden


def moons(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    X, y = make_moons(n, noise=0.06, random_state=0)
    return X, y


def crossed(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """A table in two far clusters that have nothing to do with the class, which a line tells with some errors."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(n, 2)) * [1.0, 0.2]
    X[:, 1] += np.arange(n) % 2 * 20
    return X, (X[:, 0] + 0.7 * generator.normal(size=n) > 0).astype(int)


def posts(n: int = 260, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Short texts: a few words of their topic among many of all topics."""
    generator = np.random.default_rng(seed)
    columns = np.arange(n) % 2
    topics = [[f"{name}{number}" for number in range(60)] for name in ("sea", "road")]
    common = [f"word{number}" for number in range(60)]
    texts = [
        " ".join([*generator.choice(topics[column], 2), *generator.choice(common, 5)]) for column in columns
    ]
    return texts, columns


def test_it_uses_the_pool_of_digits_and_beats_the_labels_alone() -> None:
    X, y = digits(500)
    hidden = some_labeled(y, 4, seed=0)
    pool = hidden < 0

    learner: Any = Auto("image").fit(X, hidden)

    plain: Any = create("logistic_regression", item_type="image").fit(X, hidden)
    assert learner.is_semi_supervised_
    assert list(learner.chosen_) == ["student"]
    assert any("Semi-supervision is on" in sentence for sentence in learner.report_)
    assert (learner.predict(X[pool]) == y[pool]).mean() > (plain.predict(X[pool]) == y[pool]).mean()


class SmallBudget(Budget):
    """As few steps as show what the search does."""

    def __init__(self, images: np.ndarray, n_labels: int, device: str) -> None:
        super().__init__(images, n_labels, device)
        self.supervised, self.compared, self.round, self.last, self.n_rounds = 40, 40, 40, 80, 1


def test_it_compares_augmentations_and_measures_rounds_on_held_out_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auto, "Budget", SmallBudget)
    monkeypatch.setattr(auto.images, "Budget", SmallBudget)
    X, y = digits(300)
    hidden = some_labeled(y, 6, seed=0)
    pool = hidden < 0

    learner: Any = Auto("image").fit(X, hidden)

    told = " ".join(learner.report_)
    assert "Augmentation by log-loss on held-out labels" in told
    assert "Chosen: " in told
    assert "Round 1, graph and student" in told
    assert learner.is_semi_supervised_
    plain: Any = create("logistic_regression", item_type="image").fit(X, hidden)
    assert (learner.predict(X[pool]) == y[pool]).mean() >= (plain.predict(X[pool]) == y[pool]).mean()


def test_it_uses_the_pool_of_moons() -> None:
    X, y = moons()
    hidden = some_labeled(y, 8, seed=1)

    learner: Any = Auto("table").fit(X, hidden)

    plain: Any = create("logistic_regression", item_type="table").fit(X, hidden)
    assert learner.is_semi_supervised_
    assert learner.chosen_["label_propagation"] > 0.2
    assert (learner.predict(X) == y).mean() > (plain.predict(X) == y).mean() + 0.02


def test_it_turns_semi_supervision_off_where_the_pool_misleads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "supervised_names", lambda *_: ["logistic_regression", "lda"])
    X, y = crossed()
    hidden = some_labeled(y, 12, seed=0)
    known = hidden >= 0

    learner: Any = Auto("table").fit(X, hidden)
    alone = Auto("table").fit(X[known], hidden[known])

    assert not learner.is_semi_supervised_
    assert any("Semi-supervision is off" in sentence for sentence in learner.report_)
    assert np.allclose(learner.predict_proba(X), alone.predict_proba(X))


def test_it_turns_semi_supervision_off_for_images_that_mislead() -> None:
    generator = np.random.default_rng(0)
    y = np.arange(200) % 2
    images = np.zeros((200, 6, 6), dtype=np.uint8)
    images[:, :, 3:] = generator.choice([0, 250], (200, 6, 1))  # loud, and of no meaning
    images[np.arange(200), y * 5, 0] = 90  # faint, and the class
    hidden = some_labeled(y, 15, seed=0)

    learner: Any = Auto("image").fit(images, hidden)

    known = hidden >= 0
    alone = Auto("image").fit(images[known], hidden[known])
    assert not learner.is_semi_supervised_
    assert np.array_equal(learner.predict(images), alone.predict(images))


def test_on_texts_it_is_wrong_no_more_often_than_logistic_regression() -> None:
    n_wrong, n_wrong_plain, n_asked = 0, 0, 0
    for seed in range(2):
        X, y = posts(seed=seed)
        hidden = some_labeled(y, 10, seed)
        pool = np.flatnonzero(hidden < 0)
        asked = [X[row] for row in pool]
        plain: Any = create("logistic_regression", item_type="text").fit(X, hidden)
        n_wrong += (Auto("text", random_state=seed).fit(X, hidden).predict(asked) != y[pool]).sum()
        n_wrong_plain += (plain.predict(asked) != y[pool]).sum()
        n_asked += len(pool)

    assert 0 < n_wrong_plain < 0.3 * n_asked
    assert n_wrong <= n_wrong_plain + 2 * np.sqrt(n_wrong_plain)


def test_a_student_is_saved_and_repeats_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "Budget", SmallBudget)
    X, y = digits(220)
    hidden = some_labeled(y, 3, seed=0)

    learner: Any = Auto("image").fit(X, hidden)
    again = Auto("image").fit(X, hidden)
    save(learner, tmp_path / "model")

    assert learner.is_semi_supervised_
    assert np.array_equal(learner.predict_proba(X), again.predict_proba(X))
    loaded = load(tmp_path / "model")
    assert loaded.report_ == learner.report_
    assert np.array_equal(loaded.predict_proba(X), learner.predict_proba(X))


def test_what_learned_from_a_pool_of_texts_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = posts(160)
    monkeypatch.setattr(Auto, "_helps", lambda self, *_: True)
    learner: Any = Auto("text").fit(X, some_labeled(y, 10, seed=0))

    save(learner, tmp_path / "model")

    assert {"label_propagation", "pool_words", "pool_features"} & set(learner.chosen_)
    assert np.allclose(load(tmp_path / "model").predict_proba(X), learner.predict_proba(X))


def test_texts_become_vectors_once_for_all_members_that_share_features(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = posts(160)
    monkeypatch.setattr(Auto, "_helps", lambda self, *_: True)
    monkeypatch.setattr(auto, "trimmed", dict)
    learner: Any = Auto("text").fit(X, some_labeled(y, 10, seed=0))
    alone = sum(
        share * apply_temperature(learner.members_[name].predict_proba(X), learner.temperatures_[name])
        for name, share in learner.chosen_.items()
    )

    seen: list[int] = []
    transform = Pipeline.transform

    def noted(self: Any, X: Any) -> Any:
        seen.append(id(self))
        return transform(self, X)

    monkeypatch.setattr(Pipeline, "transform", noted)
    together = learner.predict_proba(X)

    assert len(learner.members_) == 6
    assert len(seen) == len(set(seen)) == 3  # terms of the labels, words of the pool, its latent semantics
    assert np.allclose(together, alone / alone.sum(axis=1, keepdims=True))


def test_what_trained_itself_on_a_pool_of_rows_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = moons()
    monkeypatch.setattr(auto, "supervised_names", lambda *_: ["logistic_regression"])
    monkeypatch.setattr(Auto, "_helps", lambda self, *_: True)
    monkeypatch.setattr(Auto, "_shares", lambda self, *_: {"self_training": 1.0})
    learner: Any = Auto("table").fit(X, some_labeled(y, 10, seed=0))

    save(learner, tmp_path / "model")

    assert np.array_equal(load(tmp_path / "model").predict_proba(X), learner.predict_proba(X))


def test_cancel_passes_through_in_the_middle_of_training() -> None:
    X, y = digits(300)
    seen: list[int] = []

    class StopHere(Exception):
        pass

    def stop_later(step: int, n_steps: int, seconds_left: float | None) -> None:
        seen.append(step)
        if len(seen) == 3:
            raise StopHere

    with pytest.raises(StopHere):
        Auto("image", progress=stop_later).fit(X, some_labeled(y, 3, seed=0))


def test_with_labels_that_cannot_be_held_out_it_stays_supervised_and_says_why() -> None:
    X, y = digits(200)

    learner: Any = Auto("image").fit(X, some_labeled(y, 1, seed=0))

    assert not learner.is_semi_supervised_
    assert any("only 0 labels can be held out" in sentence for sentence in learner.report_)


def test_of_a_large_pool_a_part_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "MAX_POOL", 150)
    X, y = moons()
    hidden = some_labeled(y, 8, seed=1)
    rows: dict[str, int] = {}

    def watched(self: Auto, X: Any, labels: Any, pool: np.ndarray) -> None:
        rows.update(learned=len(X), pool=len(pool))
        assert np.array_equal(y[hidden >= 0], labels.columns)
        assert np.array_equal(X[labels.rows], moons()[0][hidden >= 0])

    monkeypatch.setattr(Auto, "_search_vectors", watched)
    learner: Any = Auto("table").fit(X, hidden)

    assert rows == {"learned": 166, "pool": 150}
    assert learner.report_ == ["Of 284 unlabeled rows 150 are drawn to learn from."]


def test_rows_of_weight_zero_count_as_unlabeled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "supervised_names", lambda *_: ["logistic_regression"])
    X, y = moons()
    hidden = some_labeled(y, 10, seed=0)
    wrong = np.where(hidden >= 0, hidden, 1 - y)
    weights = np.where(hidden >= 0, 1.0, 0.0)

    weighed = Auto("table").fit(X, wrong, sample_weight=weights)

    assert np.array_equal(weighed.predict_proba(X), Auto("table").fit(X, hidden).predict_proba(X))
    with pytest.raises(InvalidRows, match="weight 0 only"):
        Auto("table").fit(X, wrong, sample_weight=np.where(wrong == 0, 1.0, 0.0))


def test_twice_the_pool_takes_less_than_twice_the_steps() -> None:
    small, large = (
        Budget(np.zeros((n, 28, 28), dtype=np.uint8), n_labels=100, device="cpu") for n in (30_000, 60_000)
    )

    assert small.n_steps(30_000, 100) < large.n_steps(60_000, 100) < 2 * small.n_steps(30_000, 100)
