"""A deleted project leaves nothing in the storage, and takes nothing of others along."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from labeling.exports.pipeline import export_run
from labeling.exports.services import export_request
from labeling.imports.services import import_create, import_run_inline, upload_create
from labeling.imports.writing import pipeline as import_pipeline
from labeling.items.selectors import ItemFilters
from labeling.jobs.work import WorkState
from labeling.models import Blob, Erasure, Export, Import, Item, Leftover, Project, Upload
from labeling.projects import deletion as project_pipeline
from labeling.projects.deletion import erasures_due, project_erase
from labeling.projects.services import project_delete
from labeling.storing import leftovers
from labeling.storing.leftovers import (
    folder_files,
    leftover_first_due,
    leftovers_note,
    leftovers_own,
    leftovers_remove,
)
from tests.labeling.failing_storage import FailingStorage
from tests.labeling.import_files import image_bytes, run_import, write_images, write_zip
from tests.makers import make_items, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """An empty storage of its own, which can refuse."""
    backend = "tests.labeling.failing_storage.FailingStorage"
    options = {"location": str(tmp_path / "storage")}
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": options}}
    yield tmp_path / "storage"
    FailingStorage.refuses = False


@pytest.fixture
def images(ada: User) -> Project:
    return make_project(owner=ada, classes=(), item_type="image", holdout_share=0.0)


def files(storage: Path) -> list[str]:
    return sorted(str(path.relative_to(storage)) for path in storage.rglob("*") if path.is_file())


def delete(project: Project) -> None:
    project_delete(project=project)
    project_erase(project.pk)


def write_large_images(folder: Path, n: int) -> Path:
    """Large enough to have thumbnails."""
    folder.mkdir()
    for i in range(n):
        (folder / f"{i}.png").write_bytes(image_bytes((i, 1, 2), size=(400, 300)))
    return folder


def test_images_thumbnails_exports_models_and_uploads_go(
    images: Project, ada: User, storage: Path, tmp_path: Path
) -> None:
    zipped = write_zip(tmp_path / "pets.zip", {"a.png": image_bytes(1), "b.png": image_bytes(2)})
    upload = upload_create(owner=ada, file=SimpleUploadedFile("pets.zip", zipped.read_bytes()))
    import_run_inline(import_create(project=images, uploads=[upload], options={}, user=ada).pk)
    run_import(images, write_large_images(tmp_path / "large", 3), user=ada)
    export = export_request(project=images, by=ada, format="images", filters=ItemFilters())
    export_run(export.pk, worker="w")
    default_storage.save(f"artifacts/project-{images.pk}/round-1/trunk/weights.bin", ContentFile(b"w"))
    tops = {name.split("/")[0] for name in files(storage)}
    assert tops == {"artifacts", "blobs", "exports", "thumbnails", "uploads"}
    assert not Leftover.objects.exists()

    delete(images)

    assert files(storage) == []
    assert not Project.objects.filter(pk=images.pk).exists()
    assert not Blob.objects.exists()
    assert not Upload.objects.exists()
    assert not Leftover.objects.exists()


def test_an_image_that_another_project_has_too_stays_until_that_one_goes(
    images: Project, ada: User, storage: Path, tmp_path: Path
) -> None:
    other = make_project(owner=ada, classes=(), item_type="image", holdout_share=0.0)
    run_import(images, write_images(tmp_path / "mine", ["a.png", "b.png"]), user=ada)
    run_import(other, write_images(tmp_path / "theirs", ["same.png"]), user=ada)
    assert Blob.objects.count() == 2

    delete(images)

    kept = Blob.objects.get()
    assert Item.objects.get().blob == kept
    assert files(storage) == [kept.name]
    delete(other)
    assert files(storage) == []
    assert not Blob.objects.exists()


def test_an_upload_that_an_open_import_elsewhere_waits_for_stays(
    images: Project, ada: User, tmp_path: Path
) -> None:
    other = make_project(owner=ada, classes=(), item_type="image", holdout_share=0.0)
    zipped = write_zip(tmp_path / "pets.zip", {"a.png": image_bytes(1)})
    upload = upload_create(owner=ada, file=SimpleUploadedFile("pets.zip", zipped.read_bytes()))
    import_run_inline(import_create(project=images, uploads=[upload], options={}, user=ada).pk)
    waiting = import_create(project=other, uploads=[upload], options={}, user=ada)

    delete(images)

    assert import_run_inline(waiting.pk).state == WorkState.DONE


def test_a_storage_that_refuses_is_waited_for_and_said(
    images: Project, ada: User, ada_client: APIClient, ben_client: APIClient, storage: Path, tmp_path: Path
) -> None:
    run_import(images, write_images(tmp_path / "mine", ["a.png", "b.png"]), user=ada)
    FailingStorage.refuses = True

    delete(images)

    [shown] = ada_client.get("/api/deletions").json()["results"]
    assert shown["id"] == images.pk
    assert shown["name"] == images.name
    assert (shown["n_items"], shown["n_items_left"], shown["n_files_left"]) == (2, 0, 2)
    assert "The storage is away." in shown["problem"]
    assert ben_client.get("/api/deletions").json()["results"] == []
    assert ada_client.get(f"/api/projects/{images.pk}").status_code == 404
    assert Erasure.objects.get().try_at is not None
    Erasure.objects.update(try_at=timezone.now() + dt.timedelta(minutes=1))
    assert erasures_due() == []
    Erasure.objects.update(try_at=timezone.now())
    assert erasures_due() == [images.pk]
    FailingStorage.refuses = False
    project_erase(images.pk)
    assert files(storage) == []
    assert ada_client.get("/api/deletions").json()["results"] == []
    assert not Leftover.objects.exists()


class Killed(BaseException):
    """The worker, at this very place."""


@pytest.mark.parametrize(
    "place",
    ["_note_files", "_erase_items", "_erase_files", "_erase_rest", "leftovers_remove", "files_delete"],
)
@pytest.mark.parametrize("is_before", [True, False])
def test_a_deletion_that_was_killed_anywhere_is_finished(
    images: Project, ada: User, storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    place: str, is_before: bool,
) -> None:  # fmt: skip
    run_import(images, write_images(tmp_path / "mine", [f"{i}.png" for i in range(7)]), user=ada)
    monkeypatch.setattr(project_pipeline, "ITEMS_OF_BATCH", 2)
    monkeypatch.setattr(leftovers, "FILES_AT_ONCE", 3)
    whole = getattr(project_pipeline, place)

    def killed(*args: Any, **kwargs: Any) -> None:
        if not is_before:
            whole(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(project_pipeline, place, killed)
        with pytest.raises(Killed):
            delete(images)

    project_erase(images.pk)

    assert files(storage) == []
    assert not Project.objects.filter(pk=images.pk).exists()
    assert not Leftover.objects.exists()


def test_work_of_the_project_is_stopped_before_anything_goes(images: Project, ada: User) -> None:
    works = [Import.objects.create(project=images, file_name=name, created_by=ada) for name in "abc"]
    now = timezone.now()
    mine = Import.objects.filter(pk=works[0].pk)
    mine.update(state="running", attempt=1, heartbeat_at=now)
    dead = Import.objects.filter(pk=works[1].pk)
    dead.update(state="running", attempt=1, heartbeat_at=now - dt.timedelta(hours=1))

    delete(images)

    assert mine.get().cancel_requested_at is not None
    assert dead.get().state == WorkState.CANCELLED
    assert Import.objects.get(pk=works[2].pk).state == WorkState.CANCELLED
    assert "being stopped" in Erasure.objects.get().problem
    mine.update(state="cancelled")
    project_erase(images.pk)
    assert not Project.objects.exists()


def test_predictions_go_in_pieces(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from training.models import Prediction, Round, Run

    monkeypatch.setattr(project_pipeline, "ROWS_OF_PIECE", 3)
    kept = make_project(owner=ada)
    gone = make_project(owner=ada)
    for project in (kept, gone):
        run = Run.objects.create(project=project, number=1, learner="knn", state="done")
        a_round = Round.objects.create(run=run, number=1)
        for item in make_items(project, 10):
            Prediction.objects.create(
                round=a_round, item=item, label_class=project.classes.all()[0], confidence=0.9,
                raw_confidence=0.9, margin=0.8, entropy=0.1, threshold=0.5, is_accepted=True,
            )  # fmt: skip

    delete(gone)

    assert Prediction.objects.count() == 10
    assert not Prediction.objects.exclude(round__run__project=kept).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["before it writes", "between its tries"])
def test_an_import_of_the_same_image_at_the_same_moment_keeps_it(
    ada: User, storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The other project's import has seen that images are there; then their last user goes, with them."""
    gone = make_project(owner=ada, classes=(), item_type="image", holdout_share=0.0)
    other = make_project(owner=ada, classes=(), item_type="image", holdout_share=0.0)
    run_import(gone, write_images(tmp_path / "mine", ["a.png", "b.png"]), user=ada)
    write, save = import_pipeline.ImportJob._write, import_pipeline.ImportJob._save_blobs
    was_deleted: list[Any] = []

    def delete_it() -> None:
        if not was_deleted:
            was_deleted.append(True)
            thread = threading.Thread(target=_in_thread, args=(delete, gone))
            thread.start()
            thread.join()

    def deleted_first(job: Any, *args: Any) -> None:
        delete_it()
        write(job, *args)

    def deleted_after(job: Any, *args: Any) -> Any:
        rows = save(job, *args)
        delete_it()
        return rows

    if moment == "before it writes":
        monkeypatch.setattr(import_pipeline.ImportJob, "_write", deleted_first)
    else:
        monkeypatch.setattr(import_pipeline.ImportJob, "_save_blobs", deleted_after)
    work = run_import(other, write_images(tmp_path / "theirs", ["x.png", "y.png", "z.png"]), user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert work.n_items_added == 3
    for item in Item.objects.select_related("blob"):
        assert default_storage.exists(item.blob.name)
    assert not Project.objects.filter(pk=gone.pk).exists()


def _in_thread(act: Any, *args: Any) -> None:
    try:
        act(*args)
    finally:
        connection.close()


def test_a_file_whose_import_died_before_its_row_goes_after_a_day(storage: Path) -> None:
    leftovers_note(["blobs/ab/cd-1"])
    default_storage.save("blobs/ab/cd-1", ContentFile(b"x"))
    assert leftover_first_due() is None
    assert leftovers_remove() == 0

    Leftover.objects.update(due_at=timezone.now())

    assert leftover_first_due() is not None
    assert leftovers_own(["blobs/ab/cd-1"]) == 0  # too late: it may be gone already
    assert leftovers_remove() == 1
    assert files(storage) == []


def test_the_loser_of_two_imports_of_one_image_leaves_no_file(
    images: Project, ada: User, storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_project(owner=ada, classes=(), item_type="image", holdout_share=0.0)
    save = import_pipeline.ImportJob._save_blobs

    def beaten(job: Any, *args: Any) -> Any:
        rows = save(job, *args)
        if job.project.pk == images.pk and not Item.objects.filter(project=other).exists():
            run_import(other, write_images(tmp_path / "theirs", ["a.png"]), user=ada)
        return rows

    monkeypatch.setattr(import_pipeline.ImportJob, "_save_blobs", beaten)
    run_import(images, write_images(tmp_path / "mine", ["a.png"]), user=ada)

    assert Blob.objects.count() == 1
    assert len(files(storage)) == 2
    Leftover.objects.update(due_at=timezone.now())
    leftovers_remove()
    assert files(storage) == [Blob.objects.get().name]


def test_an_export_lost_to_another_worker_leaves_no_file(
    project: Project, ada: User, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_items(project, 2)
    export = export_request(project=project, by=ada, format="csv", filters=ItemFilters())
    save = default_storage.save

    def overtaken(name: str, content: Any) -> str:
        Export.objects.update(attempt=9)
        return save(name, content)

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", overtaken)
        export_run(export.pk, worker="w")
    assert len(files(storage)) == 1

    Leftover.objects.update(due_at=timezone.now())
    leftovers_remove()

    assert files(storage) == []


def test_folder_files_of_no_folder_are_none() -> None:
    assert folder_files("no/such") == []
    os.makedirs(default_storage.path("a/b"))
    default_storage.save("a/b/c", ContentFile(b"x"))
    assert folder_files("a") == ["a/b/c"]


def test_what_the_database_refuses_is_said_and_tried_again_later(
    images: Project, ada: User, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table FOR UPDATE")

    with monkeypatch.context() as patch:
        patch.setattr(project_pipeline, "_erase_rest", refuse)
        delete(images)

    [shown] = ada_client.get("/api/deletions").json()["results"]
    assert shown["problem"].startswith("The database does not let its rows go: relation")
    assert erasures_due() == []
    project_erase(images.pk)
    assert not Project.objects.exists()


def test_a_database_that_is_away_is_no_problem_of_the_deletion(
    images: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: int) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(project_pipeline, "_erase_rest", away)
    with pytest.raises(OperationalError):
        delete(images)

    assert Erasure.objects.get().problem == ""
