"""`assay import` says in JSON what it understood, and a dry run leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User

from deploy.cli import main
from labeling.models import Import, Project
from tests.labeling.import_files import write_images
from tests.running import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = {
    "file", "format", "encoding", "delimiter", "layout", "item_type", "n_rows", "n_items", "n_repeats", "n_dropped",
    "columns", "classes", "labels", "dropped", "problems", "notes", "warnings", "questions",
}  # fmt: skip


def assay(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def rows_and_files() -> tuple[dict[str, int], list[str]]:
    """How many rows each table has; the files of the storage and the folder for a while."""
    tables = {
        model._meta.db_table: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.managed
    }
    folders = [str(settings.MEDIA_ROOT), tempfile.gettempdir()]
    return tables, sorted(
        str(path) for folder in folders for path in Path(folder).rglob("*") if path.is_file()
    )


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Other tests' and programs' files are none of these tests."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    folder = tmp_path / "for-a-while"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("SQLITE_TMPDIR", str(folder))


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", password="boss-works-here")


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_text(
        "id,text,label\n1,works well,good\n2,fell apart,bad\n3,,bad\n3,no opinion yet,\n1,works well,\n"
    )
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return write_images(tmp_path / "pets", ["cat/1.png", "dog/2.png", "3.png"])


@pytest.mark.parametrize("more", [[], ["--create"], ["--create", "--item-type", "text"]])
def test_a_dry_run_leaves_no_row_and_no_file(more: list[str], reviews: Path, boss: User) -> None:
    before = rows_and_files()

    result = assay("import", "Reviews", reviews, "--dry-run", "--json", *more)

    assert result.exit_code == 0, result.output
    assert rows_and_files() == before
    report = json.loads(result.stdout)
    assert report.keys() >= FIELDS
    assert (report["n_rows"], report["n_items"], report["n_repeats"], report["n_dropped"]) == (5, 3, 1, 1)
    assert report["labels"] == {"person": 2, "machine": 0, "none": 1}
    assert report["dropped"] == [{"what": "rows", "n": 1, "why": "The text is empty."}]
    assert {"row": 3, "file": "reviews.csv", "message": "The text is empty."}.items() <= report["problems"][
        0
    ].items()


def test_a_dry_run_into_a_project_knows_its_items_and_leaves_it_as_it_is(
    reviews: Path, pictures: Path, boss: User
) -> None:
    assert assay("import", "Reviews", reviews, "--create").exit_code == 0
    assert assay("import", "Pets", pictures, "--create").exit_code == 0
    (pictures / "cat" / "4.png").write_bytes((pictures / "3.png").read_bytes())
    before = rows_and_files()

    known = json.loads(assay("import", "Reviews", reviews, "--dry-run", "--json").stdout)
    grown = json.loads(assay("import", "Pets", pictures, "--dry-run", "--json").stdout)

    assert rows_and_files() == before
    assert (known["n_items"], known["n_repeats"], known["n_known"]) == (0, 4, 4)
    assert (grown["n_items"], grown["n_known"]) == (1, 3)


def test_nobody_needs_to_be_there_for_a_dry_run(reviews: Path) -> None:
    assert not User.objects.exists()

    assert assay("import", "Reviews", reviews, "--dry-run").exit_code == 0


def test_without_a_database_a_dry_run_makes_none(reviews: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "ASSAY_DATA_DIR": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "deploy.settings",
    }
    environment.pop("DATABASE_URL", None)
    words = [
        "-c",
        "from deploy.cli import main; main()",
        "import",
        "Reviews",
        str(reviews),
        "--dry-run",
        "--json",
    ]

    done = subprocess.run(
        [sys.executable, *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_items"] == 3
    assert not (tmp_path / "data" / "postgres").exists()
    assert not (tmp_path / "data" / "storage").exists()


@pytest.mark.parametrize(
    ("name", "content", "more", "code"),
    [
        ("a.csv", "", [], "empty_file"),
        ("a.csv", "id,text\n1,a cat sleeps\n", ["--column", "id"], "invalid_input"),
        ("a.csv", "id,text\n1,a cat sleeps\n", ["--column", "nowhere=label"], "bad_columns"),
        ("a.csv", "id,text\n1,a cat sleeps\n", ["--sealed"], "bad_options"),
        ("a.json", "[" * 1_000, [], None),
    ],
)
def test_what_is_refused_is_one_object_with_code_sentence_and_fields(
    name: str, content: str, more: list[str], code: str | None, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)

    result = assay("import", "Any", tmp_path / name, "--dry-run", "--json", *more)

    assert result.exit_code == 1
    said: dict[str, Any] = json.loads(result.stdout)
    assert set(said) == {"code", "message", "fields"}
    assert code is None or said["code"] == code


def test_no_labels_are_a_warning_and_no_rows_a_failure(tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("id,text\n1,a cat sleeps here\n2,a dog barks there\n")
    (tmp_path / "blank.csv").write_text("id,text,label\n1,,cat\n2,,dog\n")

    bare = assay("import", "Any", tmp_path / "bare.csv", "--dry-run")
    blank = assay("import", "Any", tmp_path / "blank.csv", "--dry-run", "--item-type", "text")

    assert (bare.exit_code, blank.exit_code) == (0, 1)
    assert "warning: 0 labels found" in bare.stderr
    assert "warning: 0 rows were taken" in blank.stderr


def test_an_import_tells_in_json_what_the_dry_run_told(reviews: Path, boss: User) -> None:
    dry = json.loads(assay("import", "Reviews", reviews, "--dry-run", "--json").stdout)

    done = assay("import", "Reviews", reviews, "--create", "--json")

    report = json.loads(done.stdout)
    assert {name: report[name] for name in FIELDS} == {name: dry[name] for name in FIELDS}
    assert "Made project" in done.stderr
    assert (Project.objects.count(), Import.objects.count()) == (1, 1)


def test_class_names_are_joined_and_one_column_is_named_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,text,mood,label\n1,a cat sleeps here,calm,Cat\n2,a dog barks there,loud,cat\n3,an owl sits there,calm,owl\n"
    )

    joined = json.loads(assay("import", "Any", path, "--dry-run", "--json", "--join", "cat=Cat").stdout)
    named = json.loads(assay("import", "Any", path, "--dry-run", "--json", "--column", "mood=label").stdout)

    assert joined["classes"] == [{"name": "Cat", "n": 2}, {"name": "owl", "n": 1}]
    assert {one["name"]: one["role"] for one in named["columns"]} == {
        "id": "id", "text": "text", "mood": "label", "label": "ignore",
    }  # fmt: skip
