"""The child process of an inspection: looks. Started by training/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from training.inspections import INSPECTION
from training.management.child import ChildCommand


class Command(ChildCommand):
    help = "Carry out a claimed inspection of the data and the labels. Workers start this."
    job = INSPECTION

    def compute(self, work: Any) -> None:
        from training.inspection_pipeline import inspection_execute

        inspection_execute(work)
