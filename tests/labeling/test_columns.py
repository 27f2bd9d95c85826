"""The columns of table rows: their order, and what is usual in each."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.exports.rows import ExportRows
from labeling.items.selectors import ItemFilters
from labeling.jobs.work import WorkState
from labeling.models import ItemType, Project, TableColumns
from labeling.projects.columns import columns_measure, in_order, usual_values
from tests.labeling.import_files import run_import, write_csv
from tests.makers import make_project


@pytest.fixture
def table(ada: User) -> Project:
    return make_project(owner=ada, item_type=ItemType.TABLE)


def shown(client: APIClient, project: Project) -> dict[str, dict[str, Any]]:
    reply = client.get(f"/api/projects/{project.pk}/columns")
    assert reply.status_code == 200
    return {column.pop("name"): column for column in reply.json()["columns"]}


def send(client: APIClient, project: Project, rows: list[dict[str, Any]]) -> None:
    body = [{"key": f"{len(rows)}-{i}", "features": row} for i, row in enumerate(rows)]
    reply = client.post(f"/api/projects/{project.pk}/items", body, format="json")
    assert reply.status_code in (200, 201), reply.json()


def test_columns_are_in_the_order_in_which_they_came_and_new_ones_come_last(
    table: Project, ada_client: APIClient
) -> None:
    send(ada_client, table, [{"zone": 1, "b": 2, "longer": 3}])
    send(ada_client, table, [{"b": 2, "added": 4, "zone": 1}, {"a": 5}])

    assert list(shown(ada_client, table)) == ["zone", "b", "longer", "added", "a"]


def test_an_export_has_the_columns_in_that_order(table: Project, ada_client: APIClient) -> None:
    send(ada_client, table, [{"zone": 1, "b": 2, "a": 3}])
    at = table.items.get().created_at

    assert ExportRows(table, ItemFilters(), at).feature_names() == ["zone", "b", "a"]
    assert in_order({"new", "b", "also", "zone"}, ["zone", "b"]) == ["zone", "b", "also", "new"]


def test_what_is_usual_is_known_after_rows_came_and_again_when_they_have_grown(
    table: Project, ada_client: APIClient
) -> None:
    send(ada_client, table, [{"n": i, "kind": "a" if i % 2 else "b", "name": f"row {i}"} for i in range(201)])
    before = shown(ada_client, table)
    assert before["n"] == {"low": 2, "high": 198, "common": None}
    assert before["kind"] == {"low": None, "high": None, "common": ["b", "a"]}
    assert before["name"] == {"low": None, "high": None, "common": None}

    send(ada_client, table, [{"n": -1} for _ in range(20)][:1])
    assert shown(ada_client, table) == before
    send(ada_client, table, [{"n": 10_000 + i} for i in range(202)])
    assert shown(ada_client, table)["n"]["high"] > 10_000


def test_a_sample_of_many_rows_tells_the_percentiles_within_a_fraction_of_a_percent(
    table: Project, monkeypatch: pytest.MonkeyPatch, ada_client: APIClient
) -> None:
    monkeypatch.setattr("labeling.projects.columns.SAMPLE_ROWS", 500)
    send(ada_client, table, [{"n": i} for i in range(4_000)])

    columns_measure(table)

    known = TableColumns.objects.get(project=table)
    assert 350 < known.n_sampled < 650
    assert 0 < known.usual["n"]["low"] < 4_000 * 0.03
    assert 4_000 * 0.97 < known.usual["n"]["high"] < 4_000


def test_columns_of_numbers_of_categories_and_of_all_sorts_are_told_apart() -> None:
    draw = random.Random(0)
    rare = ["red"] * 600 + ["blue"] * 395 + ["violet"] * 5
    assert usual_values(draw.sample(rare, 1000)) == {"common": ["red", "blue"]}
    assert usual_values([True] * 500 + [False] * 500) == {"common": ["false", "true"]}
    assert usual_values([0] * 995 + [1] * 5) == {"low": 0, "high": 0}
    assert usual_values([f"name {i}" for i in range(1000)]) is None
    assert usual_values(list(range(99))) is None
    assert usual_values([None, ""] * 500) is None
    assert usual_values([1.5] * 950 + ["unknown"] * 50) == {"low": 1.5, "high": 1.5}


def test_an_import_keeps_the_order_of_its_file(
    table: Project, ada: User, ada_client: APIClient, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "rows.csv", "width,area,colour,label", *(f"{i},{i * 2},x,cat" for i in range(150))
    )

    work = run_import(table, path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert list(shown(ada_client, table)) == ["width", "area", "colour"]
    assert shown(ada_client, table)["area"] == {"low": 2, "high": 296, "common": None}
