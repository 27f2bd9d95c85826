"""A gate before a server: lets everything through, or refuses, or swallows, or cuts what is open."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

CHUNK_BYTES = 2**16


class Gate:
    """Listens on a port of this host and passes on to `target`: (host, port), or the path of a Unix socket.

    open: as if it were not there. refused: connections end at once. hung: they are taken, and nothing comes back,
    as of a host that the network has lost.
    """

    def __init__(self, target: tuple[str, int] | str) -> None:
        self.target = target
        self._state = "open"
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket | None]] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, name="gate", daemon=True).start()

    def close(self) -> None:
        self._state = "refused"
        # A thread that waits in accept() holds the listener open until it is woken.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def open(self) -> None:
        """Through again; connections that hung have lost their answers, so they end."""
        was, self._state = self._state, "open"
        if was == "hung":
            self.cut()

    def refuse(self) -> None:
        self._state = "refused"
        self.cut()

    def hang(self) -> None:
        self._state = "hung"

    def cut(self) -> None:
        """Every connection that is open ends, in the middle of whatever it said."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in filter(None, pair):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        if self._state == "refused":
            near.close()
            return
        far = None
        try:
            if self._state == "open":
                family = socket.AF_UNIX if isinstance(self.target, str) else socket.AF_INET
                far = socket.socket(family, socket.SOCK_STREAM)
                far.connect(self.target)
        except OSError:
            for end in filter(None, (near, far)):
                end.close()
            return
        pair = (near, far)
        with self._lock:
            self._pairs.add(pair)
        if far is None:
            return  # it waits for ever, or until the gate opens
        back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
        back.start()
        self._copy(near, far)
        back.join()
        for end in (near, far):
            end.close()
        with self._lock:
            self._pairs.discard(pair)

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK_BYTES):
                if self._state != "hung":  # what is said into a lost network is lost
                    sink.sendall(chunk)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
