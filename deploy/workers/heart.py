"""What proves that a worker or a scheduler works, and what happens to one that does not.

Proof is what the loop that takes the work leaves behind, not a thread beside it: the loop of Celery's consumer
comes round; its pool takes what waits while it has room; and each process of the pool that has a task is
seen at work (processor time, bytes, a statement in PostgreSQL). Waits for the broker or the database are no
fault: nobody is restarted for those.

While there is proof, a file of this process is touched (`assay alive` and `assay up` look at its age, and need
no database for that) and the pulse says that all is well. Without it the pulse says what is wrong, and after a
while the process ends itself, for whoever started it to start it again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from django.conf import settings

from labeling.jobs.processes import signs_of_life

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
EXIT_WEDGED = 70
KINDS = ("worker", "scheduler")

HALTED = {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}


def quiet_seconds() -> float:
    """How long the loop or the pool may be silent before something is wrong."""
    return float(settings.ASSAY_WEDGED_SECONDS) / 10


def patience_seconds() -> float:
    """How long something may be wrong before the process ends."""
    return float(settings.ASSAY_WEDGED_SECONDS) / 5


class Heart:
    """Of this process. `came_round` and `looks` are called by the loop that takes work, the rest by threads."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._round_at = time.monotonic()
        self._members: list[int] = []  # process ids of the pool
        self._busy: dict[int, str] = {}  # of those with a task: its name
        self._deaf_since: float | None = None  # tasks wait though the pool has room
        self._signs: dict[int, tuple[object, float]] = {}  # what each busy one had used up, and since when
        self._halted: dict[int, float] = {}

    # In the loop

    def came_round(self) -> None:
        self._round_at = time.monotonic()

    def looks(self, members: list[int], busy: dict[int, str], *, n_waiting: int, n_free: int) -> None:
        """What the loop sees of its pool as it comes round."""
        self.came_round()
        self._members, self._busy = members, busy
        if n_waiting and n_free:
            self._deaf_since = self._deaf_since or time.monotonic()
        else:
            self._deaf_since = None

    # Outside

    def problem(self, is_known_wait: Callable[[int], bool]) -> str:
        """What is wrong, in a sentence; empty while there is proof of work."""
        now = time.monotonic()
        if now - self._round_at > quiet_seconds():
            return f"It has not come round to take work for {now - self._round_at:.0f} s."
        if self._deaf_since is not None and now - self._deaf_since > quiet_seconds():
            return f"Tasks wait for {now - self._deaf_since:.0f} s though it has room for them."
        return self._halted_member(now) or self._idle_member(now, is_known_wait)

    def _halted_member(self, now: float) -> str:
        for pid in (members := list(self._members)):
            status = None
            with contextlib.suppress(psutil.Error):
                status = psutil.Process(pid).status()
            if status not in HALTED:
                self._halted.pop(pid, None)
            elif now - self._halted.setdefault(pid, now) > quiet_seconds():
                return f"Its process {pid} is {status}."
        self._halted = {pid: since for pid, since in self._halted.items() if pid in members}
        return ""

    def _idle_member(self, now: float, is_known_wait: Callable[[int], bool]) -> str:
        busy = dict(self._busy)
        self._signs = {pid: known for pid, known in self._signs.items() if pid in busy}
        for pid, task in busy.items():
            signs: object = (task, signs_of_life(pid))
            before, since = self._signs.get(pid, (None, now))
            if signs != before:
                self._signs[pid] = (signs, now)
            elif now - since > settings.ASSAY_WEDGED_SECONDS:
                if not is_known_wait(pid):
                    return f"Its process {pid} has done nothing for {now - since:.0f} s of {task}."
                self._signs[pid] = (signs, now)
        return ""


# The file that others look at


def alive_folder() -> Path:
    return Path(settings.ASSAY_DATA_DIR) / "alive"


def alive_file(kind: str, pid: int) -> Path:
    return alive_folder() / f"{kind}-{socket.gethostname()}-{pid}"


def alive_touch(kind: str) -> None:
    """Needs no room on the disk once the file is there."""
    path = alive_file(kind, os.getpid())
    try:
        path.touch()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def alive_age(kind: str, pid: int) -> float | None:
    """Seconds since this process last had proof of its work; None if it has not begun yet."""
    with contextlib.suppress(FileNotFoundError):
        return max(0.0, time.time() - alive_file(kind, pid).stat().st_mtime)
    return None


def alive_here(kind: str) -> dict[int, float]:
    """Process id -> age, of each process of this kind on this host. Files of processes that are gone are removed."""
    found: dict[int, float] = {}
    for path in alive_folder().glob(f"{kind}-{socket.gethostname()}-*"):
        pid = int(path.name.rsplit("-", 1)[1])
        if not psutil.pid_exists(pid):
            path.unlink(missing_ok=True)
        elif (age := alive_age(kind, pid)) is not None:
            found[pid] = age
    return found


# The watch


class Watch:
    """Looks for proof every second, from a thread: touches the file, and ends the process that has had none for long."""

    def __init__(
        self, heart: Heart, *, is_known_wait: Callable[[int], bool], leave: Callable[[int], None] = os._exit
    ) -> None:
        self.heart = heart
        self.problem = ""  # in a sentence, for the pulse
        self._is_known_wait, self._leave = is_known_wait, leave
        self._since: float | None = None

    def begin(self) -> None:
        threading.Thread(target=self._stay, name="watch", daemon=True).start()

    def _stay(self) -> None:
        while True:
            self.look()
            time.sleep(TICK_SECONDS)

    def look(self) -> None:
        """One look. Ends the process where something has been wrong for long."""
        self.problem = self.heart.problem(self._is_known_wait)
        if not self.problem:
            self._since = None
            with contextlib.suppress(OSError):  # a disk that is full or gone is no reason to die
                alive_touch(self.heart.kind)
            return
        self._since = self._since or time.monotonic()
        if time.monotonic() - self._since > patience_seconds():
            logger.error("This %s is wedged and ends, to be started again: %s", self.heart.kind, self.problem)
            alive_file(self.heart.kind, os.getpid()).unlink(missing_ok=True)
            self._leave(EXIT_WEDGED)
