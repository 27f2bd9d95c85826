"""Carrying out a run, an import or another job in a child process, watched by the worker that claimed it.

The child computes (training/fitting/pipeline.py for a run). The parent beats for as long as it sees the child at
work: processor time, bytes, statements in PostgreSQL, or a wait that the child has told of. So a learner may
block for minutes, and a child that is wedged is found out and killed, as one is that somebody cancels or
whose claim is lost. The parent turns the way in which the child ended into a sentence. The memory of a job
goes back to the system with the child, and one that runs out of memory takes no worker along.

Trouble of the database stops neither of them: the parent tries to beat until it can, the child waits at its
next step (labeling/jobs/trouble.py).
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
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection

from labeling.errors import AssayError
from labeling.jobs.processes import kills_for_memory, signs_of_life, thread_limits
from labeling.jobs.trouble import Pauses, told, trouble_of, waited, working_on
from labeling.jobs.work import (
    Work,
    WorkCancelled,
    WorkLost,
    WorkState,
    work_beat,
    work_cancel,
    work_claim,
    work_die,
    work_fail,
    work_read,
    work_release,
    work_survived,
)
from labeling.secrets import hide_secrets

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
LOOK_SECONDS = 5.0  # between two looks at what the child does
TAIL_LINES = 50  # of the child's stderr, kept for the sentence on how it failed
STARTING = "starting a process of its own"  # the work's step until the child names one


@dataclass(frozen=True)
class Job:
    """A kind of work that a child process computes."""

    model: type[Work]
    command: str  # of manage.py; the child's, called with the row's id and its attempt
    fail: Callable[[Any, str, str], None] = lambda work, sentence, code: work_fail(work, sentence, code=code)
    tidy: Callable[[Any], None] = lambda work: None  # after a cancellation
    note: Callable[[Any, str], None] | None = None  # a line of a log that people read
    kept: str = ""  # a sentence on what a failure leaves


class _Wedged(Exception):
    """The child is there and does nothing."""


def job_carry_out(job: Job, pk: int, *, worker: str) -> None:
    """Claim the work and stay with it until it is over, lost or given back. Quiet if it is not to be had."""
    work = work_claim(job.model, pk, worker=worker)
    if work is None:
        logger.info("%s %s is gone, over, or in other hands.", job.model.__name__, pk)
        return
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    n_killed_before = kills_for_memory()
    try:
        told(work, step_name=STARTING, step=0, n_steps=0)  # said from the start: imports take seconds
        with _child(job, work, tail) as child:
            _Watch(work, child).stay()
    except WorkCancelled:
        _insist(partial(_end_cancelled, job, work))
    except WorkLost as error:
        _insist(partial(_lost, work, error))
    except _Wedged as error:
        _insist(partial(_died, job, work, str(error)))
    except BaseException:
        # The worker itself is stopping: another goes on from where this one was.
        work_release(work)
        raise
    else:
        is_memory = kills_for_memory() > n_killed_before
        _insist(partial(_end, job, work, child.returncode, tail, is_memory=is_memory))


def job_inline(job: Job, pk: int, *, worker: str, compute: Callable[[Any], None]) -> bool:
    """Claim the work and carry it out in this process, for the command line. False if it is not to be had."""
    work = work_claim(job.model, pk, worker=worker)
    if work is None:
        logger.info("%s %s is gone, over, or in other hands.", job.model.__name__, pk)
        return False
    try:
        with working_on(work):
            waited(lambda: compute(work_read(work)))
    except WorkLost as lost:
        logger.warning("%s", lost)
    except WorkCancelled:
        work_cancel(work)
    except AssayError as error:
        job.fail(work, error.message, error.code)
    except Exception as error:
        if trouble_of(error) is not None:
            raise  # the heartbeat goes stale, and a worker takes the work up
        logger.exception("%s %s failed.", job.model.__name__, pk)
        job.fail(work, "Something went wrong on our side, and the log says what.", "server_error")
    return True


@contextmanager
def _child(job: Job, work: Work, tail: deque[str]) -> Iterator[subprocess.Popen[str]]:
    """The child at work. On the way out it is dead, with all that it started."""
    command = [sys.executable, "-m", "django", job.command, str(work.pk), str(work.attempt)]
    path = os.pathsep.join([str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = (
        os.environ
        | thread_limits(os.environ)
        | {
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE),
            "ASSAY_DATA_DIR": str(settings.ASSAY_DATA_DIR),
            "PYTHONPATH": path,
            "PGAPPNAME": _called(work),  # so that its statements are found in pg_stat_activity
        }
    )
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


def _called(work: Work) -> str:
    """The name of the child's connections; PostgreSQL keeps 63 characters."""
    return f"assay {work._meta.model_name} {work.pk} attempt {work.attempt}"


def _forward(child: subprocess.Popen[str], tail: deque[str]) -> None:
    """The child's log goes to ours; its last lines are kept."""
    assert child.stderr is not None
    for line in map(hide_secrets, child.stderr):
        tail.append(line.rstrip())
        sys.stderr.write(line)


class _Watch:
    """The parent's eye on the child."""

    def __init__(self, work: Work, child: subprocess.Popen[str]) -> None:
        self._work, self._child = work, child
        self._signs: tuple[object, ...] = ()
        self._looked_at = float("-inf")
        self._worked_at = time.monotonic()

    def stay(self) -> None:
        """Beat until the child ends. Raises WorkCancelled, WorkLost and _Wedged.

        While the database is away it is tried at every beat, however long that takes: the child goes on, and
        whether the claim still holds is known when the database is back.
        """
        is_away = False
        while True:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(BEAT_SECONDS)
                return
            try:
                self._look()
                work_beat(self._work)
            except Exception as error:
                trouble = trouble_of(error)
                if trouble is None:
                    raise
                connection.close()
                if not is_away:
                    logger.warning("%s: no heartbeat can be written, %s", _called(self._work), trouble.reason)
                is_away = True
                self._worked_at = time.monotonic()  # it waits, too
            else:
                is_away = False

    def _look(self) -> None:
        """Raises _Wedged if the child has done nothing for ASSAY_WEDGED_SECONDS."""
        now = time.monotonic()
        if now - self._looked_at < min(LOOK_SECONDS, settings.ASSAY_WEDGED_SECONDS / 4):
            return
        self._looked_at = now
        signs = signs_of_life(self._child.pid)
        if signs != self._signs:
            self._signs, self._worked_at = signs, now
        elif now - self._worked_at > settings.ASSAY_WEDGED_SECONDS / 2 and self._waits():
            self._worked_at = now
        elif now - self._worked_at > settings.ASSAY_WEDGED_SECONDS:
            raise _Wedged(
                f"It used no processor time, moved no byte and asked the database nothing for "
                f"{settings.ASSAY_WEDGED_SECONDS} seconds."
            )

    def _waits(self) -> bool:
        """Whether the child waits for what it may wait for: a statement of its own, or trouble that its row tells of."""
        rows = type(self._work)._default_manager.filter(pk=self._work.pk)
        if rows.filter(step_name__startswith="Waiting for ").exists():
            return True
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND state = 'active')",
                [_called(self._work)],
            )
            return bool(cursor.fetchone()[0])


def _insist(act: Callable[[], None]) -> None:
    """The last word on a job is written, however long the database is away."""
    pauses = Pauses()
    while True:
        try:
            act()
            return
        except Exception as error:
            if connection.in_atomic_block or trouble_of(error) is None:
                raise
            connection.close()
            time.sleep(pauses.next())


def _lost(work: Work, error: WorkLost) -> None:
    attempt = work.attempt
    now = type(work)._default_manager.filter(pk=work.pk).first()
    if now is None or not now.is_open:
        return  # the child has just written that it is over, and was about to end
    logger.warning("%s", error)
    if now.attempt > attempt:
        work_survived(work)


def _end_cancelled(job: Job, work: Work) -> None:
    with suppress(WorkLost):  # it was over in the same moment
        work_cancel(work)
        job.tidy(work)


def _died(job: Job, work: Work, sentence: str) -> None:
    """The child is dead though nobody wanted that: it is tried again, a few times in a row."""
    logger.error("%s: %s", _called(work), sentence)
    with suppress(WorkLost):
        if job.note is not None:
            job.note(work, sentence)  # while the work is still ours
        work_die(work)


def _end(job: Job, work: Work, returncode: int, tail: deque[str], *, is_memory: bool) -> None:
    """The child has ended by itself: if it has not said how, say it in its place."""
    mine = job.model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING)
    if not mine.exists():
        return
    if mine.filter(cancel_requested_at__isnull=False).exists():  # the child heard of it first
        _end_cancelled(job, work)
        return
    if returncode == -signal.SIGKILL and not is_memory:
        _died(job, work, "Its process was killed, and nobody saw why.")
        return
    code, sentence = exit_sentence(returncode, list(tail), kept=job.kept)
    name = job.model.__name__
    logger.error("%s %s, attempt %s: %s\n%s", name, work.pk, work.attempt, sentence, "\n".join(tail))
    with suppress(WorkLost):
        job.fail(work, sentence, code)


def exit_sentence(returncode: int, tail: list[str], *, kept: str = "") -> tuple[str, str]:
    """(code, sentence) for a child that ended without writing its own. `tail`: the end of its stderr."""
    if returncode == -signal.SIGKILL:
        return "out_of_memory", (
            "The process that did this was killed while the system killed processes for lack of memory. "
            "Give the worker more memory, or choose a smaller learner or image size, and start again. "
            f"{kept}"
        ).strip()
    if returncode < 0:
        name = signal.Signals(-returncode).name
        return "crashed", (
            f"The process that did this was ended by {name}. The worker's log has what it said last. "
            "Start it again; if it ends like this once more, choose another learner."
        )
    last = next((line for line in reversed(tail) if line.strip()), "it said nothing")
    return "crashed", (
        f"The process that did this stopped with an error that Assay did not foresee: {last[:500]} "
        f"The whole traceback is in the worker's log. {kept}"
    ).strip()
