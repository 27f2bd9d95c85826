"""The layout of another package's tool: recognised before ours, named in the report, read with who said what."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.contrib.auth.models import User

from deploy.cli import main
from labeling.formats.layouts.tools import import_layouts
from labeling.models import Label
from tests.kinds.conftest import Installed
from tests.makers import make_project

ROOT = Path(__file__).resolve().parents[2]
SPEC = """
from labeling.formats.layouts.tools import ImportLayout

STAMPS = ImportLayout("stamps", "Stamps", "one verdict a line", ("assay_stamps:recognise",))
"""
READER = """
from labeling.formats.layouts.layout import Layout
from labeling.formats.rows import ColumnRole


def recognise(sample):
    if not sample.has("thing", "stamp"):
        return None
    layout = Layout("stamps", labels_from="person")
    layout.claim("thing", ColumnRole.TEXT, "what Stamps stamps")
    layout.claim("stamp", ColumnRole.LABEL, "what Stamps says")
    return layout
"""


@pytest.mark.django_db(transaction=True)
def test_its_file_is_read_as_it_says(installed: Installed, ada: User, tmp_path: Path) -> None:
    installed(
        {"assay_stamps_spec": SPEC, "assay_stamps": READER},
        {"assay.import_layouts": {"stamps": "assay_stamps_spec:STAMPS"}},
    )
    project = make_project(owner=ada)
    rows = [
        {"id": i, "note": f"seen {i}", "thing": f"thing number {i}", "stamp": "cat dog"[i % 2 * 4 :][:3]}
        for i in range(8)
    ]
    path = tmp_path / "stamps.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    done = CliRunner().invoke(main, ["import", project.name, str(path), "--user", "ada"])

    assert done.exit_code == 0, done.output
    assert "as stamps writes it" in done.output
    labels = Label.objects.filter(item__project=project, retired_at=None).order_by("item__text")
    assert [label.label_class.name for label in labels] == ["cat", "dog"] * 4
    assert labels[0].item.text == "thing number 0"


def test_the_docs_list_ours() -> None:
    page = (ROOT / "docs/importing.md").read_text()
    table = page[page.index("| tool | what is read |") :].split("\n\n")[0]

    told = dict(re.findall(r"^\| (.+?) \| (.+) \|$", table, flags=re.MULTILINE))

    assert {one.title: one.holds for one in import_layouts().values()}.items() <= told.items()
    assert len(told) == len(import_layouts()) + 1  # and the head of the table
