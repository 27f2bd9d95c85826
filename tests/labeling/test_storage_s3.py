"""A storage that speaks S3: bytes are asked for once, and what it says of its troubles is understood."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from deploy.backups import backup, orphans
from labeling.imports.services import import_create, upload_create
from labeling.imports.writing.pipeline import import_run
from labeling.jobs.trouble import trouble_of
from labeling.jobs.work import WorkState
from labeling.models import Item
from labeling.storing.storage import read_again, spooled, store, stored_bytes
from tests.makers import make_project

boto3 = pytest.importorskip("boto3")
server = pytest.importorskip("moto.server")
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BUCKET = "labels"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    running = server.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def asked(address: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The storage is S3; what is asked of it is noted: the method and the path of each request."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    options = {"bucket_name": BUCKET, "endpoint_url": address}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket=BUCKET)
    requests: list[str] = []
    bucket_storage: Any = default_storage  # of S3
    client = bucket_storage.connection.meta.client

    def note(request: Any, **_: Any) -> None:
        requests.append(f"{request.method} {request.url.rsplit('/', 1)[-1]}")

    client.meta.events.register("before-send.s3", note)
    return requests


def test_a_small_file_is_read_in_one_request(asked: list[str]) -> None:
    store("some/image", b"bytes")
    asked.clear()

    assert stored_bytes("some/image") == b"bytes"

    assert asked == ["GET image"]


def test_a_large_file_is_copied_in_one_request_and_read_from_the_disk_as_often_as_wanted(
    asked: list[str],
) -> None:
    content = os.urandom(3 * 2**20)
    store("some/file", content)
    asked.clear()

    with spooled("some/file") as file:
        first, second = read_again(file), read_again(file)
        assert first.read(10) == content[:10]
        assert second.read() == content
        assert first.read() == content[10:]
        second.seek(-5, os.SEEK_END)
        assert second.read() == content[-5:]

    assert asked == ["GET file"]


def test_an_import_asks_for_its_file_once(ada: User, asked: list[str]) -> None:
    lines = [f"{i},text number {i},class {i % 3}" for i in range(3_000)]
    file = ContentFile("\n".join(["id,text,label", *lines]).encode(), name="rows.csv")
    upload = upload_create(owner=ada, file=file)
    project = make_project(owner=ada, classes=())
    work = import_create(project=project, uploads=[upload], options={}, user=ada)
    asked.clear()

    import_run(work.pk, worker="test")

    work.refresh_from_db()
    assert work.state == WorkState.DONE, work.error_message
    assert Item.objects.count() == 3_000
    assert asked == ["GET rows.csv"]


def test_a_file_that_is_not_there_is_no_trouble(asked: list[str]) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        stored_bytes("some/other")

    assert trouble_of(missing.value) is None


def test_a_file_that_goes_during_a_backup_is_left_out_and_no_trouble(asked: list[str]) -> None:
    assert backup._read("some/other") is None
    assert timezone.now() - orphans._changed_at("some/other") < dt.timedelta(minutes=1)
    store("some/file", b"bytes")
    asked.clear()
    content = backup._read("some/file")
    assert content is not None
    assert content.seek(0, os.SEEK_END) == 5
    assert asked == ["GET file"]  # asked twice, it may be gone between


def test_a_missing_bucket_is_trouble_and_named(asked: list[str], settings: Any) -> None:
    options = {**settings.STORAGES["default"]["OPTIONS"], "bucket_name": "not-made-yet"}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }

    for act in (lambda: stored_bytes("some/image"), lambda: store("some/image", b"bytes")):
        with pytest.raises(Exception, match="bucket") as refused:
            act()
        trouble = trouble_of(refused.value)
        assert trouble is not None
        assert trouble.what == "the storage (bucket not-made-yet)"


def test_a_server_that_is_gone_is_trouble(asked: list[str], settings: Any) -> None:
    options = {**settings.STORAGES["default"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }

    with pytest.raises(Exception, match="Could not connect") as refused:
        stored_bytes("some/image")

    assert trouble_of(refused.value) is not None
