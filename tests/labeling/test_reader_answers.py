"""Whose the labels of a table are, and how sure: pairs, confidences by any name, probabilities. Stated before tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labeling.formats.rows import Row
from tests.labeling.test_reader_doubts import words
from tests.labeling.test_reader_tables import read, rows_of

N_ROWS = 24


def table(header: str, cells: Callable[[int], str]) -> str:
    return f"text,{header}\n" + "\n".join(f"{words(i, 8)} {i},{cells(i)}" for i in range(N_ROWS))


def people_and_machine(row: Row) -> tuple[list[str | None], list[tuple[str | None, float | None]]]:
    said = row.said or []
    people = [one.label for one in said if one.is_human]
    return people, [(one.label, one.confidence) for one in said if not one.is_human]


# What people said beside what a model said


@pytest.mark.parametrize(
    ("people", "model"),
    [
        ("true_label", "pred_label"), ("human_label", "model_label"), ("annotation", "prediction"),
        ("ground_truth", "predicted"), ("actual", "predicted"), ("given_label", "predicted_label"), ("y_true", "y_pred"),
        ("original_label", "suggested_label"), ("label", "model_prediction"), ("gold", "prediction"), ("y", "y_hat"),
    ],
)  # fmt: skip
def test_people_and_machine_come_in_side_by_side(people: str, model: str) -> None:
    dataset = read(table(f"{people},{model}", lambda i: f"{'ab'[i % 2]},{'ab'[i % 3 == 0]}"))

    found = [people_and_machine(row) for row in rows_of(dataset)]
    assert [one for one, _ in found] == [["ab"[i % 2]] for i in range(N_ROWS)]
    assert [one for _, one in found] == [[("ab"[i % 3 == 0], None)] for i in range(N_ROWS)]


@pytest.mark.parametrize(
    ("header", "share", "expected"),
    [
        ("gold_label,prediction,confidence", "0.75", 0.75),
        ("y_true,y_pred,y_score", "0.5", 0.5),
        ("true_label,pred_label,pred_conf", "62.5", 0.625),
    ],
)
def test_the_machine_of_a_pair_keeps_its_confidence(header: str, share: str, expected: float) -> None:
    dataset = read(table(header, lambda i: f"{'ab'[i % 2]},a,{share}"))

    assert people_and_machine(rows_of(dataset)[1]) == (["b"], [("a", expected)])


def test_a_pair_is_none_where_the_two_have_other_values() -> None:
    dataset = read(table("actual,predicted", lambda i: f"{i * 1.37:.2f},{'ab'[i % 2]}"))

    assert (dataset.options.columns or {})["predicted"] == "label"


def test_rows_of_numbers_do_not_learn_from_what_was_predicted() -> None:
    lines = [f"{i * 0.37:.3f},{i * 1.7:.3f},{i % 2},{int(i % 3 == 0)}" for i in range(30)]

    dataset = read("a,b,y_true,y_pred\n" + "\n".join(lines))

    assert rows_of(dataset)[0].features == {"a": 0.0, "b": 0.0}
    assert people_and_machine(rows_of(dataset)[0]) == (["0"], [("1", None)])


# How sure


@pytest.mark.parametrize(
    "header",
    [
        "label,Wahrscheinlichkeit", "label,置信度", "label,softmax", "label,model_score", "label,likelihood",
        "label,Modellkonfidenz", "label,label_prob", "prédiction,confiance", "predicción,confianza", "预测,置信度",
        "预测标签,预测置信度", "予測,確信度", "прогноз,уверенность", "Vorhersage,Wahrscheinlichkeit", "pred_label,pred_conf",
        "prediction,P(label)", "prediction,probability_of_label", "prediction,pred_conf",
    ],
)  # fmt: skip
def test_a_confidence_is_one_by_any_name(header: str) -> None:
    dataset = read(table(header, lambda i: f"{'ab'[i % 2]},{0.5 + i / 100}"))

    assert dataset.options.labels_from == "machine"
    assert [row.confidence for row in rows_of(dataset)] == pytest.approx(
        [0.5 + i / 100 for i in range(N_ROWS)]
    )


@pytest.mark.parametrize("name", ["Confidence (%)", "confidence_pct", "score_percent", "Konfidenz"])
@pytest.mark.parametrize("form", ["{}", '"{},5 %"', "{}\u00a0%"])
def test_a_confidence_in_percent_is_a_share(name: str, form: str) -> None:
    dataset = read(table(f"prediction,{name}", lambda i: f"{'ab'[i % 2]},{form.format(50 + i)}"))

    half = 0.5 if ",5" in form else 0
    assert [row.confidence for row in rows_of(dataset)] == pytest.approx(
        [(50 + i + half) / 100 for i in range(N_ROWS)]
    )


@pytest.mark.parametrize("value", ["high", "4"])
def test_words_and_scales_are_no_confidence_and_cost_no_row(value: str) -> None:
    dataset = read(table("label,confidence", lambda i: f"{'ab'[i % 2]},{value if i % 2 else '2'}"))

    rows = rows_of(dataset)
    assert len(rows) == N_ROWS
    assert {row.confidence for row in rows} == {None}
    assert dataset.options.labels_from == "person"
    assert any("'confidence' holds neither shares" in note for note in dataset.notes)


def test_how_sure_something_else_is_is_told_and_not_taken() -> None:
    dataset = read(table("label,asr_confidence", lambda i: f"{'ab'[i % 2]},{0.5 + i / 100}"))

    assert dataset.options.labels_from == "person"
    assert any("'asr_confidence' may say how sure the labels are" in note for note in dataset.notes)


def test_a_second_column_of_labels_is_told() -> None:
    dataset = read(table("label,expert_label", lambda i: f"{'ab'[i % 2]},{'xy'[i % 2]}"))

    assert (dataset.options.columns or {})["label"] == "label"
    assert any("'expert_label'" in note for note in dataset.notes)


# The probability of each class


@pytest.mark.parametrize(
    ("header", "classes"),
    [
        ("Positive,Negative", ("Positive", "Negative")), ("Positive_prob,Negative_prob", ("Positive", "Negative")),
        ("p0,p1", ("0", "1")), ("pos_prob,neg_prob", ("pos", "neg")), ("P_pos,P_neg", ("pos", "neg")),
    ],
)  # fmt: skip
def test_the_likeliest_class_is_the_machines_label(header: str, classes: tuple[str, str]) -> None:
    dataset = read(table(header, lambda i: "0.9,0.1" if i % 2 else "0.3,0.7"))

    assert dataset.options.labels_from == "machine"
    assert [(row.label, row.confidence) for row in rows_of(dataset)[:2]] == [
        (classes[1], 0.7),
        (classes[0], 0.9),
    ]


def test_parts_of_a_whole_that_are_measured_are_features() -> None:
    dataset = read("sand,silt,clay\n" + "\n".join(f"0.{i},0.{9 - i},0.1" for i in range(1, 9)))

    assert dataset.item_type == "table"
    assert not dataset.can_be_labeled


def test_the_probability_of_one_class_is_no_confidence() -> None:
    dataset = read(
        table(
            "prediction,prob_0,prob_1", lambda i: f"{i % 2},{0.2 if i % 2 else 0.9},{0.8 if i % 2 else 0.1}"
        )
    )

    assert [row.confidence for row in rows_of(dataset)[:2]] == [0.9, 0.8]
