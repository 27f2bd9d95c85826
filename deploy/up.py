"""All parts of Assay under one roof: starts them, watches them, restarts what dies, stops them in order.

One main thread starts and reaps the children (they ask the kernel to die with it); a thread for
each child copies its lines out behind its name.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click
import psutil

from deploy.backing import addresses, servers
from deploy.workers import heart
from labeling.errors import Conflict, Unavailable

TICK_SECONDS = 0.1
WATCH_SERVERS_SECONDS = 2.0
LOOK_SECONDS = 1.0  # between two looks at what proves that a part works
STABLE_SECONDS = 60.0  # a child that lived this long starts again at once
MAX_BACK_OFF_SECONDS = 30.0
STOP_SECONDS = (
    6.0  # for a child to end its work; then it is killed, and its work is taken up at the next start
)
PR_SET_PDEATHSIG = 1
COLOURS = {"web": "green", "train": "magenta", "worker": "cyan", "scheduler": "yellow"}


@dataclass
class Child:
    """One part that runs as a process of its own."""

    name: str
    command: list[str]  # arguments of `assay`
    process: subprocess.Popen[str] | None = None
    started_at: dt.datetime | None = None
    n_restarts: int = 0
    restart_at: float = 0.0  # monotonic seconds
    looked_at: float = 0.0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end_if_wedged(self) -> None:
        """A part that can no longer end itself is ended here. Its own word counts, not the database's."""
        kind = self.command[0]
        if self.process is None or kind not in heart.KINDS:
            return
        age = heart.alive_age(kind, self.process.pid)
        if age is not None and age > 2 * heart.patience_seconds():
            click.echo(f"The part {self.name} has shown no work for {age:.0f} s, and is ended.")
            self.kill_group()

    def kill_group(self) -> None:
        """Whatever the child left behind goes, too: its own workers hold its port and its queues."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@dataclass
class Supervisor:
    """Keeps `children` and the embedded servers of `data_dir` alive until somebody asks to stop."""

    data_dir: Path
    address: str  # http://host:port
    children: list[Child]
    embedded_postgres: bool
    embedded_valkey: bool
    is_stopping: bool = False
    started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    _watched_at: float = 0.0

    def start(self) -> None:
        for child in self.children:
            self._spawn(child)
        self._write_state()

    def wait_until(self, is_there: Callable[[], bool], seconds: float, *, every: float = 0.5) -> bool:
        """Watch until `is_there()` or time is up or somebody asks to stop; return whether it is there."""
        deadline = time.monotonic() + seconds
        next_look = 0.0
        while not self.is_stopping and time.monotonic() < deadline:
            if time.monotonic() >= next_look:
                if is_there():
                    return True
                next_look = time.monotonic() + every
            self.tick()
        return False

    def tick(self) -> None:
        """One look at everything."""
        now = time.monotonic()
        for child in self.children:
            if child.is_alive:
                if now - child.looked_at > LOOK_SECONDS:
                    child.looked_at = now
                    child.end_if_wedged()
                continue
            if child.process is not None:
                self._bury(child, now)
            elif now >= child.restart_at:
                child.n_restarts += 1
                self._spawn(child)
                self._write_state()
        if now - self._watched_at > WATCH_SERVERS_SECONDS:
            self._watched_at = now
            self._watch_servers()
        time.sleep(TICK_SECONDS)

    def stop(self) -> None:
        """Nothing of ours runs afterwards: first what takes requests, then what works, then (by others) servers."""
        self.is_stopping = True
        for names in (("web", "scheduler"), ("train", "worker")):
            group = [child for child in self.children if child.name in names and child.process]
            for child in group:
                if child.is_alive and child.process:
                    child.process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            while any(child.is_alive for child in group) and time.monotonic() < deadline:
                time.sleep(0.05)
            for child in group:
                child.kill_group()
        for child in self.children:
            if child.process:
                child.process.wait()
        (self.data_dir / "up.json").unlink(missing_ok=True)

    def ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        """The first Ctrl-C stops in order, the second at once."""
        if self.is_stopping:
            for child in self.children:
                child.kill_group()
            return
        click.echo("\nStopping. Press Ctrl-C again to stop at once.")
        self.is_stopping = True

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", *child.command],
            cwd=Path(__file__).resolve().parent.parent,
            env={**os.environ, "ASSAY_DATA_DIR": str(self.data_dir), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches us only, and we stop them in order
            preexec_fn=die_with_parent,
        )
        child.started_at = dt.datetime.now(dt.UTC)
        threading.Thread(target=_copy_lines, args=(child.name, child.process.stdout), daemon=True).start()

    def _bury(self, child: Child, now: float) -> None:
        assert child.process is not None
        assert child.started_at is not None
        child.kill_group()
        age = (dt.datetime.now(dt.UTC) - child.started_at).total_seconds()
        if age > STABLE_SECONDS:
            child.n_restarts = 0
        wait = 0.0 if age > STABLE_SECONDS else min(2.0**child.n_restarts, MAX_BACK_OFF_SECONDS)
        click.echo(
            f"The part {child.name} ended with code {child.process.returncode}; again in {wait:.0f} s."
        )
        child.process = None
        child.restart_at = now + wait

    def _watch_servers(self) -> None:
        try:
            if self.embedded_postgres and not servers.postgres_pid(self.data_dir):
                click.echo("The database is down; starting it again.")
                servers.start_postgres(self.data_dir)
            if self.embedded_valkey and not servers.valkey_pid(self.data_dir):
                click.echo("The broker is down; starting it again.")
                servers.start_valkey(self.data_dir)
        except Unavailable as error:
            click.echo(error.message)

    def _write_state(self) -> None:
        state = {
            "pid": os.getpid(),
            "address": self.address,
            "started_at": self.started_at.isoformat(),
            "parts": {
                child.name: {
                    "pid": child.process.pid if child.process else None,
                    "started_at": child.started_at.isoformat() if child.started_at else None,
                    "n_restarts": child.n_restarts,
                }
                for child in self.children
            },
        }
        beside = self.data_dir / "up.json.new"
        beside.write_text(json.dumps(state, indent=2))
        beside.replace(self.data_dir / "up.json")


@contextmanager
def supervised(supervisor: Supervisor) -> Iterator[Supervisor]:
    """Children run inside; Ctrl-C and SIGTERM ask to stop; nothing is left on leaving."""
    before = {
        number: signal.signal(number, supervisor.ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        supervisor.start()
        yield supervisor
    finally:
        supervisor.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Of all `assay up` on one data directory, this is the only one. Raises Conflict."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    addresses.keep_private(data_dir)
    with open(data_dir / "up.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            state = read_state(data_dir) or {"pid": "not yet known", "address": "not yet known"}
            raise Conflict(
                f"Assay already runs on {data_dir} (process {state['pid']}, address {state['address']}). "
                "Use that one, stop it with `assay down`, or set ASSAY_DATA_DIR to another folder.",
                code="already_up",
            ) from None
        # What an `assay up` that was killed left here: its process id may be anybody's by now, its port another's.
        (data_dir / "up.json").unlink(missing_ok=True)
        yield


def is_up(data_dir: Path) -> bool:
    """Whether an `assay up` of this data directory runs. One that ended does not, reaped or not: its lock went with it."""
    try:
        with open(data_dir / "up.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # whoever runs holds it
        return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def read_state(data_dir: Path) -> dict[str, Any] | None:
    """What the running `assay up` of this data directory wrote; None if none runs."""
    if not is_up(data_dir):
        return None
    try:
        state: dict[str, Any] = json.loads((data_dir / "up.json").read_text())
    except FileNotFoundError:
        return None  # it has only just begun
    return state


def check_port(host: str, port: int) -> None:
    """Raises Conflict, naming who listens there and what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Conflict(
                f"Port {port} of {host} cannot be used: {error.strerror}{_listener(port)}. "
                f"Choose another, such as `assay up --port {port + 1}`.",
                code="port_taken",
            ) from None


def web_answers(address: str) -> bool:
    """Whether the web part answers at all: 200, or 503 while another part is down."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _listener(port: int) -> str:
    try:
        found = [
            c
            for c in psutil.net_connections("tcp")
            if c.status == "LISTEN" and c.laddr and c.laddr.port == port
        ]
        process = psutil.Process(found[0].pid) if found and found[0].pid else None
    except psutil.Error:
        return ""
    return f" (by {process.name()}, process {process.pid})" if process else ""


def _copy_lines(name: str, stream: IO[str]) -> None:
    prefix = click.style(f"{name:>9} | ", fg=COLOURS.get(name))
    with stream:
        for line in stream:
            click.echo(f"{prefix}{line.rstrip()}")


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Between fork and exec: if the process that starts this one is killed, this one is asked to stop as well."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
