"""The child process of an import's undoing. Started by labeling/jobs/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.management.child import ChildCommand
from labeling.removals.job import UNDO


class Command(ChildCommand):
    help = (
        "Carry out a claimed undoing of an import. Workers start this; use `assay undo-import` to start one."
    )
    job = UNDO

    def compute(self, work: Any) -> None:
        from labeling.removals.pipeline import undo_execute

        undo_execute(work)
