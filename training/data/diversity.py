"""What to ask first, when there is no model yet: the most typical item of each cluster.

After TypiClust (Hacohen, Dekel, Weinshall 2022): cluster, then from each cluster, the largest first,
take the item with the least mean distance to its nearest neighbours. With few labels typical items
teach more than unusual ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.cluster import MiniBatchKMeans
from sklearn.neighbors import NearestNeighbors

from training.learners.base import Progress

MAX_SAMPLE = 100_000  # items that are clustered; beyond, a uniform sample stands for all
MAX_CLUSTERS = 500
N_NEIGHBORS = 20
MIN_CLUSTER = 5  # smaller ones are outliers and come last


def typical_order(
    features: npt.NDArray[np.float32],
    *,
    n_wanted: int,
    generator: np.random.Generator,
    progress: Progress | None = None,
) -> npt.NDArray[np.int64]:
    """Rows to ask about, soonest first; no row twice; n_wanted of them, or all there are.

    features   (n, d) dense vectors in which near means similar
    generator  seeds the sample and the clusters: same state, same order

    Takes the most typical row of each cluster, then the second of each, and so on. Time grows with
    min(n, 100,000) x (clusters + log n); memory beside the features is 4 bytes x sample x (d + 20).
    """
    n_rows = len(features)
    n_wanted = min(n_wanted, n_rows)
    if n_wanted <= 0:
        return np.empty(0, dtype=np.int64)
    report = progress or (lambda step, n_steps, seconds_left: None)
    # Enough rows for the wish even where that is more than the usual sample.
    n_sample = min(n_rows, max(MAX_SAMPLE, n_wanted))
    sample = (
        np.sort(generator.choice(n_rows, n_sample, replace=False)) if n_sample < n_rows else np.arange(n_rows)
    )
    points = features[sample]
    n_clusters = min(n_wanted, MAX_CLUSTERS, n_sample)

    report(0, 2, None)
    means = MiniBatchKMeans(
        n_clusters, n_init=1, batch_size=4_096, random_state=int(generator.integers(2**31 - 1))
    )
    clusters = means.fit_predict(points)  # (n_sample,)
    report(1, 2, None)
    distance = np.empty(n_sample)
    for cluster in np.unique(clusters):
        members = np.flatnonzero(clusters == cluster)
        distance[members] = _mean_neighbor_distance(points[members])
    report(2, 2, None)
    return sample[_round_robin(clusters, distance)][:n_wanted].astype(np.int64)


def _mean_neighbor_distance(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(n,) mean distance to the 20 nearest within the cluster: low = typical."""
    if len(points) == 1:
        return np.zeros(1)
    n_neighbors = min(N_NEIGHBORS, len(points) - 1)
    found, _ = NearestNeighbors(n_neighbors=n_neighbors).fit(points).kneighbors()  # without the point itself
    mean: npt.NDArray[np.float64] = found.mean(axis=1)
    return mean


def _round_robin(clusters: npt.NDArray[np.int32], distance: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Positions: the most typical of each cluster, large clusters first; then the second of each; ..."""
    sizes = np.bincount(clusters)
    by_cluster = np.lexsort((distance, clusters))  # cluster by cluster, typical first
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank = np.empty(len(clusters), dtype=np.int64)
    rank[by_cluster] = np.arange(len(clusters)) - starts[clusters[by_cluster]]
    is_outlier = sizes[clusters] < min(MIN_CLUSTER, sizes.max())
    order: npt.NDArray[np.int64] = np.lexsort((clusters, -sizes[clusters], rank, is_outlier))
    return order
