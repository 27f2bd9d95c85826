"""The child process of an import. Started by labeling/supervision.py, never by hand."""

from __future__ import annotations

from typing import Any

from labeling.jobs import IMPORT
from labeling.management.child import ChildCommand


class Command(ChildCommand):
    help = "Carry out a claimed import. Workers start this; use `assay import` to start one."
    job = IMPORT

    def compute(self, work: Any) -> None:
        from labeling.import_pipeline import import_execute

        import_execute(work)
