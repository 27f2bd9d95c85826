"""People who answer and an engineer who imports, trains and exports, all through faults: what was heard is written down."""

from __future__ import annotations

import csv
import http.client
import io
import json
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

WORDS = {"cat": "purr whisker meow", "dog": "bark fetch wag", "owl": "hoot night wing"}
TIMEOUT_SECONDS = 15.0
RETRY_SECONDS = 0.5
AGAIN = (429, 502, 503, 504)  # an honest "not now"
ROWS_OF_IMPORT = 400

Row = dict[str, Any]


class Over(Exception):
    """The play has ended."""


def right_class(text: str) -> str:
    return next(name for name, words in WORDS.items() if words in text)


@dataclass
class Heard:
    """What the service said yes to, and what it should not have said."""

    answers: dict[str, tuple[int, int]] = field(default_factory=dict)  # key -> (item, class)
    imports: list[int] = field(default_factory=list)
    exports: list[int] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    n_requests: int = 0
    n_refused: int = 0  # answers that came too late, with a reason
    n_not_now: int = 0  # 503 and its kin
    n_lost: int = 0  # connections that ended without an answer
    slowest: float = 0.0  # seconds until an answer of any kind
    unforeseen: list[str] = field(default_factory=list)  # 5xx of other kinds, and what is not JSON
    lock: threading.Lock = field(default_factory=threading.Lock)


class Caller:
    """One person's calls, repeated until they are heard or the play is over."""

    def __init__(self, address: str, token: str, heard: Heard, is_over: threading.Event) -> None:
        parts = urllib.parse.urlsplit(address)
        self._host, self._port = parts.hostname, parts.port
        self._headers = {"Authorization": f"Token {token}"}
        self.heard = heard
        self.is_over = is_over

    def call(
        self, method: str, path: str, body: object = None, *, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """(status, JSON) of the first answer that is no "not now". Raises Over."""
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        while not self.is_over.is_set():
            began = time.monotonic()
            try:
                connection = http.client.HTTPConnection(self._host or "", self._port, timeout=TIMEOUT_SECONDS)
                connection.request(
                    method, f"/api/{path}", content, {**self._headers, "Content-Type": content_type}
                )
                reply = connection.getresponse()
                text = reply.read()
            except (OSError, http.client.HTTPException):
                self._note(time.monotonic() - began, n_lost=1)
                self.is_over.wait(RETRY_SECONDS)
                continue
            finally:
                connection.close()
            self._note(time.monotonic() - began)
            try:
                said = json.loads(text) if text else None
            except ValueError:
                said = None
                if "/file" not in path:
                    self._unforeseen(f"{method} {path}: {reply.status}, no JSON: {text[:100]!r}")
            if reply.status in AGAIN:
                self._note(0.0, n_not_now=1)
                self.is_over.wait(RETRY_SECONDS)
                continue
            if reply.status >= 500:
                self._unforeseen(f"{method} {path}: {reply.status} {text[:200]!r}")
                self.is_over.wait(RETRY_SECONDS)
                continue
            return reply.status, text if said is None and text else said
        raise Over

    def get(self, path: str) -> Any:
        return self.call("GET", path)[1]

    def post(self, path: str, body: object = None) -> tuple[int, Any]:
        return self.call("POST", path, body or {})

    def upload(self, name: str, content: bytes) -> str:
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        status, said = self.call(
            "POST",
            "uploads",
            head + content + f"\r\n--{mark}--\r\n".encode(),
            content_type=f"multipart/form-data; boundary={mark}",
        )
        assert status == 201, said
        return str(said["upload"])

    def _note(self, seconds: float, **counts: int) -> None:
        with self.heard.lock:
            self.heard.n_requests += 1 if seconds else 0
            self.heard.slowest = max(self.heard.slowest, seconds)
            for name, n in counts.items():
                setattr(self.heard, name, getattr(self.heard, name) + n)

    def _unforeseen(self, sentence: str) -> None:
        with self.heard.lock:
            self.heard.unforeseen.append(sentence)


@dataclass
class Play:
    """One project. Its people answer, its engineer keeps the workers busy, until `is_over` is set."""

    owner: Caller
    viewer: Caller  # is never asked
    people: list[Caller]
    project_id: int
    class_ids: dict[str, int]
    heard: Heard
    pause_seconds: float  # between two answers of a person
    n_rows: int = 0  # that the imports bring
    is_resting: threading.Event = field(default_factory=threading.Event)  # no new lap is begun
    is_idle: threading.Event = field(default_factory=threading.Event)  # the engineer's last lap is over

    def person(self, caller: Caller) -> None:
        """Claims what the queue hands out and answers it one by one, each until it is heard."""
        try:
            while True:
                status, claimed = caller.post(f"projects/{self.project_id}/queue/claim", {"n": 5})
                entries = claimed["entries"] if status == 200 else []
                if not entries:
                    caller.is_over.wait(0.5)
                    if caller.is_over.is_set():
                        return
                for entry in entries:
                    self._answer(caller, entry)
                    caller.is_over.wait(self.pause_seconds)
        except Over:
            return

    def _answer(self, caller: Caller, entry: Row) -> None:
        class_id = self.class_ids[right_class(entry["item"]["text"])]
        answer = {
            "key": str(uuid.uuid4()),
            "entry_id": entry["id"],
            "kind": "label",
            "class_id": class_id,
        }
        status, said = caller.post(f"projects/{self.project_id}/answers", {"answers": [answer]})
        outcome = said["results"][0]["outcome"] if status == 200 else f"status {status}"
        with self.heard.lock:
            if outcome in ("stored", "repeated"):
                self.heard.answers[answer["key"]] = (entry["item"]["id"], class_id)
            else:
                self.heard.n_refused += 1

    def engineer(self, *, learner: str, goal: Row) -> None:
        """Import, export, train, again and again; and once an attempt to certify."""
        try:
            number = 0
            while not self.owner.is_over.is_set():
                if self.is_resting.is_set():
                    self.is_idle.set()
                    return
                number += 1
                self._import(number)
                self._export()
                self._wait_for(self._begin("runs", self.heard.runs, _run_of(learner)))
                if number == 2:
                    self._begin("attempts", self.heard.attempts, goal)
        except Over:
            return

    def _import(self, number: int) -> None:
        content = rows_csv(f"import-{number}", ROWS_OF_IMPORT)
        upload = self.owner.upload(f"import-{number}.csv", content)
        work = self._begin("imports", self.heard.imports, {"upload": upload})
        if work is not None:
            self.n_rows += ROWS_OF_IMPORT
        self._wait_for(work)

    def _export(self) -> None:
        self._wait_for(self._begin("exports", self.heard.exports, {"format": "csv"}))

    def _begin(self, kind: str, heard: list[int], body: Row) -> str | None:
        """Ask for work; the path to look at, or None where it was refused with a reason (such as: one is open)."""
        status, said = self.owner.post(f"projects/{self.project_id}/{kind}", body)
        if status >= 400:
            return None
        heard.append(said["id"])
        return f"{kind}/{said['id']}"

    def _wait_for(self, path: str | None) -> None:
        while path is not None and self.owner.get(path).get("is_open", False):
            if self.owner.is_over.wait(0.5):
                raise Over


def rows_csv(prefix: str, n: int) -> bytes:
    kinds = list(WORDS)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["key", "text"])
    writer.writerows([f"{prefix}-{i:05}", f"{WORDS[kinds[i % 3]]} number {i} of {prefix}"] for i in range(n))
    return text.getvalue().encode()


def _run_of(learner: str) -> Row:
    return {"learner": learner, "n_rounds": 2, "policy": {"kind": "fixed", "threshold": 0.5}}


def begin(
    address: str,
    tokens: list[str],
    heard: Heard,
    is_over: threading.Event,
    *,
    n_items: int,
    pause_seconds: float,
) -> Play:
    """A project with its first items, before any fault: the first token owns it, the last views, the others answer."""
    owner, *others, viewer = [Caller(address, token, heard, is_over) for token in tokens]
    status, project = owner.post(
        "projects",
        {
            "name": "Chaos",
            "item_type": "text",
            "classes": list(WORDS),
            "lease_seconds": 30,
            "publishing": "by_itself",
        },
    )
    assert status == 201, project
    for caller in [*others, viewer]:
        role = "viewer" if caller is viewer else "annotator"
        username = caller.get("session")["username"]
        status, said = owner.post(f"projects/{project['id']}/members", {"username": username, "role": role})
        assert status == 201, said
    rows = [
        {"key": f"first-{i:05}", "text": f"{list(WORDS.values())[i % 3]} number {i}"} for i in range(n_items)
    ]
    for i in range(60):
        rows[i]["label"] = right_class(rows[i]["text"])
    status, said = owner.post(f"projects/{project['id']}/items", rows)
    assert status in (200, 201), said
    owner.post(f"projects/{project['id']}/queue/refill")
    class_ids = {one["name"]: one["id"] for one in project["classes"]}
    return Play(
        owner, viewer, [owner, *others], project["id"], class_ids, heard, pause_seconds, n_rows=n_items
    )


def run(play: Play, *, learner: str, goal: Row) -> list[threading.Thread]:
    """People and engineer at work, each in a thread."""
    jobs: list[Callable[[], None]] = [lambda: play.engineer(learner=learner, goal=goal)]
    jobs += [lambda caller=caller: play.person(caller) for caller in play.people]  # type: ignore[misc]
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    return threads
