"""A worker that lost its run may still be computing. It must not write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db.models import F

from labeling.jobs.work import WorkCancelled, WorkLost, WorkState
from labeling.models import Source, SourceKind
from tests.training.makers import make_labeled_project, make_run
from training.fitting.pipeline import round_execute, run_execute
from training.fitting.progress import RunProgress, Step
from training.models import Prediction, Round, Run, RunLogLine
from training.rounds.predictions import Predictions, predictions_store
from training.rounds.rows import round_open, round_ready
from training.runs.rows import run_fail, run_finish, run_log


class Interrupted(RunProgress):
    """Something happens to the run just before one of its steps."""

    def __init__(self, run: Run, at: Step, change: dict[str, Any]) -> None:
        super().__init__(run)
        self._at, self._change = at, change

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        with super().step(step):
            if step is self._at:
                Run.objects.filter(pk=self._run.pk).update(**self._change)
            yield


def counts() -> list[int]:
    of_models = Source.objects.filter(kind=SourceKind.MODEL)
    return [Prediction.objects.count(), RunLogLine.objects.count(), of_models.count(), Round.objects.count()]


@pytest.mark.parametrize("step", list(Step))
def test_nothing_becomes_ready_after_another_attempt_has_begun(ada: User, step: Step) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    progress = Interrupted(run, step, {"attempt": F("attempt") + 1})

    with pytest.raises(WorkLost):
        round_execute(run, number=1, before=None, progress=progress)

    assert not Round.objects.exclude(state="running").exists()
    assert not Source.objects.filter(kind=SourceKind.MODEL).exists()


def test_every_writer_refuses_a_late_attempt(ada: User) -> None:
    late = make_run(make_labeled_project(owner=ada), is_running=True)
    round = round_open(late, number=1)
    Run.objects.filter(pk=late.pk).update(attempt=2)
    before = counts()

    for write in (
        lambda: run_execute(late),
        lambda: run_log(late, "still here"),
        lambda: run_finish(late, stop_reason="I am done"),
        lambda: run_fail(late, "I failed"),
        lambda: round_open(late, number=2),
        lambda: round_ready(round, columns={"labels_hash": "x"}, details={}),
    ):
        with pytest.raises(WorkLost):
            write()

    late.refresh_from_db()
    assert counts() == before
    assert late.state == WorkState.RUNNING


def test_predictions_of_a_round_that_was_removed_are_not_copied(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    round = round_open(run, number=1)
    stale = Round.objects.get(pk=round.pk)
    round.delete()

    with pytest.raises(WorkLost):
        predictions_store(stale, Predictions.blank(np.arange(5)))

    assert not Prediction.objects.exists()


def test_the_next_attempt_removes_what_the_last_left_half_done(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True, n_rounds=1)
    left = round_open(run, number=1)
    predictions_store(left, Predictions.blank(np.arange(1, 6)))
    Run.objects.filter(pk=run.pk).update(attempt=2)
    run.refresh_from_db()

    run_execute(run)

    assert not Prediction.objects.filter(round_id=left.pk).exists()
    assert run.rounds.get().metrics["n_pool"] == Prediction.objects.count()


def test_a_wish_to_cancel_is_heard_between_steps(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    progress = Interrupted(run, Step.FIT, {"cancel_requested_at": "2026-01-01T00:00Z"})

    with pytest.raises(WorkCancelled):
        round_execute(run, number=1, before=None, progress=progress)
