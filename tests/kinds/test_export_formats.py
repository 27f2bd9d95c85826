"""An export format of another package: listed, offered, written, refused where it does not suit, taken home."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from labeling.exports.formats import export_formats
from labeling.exports.pipeline import export_run
from labeling.models import Export, ItemType
from tests.kinds.conftest import Installed
from tests.makers import make_items, make_project

ROOT = Path(__file__).resolve().parents[2]
SPEC = """
from labeling.exports.formats import ExportFormat

NAMES = ExportFormat(
    name="names",
    title="Names only",
    description="one key a line, classes first",
    suffix=".txt",
    media_type="text/plain",
    writer="assay_names:NamesWriter",
    item_types=("text",),
)
"""
WRITER = """
class NamesWriter:
    def __init__(self, file, schema, *, class_names):
        self.file = file
        file.write(f"{','.join(class_names)}\\n".encode())

    def write(self, table):
        for name in table.column("external_id").to_pylist():
            self.file.write(f"{name}\\n".encode())

    def close(self):
        self.file.write(b"end\\n")
"""


@pytest.fixture
def names(installed: Installed) -> None:
    installed(
        {"assay_names_spec": SPEC, "assay_names": WRITER},
        {"assay.export_formats": {"names": "assay_names_spec:NAMES", "csv": "assay_names_spec:NAMES"}},
    )


@pytest.mark.django_db
def test_it_is_offered_by_the_api_and_in_its_schema(names: None, ada_client: APIClient) -> None:
    listed = {one["name"]: one for one in ada_client.get("/api/export-formats").data}
    schema = SchemaGenerator().get_schema(request=None, public=True)

    assert listed["names"] == {
        "name": "names",
        "title": "Names only",
        "description": "one key a line, classes first",
        "suffix": ".txt",
        "media_type": "text/plain",
        "item_types": ["text"],
    }
    assert listed["csv"]["title"] == "CSV", "a name that is taken stays with whom it is"
    enums = [one.get("enum", []) for one in schema["components"]["schemas"].values()]
    assert ["csv", "jsonl", "parquet", "images", "names"] in enums


@pytest.mark.django_db(transaction=True)
def test_a_file_in_it_is_written_and_taken_home(names: None, ada: User, ada_client: APIClient) -> None:
    project = make_project(owner=ada)
    keys = [item.key for item in make_items(project, 3)]

    asked = ada_client.post(f"/api/projects/{project.pk}/exports", {"format": "names"}, format="json")
    assert asked.status_code == 202, asked.data
    export_run(asked.data["id"], worker="test")

    file = ada_client.get(f"/api/exports/{asked.data['id']}/file")
    assert file["Content-Type"] == "text/plain"
    assert file["Content-Disposition"].endswith('.txt"')
    lines = file.getvalue().decode().splitlines()
    assert lines[0] == ",".join(project.classes.order_by("pk").values_list("name", flat=True))
    assert sorted(lines[1:-1]) == sorted(keys)
    assert lines[-1] == "end"
    assert Export.objects.get().stored_name.endswith(".txt")


@pytest.mark.django_db
def test_a_refusal_names_the_formats_that_suit(names: None, ada: User, ada_client: APIClient) -> None:
    tables = make_project(owner=ada, item_type=ItemType.TABLE)
    texts = make_project(owner=ada)

    of_table = ada_client.post(f"/api/projects/{tables.pk}/exports", {"format": "names"}, format="json")
    of_text = ada_client.post(f"/api/projects/{texts.pk}/exports", {"format": "images"}, format="json")

    assert of_table.status_code == of_text.status_code == 400
    assert of_table.data["fields"] == {"format": ["Use csv, jsonl or parquet."]}
    assert of_text.data["fields"] == {"format": ["Use csv, jsonl, parquet or names."]}


@pytest.mark.django_db
def test_a_file_whose_package_is_gone_is_refused_in_a_sentence(ada: User, ada_client: APIClient) -> None:
    project = make_project(owner=ada)
    export = Export.objects.create(project=project, format="names", as_of=timezone.now(), stored_name="x")

    answer = ada_client.get(f"/api/exports/{export.pk}/file")

    assert answer.status_code == 409
    assert "The format names is no longer installed on this server." in answer.data["message"]


def test_the_command_line_offers_it(names: None) -> None:
    code = "from deploy.cli import main; main(['export', '--help'])"

    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[csv|jsonl|parquet|images|names]" in found.stdout
    assert "names: Names only." in " ".join(found.stdout.split())


def test_the_page_of_the_docs_lists_ours() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", (ROOT / "docs/export.md").read_text(), flags=re.MULTILINE)

    told = {name: description for name, description in rows if name in export_formats()}

    assert told == {one.name: one.description for one in export_formats().values()}
