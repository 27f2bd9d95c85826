"""What freezing, settling and publishing wait for stands where people look, and is gone once it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from rest_framework.test import APIClient

from labeling.database.locks import NAMESPACE
from labeling.models import Project, Publishing
from review.certificates.attempts import attempt_ask
from review.models import Attempt, Entry
from review.sweep import publish_ready
from review.tasks import freeze_attempt, settle_attempt, sweep_review
from tests.makers import make_items
from tests.review.certifying import World, make_world
from tests.review.makers import make_round
from training.models import Round, RoundState


@pytest.fixture
def world(project: Project, ada: User, ben: User) -> World:
    return make_world(project, owner=ada, person=ben)


@pytest.fixture
def refuse(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """While this file is there, the storage is away."""
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "tests.outages.RefusingStorage", "OPTIONS": {"location": tmp_path / "files"}}
    }
    monkeypatch.setenv("ASSAY_TEST_REFUSE", str(tmp_path / "refuse"))
    return tmp_path / "refuse"


@contextmanager
def labels_held(project: Project) -> Iterator[None]:
    """Somebody else holds the project's labels, and whoever needs them is told after a moment that it took too long."""
    of_test = connection.get_connection_params()
    with psycopg.connect(
        host=of_test.get("host"), port=of_test.get("port"), user=of_test.get("user"), dbname=of_test["dbname"]
    ) as other:
        other.execute("SET lock_timeout = '10s'")  # the test itself must not hold them
        other.execute("SELECT pg_advisory_lock(%s, %s)", [NAMESPACE, project.pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        yield
        connection.close()


def reason_of(client: APIClient, attempt: Attempt) -> str:
    return str(client.get(f"/api/attempts/{attempt.pk}").json()["state_reason"])


def test_an_attempt_says_that_its_freezing_waits_for_the_storage(
    world: World, ada: User, ada_client: APIClient, refuse: Path
) -> None:
    name = default_storage.save("models/weights.json", ContentFile(b"{}"))
    Round.objects.filter(pk=world.round.pk).update(artifact=name.rpartition("/")[0])
    attempt = attempt_ask(project=world.project, user=ada, eps=0.1, confidence=0.9)
    refuse.touch()

    freeze_attempt(attempt.pk)
    first = reason_of(ada_client, attempt)
    assert first.startswith("Waiting for the storage since "), first
    assert "Connection refused by the storage" in first
    Attempt.objects.filter(pk=attempt.pk).update(
        state_reason=first.replace(first[len("Waiting for the storage since ") :][:5], "01:02")
    )
    freeze_attempt(attempt.pk)
    assert reason_of(ada_client, attempt).startswith(
        "Waiting for the storage since 01:02 UTC: "
    )  # since the first

    refuse.unlink()
    freeze_attempt(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.state_reason) == ("auditing", "")
    assert len(attempt.model_hash) == 64


@pytest.mark.django_db(transaction=True)
def test_an_attempt_says_that_its_settling_waits(world: World, ada_client: APIClient) -> None:
    attempt = world.ask(n_audits=60)
    world.answer_queue()

    with labels_held(world.project):
        settle_attempt(attempt.pk)
        assert reason_of(ada_client, attempt).startswith("Waiting for the database since ")
    settle_attempt(attempt.pk)

    assert reason_of(ada_client, attempt) == ""
    attempt.refresh_from_db()
    assert attempt.state == "certified"


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_is_not_to_be_settled_any_more_waits_for_nothing(world: World) -> None:
    attempt = world.ask(n_audits=60)
    world.answer_queue()
    with labels_held(world.project):
        settle_attempt(attempt.pk)
    audited = Entry.objects.filter(audit__attempt=attempt)
    audited.filter(pk=audited.first().pk).update(state="open", n_free=1, closed_at=None)

    sweep_review()

    attempt.refresh_from_db()
    assert (attempt.state, attempt.state_reason) == ("auditing", "")


@pytest.mark.django_db(transaction=True)
def test_a_round_says_that_its_publishing_waits(project: Project, ada_client: APIClient) -> None:
    project.publishing = Publishing.BY_ITSELF
    project.save(update_fields=["publishing"])
    (item,) = make_items(project, 1)
    round = make_round(project, [(item, project.classes.all()[0], 0.99)])

    def shown() -> dict[str, Any]:
        return ada_client.get(f"/api/rounds/{round.pk}").json()

    with labels_held(project):
        publish_ready()
        assert shown()["state_reason"].startswith("Waiting for the database since ")
        assert shown()["state"] == RoundState.READY
    publish_ready()

    assert (shown()["state"], shown()["state_reason"]) == (RoundState.PUBLISHED, "")


@pytest.mark.django_db(transaction=True)
def test_a_round_that_is_left_to_people_waits_for_nothing(project: Project) -> None:
    project.publishing = Publishing.BY_ITSELF
    project.save(update_fields=["publishing"])
    (item,) = make_items(project, 1)
    round = make_round(project, [(item, project.classes.all()[0], 0.99)])
    with labels_held(project):
        publish_ready()
    Project.objects.filter(pk=project.pk).update(publishing=Publishing.BY_HAND)

    publish_ready()

    round.refresh_from_db()
    assert (round.state, round.state_reason) == (RoundState.READY, "")
