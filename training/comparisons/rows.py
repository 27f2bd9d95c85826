"""The only writer of comparisons and trials while work goes on.

Every write of a worker is fenced by the comparison's attempt, as those of runs are (training/runs/rows.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from labeling.jobs.supervision import Job
from labeling.jobs.trouble import patient
from labeling.jobs.work import work_hold
from labeling.models import Item, Project
from training.models import Comparison, Trial
from training.numbered import open_numbered


def comparison_open(project: Project, **columns: Any) -> Comparison:
    """A queued comparison with the project's next number. Raises AlreadyOpen."""
    sentence = "A comparison of this project is not over; there is one at a time. Wait, or cancel it."
    return open_numbered(Comparison, project, sentence, **columns)


def comparison_begin(comparison: Comparison, *, now: dt.datetime) -> None:
    """It is of the labels and items as they are now; trials of an earlier snapshot are gone. Raises WorkLost."""
    last_item_id = (
        Item.objects.filter(project_id=comparison.project_id)
        .order_by("-id")
        .values_list("id", flat=True)
        .first()
    )
    with transaction.atomic():
        work_hold(comparison)
        comparison.trials.all().delete()
        _write(comparison, as_of=now, last_item_id=last_item_id or 0, rows_hash="", table=[])


def comparison_describe(comparison: Comparison, **columns: Any) -> None:
    """What its snapshot holds is known. Raises WorkLost."""
    with transaction.atomic():
        work_hold(comparison)
        _write(comparison, **columns)


@patient
def trial_store(comparison: Comparison, trial: Trial, table: list[dict[str, Any]]) -> None:
    """The trial is written, and the table with it. Raises WorkLost."""
    with transaction.atomic():
        work_hold(comparison)
        same = {"learner": trial.learner, "n_labels": trial.n_labels, "seed": trial.seed}
        if not comparison.trials.filter(**same).exists():  # of a try that the database could not tell of
            trial.pk = None
            trial.save(force_insert=True)
        _write(comparison, table=table, n_deaths=0)  # it has got further


def _write(comparison: Comparison, **columns: Any) -> None:
    Comparison.objects.filter(pk=comparison.pk).update(**columns)
    for name, value in columns.items():
        setattr(comparison, name, value)


COMPARISON = Job(
    Comparison,
    "comparison_execute",
    kept="Trials that were finished are kept.",
)
