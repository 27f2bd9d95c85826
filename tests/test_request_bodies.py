"""What a body may hold: JSON of the right types, in UTF-8, that can be kept and sent back."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from labeling.models import Project
from tests.test_error_shape import check

ODD = [
    '{"name": "a\\u0000b"}', '{"name": "\\ud800"}', '{"a\\u0000": 1}', '{"name": NaN}', '{"name": -Infinity}',
    '{"name": 1e999}', '{"name": ' + "1" * 5_000 + "}", '{"lease_seconds": ' + str(10**400) + "}",
    '{"lease_seconds": 9223372036854775808}', '{"name": "a", "name": "b"}', '{"name": "\x00"}', '["a"',
]  # fmt: skip


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_odd_json_is_refused_with_what_is_odd(ada_client: APIClient, project: Project, body: str) -> None:
    answer = ada_client.patch(f"/api/projects/{project.pk}", body, content_type="application/json")

    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] in ("parse_error", "invalid_input")


def test_a_character_that_no_text_has_is_named_by_its_path(ada_client: APIClient) -> None:
    body = '{"name": "x", "item_type": "text", "classes": ["a", {"name": "b\\u0000"}]}'

    answer = ada_client.post("/api/projects", body, content_type="application/json")

    assert set(check(answer, 400, "invalid_input")["fields"]) == {"classes.1.name"}


def test_more_values_than_memory_should_hold_are_refused(ada_client: APIClient) -> None:
    body = "[" + "[]," * 1_000_001 + "[]]"

    check(ada_client.post("/api/projects", body, content_type="application/json"), 400, "too_many_values")


@pytest.mark.parametrize("charset", ["hex_codec", "utf-16", "idna", "nonsense", "rot13"])
def test_a_body_in_another_charset_is_refused(ada_client: APIClient, charset: str) -> None:
    for media_type in ("application/json", "multipart/form-data; boundary=x"):
        answer = ada_client.post("/api/projects", "{}", content_type=f"{media_type}; charset={charset}")

        check(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense"])
def test_whoever_accepts_something_else_gets_json(ada_client: APIClient, accept: str) -> None:
    answer = ada_client.get("/api/projects", headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert ada_client.get("/api/projects?format=xml").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [("name", 5, "text"), ("name", ["x"], "text"), ("lease_seconds", "60", "a whole number"),
     ("lease_seconds", True, "a whole number"), ("lease_seconds", 60.5, "a whole number"),
     ("holdout_share", "0.1", "a number"), ("acquisition", 1, "text")],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(
    ada_client: APIClient, project: Project, field: str, value: Any, wanted: str
) -> None:
    answer = ada_client.patch(f"/api/projects/{project.pk}", {field: value}, format="json")

    sentences = check(answer, 400, "invalid_input")["fields"][field]
    assert len(sentences) == 1


def test_one_as_a_fraction_is_a_whole_number(ada_client: APIClient, project: Project) -> None:
    answer = ada_client.patch(
        f"/api/projects/{project.pk}", '{"lease_seconds": 60.0}', content_type="application/json"
    )

    assert answer.status_code == 200
    assert answer.json()["lease_seconds"] == 60


def test_every_operation_names_the_errors_that_it_may_answer(tmp_path: Any) -> None:
    call_command("spectacular", "--file", str(tmp_path / "schema.yml"))
    schema = yaml.safe_load((tmp_path / "schema.yml").read_text())

    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            expected = {"400", "401", "503"}
            if "{" in path:
                expected |= {"403", "404"}
            if method != "get":
                expected |= {"403", "404", "409", "413", "415"}
            missing = expected - set(operation["responses"])
            assert not missing, f"{method} {path} does not name {missing}"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=8), parts, max_size=4),
    max_leaves=12,
)
FIELDS = ["name", "item_type", "classes", "lease_seconds", "holdout_share", "acquisition", "question"]


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=values | st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values)))
def test_whatever_a_body_holds_the_answer_has_our_shape(ada_client: APIClient, body: Any) -> None:
    answer = ada_client.post("/api/projects", json.dumps(body), content_type="application/json")

    assert answer.status_code in (201, 400), answer.content
    if answer.status_code == 400:
        assert set(answer.json()) == {"code", "message", "fields"}
