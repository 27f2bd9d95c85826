"""The only writer of runs and rounds while work goes on. Every write is fenced.

A worker that lost its claim may still be computing. It writes only after it has locked the run's
row and found its own attempt there (`work_hold`), so nothing of it gets in beside its successor.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from labeling.errors import AssayError
from labeling.jobs.trouble import patient
from labeling.jobs.work import work_fail, work_finish, work_hold
from labeling.leaving import check_nothing_leaves
from labeling.models import Project
from labeling.secrets import hide_secrets
from training.errors import RunAlreadyOpen
from training.models import Run, RunLogLine, Trigger
from training.models.querysets import open_runs
from training.rounds.rows import rounds_remove_unfinished
from training.runs.checks import RunSettings, check_labels, check_settings, default_settings
from training.runs.selectors import is_due, last_run, newest_human_label_id

logger = logging.getLogger(__name__)


def run_open(*, project: Project, settings: RunSettings, trigger: str, user: Any = None) -> Run:
    """A queued run with the project's next number.

    Raises RunAlreadyOpen. Locks the project's row against other runs until the transaction ends.
    """
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if (other := open_runs(project.pk).first()) is not None:
            raise RunAlreadyOpen(_already_open(other))
        check_nothing_leaves(project.pk)
        try:
            return Run.objects.create(
                project=project,
                number=next_number(project.pk),
                **settings.columns(),
                trigger=trigger,
                last_human_label_id=newest_human_label_id(project.pk),
                created_by=user,
            )
        except IntegrityError as error:  # somebody wrote a run without taking the lock
            raise RunAlreadyOpen(_already_open(None)) from error


def next_number(project_id: int) -> int:
    """Of a run; for a caller that holds the project's row."""
    return (Run.objects.filter(project=project_id).aggregate(n=Max("number"))["n"] or 0) + 1


def run_open_if_due(project: Project) -> Run | None:
    """The run that the project's trigger asks for, queued; None if it is not due, or somebody was first.

    However many ask at the same moment, one run is made. It repeats the settings of the last run.
    """
    if open_runs(project.pk).exists() or not is_due(project):
        return None
    try:
        settings = last_settings(project)
        check_labels(project)
        return run_open(project=project, settings=settings, trigger=Trigger.LABELS)
    except RunAlreadyOpen:
        return None
    except AssayError as error:
        logger.warning("Project %s is due for a run, but none can start: %s", project.pk, error.message)
        return None


def last_settings(project: Project) -> RunSettings:
    """Those of the newest run that learned, else the defaults. Raises InvalidInput."""
    last = last_run(project.pk)
    if last is None:
        return default_settings(project.form)
    return check_settings(
        item_type=project.form,
        learner=last.learner,
        params=last.params,
        policy=last.policy,
        n_rounds=last.n_rounds,
        seed=last.seed,
    )


def _already_open(run: Run | None) -> str:
    which = f"Run {run.number} of this project is {run.state}" if run else "A run of this project is not over"
    return f"{which}; a project has one open run at a time. Wait until it is over, or cancel it."


@patient
def run_log(run: Run, message: str, *, level: str = "info") -> None:
    """One line for people. Raises WorkLost."""
    with transaction.atomic():
        work_hold(run)
        RunLogLine.objects.create(run=run, level=level, message=hide_secrets(message))


@patient
def run_finish(run: Run, *, stop_reason: str) -> None:
    """The run is done and says why it stopped. Raises WorkLost."""
    with transaction.atomic():
        run_log(run, f"Done. {stop_reason}")
        work_finish(run, stop_reason=stop_reason)


def run_fail(run: Run, error: AssayError | str, *, code: str = "failed") -> None:
    """The run has failed; its unfinished round is gone, whole rounds stay. Raises WorkLost."""
    message = error.message if isinstance(error, AssayError) else error
    with transaction.atomic():
        run_log(run, message, level="error")
        rounds_remove_unfinished(run)
        work_fail(run, error, code=code)
