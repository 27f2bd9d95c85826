"""The child process of a run: computes its rounds. Started by training/supervision.py, never by hand."""

from __future__ import annotations

import logging
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from labeling.errors import AssayError
from labeling.work import WorkCancelled, WorkLost, WorkState
from training.models import Run
from training.processes import die_with_parent
from training.runs import run_fail

logger = logging.getLogger(__name__)

NICENESS = 5  # people who answer on the same machine come first


class Command(BaseCommand):
    help = "Compute the rounds of a claimed run. Workers start this; use `assay train` to start a run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run_id", type=int)
        parser.add_argument("attempt", type=int, help="of the claim; another one makes this process stop")
        parser.add_argument("--parent", type=int, required=True, help="process id of the supervisor")

    def handle(self, *, run_id: int, attempt: int, parent: int, **_: Any) -> None:
        die_with_parent(parent)
        os.nice(NICENESS)
        run = Run.objects.filter(pk=run_id, attempt=attempt, state=WorkState.RUNNING).first()
        if run is None:
            logger.warning("Run %s is not held by attempt %s, so there is nothing to do.", run_id, attempt)
            return
        # Here and not above: it brings in the array libraries, and Django loads every command for its help.
        from training.pipeline import run_execute

        try:
            run_execute(run)
        except (WorkCancelled, WorkLost) as error:
            logger.warning("%s", error)
        except AssayError as error:
            run_fail(run, error)
        except MemoryError:
            run_fail(
                run,
                "The training process ran out of memory. Give the worker more, or choose a smaller learner "
                "or image size, and start again. Rounds that were finished are kept.",
                code="out_of_memory",
            )
