# ruff: noqa: RUF001 - texts in many languages
"""Files that are not what they seem: each is read as what it is, or said or refused in words. Stated before tried."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from labeling.errors import InvalidInput
from labeling.formats.classes import class_offers
from labeling.formats.files.bundle import FolderBundle
from labeling.formats.options import ImportOptions, options_from_json
from labeling.formats.rows import Problem, Row
from labeling.formats.sets.dataset import Dataset, open_dataset
from labeling.imports.checks.check import import_check
from labeling.imports.uploads import bundle_on_server
from tests.labeling.import_files import write_images, write_zip
from tests.labeling.test_reader_tables import LIMITS, read, rows_of

WORDS = [
    "battery",
    "came",
    "late",
    "again",
    "never",
    "works",
    "quiet",
    "strong",
    "weak",
    "cable",
    "price",
    "good",
    "noise",
    "two",
    "days",
    "after",
]


def words(number: int, n: int) -> str:
    draw = random.Random(number)
    return " ".join(draw.choice(WORDS) for _ in range(n))


def roles(dataset: Dataset) -> dict[str, str]:
    return dataset.options.columns or {}


def problems_of(dataset: Dataset) -> list[Problem]:
    return [row for row in dataset.reader.rows() if isinstance(row, Problem)]


def report_of(path: Path) -> dict[str, Any]:
    with bundle_on_server(path) as bundle:
        return import_check(bundle, ImportOptions(), file_name=path.name).as_json()


# Which column is the label


@pytest.mark.parametrize("kind", ["integers", "floats"])
@pytest.mark.parametrize("name", ["label", "class", "target", "Kategorie", "final_class", "kind"])
def test_a_coordinate_called_y_never_goes_before_a_column_named_as_a_label(kind: str, name: str) -> None:
    draw = random.Random(3)
    number = (lambda: draw.randint(0, 8)) if kind == "integers" else (lambda: round(draw.gauss(0, 1), 4))
    lines = [f"{number()},{number()},{'pq'[i % 2]}" for i in range(200)]

    dataset = read(f"x,y,{name}\n" + "\n".join(lines))

    assert roles(dataset) == {"x": "feature", "y": "feature", name: "label"}
    assert {row.label for row in rows_of(dataset)} == {"p", "q"}


def test_y_is_the_label_where_it_holds_classes_and_nothing_else_could_be() -> None:
    lines = [f"{i * 1.37:.3f},{i * 0.7:.3f},{i % 2}" for i in range(40)]

    assert roles(read("a,b,y\n" + "\n".join(lines)))["y"] == "label"
    assert (
        roles(read("a,b,y\n" + "\n".join(f"{i * 1.37:.3f},{i},{i * 0.713:.4f}" for i in range(60))))["y"]
        == "feature"
    )


def test_a_named_column_of_measures_gives_way_to_one_of_few_values() -> None:
    lines = [f"{words(i, 6)},{i * 1.713:.4f},{'pos' if i % 3 else 'neg'}" for i in range(60)]

    assert roles(read("text,target,sentiment\n" + "\n".join(lines)))["sentiment"] == "label"


def test_reviews_of_a_shop_are_read_whole_by_their_stars() -> None:
    rows = [
        {
            "reviewerID": f"A{i % 90}XZ", "asin": f"B00{i % 20}", "reviewerName": "Ann", "helpful": [0, 1],
            "reviewText": words(i, 40), "overall": float(i % 5 + 1), "summary": words(i, 4), "unixReviewTime": 14 * 10**8 + i,
        }
        for i in range(300)
    ]  # fmt: skip

    dataset = read(gzip.compress("\n".join(map(json.dumps, rows)).encode()), "reviews.json.gz")

    found = {name: role for name, role in roles(dataset).items() if role != "ignore"}
    assert found == {"reviewText": "text", "summary": "text", "overall": "label"}
    assert rows_of(dataset)[0].text == f"{rows[0]['reviewText']}\n{rows[0]['summary']}"


def test_an_id_that_stands_at_many_items_is_none_and_that_is_said() -> None:
    dataset = read(
        "id,text,label\n" + "\n".join(f"p{i % 5},{words(i, 8)} {i},{'ab'[i % 2]}" for i in range(60))
    )

    assert roles(dataset)["id"] == "ignore"
    assert any("'id' is named as an id" in note for note in dataset.notes)
    assert len({row.content_hash for row in rows_of(dataset)}) == 60


def test_an_id_stays_one_where_a_row_comes_again() -> None:
    lines = [f"k{i % 20},{words(i % 20, 8)} {i % 20},{'ab'[i % 2]}" for i in range(60)]

    assert roles(read("id,text,label\n" + "\n".join(lines)))["id"] == "id"


def test_many_classes_of_about_one_row_each_are_warned_of_and_asked(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("text,label\n" + "".join(f"{words(i, 5)} {i},class{i}\n" for i in range(500)))

    report = report_of(path)

    assert report["warnings"] == [
        "500 classes were found in 500 labels, about one of each. Does 'label' hold the label?"
    ]
    assert [question["about"] for question in report["questions"]] == ["label_column", "labels_from"]


def test_labels_that_all_contradict_each_other_are_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "against.csv"
    path.write_text("text,label\n" + "".join(f"the same words {i // 2},{'ab'[i % 2]}\n" for i in range(40)))

    report = report_of(path)

    assert report["labels"] == {"person": 0, "machine": 0, "none": 20}
    assert any(warning.startswith("0 labels were taken") for warning in report["warnings"])


# What a file is, whatever its name


ROWS = [{"text": f"words of row {i}", "label": "ab"[i % 2]} for i in range(20)]


@pytest.mark.parametrize("name", ["data.csv", "data.tsv", "data.parquet"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("\n".join(map(json.dumps, ROWS)), "jsonl"),
        (json.dumps(ROWS), "json"),
        (json.dumps(ROWS, indent=2), "json"),
        (json.dumps({"data": ROWS}, indent=2), "json"),
    ],
)
def test_json_is_read_as_json_under_another_name_and_that_is_said(name: str, content: str, kind: str) -> None:
    dataset = read(content, name)

    assert dataset.options.format == kind
    assert [(row.text, row.label) for row in rows_of(dataset)] == [
        (row["text"], row["label"]) for row in ROWS
    ]
    assert any(note.startswith(f"{name} is named as") for note in dataset.notes)


@pytest.mark.parametrize("first", ["{not json},a", '"{""a"": 1}",b', "[link],a", "[1],a"])
def test_a_table_whose_first_cell_has_a_bracket_stays_a_table(first: str) -> None:
    dataset = read(first + "\n" + "\n".join(f"{words(i, 5)},{'ab'[i % 2]}" for i in range(20)))

    assert dataset.options.format == "csv"
    assert len(rows_of(dataset)) == 21


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xml", '<?xml version="1.0"?><annotations><image id="0"/></annotations>', "XML"),
        ("a.csv", '<annotation>\n<object><name>cat</name></object>\n</annotation>\n', "XML"),
        ("a.arff", "% iris\n@RELATION iris\n@ATTRIBUTE a NUMERIC\n@DATA\n1\n2\n", "ARFF"),
        ("a.csv", "@relation x\n@attribute a {b,c}\n@data\nb\n", "ARFF"),
        ("a.yaml", "- text: a\n  label: b\n- text: c\n  label: d\n", "YAML"),
        ("a.csv", "---\ntext: a\nlabel: b\n", "YAML"),
        ("a.csv", "<!DOCTYPE html><html><body>404</body></html>", "web page"),
    ],
)  # fmt: skip
def test_text_that_is_no_table_is_refused_with_its_name_and_what_to_do(
    name: str, content: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(content, name)


def test_a_workbook_named_csv_is_refused_as_one(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "book.csv", {"xl/workbook.xml": b"<workbook/>", "[Content_Types].xml": b"<Types/>"}
    )

    with bundle_on_server(path) as bundle, pytest.raises(InvalidInput, match="Excel workbook"):
        open_dataset(bundle, ImportOptions(), item_type=None, limits=LIMITS)


def test_of_a_coco_file_is_said_that_its_boxes_are_not_read(tmp_path: Path) -> None:
    write_images(tmp_path / "images", ["0.png", "1.png", "2.png", "3.png", "4.png", "5.png"])
    coco = {
        "licenses": [{"id": 1, "name": "CC"}],
        "images": [{"id": i, "file_name": f"{i}.png", "width": 8, "height": 8} for i in range(6)],
        "annotations": [{"id": i, "image_id": i, "category_id": 1, "bbox": [0, 0, 1, 1]} for i in range(6)],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(coco))

    dataset = open_dataset(FolderBundle(tmp_path), ImportOptions(), item_type=None, limits=LIMITS)

    assert len(rows_of(dataset)) == 6
    assert any("COCO" in note and "boxes" in note for note in dataset.notes)


# Single rows


@pytest.mark.parametrize(
    ("header", "last", "is_left_out"),
    [
        ("region,sales,label", "Total,435,", True),
        ("region,sales,label", "Summe:,435,", True),
        ("region,sales,label", "Итого,30,", True),  # the number of rows
        ("region,sales,label", "合计,435,", True),
        ("region,sales,label", "Total,99,", False),  # neither their sum nor their number
        ("region,sales,label", "Total,,", False),
    ],
)
def test_a_last_row_that_sums_up_is_left_out_and_one_that_seems_to_is_said(
    header: str, last: str, is_left_out: bool
) -> None:
    lines = [f"r{i % 7},{i},{'hl'[i % 2]}" for i in range(30)]

    dataset = read("\n".join([header, *lines, last]))

    found = list(dataset.reader.rows())
    said = [row for row in found if isinstance(row, Problem)]
    assert [(one.row, one.costs_row) for one in said] == [(31, is_left_out)]
    assert sum(isinstance(row, Row) for row in found) == 31 - is_left_out
    assert [row.number for row in dataset.reader.rows(skip=30) if isinstance(row, Row)] == [31] * (
        not is_left_out
    )


@pytest.mark.parametrize(
    "last", ["total mess and a waste of money,b", "Total,b", "sum of its parts,a", "r,a"]
)
def test_a_last_row_of_words_is_an_item_as_any_other(last: str) -> None:
    lines = [f"{words(i, 5)},{'ab'[i % 2]}" for i in range(30)]

    rows = [
        row for row in read("\n".join(["text,label", *lines, last])).reader.rows() if isinstance(row, Row)
    ]

    assert rows[-1].text == last.rpartition(",")[0]


def test_where_total_is_one_of_the_values_it_is_no_sum() -> None:
    lines = [f"{('Total', 'Part')[i % 2]},{i},{'ab'[i % 2]}" for i in range(30)]

    assert len(rows_of(read("\n".join(["kind,n,label", *lines, "Total,435,"])))) == 31


@pytest.mark.parametrize("place", [0, 7])
def test_a_value_that_is_too_long_costs_its_row_and_no_other(place: int) -> None:
    lines = [f"{words(i, 5)},{'ab'[i % 2]}" for i in range(20)]
    lines[place] = "x" * 3_000_000 + ",a"

    found = list(read("text,label\n" + "\n".join(lines)).reader.rows())

    assert [row.row for row in found if isinstance(row, Problem)] == [place + 1]
    assert "1,000,000 characters" in next(row.message for row in found if isinstance(row, Problem))
    assert sum(isinstance(row, Row) for row in found) == 19


def test_a_line_beyond_all_measure_costs_its_row_and_no_other() -> None:
    lines = [f"{words(i, 5)},{'ab'[i % 2]}" for i in range(20)]
    lines[3] = "y " * 9_000_000 + ",a"

    found = list(read("text,label\n" + "\n".join(lines)).reader.rows())

    assert [row.row for row in found if isinstance(row, Problem)] == [4]
    assert sum(isinstance(row, Row) for row in found) == 19


def test_two_columns_of_one_name_are_said() -> None:
    dataset = read("text,label,label\n" + "\n".join(f"{words(i, 4)},a,b" for i in range(9)))

    assert "Two columns are called 'label'; the later one is read as 'label (3)'." in dataset.notes


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_field_that_stands_twice_refuses_its_row_unless_both_say_the_same(name: str) -> None:
    lines = [f'{{"text": "{words(i, 4)} {i}", "label": "{"ab"[i % 2]}"}}' for i in range(6)]
    lines[2] = '{"text": "one of both", "label": "a", "label": "b"}'
    lines[4] = '{"text": "the same twice", "label": "a", "label": "a"}'

    dataset = read("\n".join(lines) if name == "a.jsonl" else f"[{','.join(lines)}]", name)

    assert [(one.row, one.field) for one in problems_of(dataset)] == [(3, "label")]


def test_a_line_that_is_no_json_is_told_without_words_of_python() -> None:
    lines = [json.dumps(row) for row in ROWS]
    lines[3] = '{"text": "broken'
    lines[5] = '{"text": "n", "label": ' + "9" * 5_000 + "}"

    messages = [one.message for one in problems_of(read("\n".join(lines), "a.jsonl"))]

    assert len(messages) == 2
    assert "cannot be read from character" in messages[0]
    assert "too many digits" in messages[1]
    assert not [
        word for word in ("sys.", "Expecting", "column 1 (char") if any(word in one for one in messages)
    ]


def test_a_quote_that_is_never_closed_is_said_with_its_row() -> None:
    lines = [f"{words(i, 5)},{'ab'[i % 2]}" for i in range(21)]
    lines[10] = '"never closed,a'

    found = list(read("text,label\n" + "\n".join(lines)).reader.rows())

    assert [(row.row, row.field, row.left_out) for row in found if isinstance(row, Problem)] == [
        (11, "text", "")
    ]
    assert [row.text for row in found if isinstance(row, Row)][10] == '"never closed'


# Encodings: signs within words speak against a page


PAGES = {
    "cp866": "Очень хороший товар рекомендую|Ужасное качество, не берите|Доставка была быстрой|Работает как надо",
    "iso8859-2": "Książka jest świetna, źle śpię|Zażółć gęślą jaźń|Zła jakość, nie polecam|Źle się pracuje",
}


@pytest.mark.parametrize("encoding", PAGES)
@pytest.mark.parametrize("n_rows", [8, 60])
def test_a_page_of_yesterday_is_seen_by_its_letters_and_asked_about(encoding: str, n_rows: int) -> None:
    texts = [PAGES[encoding].split("|")[i % 4] + f" {i}" for i in range(n_rows)]

    dataset = read(
        ("text;label\n" + "".join(f"{text};{'ab'[i % 2]}\n" for i, text in enumerate(texts))).encode(encoding)
    )

    assert [row.text for row in rows_of(dataset)] == texts
    assert [page.encoding for page in dataset.pages] == [
        encoding,
        "cp1251" if encoding == "cp866" else "cp1250",
    ]
    assert dataset.pages[0].words.partition(";")[0] in "\n".join(texts)
    assert dataset.pages[0].words != dataset.pages[1].words


def test_an_encoding_that_is_sure_or_was_said_is_not_asked_about() -> None:
    polish = "".join(f"{PAGES['iso8859-2'].split('|')[i % 4]};a\n" for i in range(40))
    for encoding, options in (("utf-8", {}), ("cp1250", {}), ("iso8859-2", {"encoding": "iso8859-2"})):
        assert read(f"text;label\n{polish}".encode(encoding), **options).pages == []


# Wide tables, options and what is no file


def test_a_table_of_ten_thousand_columns_is_looked_into_in_seconds() -> None:
    names = ",".join(f"f{i}" for i in range(10_000))
    content = f"{names},label\n" + "".join(
        ",".join(f"{i * row % 97}.5" for i in range(10_000)) + f",{'ab'[row % 2]}\n" for row in range(4)
    )
    started = time.process_time()

    dataset = read(content)
    rows = rows_of(dataset)

    assert time.process_time() - started < 3
    assert (len(rows), dataset.item_type, roles(dataset)["label"]) == (4, "series", "label")


def test_more_columns_than_are_allowed_are_refused_with_the_number() -> None:
    with pytest.raises(InvalidInput, match="20,001 columns; 20,000 are allowed") as refused:
        read(",".join(f"f{i}" for i in range(20_001)) + "\n" + ",".join(["1"] * 20_001) + "\n")
    assert refused.value.code == "too_many_columns"


@pytest.mark.parametrize("name", ["skip_lines", "label_first", "seed"])
@pytest.mark.parametrize(
    "value", [10**12, 10**400, -1, -(10**400), 2.5, True, "7", float("inf"), float("nan"), [1]]
)
def test_every_number_among_the_options_has_a_range_that_is_told(name: str, value: object) -> None:
    if name == "seed" and value == 10**12:
        assert options_from_json({name: value}).seed == 10**12
        return
    with pytest.raises(InvalidInput, match=f"{name} is .*; use a whole number from") as refused:
        options_from_json({name: value})
    assert len(refused.value.message) < 200


def test_each_option_that_is_a_number_is_bounded() -> None:
    numbers = [name for name, kind in ImportOptions.__annotations__.items() if "int" in kind.split(" | ")]
    assert sorted(numbers) == ["label_first", "seed", "skip_lines"]  # and so tried above


def test_more_lines_skipped_than_there_are_end_at_once() -> None:
    started = time.process_time()
    with pytest.raises(InvalidInput, match="holds no row"):
        read("text,label\na,b\n", skip_lines=1_000_000)
    assert time.process_time() - started < 1


def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")

    with (
        pytest.raises(InvalidInput, match="pipe, a device or a socket"),
        bundle_on_server(tmp_path / "pipe.csv"),
    ):
        pass
    with pytest.raises(InvalidInput, match="pipe, a device or a socket"), bundle_on_server(Path("/dev/zero")):
        pass


def test_links_are_followed_within_their_folder_only(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "set", ["cat/a.png", "dog/b.png"])
    secret = tmp_path / "secret.txt"
    secret.write_text("root:x:0")
    (folder / "cat" / "out.png").symlink_to(secret)
    (folder / "cat" / "again.png").symlink_to(folder / "cat" / "a.png")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "dog" / "pipe.png")

    bundle = FolderBundle(folder)

    assert bundle.names == ["cat/a.png", "cat/again.png", "dog/b.png"]
    assert [(left.n, left.why.partition(" ")[0]) for left in bundle.left_out] == [(3, "A")]
    with pytest.raises(InvalidInput):
        bundle.open("cat/out.png")


def test_a_test_file_without_labels_is_not_said_to_have_some(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(
        "id,text,target\n" + "".join(f"{i},{words(i, 5)},{i % 2}\n" for i in range(20))
    )
    (tmp_path / "test.csv").write_text("id,text\n" + "".join(f"{i},{words(i, 5)}\n" for i in range(20, 30)))

    dataset = open_dataset(FolderBundle(tmp_path), ImportOptions(), item_type=None, limits=LIMITS)

    assert not [note for note in dataset.notes if "testing only" in note]
    assert len(rows_of(dataset)) == 30


@pytest.mark.parametrize("twin", ["gоod", "gооd", "Gоod"])
def test_names_of_letters_that_look_alike_are_offered_as_one_class(twin: str) -> None:
    assert [sorted(offer.names) for offer in class_offers({"good": 30, twin: 10})] == [sorted(["good", twin])]
    assert class_offers({"good": 3, "food": 2}) == []


def test_an_archive_may_still_hold_what_its_ending_says(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("rows.csv", "\n".join(map(json.dumps, ROWS)))
    path = tmp_path / "rows.zip"
    path.write_bytes(content.getvalue())

    report = report_of(path)

    assert report["format"] == "jsonl"
    assert report["n_items"] == 20
