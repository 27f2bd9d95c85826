"""A small client of the HTTP API: one person, one token, one connection kept open."""

from __future__ import annotations

import http.client
import json
import shutil
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from labeling.errors import AssayError, InvalidInput, Unavailable
from labeling.web.json_reading import read_json

TIMEOUT_SECONDS = 120.0
RETRY_SECONDS = (0.2, 1.0, 3.0, 10.0)  # a web process that restarts is back by then
CHUNK_BYTES = 2**20


class Refused(AssayError):
    """The service said no; `code` and the sentence are its own, and `status` is that of the answer."""

    def __init__(self, what: str, status: int, body: bytes) -> None:
        try:
            said = read_json(body)
            message, code, fields = said["message"], said["code"], said["fields"]
        except (ValueError, LookupError, TypeError):
            message, code, fields = body[:300].decode(errors="replace"), "unknown", {}
        super().__init__(f"{what} was refused ({status}): {message}", code=code, fields=fields)
        self.status = status


class Client:
    """Calls as one person. Not for several threads at once."""

    def __init__(self, address: str, token: str) -> None:
        """`address` is http://host:port or https://host. Raises InvalidInput for another one."""
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise InvalidInput(f"The address is {address!r}; write it as http://127.0.0.1:8000.")
        maker = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = maker(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Token {token}"}

    def get(self, path: str) -> Any:
        """The JSON of GET /api/`path`. Raises Refused, Unavailable."""
        return self._json("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        """The JSON that POST /api/`path` answers. Raises Refused, Unavailable.

        It may be sent twice where a connection breaks, so it is for what is safe to send again.
        """
        return self._json("POST", path, body)

    def upload(self, path: Path) -> str:
        """Send a file, streamed; returns the upload's id. Raises Refused, Unavailable."""
        mark = uuid.uuid4().hex
        disposition = f'form-data; name="file"; filename="{path.name}"'
        head = f"--{mark}\r\nContent-Disposition: {disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
        tail = f"\r\n--{mark}--\r\n"
        headers = {
            "Content-Type": f"multipart/form-data; boundary={mark}",
            "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
        }
        with open(path, "rb") as file:
            response = self._send("POST", "uploads", _parts(head.encode(), file, tail.encode()), headers)
            body = response.read()
        if response.status >= 400:
            raise Refused("POST /api/uploads", response.status, body)
        return str(read_json(body)["upload"])

    def download(self, path: str, file: Path) -> None:
        """Write what GET /api/`path` answers to a file, streamed. Raises Refused, Unavailable."""
        response = self._send("GET", path, None, {})
        if response.status >= 400:
            raise Refused(f"GET /api/{path}", response.status, response.read())
        with open(file, "wb") as out:
            shutil.copyfileobj(response, out)

    def close(self) -> None:
        self._connection.close()

    def _json(self, method: str, path: str, body: object) -> Any:
        content = None if body is None else json.dumps(body).encode()
        for wait in (*RETRY_SECONDS, None):
            try:
                response = self._send(method, path, content, {"Content-Type": "application/json"})
                answer = response.read()
            except (Unavailable, OSError, http.client.HTTPException) as error:
                self._connection.close()
                if wait is None:
                    raise Unavailable(f"The service does not answer {method} /api/{path}: {error}") from error
                time.sleep(wait)
                continue
            if response.status >= 400:
                raise Refused(f"{method} /api/{path}", response.status, answer)
            return read_json(answer) if answer else None
        raise AssertionError("unreachable")

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> http.client.HTTPResponse:
        try:
            self._connection.request(method, f"/api/{path}", body, {**self._headers, **headers})
            return self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unavailable(f"The service does not answer {method} /api/{path}: {error}") from error


def _parts(head: bytes, file: BinaryIO, tail: bytes) -> Iterator[bytes]:
    yield head
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
    yield tail
