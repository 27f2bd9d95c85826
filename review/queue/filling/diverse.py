"""Which items differ most from one another: the arrays of a project, and the order of training.data.diversity.

Only training workers import this (scikit-learn is heavy); the queue gets the ids.
"""

from __future__ import annotations

import numpy as np

from labeling.models import Project
from review.queue.filling.refill import eligible_item_ids
from training.data.diversity import typical_order
from training.data.packed import packed_open
from training.learners.features import fit_features

MAX_COMPARED = 20_000  # items; beyond, a uniform sample stands for all, so that it takes seconds
N_DIMENSIONS = 64


def diverse_items(*, project: Project, n_wanted: int) -> list[int]:
    """Items that may enter the queue, the most typical of each cluster first; at most `n_wanted`.

    The same for the same pool and salt. Raises AssayError where items cannot be made into vectors.
    """
    item_ids = np.array(eligible_item_ids(project), dtype=np.int64)  # (n_eligible,) ascending
    generator = np.random.default_rng(int(project.salt, 16))
    if len(item_ids) > MAX_COMPARED:
        item_ids = np.sort(generator.choice(item_ids, MAX_COMPARED, replace=False))
    if len(item_ids) < 2:
        return [int(item_id) for item_id in item_ids]
    packed = packed_open(project)
    _, vectors = fit_features(
        packed.take(packed.rows_of(item_ids)),
        item_type=project.form,
        y=np.zeros(len(item_ids), dtype=np.int64),
        is_dense=True,
        max_dimensions=N_DIMENSIONS,
        random_state=0,
    )  # (n_compared, at most N_DIMENSIONS)
    order = typical_order(np.asarray(vectors, dtype=np.float32), n_wanted=n_wanted, generator=generator)
    return [int(item_id) for item_id in item_ids[order]]
