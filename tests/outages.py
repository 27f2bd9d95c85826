"""Servers that go away and come back: a door in front of a real one, and a storage that refuses."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.db import connection


class Door:
    """Whoever connects to `path` speaks to the server behind; while it is shut, nobody is there."""

    def __init__(self, path: Path, behind: str) -> None:
        self.path, self.behind = path, behind
        self._pairs: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    def open(self) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """As when the server is stopped: connections end, and new ones are refused."""
        if self._listener is not None:
            self.path.unlink()
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for end in list(self._pairs):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                before, _ = listener.accept()
            except OSError:
                return
            behind = socket.socket(socket.AF_UNIX)
            behind.connect(self.behind)
            for source, target in ((before, behind), (behind, before)):
                self._pairs.add(source)
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65_536):
                target.sendall(content)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._pairs.discard(source)
        source.close()


@contextmanager
def database_door(folder: Path) -> Iterator[tuple[Door, str]]:
    """A door to this test's database, and the DATABASE_URL of whoever goes through it."""
    settings = connection.settings_dict
    port = settings["PORT"] or "5432"
    door = Door(folder / f".s.PGSQL.{port}", f"{settings['HOST']}/.s.PGSQL.{port}")
    door.open()
    try:
        yield door, f"postgresql://{settings['USER']}@:{port}/{settings['NAME']}?host={folder}"
    finally:
        door.shut()


class RefusingStorage(FileSystemStorage):
    """Refuses as a storage across a network does, while the file that ASSAY_TEST_REFUSE names is there."""

    def _refuse(self) -> None:
        if os.path.exists(os.environ.get("ASSAY_TEST_REFUSE", "")):
            raise ConnectionRefusedError(111, "Connection refused by the storage of the test")

    def _open(self, name: str, mode: str = "rb") -> Any:
        self._refuse()
        return super()._open(name, mode)  # type: ignore[misc]  # the stubs leave it out

    def _save(self, name: str, content: Any) -> str:
        self._refuse()
        return super()._save(name, content)  # type: ignore[misc]  # the stubs leave it out

    def delete(self, name: str) -> None:
        self._refuse()
        super().delete(name)

    def path(self, name: str) -> str:  # whatever goes straight to the disk
        self._refuse()
        return super().path(name)
