"""Each worker and scheduler writes that it is alive, every few seconds, into labeling.WorkerPulse.

Rows and not the broker, so that the page sees a missing worker even while the broker is gone.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import threading
from dataclasses import dataclass, field

from django.db import Error, connections
from django.utils import timezone

from labeling.models import WorkerPulse
from labeling.work import WITNESS_SECONDS

logger = logging.getLogger(__name__)

PULSE_SECONDS = 5.0
LOST_SECONDS = WITNESS_SECONDS  # three pulses missed: the process is dead, frozen or cut off
KEPT_DAYS = 7  # then a dead process is forgotten


@dataclass
class Pulse:
    """The heart of this process."""

    kind: str  # worker, scheduler
    queues: list[str]
    name: str = ""
    started_at: dt.datetime = field(default_factory=timezone.now)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.name = self.name or f"{self.kind}@{socket.gethostname()}:{os.getpid()}"

    def write(self, *, stopped: bool = False) -> None:
        now = timezone.now()
        WorkerPulse.objects.update_or_create(
            name=self.name,
            defaults={
                "kind": self.kind,
                "queues": self.queues,
                "started_at": self.started_at,
                "seen_at": now,
                "stopped_at": now if stopped else None,
            },
        )

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


_pulse: Pulse | None = None


def begin(kind: str, queues: list[str]) -> None:
    """This process pulses from now on, from a thread of its own."""
    global _pulse
    _pulse = Pulse(kind, queues)
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
