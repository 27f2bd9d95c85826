"""Whatever goes wrong, the answer has one shape: code, message, fields."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Membership, Project


def check(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    body = json.loads(response.content)
    assert set(body) == {"code", "message", "fields"}
    assert body["code"] == code
    assert len(body["message"]) > 10
    assert all(isinstance(sentences, list) for sentences in body["fields"].values())
    return body


def test_signed_out(project: Project) -> None:
    response = APIClient().get(f"/api/projects/{project.pk}")

    check(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Token"


def test_wrong_token(db: None) -> None:
    client = APIClient(headers={"Authorization": "Token nonsense"})

    check(client.get("/api/projects"), 401, "authentication_failed")


def test_outsider(project: Project, cy_client: APIClient) -> None:
    check(cy_client.get(f"/api/projects/{project.pk}"), 404, "not_found")


def test_role_that_does_not_reach_is_told_which_would(project: Project, ben_client: APIClient) -> None:
    response = ben_client.patch(f"/api/projects/{project.pk}", {"name": "Mine"}, format="json")

    body = check(response, 403, "not_allowed")
    assert "You are an annotator" in body["message"]
    assert "an owner or engineer" in body["message"]


def test_role_sentence_names_a_single_role(project: Project, ben: User, ben_client: APIClient) -> None:
    Membership.objects.filter(project=project, user=ben).update(role="viewer")

    body = check(ben_client.delete(f"/api/projects/{project.pk}"), 403, "not_allowed")

    assert "You are a viewer of this project; this takes an owner." in body["message"]


@pytest.mark.parametrize("text", ["{", '{"name": NaN}', "\xff"])
def test_body_that_is_no_json(ada_client: APIClient, text: str) -> None:
    response = ada_client.post("/api/projects", text.encode("latin-1"), content_type="application/json")

    check(response, 400, "parse_error")


@pytest.mark.parametrize("body", [[], 7, "text", None])
def test_body_of_another_shape(ada_client: APIClient, body: object) -> None:
    response = ada_client.post("/api/projects", json.dumps(body), content_type="application/json")

    check(response, 400, "invalid_input")


def test_fields_are_named_by_their_path(ada_client: APIClient) -> None:
    body = {"name": "x", "item_type": "text", "classes": ["a", {"name": ""}], "lease_seconds": "soon"}

    response = ada_client.post("/api/projects", body, format="json")

    assert set(check(response, 400, "invalid_input")["fields"]) == {"classes.1.name", "lease_seconds"}


def test_other_media_type(ada_client: APIClient) -> None:
    check(ada_client.post("/api/projects", "a", content_type="text/plain"), 415, "unsupported_media_type")


def test_other_method(ada_client: APIClient) -> None:
    check(ada_client.put("/api/projects", {}, format="json"), 405, "method_not_allowed")


def test_address_that_leads_nowhere(ada_client: APIClient) -> None:
    check(ada_client.get("/api/nothing-here"), 404, "not_found")


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["nonsense!", "AAAA", cursor_of([]), cursor_of(["1"]), cursor_of([True]), cursor_of([1, 2]),
     cursor_of([2**70]), cursor_of({"id": 1}), "[" * 100_000, "é", "\x00"],
    ids=range(11),
)  # fmt: skip
def test_cursor_that_we_did_not_make(project: Project, ada_client: APIClient, cursor: str) -> None:
    check(ada_client.get("/api/projects", {"cursor": cursor}), 400, "invalid_input")
    check(ada_client.get(f"/api/projects/{project.pk}/items", {"cursor": cursor}), 400, "invalid_input")


def test_cursor_of_a_list_in_another_order(project: Project, ada_client: APIClient) -> None:
    response = ada_client.get(
        f"/api/projects/{project.pk}/items", {"cursor": cursor_of([3]), "order": "confidence"}
    )

    check(response, 400, "invalid_input")


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_cursor_that_is_no_number(project: Project, ada_client: APIClient, value: str) -> None:
    cursor = base64.urlsafe_b64encode(f"[{value}, 1]".encode()).decode().rstrip("=")

    response = ada_client.get(f"/api/projects/{project.pk}/items", {"cursor": cursor, "order": "confidence"})

    check(response, 400, "invalid_input")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "ten", "1.5", "²"])
def test_limit_out_of_range(ada_client: APIClient, limit: str) -> None:
    check(ada_client.get("/api/projects", {"limit": limit}), 400, "invalid_input")


def test_id_beyond_the_database(ada_client: APIClient) -> None:
    check(ada_client.get(f"/api/projects/{2**70}"), 404, "not_found")
    check(ada_client.get(f"/api/items/{2**70}"), 404, "not_found")


@pytest.mark.parametrize(
    "cursor",
    [cursor_of(["x", "y"]), cursor_of(["2026-01-01", "y"]), cursor_of(["2026-01-01T00:00:00", str(uuid.UUID(int=1))]),
     cursor_of(["0001-01-01T00:00:00+14:00", str(uuid.UUID(int=1))]), cursor_of(["\x00", "\x00"]),
     cursor_of([1, 2]), cursor_of(["2026-01-01T00:00:00+00:00", "y"])],
)  # fmt: skip
def test_cursor_of_the_right_kind_that_means_nothing(
    project: Project, ada_client: APIClient, cursor: str
) -> None:
    response = ada_client.get(f"/api/projects/{project.pk}/answers/mine", {"cursor": cursor})

    check(response, 400, "invalid_input")
