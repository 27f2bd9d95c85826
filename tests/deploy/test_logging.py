"""What the operator's log says of requests: what the service did wrong, and who tries to get in."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.test import Client


@pytest.fixture
def said() -> Iterator[list[str]]:
    """Lines that reach the handlers of the root logger, as the console's do."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.levelname} {record.name} {record.getMessage()}")

    handler = Kept()
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_what_a_client_is_refused_is_not_in_the_operators_log(said: list[str], admin_client: Client) -> None:
    for address in ("/api/projects/1/plan", "/api/nothing"):
        assert admin_client.get(address).status_code == 404
    assert admin_client.post("/api/projects", {}, content_type="application/json").status_code == 400
    assert Client().get("/api/projects").status_code in (401, 403)
    assert said == []


@pytest.mark.django_db
def test_failures_of_ours_and_break_ins_are_in_the_operators_log(
    said: list[str], admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"username": "boss", "password": "guessed"}
    Client().post("/api/session", login, content_type="application/json")
    assert any("Wrong password" in line and "boss" in line for line in said)

    assert Client(enforce_csrf_checks=True).post("/admin/login/", login).status_code == 403
    assert any("django.security.csrf" in line for line in said)

    assert Client().get("/api/session", headers={"host": "evil.example"}).status_code == 400
    assert any("django.security.DisallowedHost" in line for line in said)

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    admin_client.raise_request_exception = False
    monkeypatch.setattr("labeling.projects.api.ProjectsView.get", breaks)
    assert admin_client.get("/api/projects").status_code == 500
    assert any(line.startswith("ERROR django.request") for line in said)
