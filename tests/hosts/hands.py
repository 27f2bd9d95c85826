"""Calls of the API as one person, from the host of whoever runs this; waits for what a server is away for."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from deploy.simulation.client import Client as Streamer
from tests.browser.client import Client


class Hands(Client):
    """What tests of the page can do by the API, over plain HTTP with a token."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token
        self.slowest_503 = 0.0  # seconds
        self.statuses: dict[int, int] = {}
        self.strange: list[str] = []  # answers of 5xx that are no 503 in our shape

    def once(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """(status, JSON or None) of one request. 0: no answer at all."""
        request = urllib.request.Request(
            f"{self.address}/api{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json", **headers},
        )
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                status, said = reply.status, reply.read()
        except urllib.error.HTTPError as error:
            status, said = error.code, error.read()
        except (OSError, http.client.HTTPException) as error:
            status, said = 0, str(error).encode()
        self.statuses[status] = self.statuses.get(status, 0) + 1
        parsed = _json(said)
        if status == 503 and path == "/health":
            pass  # it has a shape of its own, which names the parts that are down
        elif status == 503 and isinstance(parsed, dict) and "code" in parsed:
            self.slowest_503 = max(self.slowest_503, time.monotonic() - began)
        elif status >= 500 or status == 0:
            self.strange.append(
                f"{method} {path}: {status} after {time.monotonic() - began:.1f} s: {said[:200]!r}"
            )
        return status, parsed

    def upload(self, path: Path) -> str:
        client = Streamer(self.address, self.token)
        try:
            return client.upload(path)
        finally:
            client.close()

    def download(self, path: str, file: Path) -> Path:
        client = Streamer(self.address, self.token)
        try:
            client.download(path.lstrip("/"), file)
        finally:
            client.close()
        return file

    def ended(self, path: str, *, seconds: float = 600) -> dict[str, Any]:
        """The work at that path, when it is over."""
        deadline = time.monotonic() + seconds
        while True:
            status, work = self.once("GET", path)
            if status == 200 and not work["is_open"]:
                return dict(work)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} is still open after {seconds:.0f} s: {work}")
            time.sleep(0.5)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        status, said = self.once(method, path, body)
        for wait in (1, 2, 4, 8, 16, 32):
            if 200 <= status < 300:
                return said
            if 400 <= status < 500 and status != 429:
                break
            time.sleep(wait)
            status, said = self.once(method, path, body)
        if 200 <= status < 300:
            return said
        raise AssertionError(f"{method} {path}: {status} {said}")


def _json(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text.decode(errors="replace")
