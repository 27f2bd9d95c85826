# ruff: noqa: RUF001 - names in many languages
"""Which column is the label, said with a reason; and which of its names are one class."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labeling.errors import InvalidInput
from labeling.formats.classes import class_name, class_offers
from labeling.formats.rows import Row
from tests.labeling.test_reader_tables import read, rows_of

TEXTS = [f"some words about a thing, number {i}" for i in range(24)]


def table(names: list[str], *columns: list[Any]) -> str:
    lines = [";".join(names), *(";".join(map(str, row)) for row in zip(*columns, strict=True))]
    return "\n".join(lines)


def cycle(*values: Any) -> list[Any]:
    return [values[i % len(values)] for i in range(len(TEXTS))]


@pytest.mark.parametrize(
    "name",
    ["airline_sentiment", "SentimentLabel", "Label (1-5)", "étiquette", "Kategorie", "情感标签", "ラベル名", "final_class",
     "gold label", "categoría", "Produktkategorie", "emotion", "rating", "stance", "topic_category"],
)  # fmt: skip
def test_a_label_column_is_found_by_a_part_of_its_name(name: str) -> None:
    dataset = read(
        table(["nr", name, "user", "text"], list(range(24)), cycle("x", "y", "z"), cycle("u", "v"), TEXTS)
    )

    assert (dataset.options.columns or {})[name] == "label"
    assert {row.label for row in rows_of(dataset)} == {"x", "y", "z"}


def test_a_label_column_is_found_by_its_values_and_asked_about() -> None:
    dataset = read(table(["phrase_shown", "code"], TEXTS, cycle("p", "n")))

    assert (dataset.options.columns or {})["code"] == "label"
    assert any("'code'" in note and note.endswith("Is that right?") for note in dataset.notes)


def test_where_two_are_equally_likely_none_is_chosen_and_both_are_named() -> None:
    dataset = read(table(["text", "tone", "matter"], TEXTS, cycle("a", "b"), cycle("c", "d", "e")))

    assert "label" not in (dataset.options.columns or {}).values()
    assert any("'tone'" in note and "'matter'" in note for note in dataset.notes)
    whys = {column.name: column.why for column in dataset.columns}
    assert "could be the label" in whys["tone"]
    assert "could be the label" in whys["matter"]


@pytest.mark.parametrize(
    "name", ["language", "country", "user_name", "source", "created_at", "price", "tweet_count", "score"]
)
def test_what_is_told_of_a_row_is_not_taken_for_its_label(name: str) -> None:
    values: dict[str, list[Any]] = {
        "created_at": [f"2024-01-{i % 28 + 1:02} 10:00" for i in range(24)],
        "price": [f"{i}.99" for i in range(24)],
    }

    dataset = read(table(["text", name], TEXTS, values.get(name, cycle("a", "b"))), item_type="text")

    assert (dataset.options.columns or {})["text"] == "text"
    assert (dataset.options.columns or {})[name] != "label"


def test_a_series_with_a_column_of_kinds_is_labeled_by_it() -> None:
    names = ["kind", *(f"t{i}" for i in range(20))]
    lines = [",".join([("up", "down")[i % 2], *(str(i * j) for j in range(20))]) for i in range(12)]

    dataset = read("\n".join([",".join(names), *lines]))

    assert dataset.item_type == "series"
    assert (dataset.options.columns or {})["kind"] == "label"


def test_pictures_are_labeled_by_the_column_beside_their_names() -> None:
    dataset = read(table(["filename", "breed"], [f"{i}.png" for i in range(24)], cycle("pug", "boxer")))

    assert dataset.item_type == "image"
    assert (dataset.options.columns or {})["breed"] == "label"


def test_every_column_has_a_role_and_a_reason() -> None:
    dataset = read(table(["id", "text", "label", "split", "mood", "rest", "empty"], list(range(24)), TEXTS,
                         cycle("a", "b"), cycle("train"), cycle("x", "y"), list(range(3, 27)), cycle("")))  # fmt: skip

    assert [column.role for column in dataset.columns] == ["id", "text", "label", "split", *["ignore"] * 3]
    assert all(column.why for column in dataset.columns)


def test_naming_one_column_keeps_the_guesses_for_the_others() -> None:
    content = table(
        ["id", "text", "airline", "sentiment"], list(range(24)), TEXTS, cycle("u", "v"), cycle("a", "b")
    )

    dataset = read(content, columns={"airline": "label"})

    assert dataset.options.columns == {"id": "id", "text": "text", "airline": "label", "sentiment": "ignore"}
    whys = {column.name: column.why for column in dataset.columns}
    assert whys["airline"] == "set by you"
    assert whys["text"] == "its name says so"


def test_options_that_were_resolved_before_are_read_alike() -> None:
    content = "sep=;\nTitel;;\n" + table(
        ["Text", "code", "wert"], TEXTS, cycle("p", "n"), cycle("1,5", "2,5")
    )
    first = read(content)

    kept: dict[str, Any] = first.options.as_json()
    again = read(content, **kept)

    assert again.options == first.options
    assert again.columns == first.columns
    assert list(again.reader.rows()) == list(first.reader.rows())


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (" positive", "positive"),
        ("Positive\xa0", "Positive"),
        ("Nega\u200btive", "Negative"),
        ("cafe\u0301", "café"),
        ("\ufeffgut", "gut"),
        ("ＡＢＣ", "ABC"),
        ("不明\u3000", "不明"),
        ("not  spam", "not spam"),
        ("soft\u00adly", "softly"),
        ("\u202bشكوى\u202c", "شكوى"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("ﾊﾝｶｸ", "ハンカク"),
        ("½", "½"),
        ("x²", "x²"),
    ],
)
def test_a_class_name_has_one_form(written: str, name: str) -> None:
    assert class_name(written) == name


def labels_of(*written: Any, **options: Any) -> list[str | None]:
    lines = [f"words of a text, number {i};{label}" for i, label in enumerate(written)]
    return [
        row.label for row in rows_of(read("\n".join(["text;label", *lines]), item_type="text", **options))
    ]


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        (["1.0", "0.0", "1", ""], ["1", "0", "1", None]),
        (["3.0", "2.5", "3.5"], ["3.0", "2.5", "3.5"]),
        (["-1", "0", "1", "2"], [None, "0", "1", "2"]),
        (["-1.0", "0.0", "1.0", "2.0"], [None, "0", "1", "2"]),
        (["-1", "1", "-1"], ["-1", "1", "-1"]),
        (["-1", "0", "1"], ["-1", "0", "1"]),
        (["-1", "pos", "neg"], [None, "pos", "neg"]),
        (["-1", "-1", "-1"], [None, None, None]),
        (["-2", "-1", "0", "1", "2"], ["-2", "-1", "0", "1", "2"]),
        (["nan", "NaN", "pos"], [None, None, "pos"]),
        (["None", "NA", "1", "2"], [None, None, "1", "2"]),
        (["None", "toxic", "None"], ["None", "toxic", "None"]),
        (["null", "<NA>", "?", "yes"], [None, None, None, "yes"]),
    ],
)
def test_no_label_and_whole_numbers_are_told_by_the_other_labels(
    written: list[str], labels: list[str | None]
) -> None:
    assert labels_of(*written) == labels


@pytest.mark.parametrize("written", [["-1", "0", "1"], ["None", "toxic", "mild"]])
def test_what_may_mean_no_label_is_asked(written: list[str]) -> None:
    lines = [f"words of a text, number {i};{label}" for i, label in enumerate(written)]

    assert any("Join it to no label" in note for note in read("\n".join(["text;label", *lines])).notes)


def test_names_are_joined_as_somebody_says() -> None:
    joined: dict[str, Any] = {"POSITIVE": "Positive", "positive": "Positive", "-1": "", "3": "high"}

    assert labels_of("POSITIVE", " positive", "Positive", "-1", "3.0", "x", join_classes=joined) == [
        "Positive", "Positive", "Positive", None, "high", "x"
    ]  # fmt: skip


def test_capitals_and_what_stands_between_words_are_offered() -> None:
    counts: dict[str, Any] = {"Positive": 3, "positive": 1, "not_spam": 2, "Not Spam": 5, "ham": 1}

    offers = class_offers(counts, existing=["HAM"])

    assert [(offer.names, offer.counts, offer.suggested) for offer in offers] == [
        (["Positive", "positive"], [3, 1], "Positive"),
        (["Not Spam", "not_spam"], [5, 2], "Not Spam"),
        (["HAM", "ham"], [0, 1], "HAM"),
    ]


def test_numbers_that_differ_by_their_sign_are_not_offered_as_one_class() -> None:
    assert class_offers({"-1": 4, "1": 4, "2-1": 1, "2 1": 1})[0].names == ["2 1", "2-1"]


def test_labels_with_commas_between_are_several_though_they_look_like_numbers() -> None:
    with pytest.raises(InvalidInput) as refused:
        read(table(["text", "labels"], TEXTS, cycle("1,3", "2", "1", "3", "27", "2,14")))

    assert refused.value.code == "several_labels"


def test_short_lists_beside_a_text_are_something_about_it() -> None:
    rows = [{"stars": i % 5, "reviewText": text, "votes": [1, 2]} for i, text in enumerate(TEXTS)]

    dataset = read("\n".join(map(json.dumps, rows)), name="reviews.jsonl")

    assert dataset.item_type == "text"
    assert (dataset.options.columns or {})["reviewText"] == "text"


@pytest.mark.parametrize("name", ["PassengerId", "customer_id", "Patient ID"])
def test_an_id_in_front_is_one_whatever_the_rows_are(name: str) -> None:
    numbers = [str(2.5 * i) for i in range(24)]

    dataset = read(table([name, "age", "fare", "class"], list(range(24)), numbers, numbers, cycle("a", "b")))

    assert (dataset.item_type, (dataset.options.columns or {})[name]) == ("table", "id")


@pytest.mark.parametrize("begin", ["<!DOCTYPE html>\n<html>", "  <html lang='en'>", "<HTML>"])
def test_a_web_page_is_no_table(begin: str) -> None:
    with pytest.raises(InvalidInput, match="web page"):
        read(begin + "<body>404, so sorry</body></html>")


def of_cells(*cells: str, n_others: int) -> list[Row]:
    """The rows of these labels, after others that are Positive, Negative and Cheap in turn."""
    plain = [("Positive", "Negative", "Cheap")[i % 3] for i in range(n_others)]
    lines = [f'a text of number {i},"{cell}"' for i, cell in enumerate([*plain, *cells])]
    return [row for row in read("\n".join(["text,label", *lines])).reader.rows() if isinstance(row, Row)]


@pytest.mark.parametrize("n_others", [30, 60, 200, 1_000])
@pytest.mark.parametrize("cell", ["Positive|Negative", "Positive/Cheap", "Positive+Cheap", "Positive,Cheap", "cheap; negative",
                                  "['Positive', 'Cheap']", "{'Positive', 'Cheap'}", "('Positive', 'Cheap')"])  # fmt: skip
def test_a_single_cell_of_several_labels_costs_its_own_label_and_is_named(cell: str, n_others: int) -> None:
    *others, last = of_cells(cell, n_others=n_others)

    assert last.label is None
    assert "2 labels" in last.passed_over
    assert all(row.label and not row.passed_over for row in others)


@pytest.mark.parametrize("join", ["|", ";", "/", "+", ", ", " ", " & "])
def test_many_cells_of_several_labels_are_refused_whatever_stands_between_them(join: str) -> None:
    cells = [join.join(pair) for pair in (("Positive", "Cheap"), ("Negative", "Cheap"))] * 6

    with pytest.raises(InvalidInput) as refused:
        of_cells(*cells, n_others=24)

    assert refused.value.code == "several_labels"


def test_a_set_of_one_as_python_writes_it_is_that_label_and_an_empty_one_is_none() -> None:
    rows = of_cells("{'Negative'}", "{'Positive'}", "('Cheap',)", "set()", n_others=12)

    assert [row.label for row in rows[-4:]] == ["Negative", "Positive", "Cheap", None]


@pytest.mark.parametrize("name", ["hot dog", "Cheap, rather", "n/a given", "1/2"])
def test_a_class_whose_name_has_parts_that_stand_not_alone_or_come_one_way_only_is_one(name: str) -> None:
    rows = of_cells("hot", "dog", "1", "2", name, n_others=30)

    assert rows[-1].label == name
