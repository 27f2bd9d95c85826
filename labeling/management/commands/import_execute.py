"""The child process of an import. Started by labeling/jobs/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.imports.jobs import IMPORT
from labeling.management.child import ChildCommand


class Command(ChildCommand):
    help = "Carry out a claimed import. Workers start this; use `assay import` to start one."
    job = IMPORT

    def compute(self, work: Any) -> None:
        from labeling.imports.writing.pipeline import import_execute

        import_execute(work)
