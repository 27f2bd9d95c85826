"""The whole of a file checked and counted as its import would be, with nothing written.

The same rows, the same decisions and the same report as the import that it stands for. It needs no row of an import,
and neither project nor database where there is no project yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from labeling.formats.files.bundle import Bundle
from labeling.formats.options import ImportOptions
from labeling.formats.sets.dataset import Dataset, open_dataset
from labeling.imports.rules.report import ImportReport
from labeling.imports.uploads import import_limits
from labeling.imports.writing.batches import BEAT_SECONDS
from labeling.imports.writing.pipeline import ImportJob
from labeling.models import Import, Project

# Called with the report so far, and how far it is of how much (0: not known); whatever it raises ends the check.
OnCount = Callable[[ImportReport, int, int], None]


def import_check(
    bundle: Bundle,
    options: ImportOptions,
    *,
    file_name: str,
    project: Project | None = None,
    item_type: str | None = None,
    on_count: OnCount | None = None,
) -> ImportReport:
    """What an import of the bundle would come to. Raises InvalidInput, TooLarge for what cannot be imported.

    With a project its items, labels and classes are known; without one `item_type` None is guessed.
    """
    if project is None:
        if item_type is None:
            item_type = open_dataset(bundle, options, item_type=None, limits=import_limits()).item_type
        project = Project(item_type=item_type)
    work = Import(
        project=project, file_name=file_name[:500], options=replace(options, dry_run=True).as_json()
    )
    check = _Check(work, bundle, on_count)
    check.run()
    return check.report


class _Check(ImportJob):
    """An import without a row."""

    def __init__(self, work: Import, bundle: Bundle, on_count: OnCount | None) -> None:
        super().__init__(work, None)
        self.bundle = bundle
        self.on_count = on_count
        self.report = ImportReport()
        self.told = (0, 0)

    def _bundle(self) -> AbstractContextManager[Bundle]:
        return nullcontext(self.bundle)

    def _transaction(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def _keep_options(self, dataset: Dataset) -> None:
        """Nobody takes a check over."""

    def _beat(self, **progress: object) -> None:
        if self.on_count is not None and (progress or time.monotonic() - self.beaten > BEAT_SECONDS):
            self.beaten = time.monotonic()
            self.on_count(self.report, *self.told)

    def _record(self, report: ImportReport, cursor: dict[str, int], step: int, n_steps: int) -> None:
        self.report, self.told = report, (step, n_steps)
        self._beat(step=step)

    def _finish(self) -> None:
        self.report = self._end_report()
