"""The automatic learner: it uses the pool where that helps, leaves it where that hurts, and says so."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits, make_moons

from training.learners import create
from training.learners.auto import Auto


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
    """A table in two far clusters that have nothing to do with the class, which a line tells exactly."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(n, 2)) * [1.0, 0.2]
    X[:, 1] += np.arange(n) % 2 * 20
    return X, (X[:, 0] > 0).astype(int)


def posts(n: int = 260, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Short texts: a few words of their topic among many of all topics."""
    generator = np.random.default_rng(seed)
    columns = np.arange(n) % 2
    topics = [[f"{name}{number}" for number in range(40)] for name in ("sea", "road")]
    common = [f"word{number}" for number in range(60)]
    texts = [
        " ".join([*generator.choice(topics[column], 3), *generator.choice(common, 5)]) for column in columns
    ]
    return texts, columns


def test_it_uses_the_pool_of_digits_and_beats_the_labels_alone() -> None:
    X, y = digits(500)
    hidden = some_labeled(y, 4, seed=0)
    pool = hidden < 0

    learner = Auto("image").fit(X, hidden)

    plain = create("logistic_regression", item_type="image").fit(X, hidden)
    assert learner.is_semi_supervised_
    assert list(learner.chosen_) == ["student"]
    assert any("Semi-supervision is on" in sentence for sentence in learner.report_)
    assert (learner.predict(X[pool]) == y[pool]).mean() > (plain.predict(X[pool]) == y[pool]).mean()


def test_it_uses_the_pool_of_moons() -> None:
    X, y = moons()
    hidden = some_labeled(y, 8, seed=1)

    learner = Auto("table").fit(X, hidden)

    plain = create("logistic_regression", item_type="table").fit(X, hidden)
    assert learner.is_semi_supervised_
    assert learner.chosen_["label_propagation"] > 0.2
    assert (learner.predict(X) == y).mean() > (plain.predict(X) == y).mean() + 0.02
