"""What the children of all jobs have in common: the claim they work under, and how they end."""

from __future__ import annotations

import logging
import os
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser

from labeling.errors import AssayError
from labeling.work import Work, WorkCancelled, WorkLost, WorkState
from training.processes import die_with_parent
from training.supervision import Job

logger = logging.getLogger(__name__)

NICENESS = 5  # people who answer on the same machine come first


class ChildCommand(BaseCommand):
    """The child process of a job: computes one claimed row. Workers start it (training/supervision.py)."""

    job: ClassVar[Job]
    requires_system_checks: list[str] = []

    def compute(self, work: Any) -> None:
        """All that the row asks for. Import the array libraries here: Django loads every command for its help."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pk", type=int)
        parser.add_argument("attempt", type=int, help="of the claim; another one makes this process stop")
        parser.add_argument("--parent", type=int, required=True, help="process id of the supervisor")

    def handle(self, *, pk: int, attempt: int, parent: int, **_: Any) -> None:
        die_with_parent(parent)
        os.nice(NICENESS)
        model: type[Work] = self.job.model
        work = model._default_manager.filter(pk=pk, attempt=attempt, state=WorkState.RUNNING).first()
        if work is None:
            logger.warning(
                "%s %s is not held by attempt %s, so there is nothing to do.", model.__name__, pk, attempt
            )
            return
        try:
            self.compute(work)
        except (WorkCancelled, WorkLost) as error:
            logger.warning("%s", error)
        except AssayError as error:
            self.job.fail(work, error.message, error.code)
        except MemoryError:
            self.job.fail(
                work,
                "The training process ran out of memory. Give the worker more, or choose a smaller learner "
                f"or image size, and start again. {self.job.kept}".strip(),
                "out_of_memory",
            )
