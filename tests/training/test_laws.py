"""The laws that every learner obeys, on every item type it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.learners import create
from training.learners.base import UNLABELED
from training.learners.built_in import deep
from training.learners.catalogue import learners_for
from training.learners.errors import InvalidParams, InvalidRows, LearnerError, TooFewLabels, UnknownLearner
from training.learners.saving import load, save

N = 36
NAMES = np.array(["ash", "birch", "cedar"])
QUICK: dict[str, dict[str, Any]] = {
    "random_forest": {"n_estimators": 20},
    "gradient_boosting": {"max_iter": 5},
    "simple_cnn": {"n_steps": 12, "batch_size": 16},
    **{spec.name: {"n_steps": 16, "batch_size": 16} for spec in deep.SPECS},
    "mixmatch": {"n_steps": 48, "batch_size": 16},  # every row is mixed with others, so it learns slowly
    "noisy_student": {"n_steps": 16, "batch_size": 16, "n_rounds": 1},
    "semi_gan": {"n_steps": 40, "batch_size": 16, "width": 0.1},
    "vae_m1m2": {"n_steps": 120, "batch_size": 16, "n_hidden": 32, "n_latent": 8, "learning_rate": 0.01},
    "generated_cnn": {"n_generator_steps": 4, "n_generated": 4, "n_steps": 16, "batch_size": 16},
    "pretrained_cnn": {"n_pretraining_steps": 4, "pretraining_batch": 16, "n_steps": 16, "batch_size": 16},
}
SEMI_SUPERVISED = {
    "label_propagation",
    "pretrained_cnn",
    "semi_gan",
    "vae_m1m2",
    "generated_cnn",
    *(spec.name for spec in deep.SPECS),
}
CASES = [(spec.name, kind) for kind in ("image", "text", "table", "series") for spec in learners_for(kind)]
EACH_ONCE = [(spec.name, spec.item_types[0]) for spec in learners_for()]

every_case = pytest.mark.parametrize(("name", "item_type"), CASES)
every_learner = pytest.mark.parametrize(("name", "item_type"), EACH_ONCE)


def make(name: str, item_type: str, **settings: Any) -> Any:
    return create(name, item_type=item_type, **QUICK.get(name, {}), **settings)


def make_items(item_type: str) -> tuple[Any, np.ndarray]:
    """Rows that anybody could tell apart, and the column of their class."""
    generator = np.random.default_rng(0)
    columns = np.arange(N) % 3
    if item_type == "text":
        words = [["bark", "grey", "leaf"], ["white", "paper", "stem"], ["needle", "red", "scent"]]
        return [" ".join(generator.choice(words[column], 5)) for column in columns], columns
    if item_type == "table":
        frame = pd.DataFrame(
            {
                "height": columns * 3 + generator.normal(size=N),
                "soil": [["sand", "clay", None][column] for column in columns],
                "rings": pd.Series([str(int(30 + 20 * column)) for column in columns], dtype=object),
            }
        )
        frame.loc[4, "height"] = np.nan
        return frame, columns
    if item_type == "series":
        phases = np.linspace(0, 6, 24)
        waves = np.sin(phases[None, :] * (columns[:, None] + 1)) + generator.normal(size=(N, 24)) * 0.1
        return waves.astype(np.float32), columns
    images = generator.integers(0, 60, (N, 12, 10), dtype=np.uint8)
    for row, column in enumerate(columns):
        images[row, column * 4 : column * 4 + 4] += 180
    return images, columns


def hide(y: np.ndarray, share: float = 0.5) -> np.ndarray:
    """Integers with -1, or names with None, in the last rows."""
    hidden = y.astype(object) if y.dtype.kind == "U" else y.copy()
    hidden[int(len(y) * (1 - share)) :] = None if y.dtype.kind == "U" else UNLABELED
    return hidden


@every_case
def test_probabilities_sum_to_one_in_the_order_of_classes_and_those_of_a_saved_learner_are_equal(
    name: str, item_type: str, tmp_path: Path
) -> None:
    """One fit for both laws, as fits are what takes time."""
    X, columns = make_items(item_type)
    learner = make(name, item_type, progress=lambda step, n_steps, seconds_left: None)

    probabilities = learner.fit(X, hide(NAMES[columns])).predict_proba(X)
    save(learner, tmp_path / "model")
    loaded = load(tmp_path / "model")

    assert learner.classes_.tolist() == ["ash", "birch", "cedar"]
    assert probabilities.shape == (N, 3)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (probabilities >= 0).all()
    if name != "simple_cnn":  # twelve steps teach a network nothing
        assert (probabilities.argmax(axis=1) == columns).mean() > 0.8
    assert loaded.classes_.tolist() == learner.classes_.tolist()
    assert np.allclose(loaded.predict_proba(X), probabilities, rtol=0, atol=1e-9)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


@every_learner
def test_zero_unlabeled_rows_work_and_equal_the_same_rows_among_unlabeled_ones(
    name: str, item_type: str
) -> None:
    X, columns = make_items(item_type)
    half = N // 2
    first = X.iloc[:half] if hasattr(X, "iloc") else X[:half]

    alone = make(name, item_type).fit(first, columns[:half]).predict_proba(X)
    among = make(name, item_type).fit(X, hide(columns)).predict_proba(X)

    if name in SEMI_SUPERVISED:  # unlabeled rows are there to be learned from
        for probabilities in (alone, among):
            assert (probabilities.argmax(axis=1) == columns).mean() > 0.8
    else:
        assert np.allclose(alone, among)


@every_learner
def test_same_seed_gives_the_same_result(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)

    one = make(name, item_type, random_state=3).fit(X, hide(columns)).predict_proba(X)
    two = make(name, item_type, random_state=3).fit(X, hide(columns)).predict_proba(X)

    assert np.array_equal(one, two)


@every_case
def test_a_class_with_one_label_works_and_inputs_are_not_changed(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)
    y = columns.copy()
    y[np.flatnonzero(columns == 2)[1:]] = UNLABELED
    X_before, y_before = X.copy(), y.copy()

    learner = make(name, item_type, classes=[0, 1, 2]).fit(X, y)
    probabilities = learner.predict_proba(X)

    assert learner.classes_.tolist() == [0, 1, 2]
    assert np.isfinite(probabilities).all()
    assert X_before.equals(X) if hasattr(X, "equals") else np.array_equal(np.asarray(X_before), np.asarray(X))
    assert np.array_equal(y, y_before)


@every_learner
def test_one_label_for_each_class_works(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)
    y = np.where(np.arange(N) < 3, columns, UNLABELED)

    assert make(name, item_type).fit(X, y).predict_proba(X).shape == (N, 3)


@every_learner
def test_a_class_with_none_is_refused_by_name(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)

    with pytest.raises(TooFewLabels, match=r"No label for class 'oak'.*Label an item of it"):
        make(name, item_type, classes=["ash", "birch", "cedar", "oak"]).fit(X, NAMES[columns])


@every_learner
def test_fewer_labels_than_classes_are_refused(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)
    y = np.where(np.arange(N) < 2, columns, UNLABELED)

    with pytest.raises(TooFewLabels, match="2 labels for 3 classes"):
        make(name, item_type, classes=[0, 1, 2]).fit(X, y)


@every_learner
def test_a_label_of_a_class_that_should_not_be_is_refused(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)

    with pytest.raises(InvalidRows, match="labels of 'cedar', not among the classes"):
        make(name, item_type, classes=["ash", "birch"]).fit(X, NAMES[columns])


@every_learner
def test_one_class_is_refused(name: str, item_type: str) -> None:
    X, _ = make_items(item_type)

    with pytest.raises(TooFewLabels, match="one class, 'ash'"):
        make(name, item_type).fit(X, np.array(["ash"] * N))


@every_learner
def test_no_labels_are_refused(name: str, item_type: str) -> None:
    X, _ = make_items(item_type)

    with pytest.raises(TooFewLabels, match="0 labels"):
        make(name, item_type).fit(X, np.full(N, UNLABELED))


@every_learner
def test_progress_comes_and_an_error_in_it_stops_the_fit(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)
    seen: list[tuple[int, int]] = []

    class StopHere(Exception):
        pass

    def watch(step: int, n_steps: int, seconds_left: float | None) -> None:
        seen.append((step, n_steps))

    def stop(step: int, n_steps: int, seconds_left: float | None) -> None:
        raise StopHere

    make(name, item_type, progress=watch).fit(X, columns)
    with pytest.raises(StopHere):
        make(name, item_type, progress=stop).fit(X, columns)

    assert seen[-1][0] == seen[-1][1]
    assert seen == sorted(seen)


@every_learner
def test_parameters_read_back_and_make_an_equal_learner(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)
    learner = make(name, item_type, random_state=5)

    twin = type(learner)(**learner.get_params(deep=False))

    assert np.array_equal(twin.fit(X, columns).predict_proba(X), learner.fit(X, columns).predict_proba(X))


@pytest.mark.parametrize("name", [spec.name for spec in learners_for("table")])
def test_missing_numbers_in_tables_are_imputed_and_infinity_is_refused(name: str) -> None:
    X, columns = make_items("table")
    learner = make(name, "table").fit(X, columns)
    unseen = X.copy()
    unseen.loc[0, "height"] = np.nan
    unseen.loc[1, "soil"] = "a soil never seen"
    infinite = X.copy()
    infinite.loc[7, "height"] = np.inf

    assert np.isfinite(learner.predict_proba(unseen)).all()
    with pytest.raises(InvalidRows, match="'height' holds infinity in row 7"):
        learner.predict_proba(infinite)


@pytest.mark.parametrize("name", [spec.name for spec in learners_for("series")])
def test_nan_in_series_is_refused_with_its_row(name: str) -> None:
    X, columns = make_items("series")
    X[5, 3] = np.nan

    with pytest.raises(InvalidRows, match="Row 5"):
        make(name, "series").fit(X, columns)


@pytest.mark.parametrize("name", [spec.name for spec in learners_for("image")])
def test_images_that_are_not_bytes_are_refused(name: str) -> None:
    X, columns = make_items("image")

    with pytest.raises(InvalidRows, match="must be uint8"):
        make(name, "image").fit(X / 255, columns)


def test_a_table_without_a_column_of_training_is_refused() -> None:
    X, columns = make_items("table")
    learner = make("logistic_regression", "table").fit(X, columns)

    with pytest.raises(InvalidRows, match="lacks the columns soil"):
        learner.predict_proba(X.drop(columns="soil"))


def test_an_array_with_another_number_of_columns_is_refused() -> None:
    rows = np.random.default_rng(0).normal(size=(N, 4))
    learner = make("logistic_regression", "table").fit(rows, np.arange(N) % 3)

    with pytest.raises(InvalidRows, match="X has 5 columns; in training it had 4"):
        learner.predict(np.column_stack([rows, rows[:, 0]]))


@every_learner
def test_as_many_labels_as_rows_are_asked_for(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)

    with pytest.raises(InvalidRows, match="X has 36 rows and y has 35"):
        make(name, item_type).fit(X, columns[:-1])


@every_learner
def test_labels_that_all_weigh_nothing_are_refused(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)
    hidden = hide(columns)

    with pytest.raises(InvalidRows, match="All labeled rows have a weight of zero"):
        make(name, item_type).fit(X, hidden, sample_weight=np.where(hidden == UNLABELED, 1.0, 0.0))


@every_learner
def test_numbers_with_fractions_are_no_classes(name: str, item_type: str) -> None:
    X, columns = make_items(item_type)

    with pytest.raises(InvalidRows, match="y holds fractions such as"):
        make(name, item_type).fit(X, columns + 0.5)


def test_texts_without_words_are_refused() -> None:
    with pytest.raises(InvalidRows, match="no word and no letter"):
        make("naive_bayes", "text").fit(["", " ", ""], [0, 1, 0])


def test_texts_that_share_no_word_are_refused() -> None:
    texts = [f"item{row}" for row in range(500)]

    with pytest.raises(InvalidRows, match="No word occurs in two of the texts"):
        make("naive_bayes", "text").fit(texts, [row % 2 for row in range(500)])


def test_unknown_names_and_parameters_are_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownLearner, match="There are: auto, logistic_regression"):
        create("oracle", item_type="text")
    with pytest.raises(UnknownLearner, match="does not learn from items of type 'text'"):
        create("simple_cnn", item_type="text")
    with pytest.raises(InvalidParams) as caught:
        create("knn", item_type="text", n_neighbors=0, depth=3, weights="loud")

    assert sorted(caught.value.fields) == ["params.depth", "params.n_neighbors", "params.weights"]
    assert caught.value.fields["params.n_neighbors"] == [
        "n_neighbors is 0; it must be a whole number from 1 to 200. The default is 5."
    ]


def test_weights_are_refused_where_a_learner_cannot_use_them() -> None:
    X, columns = make_items("series")

    with pytest.raises(LearnerError, match="cannot weigh rows"):
        make("lda", "series").fit(X, columns, sample_weight=np.ones(N))


@pytest.mark.parametrize("name", ["logistic_regression", "random_forest", "svm", "simple_cnn"])
def test_rows_of_weight_zero_count_for_nothing(name: str) -> None:
    X, columns = make_items("image")
    wrong = columns.copy()
    wrong[18:] = (columns[18:] + 1) % 3
    weights = np.where(np.arange(N) < 18, 1.0, 0.0)
    settings = {"n_steps": 150, "learning_rate": 0.01} if name == "simple_cnn" else QUICK.get(name, {})

    learner = create(name, item_type="image", **settings).fit(X, wrong, sample_weight=weights)

    assert (learner.predict_proba(X).argmax(axis=1) == columns).mean() > 0.8
