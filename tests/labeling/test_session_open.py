"""Signing in with a browser, and tokens."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from knox.models import AuthToken
from rest_framework.test import APIClient

from labeling.account_services import MAX_FAILURES_OF_NAME
from labeling.models import LoginFailure

ADA = {"username": "ada", "password": "ada-works-here"}
WRONG = {"username": "ada", "password": "guess"}


def browser() -> APIClient:
    """A client that must send the CSRF token, as a browser must."""
    client = APIClient(enforce_csrf_checks=True)
    client.get("/api/session")
    return client


def sign_in(client: APIClient, body: dict[str, str]) -> object:
    token = client.cookies["csrftoken"].value
    return client.post("/api/session", body, format="json", headers={"X-CSRFToken": token})


def test_browser_signs_in_and_out(ada: User) -> None:
    client = browser()
    assert client.get("/api/session").status_code == 401

    response = sign_in(client, ADA)

    me = {"id": ada.pk, "username": "ada", "is_staff": False, "keys": {}}
    assert (response.status_code, response.data) == (200, me)
    assert client.get("/api/session").data == me
    token = client.cookies["csrftoken"].value
    assert client.delete("/api/session", headers={"X-CSRFToken": token}).status_code == 204
    assert client.get("/api/session").status_code == 401


@pytest.mark.parametrize("wrong", [WRONG, {"username": "nobody", "password": "x"}])
def test_wrong_name_and_wrong_password_get_the_same_answer(ada: User, wrong: dict[str, str]) -> None:
    response = sign_in(browser(), wrong)

    assert response.status_code == 400
    assert response.data["code"] == "wrong_password"


def test_sign_in_without_the_csrf_token_is_refused(ada: User) -> None:
    response = browser().post("/api/session", ADA, format="json")

    assert response.status_code == 403
    assert response.data["code"] == "permission_denied"


def test_write_of_a_signed_in_browser_without_the_csrf_token_is_refused(ada: User) -> None:
    client = browser()
    sign_in(client, ADA)

    response = client.post("/api/projects", {"name": "x", "item_type": "text"}, format="json")

    assert response.status_code == 403


def test_guessing_is_stopped_and_time_heals(ada: User) -> None:
    client = browser()
    for _ in range(MAX_FAILURES_OF_NAME):
        assert sign_in(client, WRONG).status_code == 400

    response = sign_in(client, ADA)

    assert response.status_code == 429
    assert response.data["code"] == "too_many_failures"
    LoginFailure.objects.update(at=F("at") - dt.timedelta(minutes=6))
    assert sign_in(client, ADA).status_code == 200


def test_guessing_one_name_does_not_lock_out_another(ada: User, ben: User) -> None:
    client = browser()
    for _ in range(MAX_FAILURES_OF_NAME):
        sign_in(client, WRONG)

    assert sign_in(client, {"username": "ben", "password": "ben-works-here"}).status_code == 200


def test_person_who_was_shut_off_cannot_sign_in(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert sign_in(browser(), ADA).status_code == 400


def test_token_works_until_it_is_revoked_and_is_kept_only_as_a_hash(ada: User, ada_client: APIClient) -> None:
    made = ada_client.post("/api/tokens", {"name": "laptop"}, format="json")
    assert made.status_code == 201
    text = made.data["token"]
    client = APIClient(headers={"Authorization": f"Token {text}"})

    assert client.get("/api/session").data["username"] == "ada"
    assert text not in str(AuthToken.objects.values().get())
    listed = ada_client.get("/api/tokens").data["results"]
    assert [(token["name"], token["begins_with"]) for token in listed] == [("laptop", text[:15])]
    assert "token" not in listed[0]
    assert ada_client.delete(f"/api/tokens/{made.data['id']}").status_code == 204
    assert client.get("/api/session").status_code == 401


def test_token_of_somebody_else_does_not_exist(ada_client: APIClient, ben_client: APIClient) -> None:
    made = ada_client.post("/api/tokens", {}, format="json")

    assert ben_client.delete(f"/api/tokens/{made.data['id']}").status_code == 404
    assert ben_client.get("/api/tokens").data["results"] == []


# Keys


def test_keys_are_kept_with_the_account_and_come_with_the_sign_in(
    ada_client: APIClient, ben_client: APIClient
) -> None:
    chosen = {"undo": ["u"], "class-12": ["я", "Enter"], "search": []}

    assert ada_client.put("/api/keys", {"keys": chosen}, format="json").data["keys"] == chosen
    assert ada_client.get("/api/session").data["keys"] == chosen
    assert ben_client.get("/api/session").data["keys"] == {}

    ada_client.put("/api/keys", {"keys": {}}, format="json")
    assert ada_client.get("/api/session").data["keys"] == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"Undo!": ["u"]},
        {"undo": "u"},
        {"undo": [" "]},
        {"undo": ["x" * 21]},
        {"undo": list("abcde")},
        ["undo"],
    ],
)
def test_keys_of_another_shape_are_refused_and_those_of_before_stay(
    ada_client: APIClient, wrong: object
) -> None:
    ada_client.put("/api/keys", {"keys": {"undo": ["u"]}}, format="json")

    reply = ada_client.put("/api/keys", {"keys": wrong}, format="json")

    assert reply.status_code == 400
    assert any(name.startswith("keys") for name in reply.data["fields"]), reply.data
    assert ada_client.get("/api/session").data["keys"] == {"undo": ["u"]}
