# ruff: noqa: RUF001 - letters of many languages
"""Whatever Python's writers of tables write comes back the same, row for row, or is refused with a reason."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from labeling.errors import InvalidInput
from labeling.formats.rows import Problem, Row
from tests.labeling.test_reader_tables import read

# Told from the bytes, whatever stands in them.
DETECTED = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
# Random letters of a code page are of no language, so there is nothing to tell it by: it is set.
SET = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "iso8859-15", "mac-roman", "cp850", "cp932", "euc-jp",
       "gb18030", "big5", "cp949", "utf-16-le", "koi8-r")  # fmt: skip
LABELS = ("cat", "dog", "")


@dataclass(frozen=True)
class Rows:
    encoding: str
    texts: list[str]
    labels: list[str]

    @property
    def options(self) -> dict[str, Any]:
        return {"encoding": self.encoding} if self.encoding in SET else {}


POOL = [
    *map(chr, range(32, 127)),
    *map(chr, range(0xA0, 0x180)),
    *"αβγδεάήώΩЖабвгдеёыяїєあいうアイウ漢字日本你好這個产品가나다한글😀👍“”‘’–—…€„‚†‰™\u200b\u2028\ufeff\u0301",
    *",;|\t\"'\\\n",
]


@cache
def letters_of(encoding: str) -> list[str]:
    """The letters of the pool that this page has."""
    return [
        letter for letter in POOL if letter.encode(encoding, "ignore").decode(encoding, "ignore") == letter
    ]


def texts_in(encoding: str) -> st.SearchStrategy[str]:
    marks = st.sampled_from(",;|\t\"'\\ \n.0")
    letters = st.sampled_from(letters_of(encoding))
    return st.text(st.one_of(letters, letters, marks), min_size=1, max_size=20)


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    encoding = draw(st.sampled_from(DETECTED + SET))
    texts = draw(st.lists(texts_in(encoding), min_size=1, max_size=8))
    return Rows(encoding, texts, [draw(st.sampled_from(LABELS)) for _ in texts])


def by_csv(delimiter: str, quoting: Literal[0, 1, 2, 3], ending: str) -> Callable[[Rows], bytes]:
    def write(rows: Rows) -> bytes:
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=ending)
        writer.writerows([("text", "label"), *zip(rows.texts, rows.labels, strict=True)])
        return stream.getvalue().encode(rows.encoding)

    return write


def frame(rows: Rows) -> pd.DataFrame:
    return pd.DataFrame({"text": rows.texts, "label": rows.labels})


def by_pandas(rows: Rows) -> bytes:
    return frame(rows).to_csv(index=False).encode(rows.encoding)


def by_pandas_json(rows: Rows) -> bytes:
    return frame(rows).to_json(orient="records", force_ascii=False).encode(rows.encoding)


def by_pandas_lines(rows: Rows) -> bytes:
    return frame(rows).to_json(orient="records", lines=True, force_ascii=False).encode(rows.encoding)


def by_json(rows: Rows) -> bytes:
    objects = [{"text": text, "label": label} for text, label in zip(rows.texts, rows.labels, strict=True)]
    return json.dumps({"data": objects}, ensure_ascii=False, indent=1).encode(rows.encoding)


def by_pyarrow(rows: Rows) -> bytes:
    stream = io.BytesIO()
    pyarrow.csv.write_csv(pa.Table.from_pandas(frame(rows)), stream)
    return stream.getvalue().decode().encode(rows.encoding)


def by_parquet(rows: Rows) -> bytes:
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pandas(frame(rows)), stream)
    return stream.getvalue()


WRITERS: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "csv, commas": ("a.csv", by_csv(",", csv.QUOTE_MINIMAL, "\r\n")),
    "csv, semicolons": ("a.csv", by_csv(";", csv.QUOTE_ALL, "\n")),
    "csv, tabs": ("a.tsv", by_csv("\t", csv.QUOTE_NONNUMERIC, "\n")),
    "pandas, csv": ("a.csv", by_pandas),
    "pandas, json": ("a.json", by_pandas_json),
    "pandas, lines": ("a.jsonl", by_pandas_lines),
    "json": ("a.json", by_json),
    "pyarrow, csv": ("a.csv", by_pyarrow),
    "pyarrow, parquet": ("a.parquet", by_parquet),
}


@pytest.mark.parametrize("writer", WRITERS)
@given(rows=tables())
@example(rows=Rows("utf-8", ['\\"'], ["cat"]))
@example(rows=Rows("utf-8", ["\t\n0"], ["cat"]))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_table_comes_back_the_same_or_is_refused_with_a_reason(writer: str, rows: Rows) -> None:
    name, write = WRITERS[writer]
    options = {} if name.endswith(".parquet") else rows.options
    try:
        dataset = read(write(rows), name, item_type="text", **options)
        found = list(dataset.reader.rows())
    except InvalidInput:  # it has a sentence: tests of refusals read them
        return
    assert [row.number if isinstance(row, Row) else row.row for row in found] == list(
        range(1, len(rows.texts) + 1)
    )
    for row, text, label in zip(found, rows.texts, rows.labels, strict=True):
        if isinstance(row, Problem):
            assert row.message
            assert not text.strip() or "\n" in text or "\r" in text or '"' in text
        else:
            assert (row.text, row.label) == (text, label or None)
