"""What the children of all jobs have in common: the claim they work under, how they wait and how they end."""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser

from labeling.errors import AssayError
from labeling.jobs.processes import die_with_parent
from labeling.jobs.supervision import Job
from labeling.jobs.trouble import waited, working_on
from labeling.jobs.work import Work, WorkCancelled, WorkLost, work_read

logger = logging.getLogger(__name__)

NICENESS = 5  # people who answer on the same machine come first


class ChildCommand(BaseCommand):
    """The child process of a job: computes one claimed row. Workers start it (labeling/jobs/supervision.py)."""

    job: ClassVar[Job]
    requires_system_checks: list[str] = []

    def compute(self, work: Any) -> None:
        """All that the row asks for. Import the array libraries here: Django loads every command for its help.

        It is called again where trouble comes out of it, with the row as it is then; what must not be lost
        by that waits itself (labeling.jobs.trouble.patient).
        """
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pk", type=int)
        parser.add_argument("attempt", type=int, help="of the claim; another one makes this process stop")
        parser.add_argument("--parent", type=int, required=True, help="process id of the supervisor")

    def handle(self, *, pk: int, attempt: int, parent: int, **_: Any) -> None:
        die_with_parent(parent)
        os.nice(NICENESS)
        held = self.job.model(attempt=attempt)  # enough to beat with, and to be told that it is lost
        held.pk = pk
        with working_on(held, note=partial(self.job.note, held) if self.job.note else None):
            self._carry_out(held)

    def _carry_out(self, held: Work) -> None:
        try:
            self._compute(held)
        except (WorkCancelled, WorkLost) as error:
            logger.warning("%s", error)

    def _compute(self, held: Work) -> None:
        try:
            waited(lambda: self.compute(work_read(held)))
        except AssayError as error:
            message, code = error.message, error.code
        except MemoryError:
            code = "out_of_memory"
            message = (
                "The process that did this ran out of memory. Give the worker more, or choose a smaller learner "
                f"or image size, and start again. {self.job.kept}".strip()
            )
        else:
            return
        waited(lambda: self.job.fail(work_read(held), message, code))
