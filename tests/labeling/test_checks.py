"""An upload is counted over all its rows before anybody imports it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.imports.checks.pipeline import check_execute
from labeling.imports.jobs import CHECK
from labeling.imports.writing.pipeline import import_run
from labeling.jobs.supervision import job_inline
from labeling.models import Check, Import, Item, Membership, Project, Upload
from tests.labeling.test_import_api import PETS, send

pytestmark = pytest.mark.django_db

MANY = b"id,text,label\n" + b"".join(
    b"%d,text number %d,%s\n" % (i, i, b"ab"[i % 2 : i % 2 + 1]) for i in range(3_000)
)


def ask(client: APIClient, content: bytes = MANY, **more: object) -> dict[str, Any]:
    body = {"upload": send(client, content), "item_type": "text", **more}
    answer = client.post("/api/checks", body, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def carried_out(client: APIClient, check: dict[str, Any]) -> dict[str, Any]:
    job_inline(CHECK, check["id"], worker="test", compute=check_execute)
    return client.get(f"/api/checks/{check['id']}").json()


def test_a_check_counts_every_row_and_writes_nothing(ada_client: APIClient) -> None:
    check = ask(ada_client)
    assert (check["state"], check["is_open"], check["report"]["n_rows"]) == ("queued", True, 0)

    done = carried_out(ada_client, check)

    assert done["state"] == "done", done
    assert done["report"]["n_rows"] == done["report"]["n_items"] == 3_000
    assert done["report"]["classes"] == [{"name": "a", "n": 1_500}, {"name": "b", "n": 1_500}]
    assert (Item.objects.count(), Import.objects.count(), Project.objects.count()) == (0, 0, 0)


def test_a_check_says_what_the_import_then_does(ada_client: APIClient, project: Project) -> None:
    content = PETS + b"a,a cat sleeps,dog\nd,,cat\na,a cat sleeps,\n"
    checked = carried_out(ada_client, ask(ada_client, content, project=project.pk))["report"]

    upload = str(Upload.objects.latest("created_at").pk)
    answer = ada_client.post(f"/api/projects/{project.pk}/imports", {"upload": upload}, format="json")
    import_run(answer.json()["id"], worker="test")
    imported = ada_client.get(f"/api/imports/{answer.json()['id']}").json()["report"]

    drawn = {"n_holdout": 0}  # by the ids, which the check does not know
    assert checked | drawn == imported | drawn


def test_what_the_project_has_is_known_to_a_check(ada_client: APIClient, project: Project) -> None:
    answer = ada_client.post(
        f"/api/projects/{project.pk}/imports", {"upload": send(ada_client)}, format="json"
    )
    import_run(answer.json()["id"], worker="test")

    report = carried_out(ada_client, ask(ada_client, PETS, project=project.pk))["report"]

    assert (report["n_rows"], report["n_items"], report["n_known"]) == (3, 0, 3)


def test_a_check_is_of_who_asked_for_it(
    ada: User, ada_client: APIClient, ben_client: APIClient, project: Project
) -> None:
    check = ask(ada_client, project=project.pk)

    assert ben_client.get(f"/api/checks/{check['id']}").status_code == 404
    assert ben_client.post(f"/api/checks/{check['id']}/cancel").status_code == 404
    body = {"upload": send(ben_client), "item_type": "text", "project": project.pk}
    assert ben_client.post("/api/checks", body, format="json").status_code == 403
    Membership.objects.filter(user=ada).delete()
    assert ada_client.get(f"/api/checks/{check['id']}").status_code == 404


def test_a_person_has_two_checks_at_once_and_the_oldest_gives_way(ada_client: APIClient) -> None:
    first, second, third = (ask(ada_client) for _ in range(3))

    states = [Check.objects.get(pk=check["id"]).state for check in (first, second, third)]
    assert states == ["cancelled", "queued", "queued"]
    assert ada_client.post(f"/api/checks/{second['id']}/cancel").json()["state"] == "cancelled"


def test_an_import_of_the_same_upload_stops_the_check(ada_client: APIClient, project: Project) -> None:
    check = ask(ada_client, project=project.pk)
    upload = str(Upload.objects.latest("created_at").pk)

    ada_client.post(f"/api/projects/{project.pk}/imports", {"upload": upload}, format="json")

    assert Check.objects.get(pk=check["id"]).state == "cancelled"


def test_a_file_that_cannot_be_imported_fails_its_check_with_the_reason(ada_client: APIClient) -> None:
    done = carried_out(ada_client, ask(ada_client, b"id,text,label\n"))

    assert (done["state"], done["error_code"]) == ("failed", "empty_file")


@pytest.mark.parametrize(
    "given",
    [
        {"options": {"sealed": 1}},
        {"options": {"skip_lines": 10**12}},
        {"options": {"label_first": 10**30}},
        {"item_type": "song"},
        {"project": "x"},
    ],
)
def test_a_wrong_wish_is_refused_at_once(ada_client: APIClient, given: dict[str, Any]) -> None:
    body = {"upload": send(ada_client), "item_type": "text", **given}

    answer = ada_client.post("/api/checks", body, format="json")

    assert (answer.status_code, set(answer.json())) == (400, {"code", "message", "fields"})
