"""Tasks that fail by a fault of their own rest longer each time, and say so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from celery import shared_task
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.jobs.setbacks import attempted, ring_all, setback_of
from labeling.models import Project, Publishing, Setback
from review import sweep
from review.publishing.publish import round_publish_by_rule
from tests.makers import make_items, make_project
from tests.review.makers import make_round
from training.models import Round, RoundState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.setbacks]

calls: list[int] = []
fault: list[Exception] = []


@shared_task
def fall_over(of_id: int) -> None:
    calls.append(of_id)
    if fault:
        raise fault[0]


@pytest.fixture(autouse=True)
def _none_yet() -> None:
    calls.clear()
    fault.clear()


def hear(times: int = 1) -> None:
    for _ in range(times):
        fall_over(7)


def wake() -> None:
    Setback.objects.update(next_at=timezone.now() - dt.timedelta(seconds=1))


def test_a_task_that_fails_rests_however_often_it_is_rung() -> None:
    fault.append(ValueError("Found array with 0 sample(s)"))
    hear(300)
    assert calls == [7]
    assert "It has failed once since" in setback_of(fall_over.name, 7)
    assert "ValueError: Found array with 0 sample(s)" in setback_of(fall_over.name, 7)


def test_each_rest_is_longer_and_none_longer_than_ten_minutes() -> None:
    fault.append(ValueError("no"))
    rests = []
    for _ in range(12):
        wake()
        before = timezone.now()
        hear()
        rests.append((Setback.objects.get().next_at - before).total_seconds())
    assert len(calls) == 12
    assert rests[:6] == sorted(rests[:6])
    assert 9 < rests[0] < 20
    assert 599 < rests[-1] < 610


def test_nothing_is_left_of_it_once_it_succeeds() -> None:
    fault.append(ValueError("no"))
    hear()
    fault.clear()
    wake()
    hear(2)
    assert calls == [7, 7, 7]
    assert setback_of(fall_over.name, 7) == ""


def test_trouble_of_a_server_is_no_setback() -> None:
    import psycopg

    trouble = OperationalError("gone")
    trouble.__cause__ = psycopg.OperationalError("server closed the connection")
    fault.append(trouble)
    hear(3)
    assert calls == [7, 7, 7]
    assert not Setback.objects.exists()


def test_another_row_of_the_same_task_does_not_rest() -> None:
    fault.append(ValueError("no"))
    hear()
    fault.clear()
    fall_over(8)
    assert calls == [7, 8]


def test_a_step_of_a_sweep_that_fails_keeps_no_other_from_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr("labeling.jobs.setbacks.ring", lambda task, pk: rung.append(pk))
    looked: list[str] = []

    def broken() -> list[int]:
        looked.append("broken")
        raise KeyError("plan")

    for _ in range(5):
        ring_all(fall_over.name, broken)
        attempted("other", 0, lambda: looked.append("other"))
    assert looked == ["broken", *["other"] * 5]
    Setback.objects.all().delete()
    Setback.objects.create(
        task=fall_over.name,
        of_id=3,
        n=1,
        error="",
        since=timezone.now(),
        next_at=timezone.now() + dt.timedelta(minutes=1),
    )
    ring_all(fall_over.name, lambda: [2, 3, 4])
    assert rung == [2, 4]


def test_a_round_that_cannot_be_published_by_a_fault_keeps_no_other_project_waiting(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = []
    for _ in range(2):
        project = make_project(owner=ada, publishing=Publishing.BY_ITSELF)
        cat = project.classes.all()[0]
        rounds.append(make_round(project, [(item, cat, 0.99) for item in make_items(project, 3)]))
    publish = round_publish_by_rule

    def stumble(*, round_id: int) -> object:
        if round_id == rounds[0].pk:
            raise ZeroDivisionError("of the first project")
        return publish(round_id=round_id)

    monkeypatch.setattr(sweep, "round_publish_by_rule", stumble)
    sweep.publish_ready()

    states = [Round.objects.get(pk=round.pk).state for round in rounds]
    assert states == [RoundState.READY, RoundState.PUBLISHED]
    assert "ZeroDivisionError" in Setback.objects.get().error


def test_a_forecast_that_fails_is_told_on_the_plan(
    project: Project, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from review.tasks import forecast_project
    from tests.makers import make_items

    make_items(project, 30)
    address = f"/api/projects/{project.pk}/plan"

    def fail(*_: Any) -> None:
        raise ValueError("Found array with 0 sample(s)")

    with monkeypatch.context() as broken:
        broken.setattr("review.certificates.forecasts._make", fail)
        forecast_project(project.pk)
    told = ada_client.get(address)
    assert (told.status_code, told.data["code"]) == (404, "forecast_failed")
    assert "Found array" in told.data["message"]

    wake()
    forecast_project(project.pk)
    assert ada_client.get(address).data["setback"] == ""
