"""The child process of a run: computes its rounds. Started by labeling/jobs/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.management.child import ChildCommand
from training.runs.supervision import RUN


class Command(ChildCommand):
    help = "Compute the rounds of a claimed run. Workers start this; use `assay train` to start a run."
    job = RUN

    def compute(self, work: Any) -> None:
        if work.takes_in_id is not None:
            from training.filed.pipeline import filed_execute

            filed_execute(work)
            return
        from training.fitting.pipeline import run_execute

        run_execute(work)
