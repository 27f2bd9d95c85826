"""Signing in with a browser, and tokens."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from labeling.accounts.services import MAX_FAILURES_OF_NAME, SLOW_SECONDS, token_create
from labeling.models import LoginFailure

ADA = {"username": "ada", "password": "ada-works-here"}
WRONG = {"username": "ada", "password": "guess"}


def browser() -> APIClient:
    """A client that must send the CSRF token, as a browser must."""
    client = APIClient(enforce_csrf_checks=True)
    client.get("/api/session")
    return client


def sign_in(client: APIClient, body: dict[str, str]) -> Any:
    token = client.cookies["csrftoken"].value
    return client.post("/api/session", body, format="json", headers={"X-CSRFToken": token})


def test_browser_signs_in_and_out(ada: User) -> None:
    client = browser()
    assert client.get("/api/session").status_code == 401

    response = sign_in(client, ADA)

    me = {"id": ada.pk, "username": "ada", "is_staff": False, "may_create_accounts": False, "keys": {}}
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


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long those who tried had to wait, instead of waiting."""
    pauses: list[float] = []
    monkeypatch.setattr("labeling.accounts.services.time.sleep", pauses.append)
    return pauses


def failures_by(address: str, names: list[str]) -> None:
    LoginFailure.objects.bulk_create(
        LoginFailure(username=name, address=address, at=timezone.now()) for name in names
    )


def test_many_wrong_passwords_from_one_address_slow_it_down_and_lock_nobody_out(
    ada: User, no_pause: list[float]
) -> None:
    failures_by("127.0.0.1", [f"guess-{i}" for i in range(102)])

    assert sign_in(browser(), ADA).status_code == 200
    assert no_pause == [SLOW_SECONDS]


def test_wrong_passwords_from_elsewhere_do_not_count(ada: User, no_pause: list[float]) -> None:
    failures_by("192.0.2.1", ["ada"] * 102)

    assert sign_in(browser(), ADA).status_code == 200
    assert no_pause == []


def test_browser_that_signed_in_before_is_not_locked_out_by_who_guesses_from_its_address(ada: User) -> None:
    known = browser()
    sign_in(known, ADA)
    known.delete("/api/session", headers={"X-CSRFToken": known.cookies["csrftoken"].value})
    stranger = browser()
    for _ in range(MAX_FAILURES_OF_NAME):
        sign_in(stranger, WRONG)

    assert sign_in(stranger, ADA).status_code == 429
    assert sign_in(known, ADA).status_code == 200


def test_browser_that_is_known_may_not_guess_for_ever_either(ada: User, ben: User) -> None:
    known = browser()
    sign_in(known, ADA)
    for _ in range(MAX_FAILURES_OF_NAME):
        assert sign_in(known, WRONG).status_code == 400

    assert sign_in(known, ADA).status_code == 429
    # And to know one name opens nothing else.
    failures_by("127.0.0.1", ["ben"] * MAX_FAILURES_OF_NAME)
    assert sign_in(known, {"username": "ben", "password": "ben-works-here"}).status_code == 429


def test_made_up_cookie_of_a_browser_counts_for_nothing(ada: User) -> None:
    client = browser()
    failures_by("127.0.0.1", ["ada"] * MAX_FAILURES_OF_NAME)
    client.cookies["assay_device"] = "WyJ4IiwiYWRhIl0:1abcde:made-up"

    assert sign_in(client, ADA).status_code == 429


def test_admin_page_stops_guessing_as_the_api_does(admin_client: Any, admin_user: User) -> None:
    client = Client()
    right = {"username": admin_user.username, "password": "password"}
    for _ in range(MAX_FAILURES_OF_NAME):
        assert client.post("/admin/login/", right | {"password": "guess"}).status_code == 200

    refused = client.post("/admin/login/", right)

    assert refused.status_code == 429
    assert "Too many wrong passwords" in refused.content.decode()
    assert sign_in(browser(), right).status_code == 429  # one count for both doors
    LoginFailure.objects.update(at=F("at") - dt.timedelta(minutes=6))
    assert client.post("/admin/login/", right).status_code == 302


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
    ada_client: APIClient, wrong: Any
) -> None:
    ada_client.put("/api/keys", {"keys": {"undo": ["u"]}}, format="json")

    reply = ada_client.put("/api/keys", {"keys": wrong}, format="json")

    assert reply.status_code == 400
    assert any(name.startswith("keys") for name in reply.data["fields"]), reply.data
    assert ada_client.get("/api/session").data["keys"] == {"undo": ["u"]}


# Passwords


def test_person_changes_the_password_and_sessions_elsewhere_end(ada: User) -> None:
    here, elsewhere = browser(), browser()
    sign_in(here, ADA)
    sign_in(elsewhere, ADA)

    changed = change_password(here, "ada-works-here", "a-better-word-7")

    assert (changed.status_code, changed.data) == (200, {"n_tokens_revoked": 0})
    assert here.get("/api/session").status_code == 200
    assert elsewhere.get("/api/session").status_code == 401
    assert sign_in(browser(), ADA).status_code == 400
    assert sign_in(browser(), ADA | {"password": "a-better-word-7"}).status_code == 200


def test_tokens_outlive_a_changed_password_unless_they_are_revoked_with_it(ada: User) -> None:
    here = browser()
    sign_in(here, ADA)
    client = APIClient(headers={"Authorization": f"Token {token_create(user=ada)[1]}"})

    change_password(here, "ada-works-here", "a-better-word-7")
    assert client.get("/api/session").status_code == 200
    changed = change_password(here, "a-better-word-7", "a-better-word-8", revoke_tokens=True)

    assert changed.data == {"n_tokens_revoked": 1}
    assert client.get("/api/session").status_code == 401


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("guess", "a-better-word-7", "old_password"), ("ada-works-here", "short", "new_password")],
)
def test_password_is_not_changed(ada: User, old: str, new: str, field: str) -> None:
    here = browser()
    sign_in(here, ADA)

    refused = change_password(here, old, new)

    assert refused.status_code == 400
    assert list(refused.data["fields"]) == [field]
    assert sign_in(browser(), ADA).status_code == 200


def test_old_password_is_not_guessed_for_ever(ada: User) -> None:
    here = browser()
    sign_in(here, ADA)
    for _ in range(MAX_FAILURES_OF_NAME):
        change_password(here, "guess", "a-better-word-7")

    assert change_password(here, "ada-works-here", "a-better-word-7").status_code == 429


def change_password(client: APIClient, old: str, new: str, **more: bool) -> Any:
    token = client.cookies["csrftoken"].value
    body = {"old_password": old, "new_password": new, **more}
    return client.put("/api/password", body, format="json", headers={"X-CSRFToken": token})


# How long tokens are good


def test_token_is_good_for_as_long_as_was_asked(ada_client: APIClient) -> None:
    made = ada_client.post("/api/tokens", {"days": 7}, format="json")
    usual = ada_client.post("/api/tokens", {}, format="json")

    for reply, days in ((made, 7), (usual, 365)):
        left = dt.datetime.fromisoformat(reply.data["expires_at"]) - timezone.now()
        assert dt.timedelta(days=days - 1) < left <= dt.timedelta(days=days)
    client = APIClient(headers={"Authorization": f"Token {made.data['token']}"})
    assert client.get("/api/session").status_code == 200
    AuthToken.objects.update(expiry=timezone.now() - dt.timedelta(seconds=1))
    assert client.get("/api/session").status_code == 401


@pytest.mark.parametrize("days", [0, -1, 366, 10**9, "soon"])
def test_token_for_longer_than_allowed_is_not_made(ada_client: APIClient, days: Any) -> None:
    refused = ada_client.post("/api/tokens", {"days": days}, format="json")

    assert refused.status_code == 400
    assert list(refused.data["fields"]) == ["days"]


def test_token_from_before_there_was_an_end_works_and_says_so(ada: User, ada_client: APIClient) -> None:
    _, text = token_create(user=ada)
    AuthToken.objects.update(expiry=None)

    assert ada_client.get("/api/tokens").data["results"][0]["expires_at"] is None
    client = APIClient(headers={"Authorization": f"Token {text}"})
    assert client.get("/api/session").status_code == 200
