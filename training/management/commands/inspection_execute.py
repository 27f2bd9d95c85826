"""The child process of an inspection: looks. Started by labeling/jobs/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.management.child import ChildCommand
from training.inspections.rows import INSPECTION


class Command(ChildCommand):
    help = "Carry out a claimed inspection of the data and the labels. Workers start this."
    job = INSPECTION

    def compute(self, work: Any) -> None:
        from training.inspections.pipeline import inspection_execute

        inspection_execute(work)
