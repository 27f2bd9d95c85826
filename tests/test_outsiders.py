"""Nobody sees or changes a project they are no member of: every route of the API, tried by an outsider.

Routes are taken from the URL conf, so a new one is tried as soon as it exists. One that names no row
must be listed below, and so must a new kind of row.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.accounts.services import token_create
from labeling.models import Check, Export, Import, Membership, Project
from review.models import Answer, Attempt, Certificate, Entry, Flag, Forecast, Verdict
from tests.labeling.makers import publish, record
from tests.makers import make_items
from training.models import Comparison, Inspection, Round, Run

METHODS = ("get", "post", "put", "patch", "delete")

# Routes that name no row: what they show or make belongs to whoever asks.
FOR_EVERYBODY = {"session", "health", "schema", "docs"}
FOR_SIGNED_IN = {
    "deletions",
    "keys",
    "password",
    "tokens",
    "projects",
    "uploads",
    "previews",
    "checks",
    "learners",
    "export-formats",
}


def patterns_under(entries: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns_under(entry.url_patterns, route)
        else:
            yield route, entry


def routes() -> list[tuple[str, str]]:
    """(route under /api/, method) of everything that the URL conf serves there."""
    found = []
    for route, pattern in patterns_under(get_resolver().url_patterns, ""):
        if route.startswith("api/"):
            view = getattr(pattern.callback, "cls", None)
            assert view is not None, f"{route} is no API view"
            found += [(route.removeprefix("api/"), method) for method in METHODS if hasattr(view, method)]
    return found


@pytest.fixture
def rows(project: Project, ada: User, ben: User) -> dict[str, Any]:
    """One row of each kind that a route may name, all of Ada's project."""
    label_class = project.classes.all()[0]
    item, other = make_items(project, 2)
    publication = publish(project, {other: label_class})
    label = record(project, item, label_class, ada)
    run = Run.objects.create(project=project, number=1, learner="logistic", created_by=ada)
    entry = Entry.objects.create(project=project, item=other, reason="random", priority=1.0)
    answer = Answer.objects.create(
        key=uuid.uuid4(), project=project, entry=entry, item=other, person=ben, kind="skip_me"
    )
    Verdict.objects.create(  # of the same key, which routes of both kinds name
        key=answer.pk, project=project, item=item, person=ada, kind="keep", created_at=timezone.now()
    )
    attempt = Attempt.objects.create(
        project=project, number=1, promise="dataset", eps=0.1, confidence=0.9, cut=0, state="certified"
    )
    certificate = Certificate.objects.create(
        project=project,
        number=1,
        attempt=attempt,
        source=publication.source,
        document={"sentence": "All is well."},
        issued_at=timezone.now(),
    )
    plan = {"eps": 0.01, "sentence": "", "n_total": 1, "low": 1, "high": 2, "rows": []}
    plan["next_hundred"] = {"saves": None, "is_worth_it": True, "sentence": ""}
    Forecast.objects.create(project=project, n_items=2, n_human=1, plan=plan)
    return {
        "project_id": project.pk,
        "attempt_id": attempt.pk,
        "certificate_id": certificate.pk,
        "class_id": label_class.pk,
        "item_id": item.pk,
        "label_id": label.pk,
        "publication_id": publication.pk,
        "member_id": Membership.objects.get(project=project, user=ben).pk,
        "token_id": token_create(user=ada)[0].pk,
        "import_id": Import.objects.create(project=project, file_name="a.csv").pk,
        "check_id": Check.objects.create(created_by=ada, project=project, item_type="text", file_name="a").pk,
        "export_id": Export.objects.create(project=project, format="csv", as_of=timezone.now()).pk,
        "run_id": run.pk,
        "round_id": Round.objects.create(run=run, number=1).pk,
        "comparison_id": Comparison.objects.create(project=project, number=1).pk,
        "inspection_id": Inspection.objects.create(project=project, number=1, learner="lda").pk,
        "entry_id": entry.pk,
        "flag_id": Flag.objects.create(project=project, item=item, person=ben).pk,
        "key": answer.pk,
    }


def address_of(route: str, rows: dict[str, Any]) -> str:
    """The route with its places filled in. A KeyError here: add a row of the new kind to `rows`."""
    parts = []
    for part in route.split("/"):
        if part.startswith("<"):
            part = str(rows[part.strip("<>").split(":")[1]])
        parts.append(part)
    return "/api/" + "/".join(parts)


def check_shape(response: Any) -> None:
    assert set(json.loads(response.content)) == {"code", "message", "fields"}


@pytest.mark.parametrize(("route", "method"), routes())
def test_route_is_shut(
    route: str, method: str, rows: dict[str, Any], cy_client: APIClient, ada_client: APIClient
) -> None:
    names_a_row = "<" in route
    assert names_a_row or route in FOR_EVERYBODY | FOR_SIGNED_IN, f"Who may use {route}? Say so in this file."
    address = address_of(route, rows)

    if names_a_row:
        response = getattr(cy_client, method)(address, {}, format="json" if method != "get" else None)
        assert response.status_code == 404, response.content
        check_shape(response)
        there = getattr(ada_client, method)(address, {}, format="json" if method != "get" else None)
        assert there.status_code < 500  # the owner is not told that it does not exist, unless it has no image
        assert there.status_code != 404 or there.data["code"] == "not_found"

    if route not in FOR_EVERYBODY:
        response = getattr(APIClient(), method)(address)
        assert response.status_code == 401, response.content
        check_shape(response)


def test_lists_of_an_outsider_are_empty(rows: dict[str, Any], cy_client: APIClient) -> None:
    for route in ("projects", "tokens"):
        assert cy_client.get(f"/api/{route}").data == {"results": [], "next": None}


def test_deleted_project_is_shut_for_its_owner_too(
    project: Project, rows: dict[str, Any], ada_client: APIClient
) -> None:
    assert ada_client.delete(f"/api/projects/{project.pk}").status_code == 204

    for route, method in routes():
        if "<" in route and "token_id" not in route:
            address = address_of(route, rows)
            response = getattr(ada_client, method)(address, {}, format="json" if method != "get" else None)
            assert response.status_code == 404, (method, address, response.content)
    assert ada_client.get("/api/projects").data["results"] == []
