"""What workers are rung for. A task takes ids, and calls the pipeline; state and result live in the row."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.db import Error, connection

from labeling.exports.job import EXPORT
from labeling.imports.jobs import CHECK, IMPORT
from labeling.imports.uploads import uploads_sweep
from labeling.jobs.bells import bell
from labeling.jobs.setbacks import attempted, ring_all
from labeling.jobs.supervision import job_carry_out
from labeling.jobs.work import SWEEP_SECONDS, WORKER, works_release, works_waiting
from labeling.models import Check, Export, Import, ImportUndo
from labeling.projects.deletion import erasures_due, project_erase
from labeling.removals.job import UNDO
from labeling.storing.leftovers import leftover_first_due, leftovers_remove

logger = logging.getLogger(__name__)


@bell(statement_seconds=0)
def import_items(import_id: int) -> None:
    """Carry out one import."""
    job_carry_out(IMPORT, import_id, worker=WORKER)


@bell(statement_seconds=0)
def export_project(export_id: int) -> None:
    """Carry out one export."""
    job_carry_out(EXPORT, export_id, worker=WORKER)


@bell(statement_seconds=0)
def check_uploads(check_id: int) -> None:
    """Carry out one check of uploads."""
    job_carry_out(CHECK, check_id, worker=WORKER)


@bell(statement_seconds=0)
def undo_import(undo_id: int) -> None:
    """Take away what one import brought."""
    job_carry_out(UNDO, undo_id, worker=WORKER)


@shared_task
def erase_project(project_id: int) -> None:
    """Take away what is left of a deleted project."""
    project_erase(project_id)


@shared_task
def remove_leftovers(leftover_id: int) -> None:
    """Delete files that nobody owns: this one, and whatever else is due."""
    leftovers_remove()


@bell(statement_seconds=SWEEP_SECONDS)
def sweep_works() -> None:
    """Ring again for work whose doorbell was lost or whose worker died, and clear old uploads away."""
    ring_all("labeling.tasks.import_items", lambda: works_waiting(Import))
    ring_all("labeling.tasks.export_project", lambda: works_waiting(Export))
    ring_all("labeling.tasks.check_uploads", lambda: works_waiting(Check))
    ring_all("labeling.tasks.undo_import", lambda: works_waiting(ImportUndo))
    ring_all("labeling.tasks.erase_project", erasures_due)
    attempted("uploads_sweep", 0, uploads_sweep)
    ring_all(
        "labeling.tasks.remove_leftovers", lambda: [] if (due := leftover_first_due()) is None else [due]
    )


@worker_shutting_down.connect
def release_works(**_: Any) -> None:
    """A worker that is asked to stop gives its work back at once instead of finishing it.

    The supervisors see at the next beat that the claim is lost, and kill their child. In a thread of its own,
    because Celery calls this from a signal handler.
    """
    threading.Thread(target=_release_works, name="release-works", daemon=True).start()


def _release_works() -> None:
    try:
        logger.info("Stopping: %s pieces of work given back to the queue.", works_release(WORKER))
    except Error as error:  # others take it up once they see that nobody beats for it
        logger.warning("Stopping, and the work could not be given back: %s", error)
    finally:
        connection.close()
