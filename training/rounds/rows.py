"""The only writer of rounds while work goes on. Every write is fenced, as those of runs are (training/runs/rows.py)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from labeling.jobs.trouble import patient
from labeling.jobs.work import WorkLost, work_hold
from labeling.models import Source, SourceKind
from training.models import MeasuredPrediction, Prediction, Round, RoundState, Run, Trigger
from training.rounds.artifacts import artifact_delete, artifact_name

BY_PEOPLE = (Trigger.PERSON, Trigger.FILE)  # what somebody did on purpose


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
