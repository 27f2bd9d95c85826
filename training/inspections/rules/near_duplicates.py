"""Groups of items that are all but the same, by the cosine of their features, or by links that the caller knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from training.learners.base import Progress

THRESHOLD = 0.97  # cosine from which two items are near duplicates
MAX_WORK = 2e12  # rows^2 x dimensions: about a minute on two cores
MAX_ROWS = 100_000
BLOCK_BYTES = 64 * 2**20  # of similarities at one time
MAX_PAIRS = 2_000_000  # kept; beyond, the data is mostly copies and the first ones say so

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """Rows that hang together by links of near duplicates, ascending; `similarity` is the weakest link's cosine."""

    rows: IntArray
    similarity: float


def rows_that_fit(n_rows: int, n_dimensions: int) -> int:
    """How many rows can be compared pair by pair in about a minute."""
    return min(n_rows, MAX_ROWS, int((MAX_WORK / max(1, n_dimensions)) ** 0.5))


def near_duplicates(
    features: Any,
    *,
    threshold: float = THRESHOLD,
    links: IntArray | None = None,
    progress: Progress | None = None,
) -> list[Group]:
    """Groups of two rows or more, the largest first.

    features  (n, d) an array or a scipy sparse matrix; arrays ones are centred first, because vectors without negative
              parts (pixels) all point the same way
    links     (m, 2) pairs of rows that are near duplicates whatever their cosine, such as one_sign_apart finds

    Every pair is compared, block by block: exact, n^2 d / 2 multiplications. Links are followed, so the
    two ends of a long group may differ more than the threshold. A row without any feature is like no
    other. Memory: the features once more as float32, 64 MiB of similarities, and 24 bytes per linked pair.
    """
    vectors = unit_vectors(features)
    n = vectors.shape[0]
    size = max(1, BLOCK_BYTES // (4 * max(1, n)))
    firsts, seconds, cosines, n_pairs = [], [], [], 0
    for start in range(0, n, size):
        stop = min(start + size, n)
        product = vectors[start:stop] @ vectors[start:].T  # (block, n - start)
        similar = product if isinstance(product, np.ndarray) else product.toarray()
        first, second = np.nonzero(similar >= threshold)
        is_later = second > first  # each pair once, and no row with itself
        first, second = first[is_later], second[is_later]
        firsts.append(first + start)
        seconds.append(second + start)
        cosines.append(similar[first, second])
        n_pairs += len(first)
        if progress is not None:
            progress(stop, n, None)
        if n_pairs > MAX_PAIRS:
            break
    if links is not None and len(links):
        firsts.append(links[:, 0])
        seconds.append(links[:, 1])
        cosines.append(_cosines(vectors, links))
    elif n_pairs == 0:
        return []
    one, other = np.concatenate(firsts), np.concatenate(seconds)
    return _groups(one, other, np.concatenate(cosines), n)


def _groups(one: IntArray, other: IntArray, cosine: npt.NDArray[Any], n: int) -> list[Group]:
    links = sparse.coo_matrix((np.ones(len(one), dtype=np.int8), (one, other)), shape=(n, n))
    _, member = connected_components(links, directed=False)  # (n,)
    linked = np.unique(np.concatenate([one, other]))
    weakest = np.full(int(member.max()) + 1, np.inf)
    np.minimum.at(weakest, member[one], cosine.astype(np.float64))
    order = linked[np.argsort(member[linked], kind="stable")]
    cuts = np.flatnonzero(np.diff(member[order])) + 1
    groups = [
        Group(np.sort(rows).astype(np.int64), min(1.0, float(weakest[member[rows[0]]])))
        for rows in np.split(order, cuts)
    ]
    return sorted(groups, key=lambda group: (-len(group.rows), -group.similarity, int(group.rows[0])))


def _cosines(vectors: Any, links: IntArray) -> npt.NDArray[Any]:
    """(m,) of these pairs of rows of length 1."""
    one, other = vectors[links[:, 0]], vectors[links[:, 1]]
    products = one * other if isinstance(one, np.ndarray) else one.multiply(other)
    return np.asarray(products.sum(axis=1)).ravel()


def unit_vectors(features: Any) -> Any:
    """Rows of length 1, float32; a row of length 0 stays so."""
    if not isinstance(features, np.ndarray):
        vectors = features.tocsr().astype(np.float32)
        lengths = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
        return sparse.diags(1 / np.maximum(lengths, 1e-12)).astype(np.float32) @ vectors
    centred = np.asarray(features, dtype=np.float32)
    centred = centred - centred.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.maximum(lengths, 1e-6)
