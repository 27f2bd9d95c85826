"""A graph of nearest neighbours over items, and labels that spread along it.

The parts are of use by themselves: `NeighbourIndex` finds neighbours, `adjacency` makes the graph,
`propagate` spreads labels, `out_of_fold_scores` does so for labels that were held out, and `vote` judges
rows that are not in the graph. `LabelPropagation` is the learner made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from training.learners.base import FloatArray, Progress, check_training, check_weights, take_rows
from training.learners.classifier import ItemClassifier
from training.learners.clock import Clock
from training.learners.features import Matrix, check_rows, fit_features
from training.learners.threads import one_thread_if
from training.rules.calibration import MIN_ROWS, apply_temperature, fit_temperature

EXACT_ROWS = 20_000  # up to here every pair is compared
ROWS_PER_CELL = 250
CELLS_PER_QUERY = 40  # so that a row is compared with about 10,000 others, however many there are
QUERIES_WORTH_THREADS = 64  # of a cell
ROWS_PER_CENTRE = 32  # sampled for k-means
ROUNDS_OF_KMEANS = 5
DISTANCES_PER_BLOCK = 4_000_000  # 16 MB, a tenth of a second on one core
QUERIES_PER_BATCH = 65_536
N_ITERATIONS = 60  # of conjugate gradients, at most
TOLERANCE = 1e-4
MAX_DIMENSIONS = 64
TEXT_DIMENSIONS = 200
N_FOLDS = 5
USUAL_TEMPERATURE = 0.25  # spread far, the classes' scores come close to each other; on MNIST 0.2 fits

IntArray = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]
Step = Callable[[], None]


class NeighbourIndex:
    """The nearest rows to any query, in Euclidean distance.

    Up to 20,000 rows every pair is compared. Above, rows lie in cells around centres of k-means,
    250 to a cell, and a query is compared with the rows of the 40 cells nearest to its own (an
    inverted file; Jegou, Douze and Schmid 2011, section IV). All queries of a cell share their
    candidates, so the work is matrix products, on the CPU or on CUDA: 10,000 n distances for the
    neighbours of all rows, and n^2 / 160 to make the cells.
    On 30,000 images of MNIST (64 principal components) it found 98% of the 10 nearest neighbours.

    vectors  (n, d) float32, kept as they are: no copy on the CPU

    Peak memory beyond the vectors, in bytes: 4 n d for their order by cell, 8 n + n d / 60 for the cells, and
    blocks of 16 MB.
    """

    def __init__(self, vectors: Float32Array, *, device: str = "cpu", random_state: int = 0) -> None:
        self.device = device
        rows = torch.as_tensor(vectors, dtype=torch.float32, device=device)  # (n, d)
        n_cells = len(rows) // ROWS_PER_CELL if len(rows) > EXACT_ROWS else 1
        self.centres = _centres(rows, n_cells, random_state)  # (C, d)
        self.cell = self._cells_of(rows)  # (n,)
        self.row_ids = torch.argsort(self.cell, stable=True)  # (n,) rows, cell by cell
        self.rows = rows[self.row_ids] if n_cells > 1 else rows
        self.starts = [0, *torch.bincount(self.cell, minlength=n_cells).cumsum(0).tolist()]
        self.near_cells = _places_of(self.centres, self.centres, min(CELLS_PER_QUERY, n_cells))  # (C, 40)

    def n_blocks(self, n_queries: int) -> int:
        """Calls of `step` in `nearest`, about."""
        return len(self.centres) if len(self.centres) > 1 else len(_blocks(n_queries, len(self.rows)))

    def nearest(
        self, queries: Float32Array, k: int, step: Step | None = None
    ) -> tuple[IntArray, Float32Array]:
        """(m, k) rows of the index, nearest first, and their squared distances.

        `step` is called after each block of at most 4,000,000 distances. With fewer than k rows in
        reach a place holds row -1 at an infinite distance.
        """
        asked = torch.as_tensor(queries, dtype=torch.float32, device=self.device)  # (m, d)
        with one_thread_if(len(asked) < QUERIES_WORTH_THREADS * len(self.centres)):
            return self._search(asked, self._cells_of(asked), k, step)

    def nearest_others(self, k: int, step: Step | None = None) -> tuple[IntArray, Float32Array]:
        """The same for every row of the index, itself left out: (n, k), k less than the rows."""
        n = len(self.rows)
        k = min(k, n - 1)
        in_order = torch.empty_like(self.rows)
        in_order[self.row_ids] = self.rows
        found, squares = self._search(in_order, self.cell, k + 1, step)
        # A row finds itself first, except among its duplicates: there it is anywhere, or crowded out.
        is_self = found == np.arange(n)[:, None]
        is_self[~is_self.any(axis=1), -1] = True
        return found[~is_self].reshape(n, k), squares[~is_self].reshape(n, k)

    def _search(
        self, asked: Tensor, cell: Tensor, k: int, step: Step | None
    ) -> tuple[IntArray, Float32Array]:
        found = torch.full((len(asked), k), -1, dtype=torch.int64, device=self.device)
        squares = torch.full((len(asked), k), torch.inf, device=self.device)
        order = torch.argsort(cell, stable=True)
        ends = torch.bincount(cell, minlength=len(self.centres)).cumsum(0).tolist()
        start = 0
        for number, end in enumerate(ends):
            members, start = order[start:end], end
            if len(members) == 0:
                continue
            candidates, ids = self._candidates(number)
            n_found = min(k, len(candidates))
            for block in _blocks(len(members), len(candidates)):
                some = members[block]
                distance, place = _nearest(asked[some], candidates, n_found)
                squares[some, :n_found] = distance
                found[some, :n_found] = ids[place]
                if step is not None:
                    step()
        return found.cpu().numpy(), squares.cpu().numpy()

    def _candidates(self, cell: int) -> tuple[Tensor, Tensor]:
        """(c, d) the rows in the cells around this one, and (c,) which rows these are."""
        if len(self.centres) == 1:
            return self.rows, self.row_ids
        # Rows lie cell by cell: slices are copied at four times the speed of rows picked one by one.
        near = [slice(self.starts[other], self.starts[other + 1]) for other in self.near_cells[cell].tolist()]
        return torch.cat([self.rows[part] for part in near]), torch.cat([self.row_ids[part] for part in near])

    def _cells_of(self, rows: Tensor) -> Tensor:
        if len(self.centres) == 1:
            return torch.zeros(len(rows), dtype=torch.int64, device=self.device)
        return _places_of(rows, self.centres, 1)[:, 0]


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


def _nearest(queries: Tensor, rows: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """(m, k) squared distances and places of the nearest rows: |q - r|^2 = |q|^2 - 2 q.r + |r|^2."""
    squares = torch.addmm((rows * rows).sum(dim=1), queries, rows.T, alpha=-2)  # (m, n), less |q|^2
    distance, place = squares.topk(k, dim=1, largest=False)
    distance += (queries * queries).sum(dim=1, keepdim=True)
    return distance.clamp_(min=0), place


def _places_of(queries: Tensor, rows: Tensor, k: int) -> Tensor:
    """(m, k) places of the nearest rows, in blocks."""
    parts = [_nearest(queries[block], rows, k)[1] for block in _blocks(len(queries), len(rows))]
    return torch.cat(parts)


def _centres(rows: Tensor, n_cells: int, random_state: int) -> Tensor:
    """(C, d) centres of Lloyd's k-means on a sample; an empty cell keeps its centre."""
    if n_cells == 1:
        return rows[:1]
    generator = torch.Generator().manual_seed(random_state)
    sample = rows[torch.randperm(len(rows), generator=generator)[: n_cells * ROWS_PER_CENTRE].to(rows.device)]
    centres = sample[:n_cells].clone()
    for _ in range(ROUNDS_OF_KMEANS):
        cell = _places_of(sample, centres, 1)[:, 0]
        sums = torch.zeros_like(centres).index_add_(0, cell, sample)
        counts = torch.bincount(cell, minlength=n_cells)
        centres = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp(min=1), centres)
    return centres


def _blocks(n_queries: int, n_rows: int) -> list[slice]:
    size = max(1, DISTANCES_PER_BLOCK // max(1, n_rows))
    return [slice(start, min(start + size, n_queries)) for start in range(0, n_queries, size)]
