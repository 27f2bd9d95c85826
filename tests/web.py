"""`assay web` as it is run, on the tests' own database: real processes, real sockets."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
from django.db import connection

from tests.running import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
LONG_FILE = b"".join(b"%08d\n" % number for number in range(150_000))  # served as /static/long.js


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    content: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Web:
    """A running `assay web`, from outside."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """One request on a connection of its own. Raises OSError if nobody answers for 20 seconds."""
        begun = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            line.request(method, path, body or None, names)
            reply = line.getresponse()
            content = reply.read()
        finally:
            line.close()
        found = {name.lower(): value for name, value in reply.getheaders()}
        return Reply(reply.status, found, content, time.monotonic() - begun)

    def open(self) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def send(self, raw: bytes, *, seconds: float = 1) -> bytes:
        """What comes back until the other side closes, or nothing more comes for so long."""
        with self.open() as line:
            line.sendall(raw)
            found = b""
            try:
                while chunk := line.recv(65536):
                    found += chunk
                    line.settimeout(seconds)
            except TimeoutError:
                pass
            return found

    def biggest_mb(self) -> float:
        """Of its processes, what the biggest holds, in MB."""
        return max(
            process.memory_full_info().uss / 1e6
            for process in psutil.Process(self.process.pid).children(recursive=True)
        )

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


@contextmanager
def web_running(folder: Path, **environment: str) -> Iterator[Web]:
    """`assay web` with one process, which answers; gone afterwards."""
    port, log = free_port(), folder / "web.log"
    (folder / "static").mkdir()
    (folder / "static" / "long.js").write_bytes(LONG_FILE)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "web", "--port", str(port), "--workers", "1"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": database_url(), "ASSAY_DATA_DIR": str(folder)} | environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    web = Web(port, process, log)
    try:
        _wait(web)
        yield web
    finally:
        if process.poll() is None:
            web.stop()


def database_url() -> str:
    """Of the database that the tests write to, for other processes."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def _wait(web: Web) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            web.call("GET", "/health")
            return
        except OSError:
            assert web.process.poll() is None, web.log.read_text()
            assert time.monotonic() < deadline, web.log.read_text()
            time.sleep(0.1)


def token_of(username: str) -> str:
    from django.contrib.auth.models import User

    from labeling.accounts.services import token_create

    return token_create(user=User.objects.get(username=username))[1]
