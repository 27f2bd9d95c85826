"""A missing part is visible: to probes as 503, to people by name and with the cure."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone
from rest_framework.test import APIClient

from deploy.worker import QUEUES
from deploy.workers import pulse
from labeling.models import WorkerPulse
from tests.conftest import client_of


def make_pulse(kind: str, queues: tuple[str, ...] = (), *, age_seconds: float = 0.0) -> WorkerPulse:
    seen_at = timezone.now() - dt.timedelta(seconds=age_seconds)
    return WorkerPulse.objects.create(
        name=f"{kind}-{'-'.join(queues)}", kind=kind, queues=list(queues), started_at=seen_at, seen_at=seen_at
    )


@pytest.fixture
def all_parts(db: None) -> None:
    make_pulse("worker", QUEUES)
    make_pulse("scheduler")


def test_all_parts_up_is_ok(all_parts: None) -> None:
    response = APIClient().get("/health")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_signed_out_people_learn_nothing_but_the_status(db: None) -> None:
    response = APIClient().get("/health")

    assert response.status_code == 503
    assert response.json() == {"status": "degraded"}


def test_missing_worker_is_named_with_what_waits_and_the_cure(cy: User) -> None:
    make_pulse("worker", ("io", "default", "predict"))
    make_pulse("worker", ("train",), age_seconds=16)
    make_pulse("scheduler")

    response = client_of(cy).get("/api/health")

    assert response.status_code == 503
    parts = {part["name"]: part for part in response.json()["parts"]}
    assert [name for name, part in parts.items() if part["state"] == "down"] == ["worker train"]
    assert "training runs wait" in parts["worker train"]["message"]
    assert "assay worker --queues train" in parts["worker train"]["how_to_fix"]
    assert parts["worker train"]["since"] is not None


def test_worker_that_left_in_good_order_is_down_at_once(all_parts: None, cy: User) -> None:
    WorkerPulse.objects.filter(kind="scheduler").update(stopped_at=timezone.now())

    response = client_of(cy).get("/health")

    down = [part["name"] for part in response.json()["parts"] if part["state"] == "down"]
    assert down == ["scheduler"]


def test_where_the_server_keeps_things_is_told_to_admins_only(all_parts: None, cy: User) -> None:
    boss = User.objects.create_superuser("boss", password="boss-works-here")
    assert isinstance(default_storage, FileSystemStorage)
    folder = str(default_storage.location)

    told = client_of(boss).get("/api/health")
    others = client_of(cy).get("/api/health")

    assert folder in told.content.decode()
    assert "PostgreSQL at" in told.content.decode()
    assert [part["name"] for part in others.json()["parts"]] == [
        part["name"] for part in told.json()["parts"]
    ]
    assert {part["message"] for part in others.json()["parts"]} == {""}


def test_pulse_begins_at_its_start_and_ends_with_a_word(db: None) -> None:
    heart = pulse.Pulse("worker", ["train"])

    heart.write()
    heart.write(stopped=True)

    row = WorkerPulse.objects.get(name=heart.name)
    assert row.queues == ["train"]
    assert row.started_at == heart.started_at
    assert row.stopped_at is not None


def test_processes_that_died_long_ago_are_forgotten(db: None) -> None:
    make_pulse("worker", ("io",), age_seconds=8 * 24 * 3600)
    fresh = make_pulse("worker", ("train",))

    pulse.pulses_forget()

    assert list(WorkerPulse.objects.all()) == [fresh]
