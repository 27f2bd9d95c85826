"""While something is away, requests are told so within two seconds, in our shape; tried with real processes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from deploy.backing.addresses import storage_options
from deploy.web.health import _look_at_storage
from labeling.models import Blob, Item, ItemType
from tests.chaos.gate import Gate
from tests.makers import make_project
from tests.running import eventually
from tests.web import Reply, Web, database_url, token_of, web_running

TOKEN: dict[str, Any] = {"Authorization": "Token " + "x" * 64}
SESSION: dict[str, Any] = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nid\n1\r\n--b--\r\n'
JSON: dict[str, Any] = {"Content_Type": "application/json"}
SIGN_IN = JSON | {"Cookie": f"csrftoken={'a' * 32}", "X_CSRFToken": "a" * 32}
ASKED = [
    ("GET", "/api/projects", TOKEN),
    ("GET", "/api/projects", SESSION),
    ("GET", "/api/session", SESSION),
    ("GET", "/api/items/1/image", TOKEN),
    ("GET", "/api/exports/1/file", TOKEN),
    ("POST", "/api/projects/1/queue/claim", TOKEN),
    ("GET", "/admin/", SESSION),
]


@pytest.fixture
def hung() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def check_away(web: Web, code: str, seconds: float) -> None:
    for method, path, headers in ASKED:
        reply = web.call(method, path, **headers)
        assert (reply.status, reply.json["code"]) == (503, code), (path, reply)
        assert int(reply.headers["retry-after"]) > 0
        assert reply.seconds < seconds, path


def test_database_that_is_down_is_told(db: None, tmp_path: Path) -> None:
    with web_running(tmp_path, DATABASE_URL="postgresql://x@127.0.0.1:1/x") as web:
        check_away(web, "database_unavailable", 10)


def test_database_that_hangs_is_told(db: None, tmp_path: Path, hung: int) -> None:
    with web_running(tmp_path, DATABASE_URL=f"postgresql://x@127.0.0.1:{hung}/x") as web:
        check_away(web, "database_unavailable", 10)


@pytest.mark.django_db(transaction=True)
def test_connections_that_are_cut_cost_one_503_at_most_and_then_nothing(tmp_path: Path, ada: User) -> None:
    headers: dict[str, Any] = {"Authorization": f"Token {token_of('ada')}"}
    with web_running(tmp_path) as web:
        stop, seen = threading.Event(), []

        def ask() -> None:
            while not stop.is_set():
                seen.append(web.call("GET", "/api/projects", **headers).status)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            time.sleep(0.2)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        stop.set()
        for thread in threads:
            thread.join()

        assert set(seen) <= {200, 503}
        eventually(lambda: web.call("GET", "/api/projects", **headers).status == 200)


@pytest.mark.django_db(transaction=True)
def test_storage_that_is_away_is_told_for_images_and_uploads(tmp_path: Path, ada: User) -> None:
    project = make_project(owner=ada, item_type=ItemType.IMAGE)
    blob = Blob.objects.create(
        sha256="a" * 64, name="blobs/aa/a", media_type="image/png", width=1, height=1, mode="RGB", n_bytes=1
    )
    item = Item.objects.create(project=project, key="a", blob=blob, content_hash="a")
    headers: dict[str, Any] = {"Authorization": f"Token {token_of('ada')}"}
    options = '{"bucket_name": "labels", "endpoint_url": "http://127.0.0.1:1", "access_key": "a", "secret_key": "b"}'
    with web_running(
        tmp_path, ASSAY_STORAGE="storages.backends.s3.S3Storage", ASSAY_STORAGE_OPTIONS=options
    ) as web:
        image = web.call("GET", f"/api/items/{item.pk}/image", **headers)
        upload = web.call(
            "POST", "/api/uploads", FORM, Content_Type="multipart/form-data; boundary=b", **headers
        )
        health = web.call("GET", "/api/health", **headers)

    for reply in (image, upload):
        assert (reply.status, reply.json["code"]) == (503, "storage_unavailable"), reply
        assert "labels" in reply.json["message"]
    parts = {part["name"]: part for part in health.json["parts"]}
    assert parts["storage"]["state"] == "down"
    assert parts["storage"]["message"] == "The storage does not answer, so files are neither shown nor taken."


def test_folder_that_files_go_to_is_a_part(settings: object, tmp_path: Path) -> None:
    part = _look_at_storage()

    assert part.is_up, part


def test_only_a_storage_that_takes_limits_is_given_some() -> None:
    assert storage_options("django.core.files.storage.FileSystemStorage", {"location": "x"}, seconds=1) == {
        "location": "x"
    }
    given = storage_options("storages.backends.s3.S3Storage", {"bucket_name": "x"}, seconds=1)
    assert given["client_config"].read_timeout == 1


# A server that is lost while people work


@contextmanager
def gate_to_database() -> Iterator[tuple[Gate, str]]:
    """A gate before the tests' database, and the URL that leads through it."""
    parts = urlsplit(database_url())
    host = dict(parse_qsl(parts.query)).get("host") or parts.hostname or "localhost"
    port = parts.port or 5432
    gate = Gate(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port))
    who = f"{parts.username}:{parts.password}" if parts.password else parts.username
    try:
        yield gate, f"postgresql://{who}@127.0.0.1:{gate.port}{parts.path}"
    finally:
        gate.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["hang", "refuse"])
def test_database_that_is_lost_in_the_middle_is_told_to_everybody_and_found_again(
    tmp_path: Path, ada: User, what: str
) -> None:
    project = make_project(owner=ada)
    token: dict[str, Any] = {"Authorization": f"Token {token_of('ada')}"}
    asked = [
        ("GET", "/api/projects", b"", token),
        ("POST", f"/api/projects/{project.pk}/queue/claim", b"{}", token | JSON),
        ("POST", f"/api/projects/{project.pk}/answers", b'{"answers": []}', token | JSON),
        ("POST", "/api/session", b'{"username": "ada", "password": "guess"}', SIGN_IN),
        ("GET", "/api/items/1/image", b"", token),
        ("POST", "/api/uploads", FORM, token | {"Content_Type": "multipart/form-data; boundary=b"}),
        ("GET", "/admin/", b"", SESSION),
        ("GET", "/health", b"", {}),
    ]
    with gate_to_database() as (gate, url), web_running(tmp_path, DATABASE_URL=url) as web:

        def ask_at_once() -> list[tuple[str, Reply]]:
            with ThreadPoolExecutor(len(asked)) as people:
                calls = [
                    (path, people.submit(web.call, method, path, body, **headers))
                    for method, path, body, headers in asked
                ]
            return [(path, call.result()) for path, call in calls]

        def is_well() -> bool:
            bad = [path for path, reply in ask_at_once() if reply.status >= 500]
            print(f"in trouble: {bad}")
            return bad == ["/health"]  # no worker runs here

        eventually(is_well, seconds=20)
        getattr(gate, what)()
        first, later = ask_at_once(), ask_at_once()
        gate.open()
        eventually(is_well, seconds=20)

    print(
        *(line for line in web.log.read_text().splitlines() if " deploy.backing.watched: " in line), sep="\n"
    )
    for path, reply in first + later:
        print(f"{path} {reply.status} {reply.seconds:.2f} s")
        assert reply.status == 503, (path, reply)
        assert path == "/health" or reply.json["code"] == "database_unavailable", (path, reply)
        assert reply.seconds < 6, path


@pytest.mark.django_db(transaction=True)
def test_statement_that_is_slow_is_not_taken_for_a_server_that_hangs(tmp_path: Path, ada: User) -> None:
    """Somebody holds what the claim needs for longer than a lost server is waited for."""
    project = make_project(owner=ada)
    token: dict[str, Any] = {"Authorization": f"Token {token_of('ada')}"}
    with web_running(tmp_path) as web, ThreadPoolExecutor(1) as somebody:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE labeling_project IN ACCESS EXCLUSIVE MODE")
            call = somebody.submit(web.call, "GET", f"/api/projects/{project.pk}", **token)
            time.sleep(4)
            assert not call.done()
        reply = call.result()

    assert reply.status == 200
    assert reply.seconds > 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["hung", "refused"])
def test_work_is_taken_without_a_word_from_the_broker(
    tmp_path: Path, ada: User, hung: int, what: str
) -> None:
    project = make_project(owner=ada)
    token: dict[str, Any] = {"Authorization": f"Token {token_of('ada')}"}
    broker = f"redis://127.0.0.1:{hung if what == 'hung' else 1}/0"
    with web_running(tmp_path, ASSAY_BROKER_URL=broker) as web:
        replies = [
            web.call("POST", f"/api/projects/{project.pk}/exports", b'{"format": "csv"}', **token, **JSON)
            for _ in range(3)
        ]
        health = web.call("GET", "/api/health", **token)

    for reply in replies:
        print(f"export {reply.status} {reply.seconds:.2f} s")
        assert reply.status == 202, reply
        assert reply.seconds < 4  # to ask a broker that hangs takes five
    assert project.exports.count() == 3
    assert {part["name"]: part["state"] for part in health.json["parts"]}["broker"] == "down"
    print(f"health {health.seconds:.2f} s")
    assert health.seconds < 6
