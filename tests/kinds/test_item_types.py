"""An item type of another package: made, imported, learned, exported and inspected as its description says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.contrib.auth.models import User
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from deploy.cli import main
from labeling.exports.pipeline import export_run
from labeling.item_types import BUILT_IN, item_types
from labeling.jobs.work import WorkState
from labeling.models import Item, ItemType, Project
from tests.kinds.conftest import Installed
from tests.training.conftest import child_database  # noqa: F401  a fixture
from tests.training.makers import WORDS, make_run
from training.inspections.services import inspection_request
from training.runs.services import run_inline

ROOT = Path(__file__).resolve().parents[2]
SPEC = """
from dataclasses import replace

from labeling.item_types import TEXT

HEADLINE = replace(
    TEXT,
    name="headline",
    title="Headline",
    exported=("headline", "upper(item.text)"),
    packed="assay_headlines:payload",
    inspector="naive_bayes",
)
"""
PACKING = """
from training.data.payloads import TextPayload


def payload(project, *, image_size):
    return TextPayload()
"""


@pytest.fixture
def headlines(installed: Installed) -> None:
    installed(
        {"assay_headlines_spec": SPEC, "assay_headlines": PACKING},
        {"assay.item_types": {"headline": "assay_headlines_spec:HEADLINE"}},
    )


@pytest.fixture
def project(headlines: None, ada: User, ada_client: APIClient, tmp_path: Path) -> Project:
    """60 headlines, imported by the command line; half of them labeled."""
    made = ada_client.post("/api/projects", {"name": "News", "item_type": "headline"}, format="json")
    assert made.status_code == 201, made.data
    names = list(WORDS)
    lines = ["id,text,label"]
    for i in range(60):
        words = WORDS[names[i % 3]]
        lines.append(
            f"{i},{' '.join(words[j % 5] for j in (i, i + 1, i + 2))} {i},{names[i % 3] if i < 30 else ''}"
        )
    path = tmp_path / "news.csv"
    path.write_text("\n".join(lines) + "\n")
    done = CliRunner().invoke(main, ["import", "News", str(path), "--user", "ada"])
    assert done.exit_code == 0, done.output
    return Project.objects.get(name="News")


@pytest.mark.usefixtures("child_database")
def test_a_run_learns_it_with_the_learners_of_its_form(project: Project, ada_client: APIClient) -> None:
    assert Item.objects.filter(project=project).count() == 60
    offered = [one["name"] for one in ada_client.get("/api/learners?item_type=headline").data]
    assert offered == [one["name"] for one in ada_client.get("/api/learners?item_type=text").data]

    run = run_inline(make_run(project, n_rounds=1))

    assert run.state == WorkState.DONE, run.error_message
    assert run.rounds.get().metrics["n_pool"] == 30


@pytest.mark.django_db(transaction=True)
def test_it_is_exported_and_inspected_as_it_says(project: Project, ada: User, ada_client: APIClient) -> None:
    asked = ada_client.post(f"/api/projects/{project.pk}/exports", {"format": "csv"}, format="json")
    export_run(asked.data["id"], worker="test")
    file = ada_client.get(f"/api/exports/{asked.data['id']}/file")
    lines = file.getvalue().decode().splitlines()

    assert '"headline"' in lines[0]
    assert "PURR" in lines[1]
    assert inspection_request(project=project, user=ada).learner == "naive_bayes"
    refused = ada_client.post(f"/api/projects/{project.pk}/exports", {"format": "images"}, format="json")
    assert "which has headline items" in refused.data["message"]


@pytest.mark.django_db
def test_it_takes_rows_and_is_in_the_schema(headlines: None, ada_client: APIClient) -> None:
    made = ada_client.post("/api/projects", {"name": "Rows", "item_type": "headline"}, format="json")
    added = ada_client.post(
        f"/api/projects/{made.data['id']}/items", [{"text": "Owl sees all"}], format="json"
    )
    unknown = ada_client.post("/api/projects", {"name": "Sounds", "item_type": "sound"}, format="json")
    schema = SchemaGenerator().get_schema(request=None, public=True)

    assert added.data["n_added"] == 1, added.data
    assert unknown.status_code == 400
    enums = [one.get("enum", []) for one in schema["components"]["schemas"].values()]
    assert ["image", "text", "table", "series", "headline"] in enums


def test_the_command_line_offers_it(headlines: None) -> None:
    code = "from deploy.cli import main; main(['import', '--help'])"

    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[image|text|table|series|headline]" in found.stdout


def test_ours_are_a_form_each() -> None:
    assert [one.name for one in BUILT_IN] == [one.form for one in BUILT_IN]
    assert set(item_types()) == set(ItemType)
