"""A map of the items: their features on a plane, near ones near."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler

N_POINTS = 100_000  # that a map shows
N_PLACED = 3_000  # of them placed by t-SNE, whose time grows with them; the others between their nearest
N_NEAREST = 10
BLOCK_ROWS = 4_096
N_COMPONENTS = 50  # of the reduction before: neighbours stay, noise goes
PERPLEXITY = 30.0

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def sample_rows(groups: npt.NDArray[Any], *, n: int = N_POINTS, random_state: int = 0) -> IntArray:
    """At most n rows, ascending, drawn at random so that small groups stay visible.

    groups  (n_rows,) what a point is marked as, such as its source

    Every group gets the same room; what one does not fill goes to the others.
    """
    draw = np.random.default_rng(random_state)
    names, counts = np.unique(groups, return_counts=True)
    room, chosen = n, []
    for place, name in enumerate(names[np.argsort(counts, kind="stable")]):
        rows = np.flatnonzero(groups == name)
        take = min(len(rows), room // (len(names) - place))
        chosen.append(draw.choice(rows, take, replace=False))
        room -= take
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=np.int64)


class PlaneMap:
    """A map made of some items, on which others find their place.

    The items that it is made of are placed by t-SNE after a reduction to 50 dimensions (van der Maaten and
    Hinton 2008), started from the principal components, so that the same features give the same map (Kobak and
    Berens 2019). Others go between the nearest of those, as in the embedding of new points of openTSNE
    (Policar, Strazar and Zupan 2024), without its last descent. t-SNE keeps neighbours; it says nothing about
    the size of clusters or the distance between them.

    Memory: 8 bytes x n x (d + 50) for the n items that it is made of, and the neighbours, 90 each; for others
    4 bytes x BLOCK_ROWS x n.
    """

    def __init__(self, *, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, features: Any) -> PlaneMap:
        """features  (n, d) dense or sparse. Leaves places_, (n, 2) in [-1, 1]; below 5 rows all in the middle."""
        n_rows, n_dimensions = features.shape
        self.places_: FloatArray = np.zeros((n_rows, 2))
        self.reduce_: Any = None
        self.reduced_: npt.NDArray[np.float32] = np.zeros((n_rows, 1), dtype=np.float32)
        if n_rows < 5:
            return self
        n_components = min(N_COMPONENTS, n_rows - 1, n_dimensions)
        if sparse.issparse(features):
            n_components = max(1, min(n_components, n_dimensions - 1))
            self.reduce_ = TruncatedSVD(n_components, random_state=self.random_state)
        elif n_dimensions > n_components:
            self.reduce_ = PCA(n_components, svd_solver="randomized", random_state=self.random_state)
        else:
            self.reduce_ = StandardScaler(with_std=False)
        reduced = self.reduce_.fit_transform(features)
        if not np.any(reduced.std(axis=0) > 0):
            return self
        self.reduced_ = reduced.astype(np.float32)
        tsne = TSNE(
            init="pca" if reduced.shape[1] >= 2 else "random",
            perplexity=min(PERPLEXITY, (n_rows - 1) / 3),
            random_state=self.random_state,
        )
        places: FloatArray = tsne.fit_transform(self.reduced_).astype(np.float64)
        places -= places.mean(axis=0)
        self.places_ = places / max(float(np.abs(places).max()), 1e-12)
        return self

    def place(self, features: Any) -> FloatArray:
        """(m, 2) places of other items, each between those of its nearest that lie together."""
        if self.reduce_ is None or not self.places_.any():
            return np.zeros((features.shape[0], 2))
        reduced = self.reduce_.transform(features).astype(np.float32)
        k = min(N_NEAREST, len(self.places_))
        blocks = [np.empty((0, 2))]
        own = (self.reduced_**2).sum(axis=1)
        for start in range(0, len(reduced), BLOCK_ROWS):
            block = reduced[start : start + BLOCK_ROWS]
            distances = own - 2 * (block @ self.reduced_.T)  # squared, less the row's own part
            near = np.argpartition(distances, k - 1, axis=1)[:, :k]
            squared = np.take_along_axis(distances, near, axis=1) + (block**2).sum(axis=1)[:, None]
            places = self.places_[near]  # (rows, k, 2)
            # Of neighbours in several clusters, those around the middle one: between clusters lies nothing.
            middle = np.median(places, axis=1)
            off = np.hypot(*np.moveaxis(places - middle[:, None], 2, 0))
            weight = (off <= 2 * np.median(off, axis=1)[:, None] + 1e-9) / (np.maximum(squared, 0) + 1e-6)
            blocks.append((places * weight[:, :, None]).sum(axis=1) / weight.sum(axis=1)[:, None])
        return np.concatenate(blocks)
