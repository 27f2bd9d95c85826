"""Rows that are no items, values that are no numbers, names that may be one class. Stated before tried."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.formats.classes import class_offers
from labeling.formats.rows import Problem, Row
from labeling.formats.sets.dataset import Dataset
from tests.labeling.test_reader_tables import read

PLAIN = "".join(f"n{i},{i + 10},{'ab'[i % 2]}\n" for i in range(20))  # of 20 values: sum 390, mean 19.5


def told(dataset: Dataset) -> list[tuple[str, str]]:
    """(what was left out, in which words)"""
    return [(row.left_out, row.message) for row in dataset.reader.rows() if isinstance(row, Problem)]


def rows_of(dataset: Dataset) -> list[Row]:
    return [row for row in dataset.reader.rows() if isinstance(row, Row)]


# Rows that sum up


@pytest.mark.parametrize(
    ("last", "is_left_out"),
    [
        ("Grand total,390,", True), ("Subtotal,390,", True), ("Average,19.5,", True), ("MEAN:,19.5,", True),
        ("Durchschnitt,19.5,", True), ("Total EU,390,", True), ("Average,7,", False),
    ],
)  # fmt: skip
def test_a_last_row_of_sums_or_means_is_left_out_or_said(last: str, is_left_out: bool) -> None:
    dataset = read(f"name,units,label\n{PLAIN}{last}\n")

    assert len(rows_of(dataset)) == 20 + (not is_left_out)
    assert [bool(left) for left, _ in told(dataset)] == [is_left_out]
    assert repr(last.split(",")[0]) in told(dataset)[0][1]


def test_subtotals_between_the_rows_are_left_out_and_others_said() -> None:
    rows = PLAIN.splitlines()
    lines = [*rows[:10], "Subtotal,145,", *rows[10:], "Subtotal,245,", "Subtotal,1,", "Grand total,390,"]

    dataset = read("name,units,label\n" + "\n".join(lines))

    assert [left for left, _ in told(dataset)] == ["row", "row", "", "row"]
    assert len(rows_of(dataset)) == 21


def test_a_word_for_totals_among_values_is_one_of_them() -> None:
    lines = [f"{('mean', 'kind')[i % 2]},{i},{'ab'[i % 2]}" for i in range(20)]

    dataset = read("tone,units,label\n" + "\n".join([*lines, "mean,9.5,"]))

    assert told(dataset) == []
    assert len(rows_of(dataset)) == 21


# Rows that describe


def test_a_header_in_other_capitals_is_the_header_again() -> None:
    dataset = read(f"Name,Units,Label\n{PLAIN}name,units,label\n{PLAIN.replace('n', 'm')}")

    assert {row.label for row in rows_of(dataset)} == {"a", "b"}
    assert [message for _, message in told(dataset)] == ["The row repeats the header, so it was left out."]


@pytest.mark.parametrize("row", ["str,int,str", "varchar(20),float64,object", "---,:---:,---"])
def test_a_row_that_describes_the_columns_is_no_item(row: str) -> None:
    dataset = read(f"name,units,label\n{row}\n{PLAIN}")

    assert {row.label for row in rows_of(dataset)} == {"a", "b"}
    assert rows_of(dataset)[0].features == {"name": "n0", "units": 10}
    assert [left for left, _ in told(dataset)] == ["row"]


def test_names_of_types_are_items_where_they_are_not_the_first_row_beneath_a_header() -> None:
    dataset = read(
        "\n".join(["name,label", "apple,fruit", "string,text", "float,text", "plum,fruit", "pear,fruit"])
    )

    assert told(dataset) == []
    assert len(rows_of(dataset)) == 5


def test_groups_of_columns_above_the_names_are_above_the_table() -> None:
    rows = "".join(f"{i / 3},{i + 150},{50 + i / 2},{'ab'[i % 2]}\n" for i in range(20))

    dataset = read(f"sensor,sensor,sensor,outcome\nx,y,z,class\n{rows}")

    assert dataset.options.columns == {"x": "feature", "y": "feature", "z": "feature", "class": "label"}
    assert len(rows_of(dataset)) == 20


# Blanks before quotes


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_blank_before_a_quote_is_no_part_of_the_value(mark: str) -> None:
    rows = "".join(f'{i}{mark} "a text{mark} note {i}"{mark} "{"pn"[i % 2]}"\n' for i in range(12))

    dataset = read(f'id{mark} "text"{mark} "label"\n{rows}')

    assert dataset.options.delimiter == mark
    assert [(row.key, row.text, row.label) for row in rows_of(dataset)[:2]] == [
        ("0", f"a text{mark} note 0", "p"),
        ("1", f"a text{mark} note 1", "n"),
    ]


def test_a_quote_within_a_plain_value_stays_in_it() -> None:
    dataset = read('text;label\nshe said; "no\nall is well;b\nall was well;b\nit is late;a\n')

    assert [row.text for row in rows_of(dataset)][1:] == ["all is well", "all was well", "it is late"]


# Values


def features_of(row: Row) -> dict[str, Any]:
    assert isinstance(row.features, dict)
    return row.features


def test_inf_and_nan_are_words_among_words() -> None:
    names = ["INF", "AAPL", "Nan", "MSFT", "Inf", "Anna"] * 3

    dataset = read(
        "name,price,label\n" + "\n".join(f"{name},{i},{'ab'[i % 2]}" for i, name in enumerate(names))
    )

    assert [features_of(row)["name"] for row in rows_of(dataset)] == names


def test_signs_for_a_missing_number_may_be_mixed() -> None:
    signs = ["1.5", "NULL", "-", "#N/A", "n/a", "None", "\u2014", "3"] * 3

    dataset = read("a,b,label\n" + "\n".join(f"{sign},{i},{'xy'[i % 2]}" for i, sign in enumerate(signs)))

    assert [features_of(row)["a"] for row in rows_of(dataset)][:8] == [
        1.5,
        None,
        None,
        None,
        None,
        None,
        None,
        3,
    ]


def test_a_dash_among_words_stays_a_word() -> None:
    dataset = read(
        "size,b,label\n" + "\n".join(f"{('big', '-')[i % 2]},{i},{'xy'[i % 3 == 0]}" for i in range(12))
    )

    assert {features_of(row)["size"] for row in rows_of(dataset)} == {"big", "-"}


# Labels


@pytest.mark.parametrize(
    "names",
    [
        ("spam", "spam."),
        ("1", "01"),
        ("\u2764", "\u2764\ufe0f"),
        ("Diğer", "DİĞER"),
        ("a", '"a"'),
        ("1", "\u0661"),
    ],
)
def test_names_that_may_be_one_class_are_offered(names: tuple[str, str]) -> None:
    offers = class_offers({names[0]: 5, names[1]: 3, "other": 4})

    assert [offer.names for offer in offers] == [list(names)]


@pytest.mark.parametrize("names", [("A", "A+"), ("1", "-1"), ("10", "1"), ("yes", "yes?"), (".", ",")])
def test_names_that_differ_in_meaning_are_not(names: tuple[str, str]) -> None:
    assert class_offers({names[0]: 5, names[1]: 3}) == []


def test_a_dash_is_no_label_and_that_is_said() -> None:
    labels = ["neutral", "entailment", "-"] * 6

    dataset = read(
        "text,gold_label\n" + "\n".join(f"It rains on day {i},{label}" for i, label in enumerate(labels))
    )

    assert [row.label for row in rows_of(dataset)[:3]] == ["neutral", "entailment", None]
    assert any("'-' is read as no label" in note for note in dataset.notes)


@pytest.mark.parametrize("other", ["+", "+,0"])
def test_a_minus_beside_a_plus_is_a_class(other: str) -> None:
    labels = [*other.split(","), "-"] * 6

    dataset = read(
        "text,label\n" + "\n".join(f"It rains on day {i},{label}" for i, label in enumerate(labels))
    )

    assert {row.label for row in rows_of(dataset)} == set(labels)
