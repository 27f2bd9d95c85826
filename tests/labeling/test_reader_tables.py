"""How tables are read: what is detected, what each format gives, and that memory stays small."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet
import pytest

from labeling.errors import InvalidInput
from labeling.formats.cells import BadCell, read_feature, read_label, read_series
from labeling.formats.files.bundle import FileBundle, FolderBundle
from labeling.formats.options import ImportOptions
from labeling.formats.rows import Limits, Problem, Row
from labeling.formats.sets.dataset import Dataset, open_dataset
from tests.labeling.import_files import image_bytes

LIMITS = Limits(text_chars=1_000_000, image_bytes=1_000_000, image_pixels=1_000_000)


def read(
    content: bytes | str, name: str = "data.csv", item_type: str | None = None, **options: object
) -> Dataset:
    packed = content.encode() if isinstance(content, str) else content
    bundle = FileBundle(name, lambda: io.BytesIO(packed), len(packed))
    return open_dataset(bundle, ImportOptions(**options), item_type=item_type, limits=LIMITS)  # type: ignore[arg-type]


def rows_of(dataset: Dataset) -> list[Row]:
    rows = list(dataset.reader.rows())
    assert not [row for row in rows if isinstance(row, Problem)]
    return [row for row in rows if isinstance(row, Row)]


def test_a_news_file_without_header_is_class_title_description() -> None:
    lines = [f'"{i % 4 + 1}","Title number {i}","A longer description, of story {i}."' for i in range(40)]

    dataset = read("\n".join(lines))

    assert dataset.item_type == "text"
    assert dataset.options.has_header is False
    assert dataset.options.columns == {"column 1": "label", "column 2": "text", "column 3": "text"}
    first = rows_of(dataset)[0]
    assert first.text == "Title number 0\nA longer description, of story 0."
    assert first.label == "1"


def test_tab_separated_text_with_stray_quotes_loses_no_line() -> None:
    lines = [
        f"{('ham', 'spam')[i % 2]}\t{chr(34) if i == 7 else ''}some message, number {i}" for i in range(30)
    ]

    dataset = read("\n".join(lines), "sms.tsv")

    assert dataset.options.delimiter == "\t"
    assert dataset.options.quote == ""
    assert len(rows_of(dataset)) == 30
    assert rows_of(dataset)[7].text == '"some message, number 7'


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    dataset = read("\n".join(delimiter.join(line) for line in [("id", "text", "label"), ("1", "a cat, or two", "cat")]
                             if delimiter != "," or "cat, or" not in line[1]) + "\n")  # fmt: skip

    assert dataset.options.delimiter == delimiter


def test_quoted_fields_may_hold_delimiters_quotes_and_line_breaks() -> None:
    dataset = read('id,text\n1,"a, ""b""\nc"\n2,d\n')

    assert [row.text for row in rows_of(dataset)] == ['a, "b"\nc', "d"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Grüße"),
        ("utf-8-sig", "Grüße"),
        ("utf-16", "Grüße"),
        ("cp1252", "Grüße, schöne Straße über allem"),
    ],
)
def test_the_encoding_is_found(encoding: str, text: str) -> None:
    content = f"id,text\n1,{text.replace(',', '')}\n" + "".join(
        f"{i},Mädchen für Käse\n" for i in range(2, 30)
    )

    assert rows_of(read(content.encode(encoding)))[0].text == text.replace(",", "")


def test_the_last_column_of_categories_labels_a_table() -> None:
    lines = [f"{i},{i * 0.5},{('low', 'high')[i % 2]}" for i in range(20)]

    dataset = read("\n".join(["age,weight,income", *lines]))

    assert dataset.item_type == "table"
    assert dataset.options.columns == {"age": "feature", "weight": "feature", "income": "label"}


def test_many_numbered_columns_are_a_series() -> None:
    header = ",".join(["label", *(f"t{i}" for i in range(20))])
    lines = [",".join(["up", *(str(i * j) for j in range(20))]) for i in range(5)]

    dataset = read("\n".join([header, *lines]))

    assert dataset.item_type == "series"
    assert rows_of(dataset)[2].features == [2 * j for j in range(20)]


def test_a_set_column_role_is_taken_and_a_wrong_one_named() -> None:
    content = "a,b,c\n1,2,3\n"

    assert rows_of(read(content, item_type="table", columns={"a": "id", "b": "feature"}))[0].key == "1"
    with pytest.raises(InvalidInput, match="There is no column 'x'"):
        read(content, item_type="table", columns={"x": "id", "b": "feature"})
    with pytest.raises(InvalidInput, match="Only one column can be the label"):
        read(content, item_type="table", columns={"a": "label", "b": "label", "c": "feature"})
    with pytest.raises(InvalidInput, match="made of"):
        read(content, item_type="text", columns={"a": "text", "b": "feature"})


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"id,text,label\n1,a cat,cat\n2,a dog,\n"),
        ("a.json", b'[{"id": 1, "text": "a cat", "label": "cat"}, {"id": 2, "text": "a dog"}]'),
        ("a.json", b'{"data": [{"id": 1, "text": "a cat", "label": "cat"}, {"id": 2, "text": "a dog"}]}'),
        ("a.jsonl", b'{"id": 1, "text": "a cat", "label": "cat"}\n\n{"id": 2, "text": "a dog"}\n'),
    ],
)
def test_text_formats_give_the_same_rows_plain_or_packed(name: str, content: bytes, packed: bool) -> None:
    if packed:
        name, content = f"{name}.gz", gzip.compress(content)

    rows = rows_of(read(content, name))

    assert [(row.number, row.key, row.text, row.label) for row in rows] == [
        (1, "1", "a cat", "cat"),
        (2, "2", "a dog", None),
    ]


def test_parquet_keeps_types_and_skips_whole_row_groups(tmp_path: Path) -> None:
    table = pa.table({"text": [f"text {i}" for i in range(100)], "label": [i % 3 for i in range(100)]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=10)
    dataset = open_dataset(FolderBundle(tmp_path), ImportOptions(), item_type=None, limits=LIMITS)

    assert dataset.options.format == "parquet"
    assert [row.number for row in dataset.reader.rows(skip=57) if isinstance(row, Row)] == list(
        range(58, 101)
    )
    assert rows_of(dataset)[4].label == "1"


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl"])
def test_skipping_goes_on_exactly_where_reading_stopped(name: str) -> None:
    objects = [{"id": i, "text": f"text number {i}"} for i in range(300)]
    content = {
        "a.csv": "id,text\n" + "".join(f'{row["id"]},"{row["text"]}"\n' for row in objects),
        "a.json": json.dumps(objects),
        "a.jsonl": "\n".join(map(json.dumps, objects)),
    }[name]
    dataset = read(content, name)

    assert list(dataset.reader.rows(skip=123)) == list(dataset.reader.rows())[123:]


class EndlessArray(io.RawIOBase):
    """A JSON array of so many bytes, made while it is read."""

    def __init__(self, n_bytes: int) -> None:
        self.parts = self._make(n_bytes)
        self.rest = b""

    def _make(self, n_bytes: int) -> Iterator[bytes]:
        yield b"["
        row = b'{"text": "' + b"the same words again " * 20 + b'", "label": "cat"}'
        for _ in range(n_bytes // len(row)):
            yield row + b", "
        yield row + b"]"

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self.rest) < len(buffer) and (part := next(self.parts, b"")):
            self.rest += part
        n = min(len(buffer), len(self.rest))
        buffer[:n] = self.rest[:n]
        self.rest = self.rest[n:]
        return n


def test_one_large_json_array_is_streamed_in_small_memory() -> None:
    n_bytes = 30 * 2**20

    def opener() -> BinaryIO:
        return io.BufferedReader(EndlessArray(n_bytes))

    dataset = open_dataset(
        FileBundle("large.json", opener, n_bytes), ImportOptions(), item_type="text", limits=LIMITS
    )
    tracemalloc.start()
    n_rows = sum(1 for _ in dataset.reader.rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert n_rows > 60_000
    assert peak < 2 * 2**20  # bytes; the file is 15 times as large


def test_a_table_beside_images_names_them(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "1.png").write_bytes(image_bytes(1))
    (tmp_path / "labels.csv").write_text("file,label\nimages/1.png,cat\n../out.png,cat\nimages/2.png,cat\n")

    dataset = open_dataset(FolderBundle(tmp_path), ImportOptions(), item_type=None, limits=LIMITS)
    rows = list(dataset.reader.rows())

    assert dataset.item_type == "image"
    assert isinstance(rows[0], Row)
    assert (rows[0].key, rows[0].label) == ("images/1.png", "cat")
    assert [row.row for row in rows[1:] if isinstance(row, Problem)] == [2, 3]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("3", 3), ("3.5", 3.5), ("-1e3", -1000.0), ("?", None), ("NA", None), (" ", None), ("nan", None),
     ("01234", "01234"), ("1_000", "1_000"), ("red", "red"), (7, 7), (float("nan"), None), (True, True)],
)  # fmt: skip
def test_a_feature_is_a_number_a_category_or_missing(cell: object, value: object) -> None:
    assert read_feature(cell, "a") == value
    assert type(read_feature(cell, "a")) is type(value)


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999", float("inf"), [1], {"a": 1}])
def test_a_feature_that_is_infinite_or_nested_is_refused(cell: object) -> None:
    with pytest.raises(BadCell):
        read_feature(cell, "a")


@pytest.mark.parametrize(
    ("cell", "label"), [(3, "3"), (3.0, "3"), (True, "true"), (" cat ", "cat"), ("", None), (None, None)]
)
def test_a_label_is_a_name_or_nothing(cell: object, label: str | None) -> None:
    assert read_label(cell, "label") == label


def test_a_series_is_a_list_of_numbers_or_of_channels() -> None:
    assert read_series("[1, 2.5, null]", "s") == [1, 2.5, None]
    assert read_series("1 2 3", "s") == [1, 2, 3]
    assert read_series([[1, 2], [3, 4]], "s") == [[1, 2], [3, 4]]
    for bad in ([], "word", [[1, 2], [3]], [1, "x"], 5):
        with pytest.raises(BadCell):
            read_series(bad, "s")
