"""The Celery app: queues by kind of work, limits, and the sweeps that make the broker only a doorbell.

A message carries a task's name and row ids, nothing else. Whoever takes it claims the row in
PostgreSQL first, so a message that comes twice, late or never does no harm.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_ready, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

QUEUES = ("train", "predict", "io", "default")

app = Celery("assay", task_cls="labeling.bells:Bell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def _begin_worker_pulse(sender: Any, **_: object) -> None:
    from deploy import caches, pulse

    queues = sorted(queue.name for queue in sender.app.amqp.queues.consume_from.values())
    pulse.begin("worker", queues)
    caches.begin()


@beat_init.connect
def _begin_scheduler_pulse(**_: object) -> None:
    import atexit

    from deploy import pulse

    pulse.begin("scheduler", [])
    atexit.register(pulse.end)


@worker_shutdown.connect
def _end_worker_pulse(**_: object) -> None:
    from deploy import pulse

    pulse.end()
