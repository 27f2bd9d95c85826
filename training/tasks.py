"""Celery's way in to runs. Names and arguments are kept by running workers: add, do not change."""

from __future__ import annotations

from functools import partial

from celery import shared_task
from django.db.models import Q

from labeling.jobs.bells import bell
from labeling.jobs.doorbell import ring
from labeling.jobs.setbacks import attempted, ring_all
from labeling.jobs.supervision import job_carry_out
from labeling.jobs.work import OPEN_STATES, SWEEP_SECONDS, WORKER, works_waiting
from training.comparisons.rows import COMPARISON
from training.filed.services import filed_rounds_take_back, filed_rounds_to_measure, runs_open_for_files
from training.inspections.rows import INSPECTION
from training.models import Comparison, Inspection, RoundState, Run, Trigger
from training.rounds.rows import rounds_remove_unfinished
from training.runs.rows import run_open_if_due
from training.runs.selectors import projects_that_retrain
from training.runs.supervision import run_carry_out


# No limit: a fit may take a day. Whoever waits for it sees its progress and can cancel it.
@bell(statement_seconds=0)
def train_run(run_id: int) -> None:
    run_carry_out(run_id, worker=WORKER)


@bell(statement_seconds=0)
def compare_learners(comparison_id: int) -> None:
    job_carry_out(COMPARISON, comparison_id, worker=WORKER)


@bell(statement_seconds=0)
def inspect_project(inspection_id: int) -> None:
    job_carry_out(INSPECTION, inspection_id, worker=WORKER)


@bell(statement_seconds=0)
def take_predictions_in(run_id: int) -> None:
    """A bell of its own, in another queue: what a file's model said need not wait for a run that learns for a day."""
    run_carry_out(run_id, worker=WORKER)


@shared_task
def take_files_in() -> None:
    """Rung when an import with a machine's labels is done, by name: labeling knows no rounds."""
    for run in runs_open_for_files():
        ring("training.tasks.take_predictions_in", run.pk)


@shared_task
def measure_filed_round(round_id: int) -> None:
    from training.filed.measure import filed_round_measure  # loads the array libraries

    filed_round_measure(round_id)


@bell(statement_seconds=SWEEP_SECONDS)
def sweep_runs() -> None:
    """Ring again for runs whose doorbell was lost, start those that are due, and tidy after dead workers."""
    attempted("filed_rounds_take_back", 0, filed_rounds_take_back)
    ring_all("training.tasks.take_predictions_in", lambda: [run.pk for run in runs_open_for_files()])
    ring_all("training.tasks.measure_filed_round", filed_rounds_to_measure)
    ring_all("training.tasks.take_predictions_in", lambda: _waiting(Q(trigger=Trigger.FILE)))
    ring_all("training.tasks.train_run", lambda: _waiting(~Q(trigger=Trigger.FILE)))
    ring_all("training.tasks.compare_learners", lambda: works_waiting(Comparison))
    ring_all("training.tasks.inspect_project", lambda: works_waiting(Inspection))
    for project in projects_that_retrain():
        run = attempted("run_open_if_due", project.pk, partial(run_open_if_due, project))
        if run is not None:
            ring("training.tasks.train_run", run.pk)
    left_over = Run.objects.filter(rounds__state=RoundState.RUNNING).exclude(state__in=OPEN_STATES)
    for run in left_over.distinct():
        attempted("rounds_remove_unfinished", run.pk, partial(rounds_remove_unfinished, run))


def _waiting(which: Q) -> list[int]:
    """Ids of such runs that no worker is at, the oldest first."""
    waiting = works_waiting(Run)
    return list(Run.objects.filter(which, pk__in=waiting).order_by("pk").values_list("pk", flat=True))
