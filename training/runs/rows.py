"""The only writer of runs and rounds while work goes on. Every write is fenced.

A worker that lost its claim may still be computing. It writes only after it has locked the run's
row and found its own attempt there (`work_hold`), so nothing of it gets in beside its successor.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Q
from django.utils import timezone

from labeling.errors import AssayError
from labeling.jobs.trouble import patient
from labeling.jobs.work import WorkLost, work_fail, work_finish, work_hold
from labeling.models import Project, Source, SourceKind
from labeling.removals.selectors import check_nothing_leaves
from training.errors import RunAlreadyOpen
from training.models import MeasuredPrediction, Prediction, Round, RoundState, Run, RunLogLine, Trigger
from training.models.querysets import open_runs
from training.rounds.artifacts import artifact_delete, artifact_name
from training.runs.checks import RunSettings, check_labels, check_settings, default_settings
from training.runs.selectors import is_due, last_run, newest_human_label_id, rounds_to_prune

logger = logging.getLogger(__name__)

BY_PEOPLE = (Trigger.PERSON, Trigger.FILE)  # what somebody did on purpose


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
        return default_settings(project.item_type)
    return check_settings(
        item_type=project.item_type,
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
        RunLogLine.objects.create(run=run, level=level, message=message)


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


@patient
def round_open(run: Run, *, number: int) -> Round:
    """A running round with this number. Raises WorkLost."""
    with transaction.atomic():
        work_hold(run)
        # One that is there was made by this attempt, whose database was gone before it could say so.
        return Round.objects.get_or_create(run=run, number=number, state=RoundState.RUNNING)[0]


@patient
def round_ready(
    round: Round, *, columns: Mapping[str, Any], details: Mapping[str, Any] | None = None
) -> None:
    """The running round is a model version: it has its source and `columns`, and waits to be published.

    What takes a file's predictions in has the file's source; any other has a new one, with `details`.

    Raises WorkLost if this attempt, or this round, is no longer the one at work.
    """
    run = round.run
    with transaction.atomic():
        work_hold(run)
        if Round.objects.filter(pk=round.pk).exclude(state=RoundState.RUNNING).exists():
            return round.refresh_from_db()  # done before, though the database could not say so
        source = run.takes_in or Source.objects.create(
            project_id=run.project_id,
            kind=SourceKind.MODEL,
            is_human=False,
            name=f"run {run.number}, round {round.number}",
            details=dict(details or {}),
        )
        n_ready = Round.objects.filter(pk=round.pk, state=RoundState.RUNNING).update(
            state=RoundState.READY, source=source, finished_at=timezone.now(), **columns
        )
        if n_ready == 0:
            raise WorkLost(f"Round {round.pk} was removed by another attempt.")
        _candidates_succeed(round)
        Run.objects.filter(pk=run.pk).update(n_deaths=0)  # it has got further
    round.refresh_from_db()


def _candidates_succeed(round: Round) -> None:
    """The round is a candidate in place of the run's earlier one; in a run that began by itself, of such runs', too.

    So there is one for each thing that a person tried, and no pile of what was trained by itself, whose predictions
    would all be kept.
    """
    run = round.run
    before = Round.objects.filter(run__project_id=run.project_id, state=RoundState.READY, pk__lt=round.pk)
    of_run = Q(run=run)
    if run.trigger not in BY_PEOPLE:
        of_run |= ~Q(run__trigger__in=BY_PEOPLE)
    before.filter(of_run).update(state=RoundState.SKIPPED)


def round_hold(round: Round) -> None:
    """Lock the running round's row until the transaction ends, so that nobody removes it meanwhile.

    Not the run's row: copying a million predictions takes seconds, in which the heartbeat and a
    cancellation must get through to the run. Raises WorkLost.
    """
    mine = Round.objects.filter(pk=round.pk, state=RoundState.RUNNING)
    if not mine.select_for_update(no_key=True).values_list("pk").exists():
        raise WorkLost(f"Round {round.pk} was removed by another attempt.")


def rounds_remove_unfinished(run: Run) -> None:
    """Rounds that nobody is working on any more are gone, with their predictions and files.

    The caller holds the run, or the run is over. Waits for a copy under way in a removed round.
    """
    with transaction.atomic():
        unfinished = Round.objects.filter(run=run, state=RoundState.RUNNING)
        for round in unfinished.select_for_update():
            Prediction.objects.filter(round_id=round.pk).delete()
            MeasuredPrediction.objects.filter(round_id=round.pk).delete()
            transaction.on_commit(partial(artifact_delete, artifact_name(round)))
            round.delete()


@patient
def predictions_prune(project_id: int) -> None:
    """Predictions of old rounds are gone; what those rounds measured stays."""
    for pk in list(rounds_to_prune(project_id).values_list("pk", flat=True)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM training_prediction WHERE round_id = %s", [pk])
            cursor.execute("DELETE FROM training_measuredprediction WHERE round_id = %s", [pk])
            Round.objects.filter(pk=pk).update(pruned_at=timezone.now())
