"""Every kind of answer says what a browser may do with it, and errors are never HTML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

ANSWERS = {
    "page": ("/", 200),
    "page of a project": ("/projects/1/review", 200),
    "file of the page": ("/favicon.svg", 200),
    "API": ("/api/health", None),
    "API, refused": ("/api/projects", 401),
    "API, nothing there": ("/api/nothing", 404),
    "documentation": ("/api/docs", 200),
    "admin": ("/admin/login/", 200),
}


@pytest.fixture
def client(db: None) -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_has_the_headers(client: Client, kind: str) -> None:
    path, status = ANSWERS[kind]

    response = client.get(path)

    assert status is None or response.status_code == status
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    response.close()


@pytest.mark.parametrize("path", ["/", "/api/docs", "/admin/login/"])
def test_no_page_has_a_script_in_its_text(client: Client, path: str) -> None:
    response = client.get(path)
    text = b"".join(response).decode()
    response.close()

    assert "<script" in text
    assert all(
        "src=" in tag.partition(">")[0] or not tag.partition(">")[2].partition("</script")[0].strip()
        for tag in text.split("<script")[1:]
    ), text
    assert " onclick=" not in text
    assert " onload=" not in text


def body_of(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/json", response.content
    body = json.loads(response.content)
    assert set(body) == {"code", "message", "fields"}
    return body


def test_unknown_host_is_told_in_json(client: Client) -> None:
    response = client.get("/api/projects", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert body_of(response)["code"] == "unknown_host"


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_probes_come_by_any_address_and_without_https(client: Client, path: str) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        response = client.get(path, headers={"host": "10.1.2.3:8000"})

    assert response.status_code in (200, 503)
    assert "status" in json.loads(response.content)


def test_form_with_too_many_fields_is_told_in_json(client: Client, ada: User) -> None:
    client.force_login(ada)

    response = client.post("/api/uploads", {f"field{i}": "1" for i in range(1001)})

    assert response.status_code == 400
    assert body_of(response)["code"] == "too_many_fields"


def test_json_over_the_limit_is_too_large_and_not_bad(client: Client, ada: User) -> None:
    client.force_login(ada)

    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        response = client.post("/api/projects", {"name": "x" * 2000}, content_type="application/json")

    assert response.status_code == 413
    assert body_of(response)["code"] == "too_large"


def test_form_of_the_admin_without_the_csrf_token_is_told_in_json(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "ada"})

    assert response.status_code == 403
    assert body_of(response)["code"] == "permission_denied"


@pytest.mark.parametrize("content", [b"", b"--b\r\nContent-Dis", b"--b--\r\n", b"\xff" * 100])
def test_broken_multipart_form_is_told_in_json(client: Client, ada: User, content: bytes) -> None:
    client.force_login(ada)

    response = client.generic("POST", "/api/uploads", content, content_type="multipart/form-data; boundary=b")

    assert response.status_code == 400
    body_of(response)


def test_form_without_a_boundary_is_told_in_json(client: Client, ada: User) -> None:
    client.force_login(ada)

    response = client.generic("POST", "/api/uploads", b"x", content_type="multipart/form-data")

    assert response.status_code == 400
    body_of(response)


def test_what_nobody_foresaw_is_told_in_json(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("labeling.projects.api.ProjectsView.get", fail)
    client.force_login(ada)

    response = client.get("/api/projects")

    assert response.status_code == 500
    assert body_of(response)["code"] == "server_error"


def test_what_answers_a_sign_in_is_not_compressed(client: Client, ada: User) -> None:
    client.force_login(ada)

    response = client.get("/api/session", headers={"accept-encoding": "gzip"})

    assert "Content-Encoding" not in response.headers


def test_long_answers_of_the_api_are_compressed_when_read(client: Client) -> None:
    response = client.get("/api/schema?format=json", headers={"accept-encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"


# Files


def test_others_may_not_read_what_is_stored(tmp_path: Path) -> None:
    from django.core.files.base import ContentFile
    from django.core.files.storage import FileSystemStorage

    storage = FileSystemStorage(location=tmp_path / "storage")

    name = storage.save("blobs/ab/cd", ContentFile(b"x"))

    assert (tmp_path / "storage" / name).stat().st_mode & 0o077 == 0
    assert (tmp_path / "storage" / "blobs").stat().st_mode & 0o077 == 0
    assert (tmp_path / "storage" / "blobs" / "ab").stat().st_mode & 0o077 == 0
