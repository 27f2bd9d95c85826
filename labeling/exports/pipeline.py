"""What a worker does for an export: write to a temporary file page by page, store, finish. Runs in the child."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from typing import BinaryIO

from django.db import transaction

from labeling.exports.formats import ExportFormat, export_format
from labeling.exports.formats.tables import Writer
from labeling.exports.job import EXPORT
from labeling.exports.rows import ExportRows
from labeling.items.selectors import ItemFilters
from labeling.jobs.supervision import job_inline
from labeling.jobs.trouble import patient, told, waited
from labeling.jobs.work import work_beat, work_finish
from labeling.kinds import accepted, load_factory
from labeling.labels.selectors import item_count
from labeling.models import Export
from labeling.storing.leftovers import leftovers_note, leftovers_own
from labeling.storing.project_files import exports_folder
from labeling.storing.storage import store, stored_bytes


def export_run(export_id: int, *, worker: str) -> bool:
    """Claim the export and carry it out here. False if it is gone, over, or held by another worker."""
    return job_inline(EXPORT, export_id, worker=worker, compute=export_execute)


def export_execute(export: Export) -> None:
    """The file is in the storage, and the export is done.

    Called again it begins anew: as of the same moment, so with the same result. What is written waits for the
    storage. Raises WorkCancelled, WorkLost, and AssayError for what a user can act on.
    """
    with tempfile.TemporaryFile() as file:
        n_rows, n_withheld = _write(export, file)
        n_bytes = file.seek(0, os.SEEK_END)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        name = f"{exports_folder(export.project_id)}/{export.pk}-{export.attempt}{export_format(export.format).suffix}"
        told(export, step_name="storing")
        waited(lambda: leftovers_note([name], project_id=export.project_id))
        stored_name = store(name, file)

    def finish() -> None:
        with transaction.atomic():  # lost to another worker, the file stays a leftover
            work_finish(
                export,
                stored_name=stored_name,
                n_rows=n_rows,
                n_bytes=n_bytes,
                sha256=sha256,
                n_withheld=n_withheld,
            )
            leftovers_own([stored_name])

    waited(finish)


def _write(export: Export, file: BinaryIO) -> tuple[int, int]:
    """Write all rows to the file, beating after each page; returns how many, and of how many the label is withheld."""
    format = export_format(export.format)
    filters = ItemFilters(**export.filters)
    assert export.as_of is not None  # since it was asked for
    rows = ExportRows(
        export.project, filters, export.as_of, with_blobs=format.with_images, carried=export.carried
    )
    n_steps = item_count(export.project_id)
    work_beat(export, step_name="writing", step=0, n_steps=n_steps)
    started = time.monotonic()
    n_rows = n_walked = n_withheld = 0
    with _writer(format, export, rows, file) as writer:
        for page in rows.pages():
            for table in page.tables:
                writer.write(table)
                n_rows += table.num_rows
                if page.withheld:
                    n_withheld += sum(pk in page.withheld for pk in table.column("item_id").to_pylist())
            n_walked += page.n_walked
            seconds = time.monotonic() - started
            left = max(0.0, seconds / n_walked * (n_steps - n_walked))
            work_beat(export, step=min(n_walked, n_steps), seconds_left=left)
    return n_rows, n_withheld


@contextlib.contextmanager
def _writer(format: ExportFormat, export: Export, rows: ExportRows, file: BinaryIO) -> Iterator[Writer]:
    """The writer of the export's format; closed, so that the file is whole, unless writing failed."""
    factory = load_factory(format.writer)
    class_names = list(export.project.classes.order_by("pk").values_list("name", flat=True))
    settings = {
        "feature_names": rows.feature_names(),
        "class_names": class_names,
        "read_image": patient(stored_bytes),
    }
    writer: Writer = factory(file, rows.schema, **accepted(factory, settings))
    yield writer
    writer.close()
