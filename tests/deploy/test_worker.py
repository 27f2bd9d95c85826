"""Every task has a queue that some worker listens to, and the beat knows the sweeps."""

from __future__ import annotations

import pytest

from deploy.worker import QUEUES, app

app.loader.import_default_modules()
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


def queue_of(task: str) -> str:
    name: str = app.amqp.router.route({}, task)["queue"].name
    return name


@pytest.mark.parametrize("task", OURS)
def test_every_task_goes_to_a_queue_that_workers_listen_to(task: str) -> None:
    assert queue_of(task) in QUEUES


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("training.tasks.train_run", "train"),
        ("training.tasks.sweep_runs", "default"),
        ("labeling.tasks.import_items", "io"),
        ("labeling.tasks.export_project", "io"),
        ("labeling.tasks.undo_import", "io"),
        ("labeling.tasks.sweep_works", "default"),
        ("review.tasks.publish_ready_rounds", "default"),
        ("review.tasks.diversify_queue", "predict"),
        ("review.tasks.explain_queue", "predict"),
    ],
)
def test_each_kind_of_work_has_its_queue(task: str, queue: str) -> None:
    assert task in OURS
    assert queue_of(task) == queue


def test_every_task_on_the_beat_exists() -> None:
    assert {each["task"] for each in app.conf.beat_schedule.values()} <= set(OURS)


def test_messages_that_run_code_are_not_read() -> None:
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_serializer == "json"
