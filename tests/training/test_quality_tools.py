"""The quality tools on made-up data whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from training.inspections.rules.changed_texts import one_sign_apart
from training.inspections.rules.drift import (
    drift_sentence,
    feature_shifts,
    image_measures,
    intensity_histogram,
    series_measures,
    text_measures,
    two_sample_test,
)
from training.inspections.rules.label_errors import confident_joint, label_errors
from training.inspections.rules.map import PlaneMap, sample_rows
from training.inspections.rules.near_duplicates import near_duplicates, rows_that_fit
from training.inspections.rules.reliability import reliability_curve

# Label errors


def noisy_labels(draw: np.random.Generator, *, noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(probabilities out of sample, labels with noise, truth): class 2 is rare, class 0 is mistaken for 1."""
    truth = draw.choice(3, 1_500, p=[0.5, 0.4, 0.1])
    places = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    points = places[truth] + draw.normal(0, 1, (1_500, 2))
    logits = -((points[:, None, :] - places[None]) ** 2).sum(axis=2) / 2 + np.log([0.5, 0.4, 0.1])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = truth.copy()
    labels[(truth == 1) & (draw.random(1_500) < noise)] = 0
    return probabilities, labels, truth


def test_planted_label_errors_are_found_and_counted() -> None:
    probabilities, labels, truth = noisy_labels(np.random.default_rng(0), noise=0.2)
    is_wrong = labels != truth

    found = label_errors(probabilities, labels)

    precision = is_wrong[found.rows].mean()
    recall = is_wrong[found.rows].sum() / is_wrong.sum()
    assert precision > 0.8
    assert recall > 0.75
    assert found.noise_share == pytest.approx(is_wrong.mean(), abs=0.05)
    assert found.joint[0, 1] == pytest.approx(((labels == 0) & (truth == 1)).mean(), abs=0.03)
    assert (found.suggested[is_wrong[found.rows]] == 1).mean() > 0.95
    assert is_wrong[found.rows[:20]].all()
    assert (found.suggested_confidence > found.self_confidence).all()


def test_clean_labels_give_few_candidates() -> None:
    probabilities, labels, _ = noisy_labels(np.random.default_rng(1), noise=0.0)

    assert len(label_errors(probabilities, labels).rows) < 0.06 * len(labels)


def test_the_joint_keeps_the_counts_of_the_labels_and_bears_classes_without_any() -> None:
    probabilities, labels, _ = noisy_labels(np.random.default_rng(2), noise=0.1)
    labels[labels == 2] = 1

    joint = confident_joint(probabilities, labels)

    assert np.allclose(joint.sum(axis=1), np.bincount(labels, minlength=3))
    assert joint[:, 2].sum() == 0
    assert len(label_errors(np.empty((0, 3)), np.empty(0)).rows) == 0


# Near duplicates


@pytest.mark.parametrize("is_sparse", [False, True])
def test_planted_copies_are_grouped_and_others_are_not(is_sparse: bool) -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(0, 1, (300, 40))
    if is_sparse:
        rows = np.abs(rows) * (draw.random(rows.shape) < 0.2)
    rows[[10, 200]] = rows[7] + draw.normal(0, 0.01, (2, 40))
    rows[299] = rows[0]

    groups = near_duplicates(sparse.csr_matrix(rows) if is_sparse else rows)

    assert [group.rows.tolist() for group in groups] == [[7, 10, 200], [0, 299]]
    assert groups[0].similarity > 0.97
    assert groups[1].similarity == pytest.approx(1.0, abs=1e-5)


def test_links_are_found_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.inspections.rules.near_duplicates.BLOCK_BYTES", 4 * 50 * 7)
    rows = np.random.default_rng(0).normal(0, 1, (50, 8))
    rows[49] = rows[0]
    told: list[int] = []

    groups = near_duplicates(rows, progress=lambda step, n, left: told.append(step))

    assert [group.rows.tolist() for group in groups] == [[0, 49]]
    assert told[-1] == 50
    assert len(told) == 8


def test_rows_without_features_are_like_nothing() -> None:
    assert near_duplicates(sparse.csr_matrix((5, 3))) == []
    assert near_duplicates(np.ones((5, 3))) == []
    assert rows_that_fit(1_000_000, 100) == 100_000
    assert rows_that_fit(1_000_000, 2_000) < 40_000


STORY = "the cat sat on the mat and looked at the dog"


@pytest.mark.parametrize(
    "other",
    [
        "the cat sat on the mat and looked at the fog",
        "the cat sat on the mat and looked at the dogs",
        "the cat sat on the mat and looked at he dog",
        "the cat sat on the mat and looked at teh dog",
        "The cat  sat on the mat\nand looked at the dog.",
        STORY,
    ],
)
def test_texts_with_one_sign_changed_are_linked(other: str) -> None:
    texts = ["quite another tale of owls at night", other, "and one of mice in a barn", STORY]

    assert one_sign_apart(texts).tolist() == [[1, 3]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order number 1203 came too late", "order number 1204 came too late"),
        ("order number 120 came too late", "order number 1203 came too late"),
        (STORY, "the cat sat on the hat and looked at the fog"),
        ("a short cat", "a short hat"),
        ("", ""),
    ],
)
def test_texts_with_another_number_or_two_changes_and_mere_words_are_not(one: str, other: str) -> None:
    assert one_sign_apart([one, other]).tolist() == []


def test_links_by_one_sign_are_those_that_comparing_all_pairs_finds() -> None:
    draw = np.random.default_rng(0)
    texts = ["a tale of owls " + "".join(draw.choice(list("abcde"), draw.integers(4, 8))) for _ in range(120)]
    without = [{text[:i] + text[i + 1 :] for i in range(len(text))} | {text} for text in texts]
    is_short = np.array([len(text) < 20 for text in texts])
    near = np.array([[not one.isdisjoint(other) for other in without] for one in without])
    near &= ~is_short & ~is_short[:, None]

    links = one_sign_apart(texts)

    assert near[links[:, 0], links[:, 1]].all()
    found = sparse.coo_matrix((np.ones(len(links)), links.T), shape=near.shape)
    n_wanted, wanted = connected_components(sparse.csr_matrix(near), directed=False)
    n_found, member = connected_components(found, directed=False)
    assert n_found == n_wanted < len(texts) - 10
    assert len(set(zip(wanted.tolist(), member.tolist(), strict=True))) == n_wanted


def test_links_make_groups_whose_similarity_is_their_cosine() -> None:
    rows = sparse.csr_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]]))

    (group,) = near_duplicates(rows, links=np.array([[0, 2]]))

    assert group.rows.tolist() == [0, 2]
    assert group.similarity == pytest.approx(0.8)


# Drift


def test_the_two_sample_test_keeps_its_risk_and_sees_a_shift() -> None:
    draw = np.random.default_rng(0)
    same = [
        two_sample_test(draw.normal(0, 1, (60, 3)), draw.normal(0, 1, (90, 3)), random_state=i)
        for i in range(6)
    ]
    moved = two_sample_test(draw.normal(0, 1, (200, 3)), draw.normal([1.5, 0, 0], 1, (300, 3)))

    assert sum(test.p_value < 0.05 for test in same if test) <= 2
    assert all(test.low <= 0.5 for test in same if test and test.p_value >= 0.05)
    assert moved is not None
    assert moved.p_value < 1e-4
    assert moved.low > 0.6
    assert moved.n == 200
    assert two_sample_test(np.zeros((5, 2)), np.zeros((500, 2))) is None


def test_shifted_columns_are_named_and_the_others_are_not() -> None:
    draw = np.random.default_rng(1)

    def table(n: int, *, shift: float, reds: float) -> pd.DataFrame:
        columns = {f"noise {i}": draw.normal(0, 1, n) for i in range(15)}
        columns["moved"] = draw.normal(shift, 1, n)
        columns["colour"] = draw.choice(["red", "blue"], n, p=[reds, 1 - reds])
        columns["empty"] = np.full(n, np.nan)
        return pd.DataFrame(columns)

    shifts = feature_shifts(table(300, shift=1.0, reds=0.8), table(900, shift=0.0, reds=0.5))
    alarms = [
        any(
            shift.is_shifted
            for shift in feature_shifts(table(300, shift=0.0, reds=0.5), table(900, shift=0.0, reds=0.5))
        )
        for _ in range(10)
    ]

    assert [shift.name for shift in shifts[:2]] == ["moved", "colour"]
    assert all(shift.is_shifted for shift in shifts[:2])
    assert sum(shift.is_shifted for shift in shifts) <= 3  # one in twenty of those found may be false
    assert sum(alarms) <= 2
    by_name = {shift.name: shift for shift in shifts}
    assert "empty" not in by_name
    assert by_name["moved"].labeled - by_name["moved"].pool == pytest.approx(1.0, abs=0.3)
    assert abs(by_name["colour"].labeled - by_name["colour"].pool) == pytest.approx(0.3, abs=0.1)
    assert by_name["colour"].kind == "category"


def test_a_trifle_is_no_alarm_however_many_rows_there_are() -> None:
    draw = np.random.default_rng(2)
    one, other = (pd.DataFrame({"x": draw.normal(mean, 1, 200_000)}) for mean in (0.0, 0.03))

    (shift,) = feature_shifts(one, other)

    assert shift.p_value < 1e-6
    assert not shift.is_shifted


def test_darker_images_are_noticed_by_their_intensity() -> None:
    draw = np.random.default_rng(3)
    bright, dark = (draw.integers(low, low + 60, (80, 8, 8, 3)).astype(np.uint8) for low in (120, 20))

    shifts = feature_shifts(image_measures(dark), image_measures(bright))

    assert shifts[0].statistic == 1.0
    assert {"brightness", "red", "green", "blue"} <= {shift.name for shift in shifts if shift.is_shifted}
    assert sum(intensity_histogram(dark)) == pytest.approx(1.0)
    assert intensity_histogram(dark)[0] == 0.0 < intensity_histogram(dark)[1]


def test_texts_and_series_are_measured_row_by_row() -> None:
    texts = text_measures(["", "two words", "ABC 123"])
    series = series_measures(np.arange(24, dtype=np.float32).reshape(2, 6, 2))

    assert texts["words"].tolist() == [1, 2, 2]
    assert texts["share of capitals"].tolist() == pytest.approx([0, 0, 3 / 7])
    assert series["level of channel 0"].tolist() == [5, 17]
    assert series["roughness of channel 1"].tolist() == [2, 2]
    assert "level" in series_measures(np.zeros((3, 1), dtype=np.float32))


def test_each_finding_has_a_sentence_on_what_to_do() -> None:
    draw = np.random.default_rng(4)
    same = two_sample_test(draw.normal(0, 1, (60, 3)), draw.normal(0, 1, (90, 3)))
    moved = two_sample_test(np.zeros((60, 2)), np.ones((60, 2)))

    assert "too few" in drift_sentence(None, [])
    assert "Nothing needs to be done" in drift_sentence(same, [])
    assert "100% of cases" in drift_sentence(moved, [])


# Reliability


def test_a_boasting_model_is_told_from_an_honest_one() -> None:
    draw = np.random.default_rng(5)
    confidence = draw.uniform(0.5, 1.0, 2_000)
    honest = reliability_curve(confidence, draw.random(2_000) < confidence)
    boasting = reliability_curve(confidence, draw.random(2_000) < confidence - 0.2)
    doubting = reliability_curve(confidence - 0.2, draw.random(2_000) < confidence)

    assert "means what it says" in honest["sentence"]
    assert "surer than it is right" in boasting["sentence"]
    assert "more often than it says" in doubting["sentence"]
    assert "30 labels" in reliability_curve(confidence[:30], np.ones(30))["sentence"]
    for each in honest["bins"]:
        assert each["accuracy_low"] <= each["accuracy"] <= each["accuracy_high"]
        assert each["n"] == 200


# Map


@pytest.mark.parametrize("is_sparse", [False, True])
def test_clusters_stay_together_on_the_map(is_sparse: bool) -> None:
    draw = np.random.default_rng(6)
    cluster = np.arange(90) % 3
    features = draw.normal(0, 0.5, (90, 60))
    features[np.arange(90), cluster] += 10
    given = sparse.csr_matrix(features) if is_sparse else features

    places = PlaneMap(random_state=1).fit(given).places_

    assert places.shape == (90, 2)
    assert np.abs(places).max() == 1.0
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (cluster[distance.argmin(axis=1)] == cluster).all()
    assert np.array_equal(places, PlaneMap(random_state=1).fit(given).places_)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_other_items_find_their_place_among_their_own(is_sparse: bool) -> None:
    draw = np.random.default_rng(7)
    cluster = np.arange(600) % 3
    features = draw.normal(0, 0.5, (600, 60))
    features[np.arange(600), cluster] += 10
    given = sparse.csr_matrix(features) if is_sparse else features
    plane = PlaneMap(random_state=1).fit(given[:90])

    places = plane.place(given[90:])

    assert places.shape == (510, 2)
    distance = np.linalg.norm(places[:, None] - plane.places_[None], axis=2)
    assert (cluster[:90][distance.argmin(axis=1)] == cluster[90:]).all()
    assert np.allclose(plane.place(given[:90]), plane.places_, atol=0.05)  # its own, all but where they are
    assert len(np.unique(places, axis=0)) == 510  # none covers another
    assert (PlaneMap().fit(np.ones((3, 4))).place(np.ones((2, 4))) == 0).all()


def test_small_groups_stay_visible_and_too_few_points_lie_in_the_middle() -> None:
    groups = np.repeat(["human", "machine", "unlabeled"], [40, 500, 100_000])

    rows = sample_rows(groups, n=3_000)

    names, counts = np.unique(groups[rows], return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "human": 40,
        "machine": 500,
        "unlabeled": 2_460,
    }
    assert (np.diff(rows) > 0).all()
    assert len(sample_rows(groups[:10], n=3_000)) == 10
    assert (PlaneMap().fit(np.ones((3, 4))).places_ == 0).all()
    assert (PlaneMap().fit(np.ones((30, 4))).places_ == 0).all()
