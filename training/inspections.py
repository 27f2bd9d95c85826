"""The only writer of inspections while work goes on. Fenced as runs are (training/runs.py)."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from labeling.models import Project
from labeling.work import OPEN_STATES, WorkLost, WorkState, work_fail, work_finish
from training.errors import AlreadyOpen
from training.models import Inspection
from training.supervision import Job


def inspection_open(project: Project, **columns: Any) -> Inspection:
    """A queued inspection with the project's next number. Raises AlreadyOpen."""
    sentence = "An inspection of this project is not over; there is one at a time. Wait, or cancel it."
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if Inspection.objects.filter(project=project, state__in=OPEN_STATES).exists():
            raise AlreadyOpen(sentence)
        last_number = Inspection.objects.filter(project=project).aggregate(n=Max("number"))["n"] or 0
        try:
            return Inspection.objects.create(project=project, number=last_number + 1, **columns)
        except IntegrityError as error:  # somebody wrote one without taking the lock
            raise AlreadyOpen(sentence) from error


def inspection_write(inspection: Inspection, **columns: Any) -> None:
    """Columns of the running inspection, if this attempt still holds it. Raises WorkLost."""
    mine = Inspection.objects.filter(pk=inspection.pk, attempt=inspection.attempt, state=WorkState.RUNNING)
    if mine.update(**columns) == 0:
        raise WorkLost(f"Inspection {inspection.pk} is no longer held by attempt {inspection.attempt}.")
    for name, value in columns.items():
        setattr(inspection, name, value)


def inspection_finish(inspection: Inspection) -> None:
    work_finish(inspection)


INSPECTION = Job(
    Inspection,
    "inspection_execute",
    fail=lambda inspection, sentence, code: work_fail(inspection, sentence, code=code),
    kept="What was found before is kept.",
)
