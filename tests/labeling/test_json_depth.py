"""JSON is read to a depth of 100, whoever reads it: files, cells, requests, settings, documents, labeling functions."""

from __future__ import annotations

import gzip
import io
import json
import random
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework.test import APIClient

from deploy.commands import verify
from deploy.env import read_json as read_setting
from labeling.errors import InvalidInput
from labeling.formats.files.joined import bundle_of_files
from labeling.formats.options import ImportOptions
from labeling.formats.rows import Limits, Problem
from labeling.formats.sets.dataset import open_dataset
from labeling.web import json_reading
from labeling.web.json_reading import MAX_DEPTH, DepthGauge, TooDeep, check_depth, read_json
from tests.running import ROOT
from tests.test_outsiders import address_of, routes, rows  # noqa: F401  `rows` is a fixture
from training.learners.weak.functions import InvalidLabelingFunction, check_functions

BOMB = "[" * 15_000 + "]" * 15_000
LIMITS = Limits(text_chars=1_000_000, image_bytes=10**7, image_pixels=10**7)


def nested(depth: int) -> str:
    return "[" * depth + "1" + "]" * depth


def place_too_deep(text: bytes) -> int | None:
    """The plain way: byte by byte."""
    depth, in_string, place = 0, False, 0
    while place < len(text):
        mark = text[place : place + 1]
        if mark == b"\\":
            place += 2
            continue
        if mark == b'"':
            in_string = not in_string
        elif not in_string:
            depth += (mark in b"[{") - (mark in b"]}")
            if depth > MAX_DEPTH:
                return place + 1
        place += 1
    return None


def feed_all(gauge: DepthGauge, text: bytes) -> None:
    for start in range(0, len(text), 13):
        gauge.feed(text[start : start + 13])


@pytest.mark.parametrize("seed", range(300))
def test_the_gauge_finds_the_same_byte_as_the_plain_way_however_the_text_is_cut(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(json_reading, "BLOCK_BYTES", chance.choice([1, 2, 3, 7, 1_000]))
    text = bytes(chance.choices(b'[[[[[[[[[{{]}"\\a', k=chance.choice([50, 400, 1_500])))
    gauge, expected = DepthGauge(), place_too_deep(text)

    if expected is None:
        feed_all(gauge, text)
    else:
        with pytest.raises(TooDeep, match=f"at byte {expected:,};"):
            feed_all(gauge, text)


def test_a_hundred_levels_are_read_and_one_more_is_not() -> None:
    assert json.dumps(read_json(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(TooDeep):
        read_json(nested(MAX_DEPTH + 1))
    assert read_json(json.dumps(BOMB)) == BOMB  # brackets in a text are letters
    assert read_json(json.dumps([[0]] * 1_000)) == [[0]] * 1_000  # and so are many beside one another


def test_a_bomb_of_30_megabytes_takes_no_memory() -> None:
    bomb = b"[" * 30_000_000
    tracemalloc.start()
    with pytest.raises(TooDeep, match="at byte 101;"):
        check_depth(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2**20


def zipped(name: str, text: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, text)
    return stream.getvalue()


def as_parquet(cell: str) -> bytes:
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"series": [cell, "[1, 2]"]}), stream)
    return stream.getvalue()


ROWS = '{"id": "a", "text": "a cat sleeps here"}'
FILES: dict[str, Callable[[], tuple[str, bytes]]] = {
    "json": lambda: ("a.json", BOMB.encode()),
    "json, one value": lambda: ("a.json", f'[{ROWS}, {{"id": {BOMB}}}]'.encode()),
    "json, objects": lambda: ("a.json", ('{"a":' * 15_000 + "1" + "}" * 15_000).encode()),
    "json, late": lambda: ("a.json", f'[{", ".join([ROWS] * 5_000)}, {{"id": {BOMB}}}]'.encode()),
    "json, packed": lambda: ("a.json.gz", gzip.compress(BOMB.encode())),
    "json, in a zip": lambda: ("a.zip", zipped("a.json", BOMB)),
    "json lines": lambda: ("a.jsonl", f'{ROWS}\n{{"id": {BOMB}}}\n'.encode()),
    "json lines, in a zip": lambda: ("a.zip", zipped("a.jsonl", f'{ROWS}\n{{"id": {BOMB}}}\n')),
    "cell of a csv file": lambda: ("a.csv", f'series\n"{BOMB}"\n"[1, 2]"\n'.encode()),
    "cell of a parquet file": lambda: ("a.parquet", as_parquet(BOMB)),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_reader_refuses_a_bomb_and_says_where(kind: str, tmp_path: Path) -> None:
    name, content = FILES[kind]()
    path = tmp_path / name
    path.write_bytes(content)
    item_type = "series" if kind.startswith("cell") else "text"
    tracemalloc.start()

    said = []
    try:
        with bundle_of_files([(path, name)]) as bundle:
            dataset = open_dataset(bundle, ImportOptions(), item_type=item_type, limits=LIMITS)
            said = [row.message for row in dataset.reader.rows() if isinstance(row, Problem)]
    except InvalidInput as error:
        said = [error.message]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert any("nested more than 100 levels deep at byte" in sentence for sentence in said), said
    assert peak < 40 * 2**20


def test_settings_documents_and_labeling_functions_refuse_a_bomb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_BOMB", BOMB)
    with pytest.raises(ImproperlyConfigured, match="ASSAY_BOMB must be a JSON object"):
        read_setting("ASSAY_BOMB")

    (tmp_path / "certificate.json").write_text(BOMB)
    with pytest.raises(InvalidInput, match="nested more than 100 levels deep"):
        verify._read_json(tmp_path / "certificate.json")

    with pytest.raises(InvalidLabelingFunction, match="nested more than 100 levels deep"):
        check_functions(BOMB)


WRITES = [(route, method) for route, method in routes() if method in ("post", "put", "patch")]
# They take no body, a file, or none of ours.
BODILESS = {"uploads"}


@pytest.mark.parametrize(("route", "method"), WRITES)
def test_every_operation_that_writes_refuses_a_bomb(
    route: str,
    method: str,
    rows: dict[str, Any],  # noqa: F811
    ada_client: APIClient,
) -> None:
    for body in (BOMB, "[" * 1_500, '{"options": ' + BOMB + "}"):
        address = address_of(route, rows)
        answer = getattr(ada_client, method)(address, body, content_type="application/json")

        assert answer.status_code < 500, answer.content
        if answer.status_code == 400:
            assert answer.json()["code"] == "too_deep" or "too deep" not in answer.json()["message"]


def test_a_bomb_is_refused_before_anybody_is_asked_who_they_are(db: None) -> None:
    for body in (BOMB, "[" * 1_500):
        answer = APIClient().post("/api/session", body, content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (400, "too_deep")
        assert "at byte 101" in answer.json()["message"]


def test_no_module_reads_json_from_outside_in_another_way() -> None:
    """Who calls json.loads reads what we wrote ourselves. A new one: use labeling.web.json_reading, or say why here."""
    ours = {
        "deploy/up.py": "its own state",
        "labeling/projects/columns.py": "features, checked when they came in",
        "labeling/imports/writing/dry.py": "its own temporary table",
        "labeling/imports/writing/store.py": "its own temporary table",
        "labeling/formats/layouts/extras.py": "what it has just written, of values that were read",
        "labeling/items/selectors.py": "features, checked when they came in",
        "labeling/web/json_reading.py": "the one place",
        "labeling/imports/preview/child.py": "the task that looking.py wrote",
        "labeling/imports/preview/looking.py": "the answer that look_child.py wrote",
        "labeling/exports/formats/tables.py": "features, checked when they came in",
        "review/queue/claims.py": "features, checked when they came in",
        "training/comparisons/rules/benchmark.py": "its own results",
        "training/comparisons/rules/child.py": "the task that runner.py wrote",
        "training/comparisons/rules/dataset.py": "its own manifest",
        "training/comparisons/rules/runner.py": "the answer that child.py wrote",
        "training/rounds/generated.py": "its own file",
        "training/learners/saving.py": "the description that we saved",
        "training/data/packed.py": "its own manifest",
        "training/reproduce.py": "its own results",
        "review/certificates/out_of_date.py": "the basis of a forecast, as a worker wrote it",
        "training/inspections/sight.py": "a map that a worker of ours packed",
    }
    found = subprocess.run(
        [sys.executable, "-c", _FIND_READERS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert set(found) - set(ours) == set()


_FIND_READERS = """
import ast
from pathlib import Path
for top in ("labeling", "training", "review", "deploy"):
    for path in Path(top).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in ("loads", "load", "JSONDecoder") \\
                    and isinstance(node.value, ast.Name) and node.value.id == "json":
                print(path)
"""
