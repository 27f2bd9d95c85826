"""The only writer of comparisons and trials while work goes on.

Every write of a worker is fenced by the comparison's attempt, as those of runs are (training/runs.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from labeling.models import Item, Project
from labeling.work import OPEN_STATES, WorkLost, WorkState, work_fail, work_finish
from training.errors import AlreadyOpen
from training.models import Comparison, Trial
from training.supervision import Job


def comparison_open(project: Project, **columns: Any) -> Comparison:
    """A queued comparison with the project's next number. Raises AlreadyOpen."""
    sentence = "A comparison of this project is not over; there is one at a time. Wait, or cancel it."
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if Comparison.objects.filter(project=project, state__in=OPEN_STATES).exists():
            raise AlreadyOpen(sentence)
        last_number = Comparison.objects.filter(project=project).aggregate(n=Max("number"))["n"] or 0
        try:
            return Comparison.objects.create(project=project, number=last_number + 1, **columns)
        except IntegrityError as error:  # somebody wrote one without taking the lock
            raise AlreadyOpen(sentence) from error


def comparison_hold(comparison: Comparison) -> None:
    """Lock its row until the transaction ends, if this attempt still holds it. Raises WorkLost."""
    mine = Comparison.objects.filter(pk=comparison.pk, attempt=comparison.attempt, state=WorkState.RUNNING)
    if not mine.select_for_update(no_key=True).values_list("pk").exists():
        raise WorkLost(f"Comparison {comparison.pk} is no longer held by attempt {comparison.attempt}.")


def comparison_begin(comparison: Comparison, *, now: dt.datetime) -> None:
    """It is of the labels and items as they are now; trials of an earlier snapshot are gone. Raises WorkLost."""
    last_item_id = (
        Item.objects.filter(project_id=comparison.project_id)
        .order_by("-id")
        .values_list("id", flat=True)
        .first()
    )
    with transaction.atomic():
        comparison_hold(comparison)
        comparison.trials.all().delete()
        _write(comparison, as_of=now, last_item_id=last_item_id or 0, rows_hash="", table=[])


def comparison_describe(comparison: Comparison, **columns: Any) -> None:
    """What its snapshot holds is known. Raises WorkLost."""
    with transaction.atomic():
        comparison_hold(comparison)
        _write(comparison, **columns)


def trial_store(comparison: Comparison, trial: Trial, table: list[dict[str, Any]]) -> None:
    """The trial is written, and the table with it. Raises WorkLost."""
    with transaction.atomic():
        comparison_hold(comparison)
        trial.save()
        _write(comparison, table=table)


def comparison_finish(comparison: Comparison) -> None:
    work_finish(comparison)


def _write(comparison: Comparison, **columns: Any) -> None:
    Comparison.objects.filter(pk=comparison.pk).update(**columns)
    for name, value in columns.items():
        setattr(comparison, name, value)


COMPARISON = Job(
    Comparison,
    "comparison_execute",
    fail=lambda comparison, sentence, code: work_fail(comparison, sentence, code=code),
    kept="Trials that were finished are kept.",
)
