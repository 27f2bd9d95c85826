"""Values come out of the database as they went into COPY, and out of JSONL as they were."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pytest
from django.db import connection

from labeling.database.copying import copy_rows
from labeling.exports.formats.tables import JsonlWriter

NASTY = [
    "plain",
    "",
    "\\N",
    "\\.",
    "a\n\\.\nb",
    "tab\there",
    "line\nfeed",
    "return\rhere\r\n",
    "back\\slash\\n",
    'quo"te',
    "\x01\x1f\x7f",
    "ü 😀 \u2028",
    None,
]


@pytest.mark.django_db
def test_copy_keeps_every_text_and_tells_none_from_the_empty_text() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE kept (n int, word text, share float8, is_so bool, at timestamptz)"
        )
        try:
            shares = [None, 0.1, 1e-300, *[i / 7 for i in range(len(NASTY) - 3)]]
            truths = [None, *[i % 2 == 0 for i in range(len(NASTY) - 1)]]
            copy_rows(
                "kept",
                {
                    "n": list(range(len(NASTY))),
                    "word": NASTY,
                    "share": shares,
                    "is_so": truths,
                    "at": "2026-01-02T03:04:05.678901+00:00",
                },
            )
            cursor.execute(
                "SELECT word, share, is_so, to_char(at AT TIME ZONE 'UTC', 'SS.US') FROM kept ORDER BY n"
            )
            assert cursor.fetchall() == [
                (word, share, is_so, "05.678901")
                for word, share, is_so in zip(NASTY, shares, truths, strict=True)
            ]
        finally:
            cursor.execute("DROP TABLE kept")


def test_jsonl_holds_what_the_table_held() -> None:
    n = len(NASTY)
    table = pa.table(
        {
            "word": pa.array(NASTY, pa.string()),
            "n": pa.array([None, -1, 2**62, *range(n - 3)], pa.int64()),
            "share": pa.array([None, 1e-300, -0.5, *[i / 7 for i in range(n - 3)]], pa.float64()),
            "is_so": pa.array([None, *[i % 2 == 0 for i in range(n - 1)]], pa.bool_()),
            "features": ['{"a":[1,"ü"]}'] * n,
        }
    )
    # Several chunks, as pages of an export come.
    table = pa.concat_tables([table.slice(0, 5), table.slice(5)])
    file = io.BytesIO()
    JsonlWriter(file, table.schema, feature_names=None).write(table)
    lines = file.getvalue().decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == [
        {**row, "features": {"a": [1, "ü"]}} for row in table.to_pylist()
    ]
