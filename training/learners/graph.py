"""The learner that spreads labels along a graph of nearest neighbours.

Its parts are of use by themselves: `graphs/neighbours.py` finds neighbours; in `graphs/spreading.py`, `adjacency`
makes the graph, `propagate` spreads labels, `out_of_fold_scores` does so for labels that were held out, and `vote`
judges rows that are not in the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from training.learners.base import FloatArray, Progress, check_training, check_weights, take_rows
from training.learners.classifier import ItemClassifier
from training.learners.clock import Clock
from training.learners.features import Matrix, check_rows, fit_features
from training.learners.graphs.neighbours import Float32Array, IntArray, NeighbourIndex, Step
from training.learners.graphs.spreading import (
    N_ITERATIONS,
    QUERIES_PER_BATCH,
    adjacency,
    as_probabilities,
    class_shares,
    folds_of,
    out_of_fold_scores,
    propagate,
    seeds_of,
    vote,
)
from training.rules.calibration import MIN_ROWS, apply_temperature, fit_temperature

MAX_DIMENSIONS = 64
TEXT_DIMENSIONS = 200
N_FOLDS = 5
USUAL_TEMPERATURE = 0.25  # spread far, the classes' scores come close to each other; on MNIST 0.2 fits


class LabelPropagation(ItemClassifier):
    """Labels spread along a graph of nearest neighbours; few labels go far where classes hang together.

    Transductive: unlabeled rows are part of the graph, and what is learned of them comes from it. Asked again,
    they are looked up; new rows get the vote of their neighbours in the graph. Items become vectors of 64 dimensions at most,
    see features.py (text: latent semantic analysis, 200; images and long rows: principal components). Zhou and
    others 2004, with the graph and the class weights of Iscen and others 2019 (section 3).

    item_type    image, text, table or series: what X is
    n_neighbors  of each row in the graph
    alpha        0 to 1, how far labels spread: at 0 not at all
    progress     called with (step, n_steps, seconds left) four times a second; what it raises stops the fit

    Scores that spread far are close to each other, so they are sharpened: by the temperature that fits labels
    held out in five folds, with 20 of these at least (a class's only label is never held out), else by 0.25.
    Rows of weight 0 count as unlabeled. With no unlabeled rows labels spread among the labeled alone.

    After fit: `classes_` (sorted), `features_`, `vectors_` (n, d) float32, `transduction_` (n, K) float32
    probabilities of the rows of X in their order, `temperature_`, `held_out_` (l, K) what the graph says of each
    labeled row while it is held out, NaN where it never is.

    Peak memory, in bytes, for n rows, d dimensions, k neighbours and K classes: the vectors (features.py)
    once more (they stay, with the index), 60 n k for the graph, 40 n K to spread labels, 40 n to look rows up.
    1,000,000 rows of 64 numbers in 10 classes with k = 10: 0.5 + 0.6 + 0.4 GB. Time grows in step with the rows,
    but for n^2 / 160 distances to the centres of cells.
    Raises TooFewLabels and InvalidRows.
    """

    def __init__(
        self,
        item_type: str,
        n_neighbors: int = 10,
        alpha: float = 0.99,
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.item_type = item_type
        self.n_neighbors = n_neighbors
        self.alpha = alpha
        self.random_state = random_state
        self.device = device
        self.progress = progress
        self.classes = classes

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        mask = check_training(X, y, self.classes)
        weights = check_weights(sample_weight, mask)
        weights = np.ones(len(mask)) if weights is None else weights
        self.classes_, columns = np.unique(
            np.asarray(np.asarray(y)[mask].tolist()), return_inverse=True
        )  # (l,)
        rows = np.flatnonzero(mask)
        is_used = weights[rows] > 0
        rows, columns = rows[is_used], columns[is_used]

        features, self.vectors_ = dense_vectors(
            X,
            self.item_type,
            TEXT_DIMENSIONS if self.item_type == "text" else MAX_DIMENSIONS,
            self.random_state,
        )
        self._index: NeighbourIndex | None = None
        self._lone = lone_rows(self.vectors_)
        index = self._neighbours(self.device)
        folds = folds_of(columns, N_FOLDS, self.random_state)
        clock = Clock(self.progress, index.n_blocks(len(mask)) + (N_FOLDS + 1) * N_ITERATIONS)
        step = counted(clock)
        step()
        graph = adjacency(*index.nearest_others(self.n_neighbors, step))
        shape = (len(mask), len(self.classes_))
        scores = propagate(graph, seeds_of(rows, columns, weights[rows], shape), self.alpha, step)
        held_out = out_of_fold_scores(
            graph, rows, columns, weights[rows], folds, len(self.classes_), self.alpha, step
        )
        is_judged = np.isfinite(held_out).all(axis=1)
        self.temperature_: float | None = USUAL_TEMPERATURE
        if is_judged.sum() >= MIN_ROWS:
            self.temperature_ = fit_temperature(held_out[is_judged], columns[is_judged]).temperature
        self.held_out_ = apply_temperature(held_out, self.temperature_)
        found = as_probabilities(scores, class_shares(columns, len(self.classes_)))
        self.transduction_ = apply_temperature(found, self.temperature_).astype(np.float32)
        self.features_ = features
        clock.finish()
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        return self.predict_vectors(transform_rows(self.features_, X, self.item_type))

    def predict_vectors(self, vectors: Any) -> FloatArray:
        """(n, n_classes) for vectors that `features_` made."""
        queries = np.ascontiguousarray(vectors, dtype=np.float32)
        rows = self._own_rows(queries)
        is_new = rows < 0
        answers = self.transduction_[rows].astype(np.float64)  # (n, K)
        if is_new.any():
            index = self._neighbours(usable(self.device))
            answers[is_new] = vote(index, queries[is_new], self.transduction_, self.n_neighbors)
        answers /= answers.sum(axis=1, keepdims=True)
        return answers

    def _own_rows(self, queries: Float32Array) -> IntArray:
        """(m,) the row of the graph that lies bit for bit at a query, as of all that was fitted; -1: none or several.

        Vectors by principal components differ in their last bits with the size of a batch, and are not found.
        """
        if getattr(self, "_lone", None) is None:
            self._lone = lone_rows(self.vectors_)
        hashes, rows = self._lone
        own = np.full(len(queries), -1)
        if len(hashes) and len(queries):
            asked = bits_hashed(queries)
            place = np.minimum(np.searchsorted(hashes, asked), len(hashes) - 1)
            maybe = np.flatnonzero(hashes[place] == asked)
            same = (self.vectors_[rows[place[maybe]]] == queries[maybe]).all(axis=1)
            own[maybe[same]] = rows[place[maybe[same]]]
        return own

    def _neighbours(self, device: str) -> NeighbourIndex:
        """The index of the fitted rows, made once: a pool is predicted in many batches."""
        if getattr(self, "_index", None) is None:
            self._index = NeighbourIndex(self.vectors_, device=device, random_state=self.random_state)
        return cast("NeighbourIndex", self._index)

    def __getstate__(self) -> dict[str, Any]:
        """Without what is made again from the vectors."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_index", "_lone")}


def lone_rows(vectors: Float32Array) -> tuple[npt.NDArray[np.uint64], IntArray]:
    """The hashes that one vector alone has, ascending, and which rows these are."""
    found, first, counts = np.unique(bits_hashed(vectors), return_index=True, return_counts=True)
    return found[counts == 1], first[counts == 1]


def bits_hashed(vectors: Float32Array) -> npt.NDArray[np.uint64]:
    """(n,) a number for each of (n, d) vectors, in C order, by its bits: a sum modulo 2^64 of odd multiples."""
    odd = np.random.default_rng(0).integers(0, 2**64, vectors.shape[1], dtype=np.uint64) | np.uint64(1)
    bits = vectors.view(np.uint32)
    return np.concatenate(
        [
            (bits[start : start + QUERIES_PER_BATCH] * odd).sum(axis=1, dtype=np.uint64)
            for start in range(0, len(bits), QUERIES_PER_BATCH)
        ]
    )


def dense_vectors(X: Any, item_type: str, max_dimensions: int, random_state: int) -> tuple[Any, Float32Array]:
    """The fitted features of all rows, labeled or not, and their (n, d) float32 vectors."""
    n_rows = len(X)
    features, vectors = fit_features(
        X,
        item_type=item_type,
        y=np.zeros(n_rows, dtype=np.int64),
        is_dense=True,
        max_dimensions=max_dimensions,
        random_state=random_state,
    )
    return features, np.ascontiguousarray(vectors, dtype=np.float32)


def transform_rows(features: Any, X: Any, item_type: str) -> Matrix:
    """(n, d) vectors by fitted features, float32 if dense, in batches, so that long intermediate ones stay few."""
    n_rows = len(X)
    parts = [
        features.transform(check_rows(take_rows(X, rows), item_type=item_type))
        for rows in np.array_split(np.arange(n_rows), max(1, -(-n_rows // 8_192)))
    ]
    if sparse.issparse(parts[0]):
        return sparse.vstack(parts, format="csr")
    parts = [np.asarray(part, dtype=np.float32) for part in parts]
    return np.concatenate(parts)


def usable(device: str) -> str:
    """The device, or the CPU where a model that was trained on CUDA is loaded without it."""
    return device if device == "cpu" or torch.cuda.is_available() else "cpu"


def counted(clock: Clock) -> Step:
    """A step that moves the clock on by one, never past its end."""
    done = iter(range(clock.n_steps))

    def step() -> None:
        clock.tick(next(done, clock.n_steps - 1))

    return step
