"""Several uploads in one import, and images that browsers do not show, from the upload to the page and back out."""

from __future__ import annotations

import io
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from PIL import Image
from rest_framework.test import APIClient

from labeling.exports.pipeline import export_run
from labeling.exports.services import export_request
from labeling.imports.writing.pipeline import import_run
from labeling.items.selectors import ItemFilters
from labeling.models import Blob, Import, Item, Label, Project
from labeling.projects.services import project_delete
from labeling.storing.storage import stored_bytes
from tests.labeling.import_files import image_bytes, run_import
from tests.labeling.test_import_api import send
from tests.labeling.test_reader_sets import put, zipped
from tests.makers import make_project

pytestmark = pytest.mark.django_db


def import_together(client: APIClient, project: Project, uploads: list[str], **options: object) -> Import:
    body = {"uploads": uploads, "options": options}
    answer = client.post(f"/api/projects/{project.pk}/imports", body, format="json")
    assert answer.status_code == 201, answer.json()
    import_run(answer.json()["id"], worker="test")
    return Import.objects.get(pk=answer.json()["id"])


def scan() -> bytes:
    """A TIFF of two pages, 90 by 60 pixels."""
    stream = io.BytesIO()
    pages = [Image.new("RGB", (90, 60), colour) for colour in ("red", "blue")]
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    return stream.getvalue()


def test_labeled_and_unlabeled_files_are_one_import(ada_client: APIClient, project: Project) -> None:
    uploads = [
        send(ada_client, b"text,label\na cat sleeps here,cat\na dog barks here,dog\n", "labeled.csv"),
        send(ada_client, b"text\nan owl hoots here\n\na fish swims here\n", "rest.csv"),
    ]

    preview = ada_client.post("/api/previews", {"uploads": uploads}, format="json").json()
    work = import_together(ada_client, project, uploads, **preview["options"])

    assert (preview["n_labeled"], preview["n_unlabeled"]) == (2, 2)
    assert work.state == "done"
    assert work.file_name == "labeled.csv, rest.csv"
    assert (Item.objects.count(), Label.objects.count()) == (4, 2)
    report = work.report
    assert (report["n_rows"], report["n_items"], report["labels"]["none"]) == (4, 4, 2)


def test_a_problem_names_its_file_and_the_row_in_it(ada_client: APIClient, project: Project) -> None:
    uploads = [
        send(ada_client, b"text,label\na cat sleeps here,cat\na dog barks here,dog\n", "a.csv"),
        send(ada_client, b"text,label\nan owl hoots here,cat\n,dog\n", "b.csv"),
    ]

    work = import_together(ada_client, project, uploads)

    (problem,) = work.report["problems"]
    assert (problem["file"], problem["row"]) == ("b.csv", 2)


def test_an_image_that_is_none_is_named_by_its_file(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, item_type="image", classes=())
    put(tmp_path, {"cat/1.png": image_bytes(1), "cat/2.png": b"<html>404</html>"})

    work = run_import(project, tmp_path, user=ada)

    (problem,) = work.report["problems"]
    assert (problem["file"], "a web page" in problem["message"]) == ("cat/2.png", True)


@pytest.mark.parametrize(
    "body", [{}, {"uploads": []}, {"upload": str(uuid.uuid4()), "uploads": [str(uuid.uuid4())]}]
)
def test_one_upload_or_several_are_named(body: dict[str, Any], ada_client: APIClient) -> None:
    answer = ada_client.post("/api/previews", body, format="json")

    assert answer.status_code == 400
    assert "upload" in answer.json()["fields"]


def test_an_import_of_several_uploads_waits_for_all_and_uses_none_of_another_person(
    ada_client: APIClient, ben_client: APIClient, project: Project
) -> None:
    uploads = [send(ada_client), send(ben_client, b"text\nan owl hoots here\n", "more.csv")]

    answer = ada_client.post(f"/api/projects/{project.pk}/imports", {"uploads": uploads}, format="json")

    assert answer.status_code == 404


def test_a_table_and_its_images_are_one_import(ada: User, ada_client: APIClient) -> None:
    project = make_project(owner=ada, item_type="image", classes=())
    images = {f"{number}.png": image_bytes(number) for number in range(4)}
    uploads = [
        send(ada_client, b"id,kind\n0,cat\n1,dog\n2,cat\n", "labels.csv"),
        send(ada_client, zipped(images), "images.zip"),
    ]

    work = import_together(ada_client, project, uploads)

    assert work.state == "done", work.error_message
    assert (Item.objects.count(), Label.objects.count()) == (4, 3)
    assert work.report["labels"] == {"person": 3, "machine": 0, "none": 1}


def test_a_tiff_is_shown_as_a_copy_kept_as_it_is_and_exported(
    ada: User, ada_client: APIClient, tmp_path: Path
) -> None:
    project = make_project(owner=ada, item_type="image", classes=())
    put(tmp_path / "scans", {"red/scan.tif": scan()})

    work = run_import(project, tmp_path / "scans", user=ada)

    notes = " ".join(work.report["notes"])
    assert "of a format that browsers do not show" in notes
    assert "several pages" in notes
    item = Item.objects.get()
    shown = ada_client.get(f"/api/items/{item.pk}/image")
    assert shown["Content-Type"] == "image/png"
    picture = Image.open(io.BytesIO(shown.getvalue()))
    assert (picture.size, picture.convert("RGB").getpixel((0, 0))) == ((90, 60), (255, 0, 0))
    assert item.blob is not None
    assert stored_bytes(item.blob.name) == scan()
    export = export_request(project=project, by=ada, format="images", filters=ItemFilters(), as_of=None)
    export_run(export.pk, worker="test")
    export.refresh_from_db()
    with default_storage.open(export.stored_name) as file, zipfile.ZipFile(file) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".tif")]
        assert archive.read(name) == scan()


def test_the_copy_of_a_tiff_goes_with_its_project(ada: User, tmp_path: Path) -> None:
    from labeling.projects.deletion import project_erase
    from labeling.storing.leftovers import leftovers_remove

    project = make_project(owner=ada, item_type="image", classes=())
    run_import(project, put(tmp_path / "scans", {"scan.tif": scan()}), user=ada)
    blob = Blob.objects.get()
    assert default_storage.exists(blob.shown)

    project_delete(project=project)
    project_erase(project.pk)
    leftovers_remove()

    assert not default_storage.exists(blob.shown)
    assert not Blob.objects.exists()
