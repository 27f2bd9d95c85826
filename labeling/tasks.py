"""What workers are rung for. A task takes ids, and calls the pipeline; state and result live in the row."""

from __future__ import annotations

import os
import socket

from celery import shared_task

from labeling.leftovers import leftover_first_due, leftovers_remove
from labeling.models import Export, Import
from labeling.project_pipeline import erasures_due, project_erase
from labeling.uploads import uploads_sweep
from labeling.work import ring, works_waiting


def _worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@shared_task
def import_items(import_id: int) -> None:
    """Carry out one import."""
    # Here, because the pipelines load pyarrow, and web processes ring these tasks.
    from labeling.import_pipeline import import_run

    import_run(import_id, worker=_worker_name())


@shared_task
def export_project(export_id: int) -> None:
    """Carry out one export."""
    from labeling.export_pipeline import export_run

    export_run(export_id, worker=_worker_name())


@shared_task
def erase_project(project_id: int) -> None:
    """Take away what is left of a deleted project."""
    project_erase(project_id)


@shared_task
def remove_leftovers(leftover_id: int) -> None:
    """Delete files that nobody owns: this one, and whatever else is due."""
    leftovers_remove()


@shared_task
def sweep_works() -> None:
    """Ring again for work whose doorbell was lost or whose worker died, and clear old uploads away."""
    for import_id in works_waiting(Import):
        ring(import_items, import_id)
    for export_id in works_waiting(Export):
        ring(export_project, export_id)
    for project_id in erasures_due():
        ring(erase_project, project_id)
    uploads_sweep()
    if (leftover_id := leftover_first_due()) is not None:
        ring(remove_leftovers, leftover_id)
