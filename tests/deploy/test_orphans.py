"""Files that nothing names are found, and nothing else is touched."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django.fixtures import Settings

from deploy.backups.orphans import missing, orphans, orphans_remove, storage_files
from deploy.cli import main
from labeling.exports.pipeline import export_run
from labeling.exports.services import export_request
from labeling.imports.services import upload_create
from labeling.items.selectors import ItemFilters
from labeling.models import Blob
from labeling.storing.leftovers import folder_files, leftovers_note, leftovers_remove
from tests.labeling.import_files import image_bytes, run_import
from tests.makers import make_project
from training.models import Round, Run

pytestmark = pytest.mark.django_db
NOW = dt.timedelta()
FOLDERS = ("blobs", "thumbnails", "uploads", "exports", "artifacts")


@pytest.fixture
def owned(ada: User, settings: Settings, tmp_path: Path) -> list[str]:
    """A storage in which every kind of file has its owner."""
    backend = "django.core.files.storage.FileSystemStorage"
    options = {"location": str(tmp_path / "storage")}
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": options}}
    project = make_project(owner=ada, classes=(), item_type="image", holdout_share=0.0)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(image_bytes((1, 2, 3), size=(400, 300)))
    run_import(project, tmp_path / "images", user=ada)
    upload_create(owner=ada, file=SimpleUploadedFile("a.csv", b"text\nx\n"))
    export_run(export_request(project=project, by=ada, format="csv", filters=ItemFilters()).pk, worker="w")
    run = Run.objects.create(project=project, number=1, learner="knn", state="done")
    a_round = Round.objects.create(run=run, number=1)
    a_round.artifact = f"artifacts/project-{project.pk}/round-{a_round.pk}"
    a_round.save()
    default_storage.save(f"{a_round.artifact}/assay.json", ContentFile(b"{}"))
    names = [name for folder in FOLDERS for name in folder_files(folder)]
    assert {name.split("/")[0] for name in names} == set(FOLDERS)
    return names


def test_a_storage_that_stumbles_is_asked_again(owned: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real, refusals = default_storage.listdir, [ConnectionResetError(), TimeoutError()]

    def stumbling(path: str) -> Any:
        if refusals:
            raise refusals.pop()
        return real(path)

    monkeypatch.setattr("deploy.backups.orphans.PAUSES", (0, 0))
    monkeypatch.setattr(default_storage, "listdir", stumbling)
    assert sorted(name for some in storage_files("blobs") for name in some) == sorted(folder_files("blobs"))
    refusals[:] = [PermissionError()]
    with pytest.raises(PermissionError):
        list(storage_files("blobs"))


def test_nothing_that_has_an_owner_is_an_orphan(owned: list[str]) -> None:
    assert list(orphans(older_than=NOW)) == []
    assert list(missing()) == []


@pytest.mark.parametrize(
    "name",
    [
        f"blobs/ab/{'c' * 62}-0123456789ab", f"thumbnails/ab/{'c' * 62}.jpg", "uploads/x/a.csv",
        "exports/77/1-1.csv", "artifacts/project-1/round-123456/assay.json",
    ],
)  # fmt: skip
def test_a_file_that_nothing_names_is_found_and_removed(owned: list[str], name: str) -> None:
    default_storage.save(name, ContentFile(b"x"))

    assert list(orphans(older_than=NOW)) == [name]
    assert list(orphans(older_than=dt.timedelta(hours=1))) == []

    orphans_remove([name])

    leftovers_remove()
    assert [name for folder in FOLDERS for name in folder_files(folder)] == owned


def test_a_file_of_the_same_image_under_another_name_is_an_orphan(owned: list[str]) -> None:
    second = Blob.objects.get().name.rsplit("-", 1)[0] + "-ffffffffffff"
    default_storage.save(second, ContentFile(b"x"))

    assert list(orphans(older_than=NOW)) == [second]


def test_a_file_on_its_way_in_is_no_orphan(owned: list[str]) -> None:
    leftovers_note(["uploads/x/a.csv"], due_at=timezone.now() + dt.timedelta(hours=1))
    default_storage.save("uploads/x/a.csv", ContentFile(b"x"))

    assert list(orphans(older_than=NOW)) == []


def test_a_file_that_is_missing_is_named(owned: list[str]) -> None:
    gone = [name for name in owned if not name.startswith("uploads")]
    for name in gone:
        default_storage.delete(name)

    result = CliRunner().invoke(main, ["orphans", "--missing"])

    assert result.exit_code == 1
    assert f"{len(gone)} files are missing." in result.output
    assert all(name in result.output for name in gone)
