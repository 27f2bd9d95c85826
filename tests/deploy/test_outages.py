"""While something is away, requests are told so within two seconds, in our shape; tried with real processes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from deploy.addresses import storage_options
from deploy.health import _look_at_storage
from labeling.models import Blob, Item, ItemType
from tests.makers import make_project
from tests.running import eventually
from tests.web import Web, token_of, web_running

TOKEN = {"Authorization": "Token " + "x" * 64}
SESSION = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}
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
    headers = {"Authorization": f"Token {token_of('ada')}"}
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
    headers = {"Authorization": f"Token {token_of('ada')}"}
    options = '{"bucket_name": "labels", "endpoint_url": "http://127.0.0.1:1", "access_key": "a", "secret_key": "b"}'
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nid\n1\r\n--b--\r\n'
    with web_running(
        tmp_path, ASSAY_STORAGE="storages.backends.s3.S3Storage", ASSAY_STORAGE_OPTIONS=options
    ) as web:
        image = web.call("GET", f"/api/items/{item.pk}/image", **headers)
        upload = web.call(
            "POST", "/api/uploads", form, Content_Type="multipart/form-data; boundary=b", **headers
        )
        health = web.call("GET", "/api/health", **headers)

    for reply in (image, upload):
        assert (reply.status, reply.json["code"]) == (503, "storage_unavailable"), reply
        assert "labels" in reply.json["message"]
    parts = {part["name"]: part for part in health.json["parts"]}
    assert parts["storage"]["state"] == "down"
    assert "bucket labels" in parts["storage"]["message"]


def test_folder_that_files_go_to_is_a_part(settings: object, tmp_path: Path) -> None:
    part = _look_at_storage()

    assert part.is_up, part


def test_only_a_storage_that_takes_limits_is_given_some() -> None:
    assert storage_options("django.core.files.storage.FileSystemStorage", {"location": "x"}, seconds=1) == {
        "location": "x"
    }
    given = storage_options("storages.backends.s3.S3Storage", {"bucket_name": "x"}, seconds=1)
    assert given["client_config"].read_timeout == 1
