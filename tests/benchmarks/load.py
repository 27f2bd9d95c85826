"""Clients that claim and answer over HTTP, with keep-alive, and what they measured.

Closed loop: each client sends its next request as soon as it has the answer to the last.
Paced: each client answers once a second, and latency counts from the moment it meant to send
(so a stall is not hidden by the clients it holds up).
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO


class Client:
    """One signed-in person with one keep-alive connection."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: object = None) -> Any:
        payload = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, path, payload, self._headers)
            response = self._connection.getresponse()
        except http.client.RemoteDisconnected:  # idle for too long: nothing was done, ask again
            self._connection.close()
            self._connection.request(method, path, payload, self._headers)
            response = self._connection.getresponse()
        content = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:500]!r}")
        return json.loads(content) if content else None

    def upload(self, path: Path) -> Any:
        """POST the file as multipart form data, streamed."""
        boundary = uuid.uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            **self._headers,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
        }
        with path.open("rb") as file:
            self._connection.request("POST", "/api/uploads", _chunks(head, file, tail), headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 400:
            raise RuntimeError(f"upload: {response.status} {content[:500]!r}")
        return json.loads(content)


def _chunks(head: bytes, file: BinaryIO, tail: bytes) -> Iterator[bytes]:
    yield head
    while chunk := file.read(2**20):
        yield chunk
    yield tail


@dataclass
class Measured:
    """Seconds of each claim and each answer, what was handed out, and how long it all took."""

    claim: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    handed: Counter[int] = field(default_factory=Counter)  # entry id -> times
    seconds: float = 0.0

    @property
    def n_twice(self) -> int:
        return sum(1 for times in self.handed.values() if times > 1)


def claim_and_answer(
    port: int,
    tokens: list[str],
    project_id: int,
    class_ids: list[int],
    *,
    n_each: int,
    pause: float = 0.0,
    n_at_once: int = 1,
) -> Measured:
    """Let every token's client claim `n_at_once` entries and answer them, `n_each` times, `pause` seconds apart."""
    measured = Measured()
    lock = threading.Lock()
    start = threading.Barrier(len(tokens) + 1)

    def work(number: int, token: str) -> None:
        client = Client(port, token)
        own = Measured()
        start.wait()
        begun = time.perf_counter() + pause * number / len(tokens)
        for step in range(n_each):
            due = begun + pause * step if pause else time.perf_counter()
            time.sleep(max(0.0, due - time.perf_counter()))
            entries = client.call("POST", f"/api/projects/{project_id}/queue/claim", {"n": n_at_once})[
                "entries"
            ]
            claimed_at = time.perf_counter()
            if not entries:
                break
            answers = [answer_to(entry["id"], class_ids) for entry in entries]
            sent_at = time.perf_counter()
            results = client.call("POST", f"/api/projects/{project_id}/answers", {"answers": answers})[
                "results"
            ]
            if any(result["outcome"] != "stored" for result in results):
                raise RuntimeError(f"an answer was not stored: {results}")
            own.claim.append(claimed_at - due)
            own.answer.append(time.perf_counter() - sent_at)
            own.handed.update(entry["id"] for entry in entries)
        with lock:
            measured.claim += own.claim
            measured.answer += own.answer
            measured.handed += own.handed

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(tokens)]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    measured.seconds = time.perf_counter() - begun
    return measured


def answer_to(entry_id: int, class_ids: list[int]) -> dict[str, Any]:
    return {
        "key": str(uuid.uuid4()),
        "entry_id": entry_id,
        "kind": "label",
        "class_id": class_ids[entry_id % len(class_ids)],
    }


def quantile(seconds: list[float], share: float) -> float:
    """Milliseconds below which `share` of the values lie."""
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]
