"""Which items are asked about first."""

from __future__ import annotations

import numpy as np
import pytest

from training.data.diversity import typical_order
from training.rules import acquisition

SURE = [0.98, 0.01, 0.01]
TORN = [0.49, 0.48, 0.03]  # between two
LOST = [0.36, 0.32, 0.32]  # among all
ROWS = np.array([SURE, TORN, LOST])


def scored(name: str) -> list[float]:
    found: list[float] = acquisition.scores(name, ROWS, generator=np.random.default_rng(0)).tolist()
    return found


def test_margin_asks_first_where_two_answers_are_close() -> None:
    assert scored("margin") == pytest.approx([0.03, 0.99, 0.96])


def test_entropy_asks_first_where_nothing_is_known() -> None:
    sure, torn, lost = scored("entropy")

    assert sure < torn < lost <= np.log(3)


def test_least_confident_looks_at_the_best_class_alone() -> None:
    assert scored("least_confident") == pytest.approx([0.02, 0.51, 0.64])


def test_certainty_scores_zero_and_never_nan() -> None:
    certain = np.array([[1.0, 0.0, 0.0]])

    for name in acquisition.SCORES:
        assert acquisition.scores(name, certain, generator=np.random.default_rng(0)).tolist() == [0.0]


def test_random_repeats_with_its_generator_and_only_with_it() -> None:
    assert scored("random") == scored("random")
    assert scored("random") != acquisition.scores("random", ROWS, generator=np.random.default_rng(1)).tolist()


def make_clusters(sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    centres = np.eye(len(sizes), 8) * 40
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    return (centres[cluster] + generator.normal(size=(len(cluster), 8))).astype(np.float32), cluster


def test_the_first_asked_cover_every_cluster_with_the_largest_first() -> None:
    points, cluster = make_clusters([100, 60, 30, 10])

    order = typical_order(points, n_wanted=4, generator=np.random.default_rng(0))

    assert cluster[order].tolist() == [0, 1, 2, 3]
    for row in order:
        members = points[cluster == cluster[row]]
        spread = np.linalg.norm(members - members.mean(axis=0), axis=1)
        assert np.linalg.norm(points[row] - members.mean(axis=0)) < np.median(spread)


def test_every_row_is_asked_once_where_all_are_wanted() -> None:
    points, _ = make_clusters([9, 4, 1])
    steps: list[tuple[int, int]] = []

    order = typical_order(
        points,
        n_wanted=99,
        generator=np.random.default_rng(0),
        progress=lambda step, n_steps, seconds_left: steps.append((step, n_steps)),
    )

    assert sorted(order.tolist()) == list(range(14))
    assert steps == [(0, 2), (1, 2), (2, 2)]


def test_the_order_repeats_with_its_generator() -> None:
    points, _ = make_clusters([50, 50])

    one = typical_order(points, n_wanted=20, generator=np.random.default_rng(5))
    two = typical_order(points, n_wanted=20, generator=np.random.default_rng(5))

    assert one.tolist() == two.tolist()


def test_equal_rows_are_ordered_without_complaint() -> None:
    same = np.ones((30, 3), dtype=np.float32)

    assert len(set(typical_order(same, n_wanted=10, generator=np.random.default_rng(0)).tolist())) == 10
    assert typical_order(same, n_wanted=0, generator=np.random.default_rng(0)).tolist() == []
