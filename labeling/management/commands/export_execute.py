"""The child process of an export. Started by labeling/jobs/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.exports.job import EXPORT
from labeling.management.child import ChildCommand


class Command(ChildCommand):
    help = "Carry out a claimed export. Workers start this; use `assay export` to start one."
    job = EXPORT

    def compute(self, work: Any) -> None:
        from labeling.exports.pipeline import export_execute

        export_execute(work)
