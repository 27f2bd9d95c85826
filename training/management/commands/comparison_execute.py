"""The child process of a comparison: runs its trials. Started by labeling/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.management.child import ChildCommand
from training.comparisons import COMPARISON


class Command(ChildCommand):
    help = "Run the trials of a claimed comparison. Workers start this; use `assay compare` to start one."
    job = COMPARISON

    def compute(self, work: Any) -> None:
        from training.comparison_pipeline import comparison_execute

        comparison_execute(work)
