"""The child process of a comparison: runs its trials. Started by labeling/jobs/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.management.child import ChildCommand
from training.comparisons.rows import COMPARISON


class Command(ChildCommand):
    help = "Run the trials of a claimed comparison. Workers start this; use `assay compare` to start one."
    job = COMPARISON

    def compute(self, work: Any) -> None:
        from training.comparisons.pipeline import comparison_execute

        comparison_execute(work)
