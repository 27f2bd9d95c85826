"""Celery's way in to runs. Names and arguments are kept by running workers: add, do not change."""

from __future__ import annotations

import logging
import os
import socket
import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.db import connection

from labeling.work import OPEN_STATES, WorkState, ring, works_waiting
from training.comparisons import COMPARISON
from training.inspections import INSPECTION
from training.models import Comparison, Inspection, RoundState, Run
from training.runs import rounds_remove_unfinished, run_open_if_due
from training.selectors import projects_that_retrain
from training.supervision import job_carry_out, run_carry_out

logger = logging.getLogger(__name__)

# Taken when the module is loaded, before a worker forks: all its processes claim under one name.
WORKER = f"{socket.gethostname()}:{os.getpid()}"


# No time limit: a fit may take a day. Whoever waits for it sees its progress and can cancel it.
@shared_task(ignore_result=True)
def train_run(run_id: int) -> None:
    run_carry_out(run_id, worker=WORKER)


@shared_task(ignore_result=True)
def compare_learners(comparison_id: int) -> None:
    job_carry_out(COMPARISON, comparison_id, worker=WORKER)


@shared_task(ignore_result=True)
def inspect_project(inspection_id: int) -> None:
    job_carry_out(INSPECTION, inspection_id, worker=WORKER)


@shared_task(ignore_result=True, time_limit=60)
def sweep_runs() -> None:
    """Ring again for runs whose doorbell was lost, start those that are due, and tidy after dead workers."""
    for run_id in works_waiting(Run):
        ring(train_run, run_id)
    for comparison_id in works_waiting(Comparison):
        ring(compare_learners, comparison_id)
    for inspection_id in works_waiting(Inspection):
        ring(inspect_project, inspection_id)
    for project in projects_that_retrain():
        if (run := run_open_if_due(project)) is not None:
            ring(train_run, run.pk)
    left_over = Run.objects.filter(rounds__state=RoundState.RUNNING).exclude(state__in=OPEN_STATES)
    for run in left_over.distinct():
        rounds_remove_unfinished(run)


@worker_shutting_down.connect
def release_runs(**_: Any) -> None:
    """A worker that is asked to stop gives its runs back at once instead of finishing them.

    Their supervisors see at the next beat that the claim is lost, and kill their child. In a thread
    of its own, because Celery calls this from a signal handler.
    """
    threading.Thread(target=_release_runs, name="release-runs").start()


def _release_runs() -> None:
    try:
        for model in (Run, Comparison, Inspection):
            n_released = model.objects.filter(worker=WORKER, state=WorkState.RUNNING).update(
                state=WorkState.QUEUED, worker="", heartbeat_at=None
            )
            logger.info("Stopping: %s of %s given back to the queue.", n_released, model.__name__)
    finally:
        connection.close()
