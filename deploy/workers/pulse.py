"""Each worker and scheduler writes how it is, every few seconds, into labeling.WorkerPulse.

Rows and not the broker, so that the page sees a missing worker even while the broker is gone. What the row says
comes from proof of work (deploy/workers/heart.py); that it is written says only that the process can write.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import Error, connection, connections
from django.db.models.functions import Now
from django.utils import timezone

from deploy.workers.heart import Heart, Watch
from labeling.jobs.work import WITNESS_SECONDS
from labeling.models import WorkerPulse

logger = logging.getLogger(__name__)

PULSE_SECONDS = 5.0
LOST_SECONDS = WITNESS_SECONDS  # three pulses missed: the process is dead, frozen or cut off
KEPT_DAYS = 7  # then a dead process is forgotten


@dataclass
class Pulse:
    """What this process says of itself."""

    kind: str  # worker, scheduler
    queues: list[str]
    name: str = ""
    started_at: dt.datetime = field(default_factory=timezone.now)
    stop: threading.Event = field(default_factory=threading.Event)
    problem: Callable[[], str] = lambda: ""
    asking: frozenset[str] = frozenset()  # names of connections whose statement PostgreSQL carries out
    written_at: float | None = None  # monotonic seconds
    is_broken: bool = True  # the next pulse does not follow on the one before

    def __post_init__(self) -> None:
        self.name = self.name or f"{self.kind}@{socket.gethostname()}:{os.getpid()}"

    def write(self, *, stopped: bool = False) -> None:
        began = time.monotonic()
        if self.written_at is not None and began - self.written_at > 2 * PULSE_SECONDS:
            self.is_broken = True
        try:
            WorkerPulse.objects.update_or_create(
                name=self.name,
                defaults={
                    "kind": self.kind,
                    "queues": self.queues,
                    "started_at": self.started_at,
                    "seen_at": Now(),
                    "stopped_at": Now() if stopped else None,
                    "problem": self.problem(),
                    **({"unbroken_since": Now()} if self.is_broken else {}),
                },
            )
            self.asking = _asking()
        except Error:
            self.is_broken = True
            raise
        self.is_broken = False
        self.written_at = time.monotonic()

    def is_away(self) -> bool:
        """Whether the database has not taken a pulse for a while, or lets us wait for it."""
        return self.written_at is None or time.monotonic() - self.written_at > 2 * PULSE_SECONDS

    def beat(self) -> None:
        """Write until told to stop. A database that is away for a while is waited for."""
        while True:
            try:
                self.write()
            except Error as error:
                logger.warning("The database does not answer, so this %s looks down: %s", self.kind, error)
            finally:
                # A connection kept open here would be shared with the processes that a worker forks.
                connections.close_all()
            if self.stop.wait(PULSE_SECONDS):
                return


def called(pid: int) -> str:
    """The name of the connections of a process of this worker's pool; PostgreSQL keeps 63 characters."""
    return f"assay pool {socket.gethostname()[:40]}:{pid}"


def _asking() -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity"
            " WHERE state = 'active' AND application_name LIKE 'assay pool %'"
        )
        return frozenset(name for (name,) in cursor.fetchall())


_pulse: Pulse | None = None


def watch(heart: Heart) -> Pulse:
    """This process is watched from now on. Its pulse, which has not begun yet."""
    global _pulse
    _pulse = pulse = Pulse(heart.kind, [])
    watch = Watch(heart, is_known_wait=lambda pid: pulse.is_away() or called(pid) in pulse.asking)
    pulse.problem = lambda: watch.problem
    watch.begin()
    return pulse


def begin(queues: list[str]) -> None:
    """The process that is watched pulses from now on."""
    assert _pulse is not None
    _pulse.queues = queues
    threading.Thread(target=_pulse.beat, name="pulse", daemon=True).start()
    try:
        pulses_forget()
    except Error:
        pass  # the next start forgets them
    finally:
        connections.close_all()


def end() -> None:
    """This process leaves in good order, and says so."""
    if _pulse is None:
        return
    _pulse.stop.set()
    try:
        _pulse.write(stopped=True)
    except Error as error:
        logger.warning("Could not write that this %s stops: %s", _pulse.kind, error)
    finally:
        connections.close_all()


def pulses_forget() -> None:
    """Processes that were last seen long ago are no longer listed."""
    WorkerPulse.objects.filter(seen_at__lt=timezone.now() - dt.timedelta(days=KEPT_DAYS)).delete()
