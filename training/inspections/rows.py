"""The only writer of inspections while work goes on. Fenced as runs are (training/runs/rows.py)."""

from __future__ import annotations

from typing import Any

from labeling.jobs.supervision import Job
from labeling.jobs.trouble import patient
from labeling.jobs.work import WorkLost, WorkState
from labeling.models import Project
from training.models import Inspection
from training.numbered import open_numbered


def inspection_open(project: Project, **columns: Any) -> Inspection:
    """A queued inspection with the project's next number. Raises AlreadyOpen."""
    sentence = "An inspection of this project is not over; there is one at a time. Wait, or cancel it."
    return open_numbered(Inspection, project, sentence, **columns)


@patient
def inspection_write(inspection: Inspection, **columns: Any) -> None:
    """Columns of the running inspection, if this attempt still holds it. Raises WorkLost."""
    mine = Inspection.objects.filter(pk=inspection.pk, attempt=inspection.attempt, state=WorkState.RUNNING)
    if mine.update(**columns) == 0:
        raise WorkLost(f"Inspection {inspection.pk} is no longer held by attempt {inspection.attempt}.")
    for name, value in columns.items():
        setattr(inspection, name, value)


INSPECTION = Job(
    Inspection,
    "inspection_execute",
    kept="What was found before is kept.",
)
