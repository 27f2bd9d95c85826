"""Carrying out a run in a child process, watched by the worker that claimed it.

The child computes (training/pipeline.py). The parent keeps the heartbeat, so that a learner may block
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
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from labeling.work import (
    WorkCancelled,
    WorkLost,
    WorkState,
    work_beat,
    work_cancel,
    work_claim,
    work_release,
)
from training.models import Run
from training.runs import rounds_remove_unfinished, run_fail

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
TAIL_LINES = 50  # of the child's stderr, kept for the sentence on how it failed


def run_carry_out(run_id: int, *, worker: str) -> None:
    """Claim the run and stay with it until it is over, lost or given back. Quiet if it is not to be had."""
    run = work_claim(Run, run_id, worker=worker)
    if run is None:
        logger.info("Run %s is gone, over, or in other hands.", run_id)
        return
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        with _child(run, tail) as child:
            _watch(run, child)
    except WorkCancelled:
        _end_cancelled(run)
    except WorkLost as error:
        run.refresh_from_db()
        if run.is_open:  # else the child has just written that it is over, and was about to end
            logger.warning("%s", error)
    except BaseException:
        # The worker itself is stopping: another goes on from the last whole round.
        work_release(run)
        raise
    else:
        _end(run, child.returncode, tail)


@contextmanager
def _child(run: Run, tail: deque[str]) -> Iterator[subprocess.Popen[str]]:
    """The child at work. On the way out it is dead, with all that it started."""
    command = [sys.executable, "-m", "django", "run_execute", str(run.pk), str(run.attempt)]
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


def _watch(run: Run, child: subprocess.Popen[str]) -> None:
    """Beat until the child ends. Raises WorkCancelled and WorkLost."""
    beaten_at = time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            child.wait(BEAT_SECONDS)
            return
        try:
            work_beat(run)
            beaten_at = time.monotonic()
        except (OperationalError, InterfaceError) as error:
            # The database may come back; but past this age another worker may take the run over.
            connection.close()
            if time.monotonic() - beaten_at > settings.ASSAY_STALE_SECONDS:
                raise WorkLost(f"Run {run.pk}: no heartbeat could be written. {error}") from error


def _end_cancelled(run: Run) -> None:
    with suppress(WorkLost):  # it was over in the same moment
        work_cancel(run)
        rounds_remove_unfinished(run)


def _end(run: Run, returncode: int, tail: deque[str]) -> None:
    """The child has ended by itself: if it has not said how, say it in its place."""
    if not Run.objects.filter(pk=run.pk, attempt=run.attempt, state=WorkState.RUNNING).exists():
        return
    code, sentence = exit_sentence(returncode, list(tail))
    logger.error("Run %s, attempt %s: %s\n%s", run.pk, run.attempt, sentence, "\n".join(tail))
    with suppress(WorkLost):
        run_fail(run, sentence, code=code)


def exit_sentence(returncode: int, tail: list[str]) -> tuple[str, str]:
    """(code, sentence) for a child that ended without writing its own. `tail`: the end of its stderr."""
    if returncode == -signal.SIGKILL:
        return "out_of_memory", (
            "The training process was killed by the system, which is what happens when memory runs out. "
            "Give the worker more memory, or choose a smaller learner or image size, and start again. "
            "Rounds that were finished are kept."
        )
    if returncode < 0:
        name = signal.Signals(-returncode).name
        return "crashed", (
            f"The training process was ended by {name}. The worker's log has what it said last. "
            "Start the run again; if it ends like this once more, choose another learner."
        )
    last = next((line for line in reversed(tail) if line.strip()), "it said nothing")
    return "crashed", (
        f"The training process stopped with an error that Assay did not foresee: {last[:500]} "
        "The whole traceback is in the worker's log. Finished rounds are kept."
    )
