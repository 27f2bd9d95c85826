"""The Celery app: queues by kind of work, limits, and the sweeps that make the broker only a doorbell.

A message carries a task's name and row ids, nothing else. Whoever takes it claims the row in
PostgreSQL first, so a message that comes twice, late or never does no harm.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

logger = logging.getLogger(__name__)

QUEUES = ("train", "predict", "io", "default")

app = Celery("assay", task_cls="labeling.jobs.bells:Bell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

STOP_SECONDS = (
    15.0  # for tasks under way after SIGTERM; they are rung again elsewhere. Kubernetes kills at 30
)


@worker_init.connect
def _watch_loop(sender: Any, **_: object) -> None:
    from deploy.workers import consumer, pulse

    app.steps["consumer"].add(consumer.Beating)
    consumer.WORKER.came_round()
    pulse.watch(consumer.WORKER)


@worker_ready.connect
def _begin_worker_pulse(sender: Any, **_: object) -> None:
    from deploy.workers import caches, pulse

    queues = sorted(queue.name for queue in sender.app.amqp.queues.consume_from.values())
    pulse.begin(queues)
    caches.begin()


@worker_process_init.connect
def _begin_pool_process(**_: object) -> None:
    from deploy.workers import pulse
    from labeling.jobs.processes import die_with_parent

    die_with_parent(os.getppid())
    os.environ["PGAPPNAME"] = pulse.called(
        os.getpid()
    )  # so that its statements are found in pg_stat_activity


@worker_shutting_down.connect
def _end_in_time(**_: object) -> None:
    """Celery waits for tasks under way as long as they take. In a thread: this is called from a signal handler."""
    threading.Thread(target=_leave, name="leave", daemon=True).start()


def _leave() -> None:
    from deploy.workers import pulse

    time.sleep(STOP_SECONDS)
    logger.warning("Tasks under way did not end in %.0f s; whatever they did is begun again.", STOP_SECONDS)
    stopper = threading.Thread(target=pulse.end, daemon=True)
    stopper.start()
    stopper.join(2.0)  # the database may be what they wait for
    os._exit(0)


@beat_init.connect
def _begin_scheduler_pulse(**_: object) -> None:
    import atexit

    from deploy.workers import consumer, pulse

    consumer.SCHEDULER.came_round()
    pulse.watch(consumer.SCHEDULER)
    pulse.begin([])
    atexit.register(pulse.end)


@worker_shutdown.connect
def _end_worker_pulse(**_: object) -> None:
    from deploy.workers import pulse

    pulse.end()
