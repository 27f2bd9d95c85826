"""Of web processes: a PostgreSQL that hangs is told from one that is slow, and nobody waits for it.

Statements have no limit of two seconds: a comparison may take twenty. So whoever waits for one longer than
usual makes a thread ask the server for a word, on a connection of its own. If none comes, nor any answer to
somebody else, the server is away: every connection is cut, which ends the requests that wait with a 503, and
new ones are told at once until it is back. So within two seconds everybody knows.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
import weakref
from typing import Any

import psycopg
from django.db import connections

logger = logging.getLogger(__name__)

TURN_SECONDS = 0.2  # between two looks
SLOW_SECONDS = 0.5  # a statement that takes longer makes us ask
WORD_SECONDS = 1.0  # for which a server that is there may think
POOL_SECONDS = 1.5  # for which a request waits for a connection
AWAY_SECONDS = 0.1  # the same, while the server is known to be away
ASK_FOR_TLS = struct.pack("!ii", 8, 80877103)  # every PostgreSQL answers this with a letter, and forgets it


class WatchedConnection(psycopg.Connection[Any]):
    """One that tells since when somebody waits for the server. Costs a microsecond a statement."""

    waits_since: float | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        WATCH.add(self)

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        self.waits_since = time.monotonic()
        try:
            answer = super().wait(*args, **kwargs)
            WATCH.heard_at = time.monotonic()
            return answer
        finally:
            self.waits_since = None

    def cut(self) -> None:
        """Whoever waits gets an error now. Only its own thread may close it."""
        try:
            with socket.socket(fileno=socket.dup(self.pgconn.socket)) as line:
                line.shutdown(socket.SHUT_RDWR)
        except (OSError, psycopg.Error):
            pass  # it has ended by itself

    def address(self) -> tuple[int, Any]:
        """The family and address of the server at its other end. Raises psycopg.Error if it has ended."""
        info = self.info
        if info.host.startswith("/"):
            return socket.AF_UNIX, f"{info.host}/.s.PGSQL.{info.port}"
        address = info.hostaddr or info.host
        return (socket.AF_INET6 if ":" in address else socket.AF_INET), (address, info.port)


class Watch:
    """One a process, begun with its first connection."""

    def __init__(self) -> None:
        self.heard_at = 0.0  # when a statement came back last
        self.is_away = False
        self._lines: weakref.WeakSet[WatchedConnection] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_refused = threading.Event()

    def add(self, line: WatchedConnection) -> None:
        with self._lock:
            self._lines.add(line)
        self._begin()

    def refused(self, _: Any = None) -> None:
        """The pool has tried for a while and got no connection."""
        self._is_refused.set()
        self._begin()

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="database watch", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._is_refused.wait(TURN_SECONDS)
            try:
                if self._hangs():
                    self._cut_all()
                    self._wait_until_back()
                elif self._is_refused.is_set():
                    self._is_refused.clear()
                    # Else it is there, and lets in no more than there are already.
                    if time.monotonic() - self.heard_at > WORD_SECONDS:
                        self._wait_until_back()
            except Exception:
                logger.exception("The watch of the database goes on after an error.")
                time.sleep(TURN_SECONDS)

    def _hangs(self) -> bool:
        """Somebody waits, and the server has no word for us nor an answer for anybody."""
        now = time.monotonic()
        late = [line for line in self._all() if now - (line.waits_since or now) > SLOW_SECONDS]
        return bool(late) and not _says_a_word(late[0]) and self.heard_at < now

    def _cut_all(self) -> None:
        for line in self._all():
            line.cut()

    def _wait_until_back(self) -> None:
        logger.warning("PostgreSQL does not answer, so requests are answered 503 until it does.")
        began, pool = time.monotonic(), connections["default"].pool  # type: ignore[attr-defined]
        self.is_away, pool.timeout = True, AWAY_SECONDS
        try:
            while self.heard_at < began and not _lets_in():
                if self._hangs():
                    self._cut_all()
                time.sleep(TURN_SECONDS)
        finally:
            self.is_away, pool.timeout = False, POOL_SECONDS
            self._is_refused.clear()
        logger.warning("PostgreSQL answers again.")

    def _all(self) -> list[WatchedConnection]:
        with self._lock:
            return list(self._lines)


def _says_a_word(line: WatchedConnection) -> bool:
    """Whether the server of `line` answers somebody new, or `line` has ended meanwhile."""
    deadline = time.monotonic() + WORD_SECONDS
    try:
        family, address = line.address()
    except psycopg.Error:
        return True
    try:
        with socket.socket(family) as question:
            question.settimeout(WORD_SECONDS)
            question.connect(address)
            question.sendall(ASK_FOR_TLS)
            question.settimeout(max(deadline - time.monotonic(), 0.01))
            return bool(question.recv(1))
    except OSError:
        return False


def _lets_in() -> bool:
    parameters = {**connections["default"].get_connection_params(), "connect_timeout": 2}
    parameters.pop("pool", None)
    try:
        psycopg.connect(**parameters).close()
    except psycopg.Error:
        return False
    return True


WATCH = Watch()
