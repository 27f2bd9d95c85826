"""The labeled items that are most like one, by the cosine of their features."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from training.inspections.rules.near_duplicates import unit_vectors

BLOCK_BYTES = 64 * 2**20  # of cosines at one time


def nearest(features: Any, labeled: Any, *, n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """(rows of `labeled`, cosines), each (n_items, at most n), the most alike first.

    features  (n_items, d) an array or a scipy sparse matrix
    labeled   (n_labeled, d) of the same kind; arrays are centred, both by the mean of all

    Exact: every pair is compared, n_items x n_labeled x d multiplications. Memory: both once more as float32, and
    64 MiB of cosines.
    """
    n_items, n_labeled = features.shape[0], labeled.shape[0]
    n = min(n, n_labeled)
    is_dense = isinstance(features, np.ndarray)
    vectors = unit_vectors(
        np.concatenate([features, labeled]) if is_dense else sparse.vstack([features, labeled])
    )
    ones, others = vectors[:n_items], vectors[n_items:]
    rows, cosines = np.empty((n_items, n), dtype=np.int64), np.empty((n_items, n))
    size = max(1, BLOCK_BYTES // (4 * max(1, n_labeled)))
    for start in range(0, n_items if n else 0, size):
        product = ones[start : start + size] @ others.T
        alike = product if isinstance(product, np.ndarray) else product.toarray()
        best = np.argsort(-alike, axis=1, kind="stable")[:, :n]
        rows[start : start + size] = best
        cosines[start : start + size] = np.take_along_axis(alike, best, axis=1)
    return rows, np.clip(cosines, -1.0, 1.0)
