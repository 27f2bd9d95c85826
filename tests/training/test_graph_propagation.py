"""Label propagation beyond the laws: the graph, its solution, neighbours by cell, votes for new rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from training.learners import create
from training.learners.graph import LabelPropagation
from training.learners.graphs import neighbours
from training.learners.graphs.neighbours import NeighbourIndex
from training.learners.graphs.spreading import (
    adjacency,
    as_probabilities,
    folds_of,
    out_of_fold_scores,
    propagate,
    vote,
)
from training.learners.saving import load, save


def digits() -> tuple[np.ndarray, np.ndarray]:
    bunch = load_digits()
    return (bunch.images * 15).astype(np.uint8), bunch.target


def some_labeled(y: np.ndarray, each: int, seed: int) -> np.ndarray:
    """y with `each` labels a class and -1 elsewhere."""
    generator = np.random.default_rng(seed)
    rows = [generator.choice(np.flatnonzero(y == column), each, replace=False) for column in np.unique(y)]
    hidden = np.full(len(y), -1)
    hidden[np.concatenate(rows)] = y[np.concatenate(rows)]
    return hidden


def points(n: int, d: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def by_hand(queries: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    squares = ((queries[:, None] - rows[None]) ** 2).sum(axis=2)
    return np.argsort(squares, axis=1)[:, :k]


def small_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 100)
    monkeypatch.setattr(neighbours, "ROWS_PER_CELL", 20)
    monkeypatch.setattr(neighbours, "CELLS_PER_QUERY", 10)


def test_it_beats_a_supervised_model_at_twenty_labels() -> None:
    X, y = digits()
    won = []
    for seed in range(3):
        hidden = some_labeled(y, 2, seed)
        pool, known = hidden < 0, hidden >= 0
        propagated = LabelPropagation("image", random_state=seed).fit(X, hidden).predict(X[pool])
        supervised = LogisticRegression(max_iter=500).fit(X[known].reshape(-1, 64) / 255, y[known])
        plain = supervised.predict(X[pool].reshape(-1, 64) / 255)
        won.append((propagated == y[pool]).mean() - (plain == y[pool]).mean())

    assert min(won) > 0.05


def test_neighbours_are_those_found_by_hand() -> None:
    rows = points(50)

    found, squares = NeighbourIndex(rows).nearest_others(4)

    assert np.array_equal(found, by_hand(rows, rows, 5)[:, 1:])
    assert np.allclose(squares, ((rows[:, None] - rows[found]) ** 2).sum(axis=2), atol=1e-4)


def test_duplicates_are_neighbours_of_each_other_but_never_of_themselves() -> None:
    rows = np.repeat(points(3), 8, axis=0)

    found, squares = NeighbourIndex(rows).nearest_others(4)

    assert (found != np.arange(24)[:, None]).all()
    assert (found // 8 == np.arange(24)[:, None] // 8).all()
    assert np.allclose(squares, 0, atol=1e-4)


def test_cells_find_nearly_all_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    small_cells(monkeypatch)
    rows = points(600, d=3)

    index = NeighbourIndex(rows)
    found, _ = index.nearest(points(80, d=3, seed=1), 5)

    assert len(index.centres) == 30
    truth = by_hand(points(80, d=3, seed=1), rows, 5)
    assert np.mean([len(set(a) & set(b)) / 5 for a, b in zip(found, truth, strict=True)]) > 0.9


def test_fewer_rows_than_neighbours_leave_places_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    small_cells(monkeypatch)
    monkeypatch.setattr(neighbours, "CELLS_PER_QUERY", 1)
    rows = points(120)

    found, squares = NeighbourIndex(rows).nearest(rows, 60)

    assert (found[~np.isfinite(squares)] == -1).all()
    assert (found == -1).any()
    S = adjacency(found[:, 1:], squares[:, 1:])
    assert np.isfinite(S.data).all()
    assert np.isfinite(vote(NeighbourIndex(rows), points(9, seed=2), np.full((120, 2), 0.5), 60)).all()


def test_doubling_the_pool_doubles_the_distances_and_blocks_stay_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_cells(monkeypatch)
    monkeypatch.setattr(neighbours, "ROWS_PER_CENTRE", 3)
    monkeypatch.setattr(neighbours, "DISTANCES_PER_BLOCK", 5_000)
    counted: list[int] = []
    nearest = neighbours._nearest

    def watched(queries: torch.Tensor, rows: torch.Tensor, k: int) -> Any:
        counted.append(len(queries) * len(rows))
        return nearest(queries, rows, k)

    monkeypatch.setattr(neighbours, "_nearest", watched)

    def distances(n: int) -> int:
        counted.clear()
        NeighbourIndex(points(n)).nearest_others(5)
        assert max(counted) <= 5_000
        return sum(counted)

    assert distances(1_200) < 2.7 * distances(600)  # comparing all pairs would take 4 times


def test_the_graph_is_symmetric_and_normalised() -> None:
    S = adjacency(*NeighbourIndex(points(60)).nearest_others(6)).toarray()

    assert np.allclose(S, S.T, atol=1e-6)
    assert (np.diag(S) == 0).all()
    assert np.abs(np.linalg.eigvalsh(S)).max() == pytest.approx(1, abs=1e-5)


def test_conjugate_gradients_solve_the_system() -> None:
    S = adjacency(*NeighbourIndex(points(60)).nearest_others(6))
    seeds = np.zeros((60, 2), dtype=np.float32)
    seeds[3, 0] = seeds[40, 1] = 1

    z = propagate(S, seeds, alpha=0.9)

    assert np.allclose(z, np.linalg.solve(np.eye(60) - 0.9 * S.toarray(), seeds), atol=1e-3)


def test_alpha_zero_spreads_nothing() -> None:
    S = adjacency(*NeighbourIndex(points(20)).nearest_others(3))
    seeds = np.eye(20, 2, dtype=np.float32)

    assert np.array_equal(propagate(S, seeds, alpha=0.0), seeds)
    shares = np.array([0.3, 0.7])
    assert np.allclose(as_probabilities(seeds, shares)[5], shares)


def test_what_is_said_of_a_held_out_label_does_not_depend_on_it() -> None:
    S = adjacency(*NeighbourIndex(points(60)).nearest_others(6))
    rows, columns = np.arange(24), np.arange(24) % 3
    folds = folds_of(columns, 4, random_state=0)
    wrong = columns.copy()
    held = folds == 2
    wrong[np.flatnonzero(held)] = np.roll(columns[held], 1)

    def said(given: np.ndarray) -> np.ndarray:
        return out_of_fold_scores(S, rows, given, np.ones(24), folds, 3)[held]

    assert not np.array_equal(wrong, columns)
    assert np.array_equal(said(columns), said(wrong))


def test_the_only_label_of_a_class_is_never_held_out() -> None:
    folds = folds_of(np.array([0, 0, 0, 1, 2, 2]), 3, random_state=0)

    assert folds[3] == -1
    for fold in range(3):
        assert set(np.array([0, 0, 0, 1, 2, 2])[folds != fold]) == {0, 1, 2}


def test_new_rows_are_judged_as_rows_of_the_graph_are() -> None:
    X, y = digits()
    hidden = some_labeled(y, 5, seed=0)
    learner = LabelPropagation("image").fit(X[:1_400], hidden[:1_400])

    inside = learner.transduction_.argmax(axis=1)
    again = learner.predict_proba(X[:1_400]).argmax(axis=1)
    shifted_rows = learner.predict(X[1_400:])

    assert np.array_equal(inside, again)
    known_rows = (learner.classes_[inside] == y[:1_400]).mean()
    assert (shifted_rows == y[1_400:]).mean() > known_rows - 0.1


def test_the_cells_are_made_once_however_often_is_predicted_and_are_not_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small_cells(monkeypatch)
    made: list[int] = []
    make_cells = neighbours._centres

    def make_and_count(*given: Any) -> torch.Tensor:
        made.append(1)
        return make_cells(*given)

    monkeypatch.setattr(neighbours, "_centres", make_and_count)
    X, y = digits()
    learner = LabelPropagation("image").fit(X[:300], some_labeled(y[:300], 5, seed=0))
    new = X[300:600]

    whole = learner.predict_proba(new)
    parts = np.concatenate([learner.predict_proba(new[:100]), learner.predict_proba(new[100:])])
    save(learner, tmp_path / "model")
    loaded = load(tmp_path / "model")

    differs = np.abs(whole - parts).max(axis=1) > 1e-4
    assert differs.mean() < 0.02  # of neighbours as far away as each other either may be the tenth
    assert len(made) == 1
    assert not hasattr(loaded, "_index")
    assert np.allclose(loaded.predict_proba(new), whole)
    assert len(made) == 2


def test_rows_of_the_graph_are_looked_up_and_only_others_are_searched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    X, y = digits()
    X = X.reshape(len(X), -1).astype(float)[:300]
    X[5] = X[6]  # which of the two is meant cannot be told
    learner = LabelPropagation("table").fit(X[:200], some_labeled(y[:200], 5, seed=0))
    whole = learner.predict_proba(X)
    save(learner, tmp_path / "model")
    searched: list[int] = []
    nearest = NeighbourIndex.nearest

    def search_and_count(index: NeighbourIndex, queries: Any, *rest: Any) -> Any:
        searched.append(len(queries))
        return nearest(index, queries, *rest)

    monkeypatch.setattr(NeighbourIndex, "nearest", search_and_count)
    mixed = np.random.default_rng(0).permutation(300)
    lone = np.setdiff1d(np.arange(200), [5, 6])

    again = load(tmp_path / "model").predict_proba(X[mixed])

    assert searched == [102]
    assert learner.predict_vectors(np.empty((0, learner.vectors_.shape[1]))).shape == (0, 10)
    assert np.allclose(again, whole[mixed])
    assert np.allclose(whole[lone], learner.transduction_[lone], atol=1e-6)
    assert np.array_equal(whole[5], whole[6])


def test_rows_of_weight_zero_count_as_unlabeled() -> None:
    X, y = digits()
    X, y = X[:300], y[:300]
    wrong = y.copy()
    wrong[100:] = (y[100:] + 1) % 10
    hidden = np.where(np.arange(300) < 100, y, -1)

    weighed = LabelPropagation("image").fit(X, wrong, sample_weight=np.where(np.arange(300) < 100, 1.0, 0.0))
    plain = LabelPropagation("image").fit(X, hidden)

    assert np.array_equal(weighed.transduction_, plain.transduction_)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_finds_the_same() -> None:
    X, y = digits()
    hidden = some_labeled(y, 5, seed=0)

    on_cpu = create("label_propagation", item_type="image").fit(X, hidden).predict_proba(X)
    on_cuda = create("label_propagation", item_type="image", device="cuda").fit(X, hidden).predict_proba(X)

    assert np.allclose(on_cpu, on_cuda, atol=1e-2)


def test_the_graph_is_sparse_and_float32() -> None:
    S = adjacency(*NeighbourIndex(points(200)).nearest_others(6))

    assert sparse.issparse(S)
    assert S.dtype == np.float32
    assert S.nnz <= 2 * 200 * 6
