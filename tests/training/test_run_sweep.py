"""The broker is only a doorbell: what it forgets is rung again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.utils import timezone
from redis import Redis

from labeling.jobs.work import WORKER, WorkState
from labeling.models import Project
from labeling.tasks import _release_works
from tests.training.makers import make_labeled_project, make_run
from training.models import Run, Trigger
from training.rounds.predictions import Predictions, predictions_store
from training.rounds.rows import round_open
from training.runs.services import run_request
from training.tasks import sweep_runs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker() -> Iterator[Redis]:
    """The real broker of the test session, empty."""
    with current_app.connection_for_write() as connection:
        channel: Any = connection.default_channel  # of Redis
        client = channel.client
        client.flushdb()
        yield client
        client.flushdb()


def rings(broker: Redis) -> int:
    return broker.llen("train")


def age(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - dt.timedelta(seconds=10))


def test_a_run_rings_once_and_a_flushed_broker_is_rung_again(ada: User, broker: Redis) -> None:
    project = make_labeled_project(owner=ada)
    run = run_request(
        project=project, user=ada, learner="naive_bayes", params={}, policy={"kind": "fixed"}, n_rounds=1
    )
    assert rings(broker) == 1

    broker.flushdb()
    age(run)
    sweep_runs()

    assert rings(broker) == 1


def test_a_run_whose_worker_died_is_rung_again(ada: User, broker: Redis) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - dt.timedelta(minutes=5))

    sweep_runs()

    assert rings(broker) == 1


def test_a_run_that_takes_a_file_in_has_a_bell_of_its_own(ada: User, broker: Redis) -> None:
    project = make_labeled_project(owner=ada)
    run = make_run(project)
    Run.objects.filter(pk=run.pk).update(trigger=Trigger.FILE)
    age(run)

    sweep_runs()

    rung = [body for queue in ("predict", "train") for body in broker.lrange(queue, 0, -1)]
    assert len(rung) == 1
    assert b"take_predictions_in" in rung[0]


def test_a_run_at_work_is_left_in_peace(ada: User, broker: Redis) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now())

    sweep_runs()

    assert rings(broker) == 0


def test_the_sweep_starts_a_run_that_is_due(ada: User, broker: Redis) -> None:
    project = make_labeled_project(owner=ada)
    Project.objects.filter(pk=project.pk).update(retrain_after=5)

    sweep_runs()

    assert Run.objects.get().trigger == Trigger.LABELS
    assert rings(broker) == 1


def test_a_worker_that_stops_gives_its_runs_back(ada: User, broker: Redis) -> None:
    mine = make_run(make_labeled_project(owner=ada), is_running=True)
    others = make_run(make_labeled_project(owner=ada), is_running=True)
    now = timezone.now()
    Run.objects.filter(pk=mine.pk).update(worker=WORKER, heartbeat_at=now)
    Run.objects.filter(pk=others.pk).update(worker="elsewhere:1", heartbeat_at=now)

    _release_works()
    age(mine)
    sweep_runs()

    mine.refresh_from_db()
    others.refresh_from_db()
    assert mine.state == WorkState.QUEUED
    assert others.state == WorkState.RUNNING
    assert rings(broker) == 1


def test_half_a_round_of_a_run_that_is_over_is_swept_away(ada: User, broker: Redis) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    predictions_store(round_open(run, number=1), Predictions.blank(np.arange(1, 6)))
    Run.objects.filter(pk=run.pk).update(state=WorkState.FAILED)

    sweep_runs()

    assert not run.rounds.exists()
