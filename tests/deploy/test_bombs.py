"""A web process outlives what strangers send: bombs as files and as bodies, while others go on working."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.running import Running, running_product

MAX_BYTES = 200 * 2**20  # of one web process
BOMBS = {
    "30 kB": "[" * 15_000 + "]" * 15_000,
    "2 MB": "[" * 1_000_000 + "]" * 1_000_000,
    "30 MB": "[" * 15_000_000 + "]" * 15_000_000,
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with running_product(tmp_path) as running:
        yield running


def call(
    running: Running, path: str, token: str, body: bytes | None = None, media_type: str = "application/json"
) -> tuple[int, bytes]:
    headers = {"Content-Type": media_type} | ({"Authorization": f"Token {token}"} if token else {})
    request = urllib.request.Request(f"{running.address}/api/{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (urllib.error.URLError, ConnectionError):
        return 413, b""  # the rest of too large a body was not taken


def upload(running: Running, token: str, content: str) -> str:
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    body = f"{head}{content}\r\n--{mark}--\r\n".encode()
    status, answer = call(running, "uploads", token, body, f"multipart/form-data; boundary={mark}")
    assert status == 201, answer
    name: str = json.loads(answer)["upload"]
    return name


@pytest.mark.slow
def test_bombs_take_no_web_process_with_them_and_nobody_else_is_turned_away(running: Running) -> None:
    running.assay("user", "add", "ada")
    token = running.assay("token", "ada").stdout.split()[-1]
    webs = psutil.Process(running.pid_of("web")).children(recursive=True)
    peak = 0
    others: list[int] = []
    is_over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not is_over.wait(0.05):
            peak = max([peak, *(web.memory_info().rss for web in webs if web.is_running())])

    def work_on() -> None:
        while not is_over.wait(0.2):
            others.append(call(running, "projects", token)[0])

    watchers = [threading.Thread(target=each) for each in (watch, work_on)]
    for watcher in watchers:
        watcher.start()
    try:
        for bomb in BOMBS.values():
            name = upload(running, token, bomb)
            sent = json.dumps({"upload": name}).encode()
            with ThreadPoolExecutor(4) as threads:
                said = [
                    *threads.map(lambda _, sent=sent: call(running, "previews", token, sent), range(2)),
                    *threads.map(
                        lambda path, bomb=bomb: call(running, path, "", bomb.encode()),
                        ("session", "projects"),
                    ),
                ]
            assert all(400 <= status < 500 for status, _ in said), [status for status, _ in said]
            assert b"100 levels deep" in said[0][1]
    finally:
        is_over.set()
        for watcher in watchers:
            watcher.join()

    assert 0 < peak < MAX_BYTES
    assert others
    assert set(others) == {200}
