"""The child process of a check. Started by labeling/jobs/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.imports.jobs import CHECK
from labeling.management.child import ChildCommand


class Command(ChildCommand):
    help = "Carry out a claimed check of uploads. Workers start this."
    job = CHECK

    def compute(self, work: Any) -> None:
        from labeling.imports.checks.pipeline import check_execute

        check_execute(work)
