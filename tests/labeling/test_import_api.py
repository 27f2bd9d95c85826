"""Uploads, previews and imports over HTTP."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.imports.uploads import uploads_sweep
from labeling.imports.writing.pipeline import import_run
from labeling.models import Import, Item, Membership, Project, Role, Upload
from labeling.storing.leftovers import leftovers_remove
from tests.conftest import client_of

pytestmark = pytest.mark.django_db

PETS = b"id,text,label\na,a cat sleeps,cat\nb,a dog barks,dog\nc,an owl,\n"


def send(client: APIClient, content: bytes = PETS, name: str = "pets.csv") -> str:
    answer = client.post("/api/uploads", {"file": SimpleUploadedFile(name, content)}, format="multipart")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["n_bytes"] == len(content)
    upload: str = answer.json()["upload"]
    return upload


def test_upload_preview_import_and_report(ada_client: APIClient, project: Project) -> None:
    upload = send(ada_client)

    preview = ada_client.post("/api/previews", {"upload": upload}, format="json").json()
    assert preview["item_type"] == "text"
    assert preview["format"] == "csv"
    assert {column["name"]: column["role"] for column in preview["columns"]} == {
        "id": "id",
        "text": "text",
        "label": "label",
    }
    assert [row["key"] for row in preview["rows"]] == ["a", "b", "c"]
    assert (preview["n_rows_seen"], preview["is_whole_file"]) == (3, True)
    assert (preview["n_labeled"], preview["n_unlabeled"], preview["n_problems"]) == (2, 1, 0)

    body = {"upload": upload, "options": preview["options"]}
    answer = ada_client.post(f"/api/projects/{project.pk}/imports", body, format="json")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["state"] == "queued"
    import_run(answer.json()["id"], worker="test")

    shown = ada_client.get(f"/api/imports/{answer.json()['id']}").json()
    assert shown["state"] == "done"
    assert (shown["n_items_added"], shown["n_labels_added"]) == (3, 2)
    assert shown["report"]["n_rows"] == 3
    assert ada_client.get(f"/api/projects/{project.pk}/imports").json()["results"][0]["id"] == shown["id"]


def test_an_upload_is_of_its_owner_only(ada_client: APIClient, ben: User, project: Project) -> None:
    Membership.objects.filter(user=ben).update(role=Role.ENGINEER)
    upload = send(ada_client)
    ben_client = client_of(ben)

    assert ben_client.post("/api/previews", {"upload": upload}, format="json").status_code == 404
    answer = ben_client.post(f"/api/projects/{project.pk}/imports", {"upload": upload}, format="json")
    assert answer.status_code == 404


def test_an_outsider_finds_nothing_and_an_annotator_may_not_import(
    ada_client: APIClient, ben_client: APIClient, cy_client: APIClient, project: Project
) -> None:
    work = Import.objects.create(project=project, file_name="pets.csv")

    for path in (f"/api/projects/{project.pk}/imports", f"/api/imports/{work.pk}"):
        assert cy_client.get(path).status_code == 404
        assert ben_client.get(path).status_code == 403
    for client, status in ((cy_client, 404), (ben_client, 403)):
        upload = send(client)
        answer = client.post(f"/api/projects/{project.pk}/imports", {"upload": upload}, format="json")
        assert answer.status_code == status
        assert client.post(f"/api/imports/{work.pk}/cancel").status_code == status


def test_an_upload_over_the_limit_is_refused(ada_client: APIClient) -> None:
    with override_settings(ASSAY_MAX_UPLOAD_BYTES=1_000):
        file = SimpleUploadedFile("pets.csv", b"x" * 2_000)
        answer = ada_client.post("/api/uploads", {"file": file}, format="multipart")

    assert answer.status_code == 413
    assert not Upload.objects.exists()


def test_an_empty_upload_is_refused(ada_client: APIClient) -> None:
    answer = ada_client.post("/api/uploads", {"file": SimpleUploadedFile("a.csv", b"")}, format="multipart")

    assert answer.status_code == 400
    assert answer.json()["code"] == "empty_file"


def test_the_name_of_an_upload_leads_nowhere_else(ada_client: APIClient) -> None:
    upload = Upload.objects.get(pk=send(ada_client, name="../../evil pets.csv"))

    assert upload.stored_name == f"uploads/{upload.pk}/evil_pets.csv"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (bytes(range(256)) * 10, "not_text"),
        (b"   \n \n", "empty_file"),
        (b"PK\x03\x04 broken", "bad_archive"),
    ],
)
def test_a_bad_file_is_refused_at_preview_and_at_import(
    ada_client: APIClient, project: Project, content: bytes, code: str
) -> None:
    upload = send(ada_client, content)

    preview = ada_client.post("/api/previews", {"upload": upload}, format="json")
    imported = ada_client.post(f"/api/projects/{project.pk}/imports", {"upload": upload}, format="json")

    for answer in (preview, imported):
        assert answer.status_code == 400
        assert answer.json()["code"] == code
    assert not Import.objects.exists()


def test_a_preview_shows_problems_with_their_rows(ada_client: APIClient) -> None:
    upload = send(ada_client, b"id,text,label\na,a cat,cat\nb,,dog\nc,a,b,dog\n")

    preview = ada_client.post("/api/previews", {"upload": upload, "item_type": "text"}, format="json").json()

    assert [problem["row"] for problem in preview["problems"]] == [2, 3]


def test_an_unknown_upload_and_a_wrong_option_are_named(ada_client: APIClient, project: Project) -> None:
    path = f"/api/projects/{project.pk}/imports"

    assert ada_client.post(path, {"upload": str(uuid.uuid4())}, format="json").status_code == 404
    answer = ada_client.post(path, {"upload": send(ada_client), "options": {"sealed": 1}}, format="json")
    assert answer.status_code == 400
    assert "options.sealed" in answer.json()["fields"]


def test_a_queued_import_is_cancelled_at_once_and_only_once(ada_client: APIClient, project: Project) -> None:
    work = ada_client.post(
        f"/api/projects/{project.pk}/imports", {"upload": send(ada_client)}, format="json"
    ).json()

    assert ada_client.post(f"/api/imports/{work['id']}/cancel").json()["state"] == "cancelled"
    assert ada_client.post(f"/api/imports/{work['id']}/cancel").status_code == 409
    assert not import_run(work["id"], worker="test")
    assert not Item.objects.exists()


def test_old_uploads_are_swept_unless_an_import_waits_for_them(
    ada_client: APIClient, project: Project
) -> None:
    old, waiting, new = (Upload.objects.get(pk=send(ada_client)) for _ in range(3))
    body = {"upload": str(waiting.pk)}
    assert ada_client.post(f"/api/projects/{project.pk}/imports", body, format="json").status_code == 201
    long_ago = timezone.now() - dt.timedelta(days=8)
    Upload.objects.filter(pk__in=[old.pk, waiting.pk]).update(created_at=long_ago)

    assert uploads_sweep() == 1
    leftovers_remove()

    assert set(Upload.objects.values_list("pk", flat=True)) == {waiting.pk, new.pk}
    assert not default_storage.exists(old.stored_name)
    assert default_storage.exists(waiting.stored_name)
