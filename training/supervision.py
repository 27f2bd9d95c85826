"""Carrying out a run, or another job, in a child process, watched by the worker that claimed it.

The child computes (training/pipeline.py for a run). The parent keeps the heartbeat, so that a learner may block
for minutes; it kills the child at once when somebody cancels or the claim is lost, whatever the
learner is doing; and it turns the way in which the child ended into a sentence. The memory of a
fit goes back to the system with the child, and a fit that runs out of memory takes no worker along.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from labeling.work import (
    Work,
    WorkCancelled,
    WorkLost,
    WorkState,
    work_beat,
    work_cancel,
    work_claim,
    work_fail,
    work_release,
)
from training.models import Run
from training.runs import rounds_remove_unfinished, run_fail

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
TAIL_LINES = 50  # of the child's stderr, kept for the sentence on how it failed


@dataclass(frozen=True)
class Job:
    """A kind of work that a child process computes."""

    model: type[Work]
    command: str  # of manage.py; the child's, called with the row's id and its attempt
    fail: Callable[[Any, str, str], None] = lambda work, sentence, code: work_fail(work, sentence, code=code)
    tidy: Callable[[Any], None] = lambda work: None  # after a cancellation
    kept: str = ""  # a sentence on what a failure leaves


RUN = Job(
    Run,
    "run_execute",
    fail=lambda run, sentence, code: run_fail(run, sentence, code=code),
    tidy=rounds_remove_unfinished,
    kept="Rounds that were finished are kept.",
)


def run_carry_out(run_id: int, *, worker: str) -> None:
    """`job_carry_out` of a run."""
    job_carry_out(RUN, run_id, worker=worker)


def job_carry_out(job: Job, pk: int, *, worker: str) -> None:
    """Claim the work and stay with it until it is over, lost or given back. Quiet if it is not to be had."""
    work = work_claim(job.model, pk, worker=worker)
    if work is None:
        logger.info("%s %s is gone, over, or in other hands.", job.model.__name__, pk)
        return
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        with _child(job, work, tail) as child:
            _watch(work, child)
    except WorkCancelled:
        _end_cancelled(job, work)
    except WorkLost as error:
        work.refresh_from_db()
        if work.is_open:  # else the child has just written that it is over, and was about to end
            logger.warning("%s", error)
    except BaseException:
        # The worker itself is stopping: another goes on from the last whole round.
        work_release(work)
        raise
    else:
        _end(job, work, child.returncode, tail)


@contextmanager
def _child(job: Job, work: Work, tail: deque[str]) -> Iterator[subprocess.Popen[str]]:
    """The child at work. On the way out it is dead, with all that it started."""
    command = [sys.executable, "-m", "django", job.command, str(work.pk), str(work.attempt)]
    path = os.pathsep.join([str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE),
        "ASSAY_DATA_DIR": str(settings.ASSAY_DATA_DIR),
        "PYTHONPATH": path,
        # Threads that spin while they wait take the cores from the web and the database beside them:
        # twice the CPU time a step of the network, for nothing.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }
    with subprocess.Popen(
        [*command, "--parent", str(os.getpid())],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        process_group=0,  # so that one signal reaches the processes that a learner starts
    ) as child:
        reader = threading.Thread(target=_forward, args=(child, tail), daemon=True)
        reader.start()
        try:
            yield child
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            reader.join(timeout=5)


def _forward(child: subprocess.Popen[str], tail: deque[str]) -> None:
    """The child's log goes to ours; its last lines are kept."""
    assert child.stderr is not None
    for line in child.stderr:
        tail.append(line.rstrip())
        sys.stderr.write(line)


def _watch(work: Work, child: subprocess.Popen[str]) -> None:
    """Beat until the child ends. Raises WorkCancelled and WorkLost."""
    beaten_at = time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            child.wait(BEAT_SECONDS)
            return
        try:
            work_beat(work)
            beaten_at = time.monotonic()
        except (OperationalError, InterfaceError) as error:
            # The database may come back; but past this age another worker may take the work over.
            connection.close()
            if time.monotonic() - beaten_at > settings.ASSAY_STALE_SECONDS:
                name = type(work).__name__
                raise WorkLost(f"{name} {work.pk}: no heartbeat could be written. {error}") from error


def _end_cancelled(job: Job, work: Work) -> None:
    with suppress(WorkLost):  # it was over in the same moment
        work_cancel(work)
        job.tidy(work)


def _end(job: Job, work: Work, returncode: int, tail: deque[str]) -> None:
    """The child has ended by itself: if it has not said how, say it in its place."""
    mine = job.model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING)
    if not mine.exists():
        return
    code, sentence = exit_sentence(returncode, list(tail), kept=job.kept)
    name = job.model.__name__
    logger.error("%s %s, attempt %s: %s\n%s", name, work.pk, work.attempt, sentence, "\n".join(tail))
    with suppress(WorkLost):
        job.fail(work, sentence, code)


def exit_sentence(returncode: int, tail: list[str], *, kept: str = RUN.kept) -> tuple[str, str]:
    """(code, sentence) for a child that ended without writing its own. `tail`: the end of its stderr."""
    if returncode == -signal.SIGKILL:
        return "out_of_memory", (
            "The training process was killed by the system, which is what happens when memory runs out. "
            "Give the worker more memory, or choose a smaller learner or image size, and start again. "
            f"{kept}"
        ).strip()
    if returncode < 0:
        name = signal.Signals(-returncode).name
        return "crashed", (
            f"The training process was ended by {name}. The worker's log has what it said last. "
            "Start it again; if it ends like this once more, choose another learner."
        )
    last = next((line for line in reversed(tail) if line.strip()), "it said nothing")
    return "crashed", (
        f"The training process stopped with an error that Assay did not foresee: {last[:500]} "
        f"The whole traceback is in the worker's log. {kept}"
    ).strip()
