"""Labels that spread along a graph of nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from training.learners.base import FloatArray
from training.learners.graphs.neighbours import Float32Array, IntArray, NeighbourIndex, Step

QUERIES_PER_BATCH = 65_536
N_ITERATIONS = 60  # of conjugate gradients, at most
TOLERANCE = 1e-4


def adjacency(found: IntArray, squares: Float32Array) -> sparse.csr_array:
    """The symmetric, normalised graph: S = D^-1/2 W D^-1/2, (n, n) float32 CSR with an empty diagonal.

    found, squares  of `NeighbourIndex.nearest_others`, (n, k)

    W + W' as in Iscen and others 2019, equation 8, where a row's weight on a neighbour is
    exp(-d^2 / (s_i s_j)) with s the distance to a row's furthest neighbour (self-tuning: Zelnik-Manor and
    Perona 2004, equation 2), so that no scale has to be chosen and dense and thin regions count alike.

    Peak memory, in bytes: 60 n k.
    """
    n, k = found.shape
    is_there = found >= 0
    scale = np.sqrt(np.where(is_there, squares, 0).max(axis=1, initial=0)) + 1e-6  # (n,)
    weights = np.exp(-squares / (scale[:, None] * scale[found])) * is_there  # (n, k)
    starts = np.arange(n + 1, dtype=np.int64) * k
    graph = sparse.csr_array(
        (weights.astype(np.float32).ravel(), np.maximum(found, 0).ravel(), starts), shape=(n, n)
    )
    graph.sum_duplicates()
    both = (graph + graph.T).tocsr()
    degree = np.asarray(both.sum(axis=1)).ravel()
    root = (1 / np.sqrt(np.maximum(degree, 1e-12))).astype(np.float32)
    both.data *= root[np.repeat(np.arange(n), np.diff(both.indptr))] * root[both.indices]
    normalised: sparse.csr_array = both
    return normalised


def propagate(
    graph: sparse.csr_array, seeds: Float32Array, alpha: float = 0.99, step: Step | None = None
) -> Float32Array:
    """Z with (I - alpha S) Z = seeds, by conjugate gradients, all columns at once: (n, m) float32 >= 0.

    Zhou and others 2004, equation 3; solved as in Iscen and others 2019, section 3.2. `step` is
    called before each of at most 60 iterations, each one product of the graph with (n, m). It ends
    when the residual of every column is below 1e-4 of its seeds.

    Peak memory, in bytes: 20 n m beyond the graph and the seeds.
    """
    z = np.zeros_like(seeds)
    residual = seeds.copy()
    direction = residual.copy()
    power = (residual * residual).sum(axis=0)  # (m,)
    enough = TOLERANCE**2 * power
    for _ in range(N_ITERATIONS):
        if step is not None:
            step()
        if (power <= enough).all():
            break
        image = direction - np.float32(alpha) * (graph @ direction)
        size = power / np.maximum((direction * image).sum(axis=0), 1e-30)
        z += size * direction
        residual -= size * image
        after = (residual * residual).sum(axis=0)
        direction *= after / np.maximum(power, 1e-30)
        direction += residual
        power = after
    return np.maximum(z, 0)


def seeds_of(rows: IntArray, columns: IntArray, weights: FloatArray, shape: tuple[int, int]) -> Float32Array:
    """(n, K): each class has a mass of 1, shared by its labeled rows as they weigh (Iscen 2019, section 3.3)."""
    seeds = np.zeros(shape, dtype=np.float32)
    mass = np.bincount(columns, weights, minlength=shape[1])
    seeds[rows, columns] = weights / np.maximum(mass[columns], 1e-12)
    return seeds


def class_shares(columns: IntArray, n_classes: int) -> FloatArray:
    """(K,) shares among the labels, drawn towards equal ones as if each class had 5 labels more."""
    counts = np.bincount(columns, minlength=n_classes) + 5.0
    shares: FloatArray = counts / counts.sum()
    return shares


def as_probabilities(scores: Float32Array, shares: FloatArray) -> FloatArray:
    """(n, K) rows that sum to 1. Each class's column is brought to its share first, as too much or too little
    reaches a class by chance (class mass normalisation: Zhu, Ghahramani and Lafferty 2003, section 4).
    Rows that little reached are drawn to the shares."""
    mass = scores.sum(axis=0, dtype=np.float64)
    weighted = scores * (shares / np.maximum(mass, 1e-30))
    total = weighted.sum(axis=1, keepdims=True)
    smallest = 1e-4 * total.mean()
    probabilities: FloatArray = (weighted + smallest * shares) / (total + smallest)
    return probabilities


def folds_of(columns: IntArray, n_folds: int, random_state: int) -> IntArray:
    """(l,) the fold in which a label is held out, stratified; -1: never, being the only one of its class."""
    generator = np.random.default_rng(random_state)
    folds = np.full(len(columns), -1)
    for column in np.unique(columns):
        members = generator.permutation(np.flatnonzero(columns == column))
        if len(members) > 1:
            folds[members] = (np.arange(len(members)) + generator.integers(n_folds)) % n_folds
    return folds


def out_of_fold_scores(
    graph: sparse.csr_array,
    rows: IntArray,
    columns: IntArray,
    weights: FloatArray,
    folds: IntArray,
    n_classes: int,
    alpha: float = 0.99,
    step: Step | None = None,
) -> FloatArray:
    """(l, K) what the graph says of each labeled row while the labels of its fold are held out.

    rows, columns, weights, folds  (l,) of the labeled rows; rows of fold -1 get NaN
    """
    n_folds = int(folds.max(initial=-1)) + 1
    probabilities = np.full((len(rows), n_classes), np.nan)
    for fold in range(n_folds):
        held, kept = folds == fold, folds != fold
        if not held.any():
            continue
        seeds = seeds_of(rows[kept], columns[kept], weights[kept], (graph.shape[0], n_classes))
        scores = propagate(graph, seeds, alpha, step)
        judged = as_probabilities(scores, class_shares(columns[kept], n_classes))
        probabilities[held] = judged[rows[held]]
    return probabilities


def vote(
    index: NeighbourIndex,
    queries: Float32Array,
    probabilities: npt.NDArray[np.floating[Any]],
    k: int,
    step: Step | None = None,
) -> FloatArray:
    """(m, K) for rows outside the graph: the mean of their neighbours' answers, near ones counting more.

    Delalleau, Bengio and Le Roux 2005, equation 6, with the weights of `adjacency`. A query that lies
    on a row of the index gets that row's answer.
    """
    answers = np.empty((len(queries), probabilities.shape[1]))
    k = min(k, len(index.rows))
    for start in range(0, len(queries), QUERIES_PER_BATCH):
        batch = slice(start, start + QUERIES_PER_BATCH)
        found, squares = index.nearest(queries[batch], k, step)  # (b, k)
        # Squares are rounded as sums of the vectors' squares are: that much apart is the same place.
        slack = 1e-6 * (np.square(queries[batch]).sum(axis=1, keepdims=True) + 1)
        scale = np.where(np.isfinite(squares), squares, 0).max(axis=1, keepdims=True) + slack
        weights = np.where(found >= 0, np.exp(-squares / scale), 0)
        is_same = squares <= slack
        weights = np.where(is_same.any(axis=1, keepdims=True), is_same, weights)
        weights /= weights.sum(axis=1, keepdims=True)
        answers[batch] = np.einsum("bk,bkc->bc", weights, probabilities[found])
    return answers
