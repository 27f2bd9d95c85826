"""What a worker does with a check: count all rows, and write the report as it grows."""

from __future__ import annotations

import time

from labeling.errors import InvalidInput
from labeling.formats.options import options_from_json
from labeling.imports.checks.check import import_check
from labeling.imports.rules.report import ImportReport
from labeling.imports.uploads import bundle_stored
from labeling.jobs.work import work_beat, work_finish
from labeling.models import Check

TELL_SECONDS = 0.5  # between two reports, which may be long


def check_execute(check: Check) -> None:
    """Every row is counted, and the check is done. Raises WorkCancelled, WorkLost, and AssayError."""
    started = time.monotonic()
    told_at = float("-inf")

    def tell(report: ImportReport, step: int, n_steps: int) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at < TELL_SECONDS:
            return
        told_at = now
        left = round((n_steps - step) * (now - started) / step, 1) if step and n_steps else None
        work_beat(
            check,
            report=report.as_json(),
            step=step,
            n_steps=n_steps,
            step_name="Counting",
            seconds_left=left,
            n_deaths=0,
        )

    if check.project is not None and check.project.deleted_at is not None:
        raise InvalidInput("The project was deleted.", code="project_deleted")
    with bundle_stored([(stored_name, name) for stored_name, name in check.files]) as bundle:
        report = import_check(
            bundle,
            options_from_json(check.options),
            file_name=check.file_name,
            project=check.project,
            item_type=check.item_type,
            on_count=tell,
        )
    work_finish(check, report=report.as_json(), step_name="")
