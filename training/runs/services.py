"""What a request may do with runs. Roles are checked by the views (labeling/web/permissions.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User

from labeling.jobs.doorbell import ring
from labeling.jobs.work import WORKER, WorkState, work_request_cancel
from labeling.models import Project
from training.models import Run, Trigger
from training.runs.checks import N_ROUNDS_DEFAULT, check_labels, check_settings
from training.runs.rows import run_open, run_open_if_due
from training.runs.supervision import run_carry_out


def run_request(
    *,
    project: Project,
    user: User | None,
    learner: str,
    params: Mapping[str, Any],
    policy: Mapping[str, Any],
    n_rounds: int = N_ROUNDS_DEFAULT,
    seed: int = 0,
    trigger: str = Trigger.PERSON,
) -> Run:
    """A run is queued and the workers' bell rung. Nothing is written unless everything fits.

    Raises InvalidInput for settings that are not allowed, NotEnoughLabels, RunAlreadyOpen.
    """
    settings = check_settings(
        item_type=project.form,
        learner=learner,
        params=params,
        policy=policy,
        n_rounds=n_rounds,
        seed=seed,
    )
    check_labels(project)
    run = run_open(project=project, settings=settings, trigger=trigger, user=user)
    ring("training.tasks.train_run", run.pk)
    return run


def run_request_if_due(project_id: int) -> Run | None:
    """The next run is queued if people have given the project's `retrain_after` labels since the last.

    For after each batch of answers, when it has been committed: it costs one count that stops at the
    trigger. However many call it at the same moment, one run is made; the others get None.
    """
    project = Project.objects.get(pk=project_id)
    run = run_open_if_due(project)
    if run is not None:
        ring("training.tasks.train_run", run.pk)
    return run


def run_cancel(run: Run) -> Run:
    """A queued run is over at once; a running one stops within seconds. Raises Conflict if it is over."""
    work_request_cancel(run)
    run.refresh_from_db()
    return run


def run_inline(run: Run) -> Run:
    """Carry out a queued run in this process's care, for the command line where no worker is up.

    Interrupting it cancels the run.
    """
    try:
        while True:
            run_carry_out(run.pk, worker=WORKER)
            run.refresh_from_db()
            if run.state != WorkState.QUEUED:  # else its process was killed, and it is tried again
                return run
    except KeyboardInterrupt:
        work_request_cancel(run)
        raise
