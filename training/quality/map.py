"""A map of the items: their features on a plane, near ones near."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.manifold import TSNE

N_POINTS = 3_000  # more are neither quick to place nor readable
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


def plane_map(features: Any, *, random_state: int = 0) -> FloatArray:
    """(n, 2) places in [-1, 1], by t-SNE after a reduction to 50 dimensions.

    features  (n, d) dense or sparse

    t-SNE (van der Maaten and Hinton 2008) keeps neighbours; it says nothing about the size of
    clusters or the distance between them. Started from the principal components, so that the same
    features give the same map (Kobak and Berens 2019). Memory: 8 bytes x n x (d + 50) dense, and the
    neighbours, 90 per point. Below 5 rows all lie in the middle.
    """
    n_rows, n_dimensions = features.shape
    if n_rows < 5:
        return np.zeros((n_rows, 2))
    n_components = min(N_COMPONENTS, n_rows - 1, n_dimensions)
    if sparse.issparse(features):
        n_components = max(1, min(n_components, n_dimensions - 1))
        reduced = TruncatedSVD(n_components, random_state=random_state).fit_transform(features)
    elif n_dimensions > n_components:
        reduced = PCA(n_components, svd_solver="randomized", random_state=random_state).fit_transform(
            features
        )
    else:
        reduced = np.asarray(features) - np.asarray(features).mean(axis=0)
    if not np.any(reduced.std(axis=0) > 0):
        return np.zeros((n_rows, 2))
    tsne = TSNE(
        init="pca" if reduced.shape[1] >= 2 else "random",
        perplexity=min(PERPLEXITY, (n_rows - 1) / 3),
        random_state=random_state,
    )
    places: FloatArray = tsne.fit_transform(reduced.astype(np.float32)).astype(np.float64)
    places -= places.mean(axis=0)
    return places / max(float(np.abs(places).max()), 1e-12)
