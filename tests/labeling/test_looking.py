"""Looks into strange files happen in a process with limits, and a web process only waits for it."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from labeling.errors import AssayError
from labeling.imports.preview import looking
from labeling.imports.writing.pipeline import import_run
from labeling.models import Import, Project, Upload
from tests.labeling.import_files import image_bytes
from tests.labeling.test_import_api import PETS, send
from tests.running import ROOT

pytestmark = pytest.mark.django_db


def preview(client: APIClient, content: bytes, name: str = "pets.csv", **options: Any) -> Any:
    upload = send(client, content, name)
    return client.post("/api/previews", {"upload": upload, "options": options}, format="json")


def images_zip(n_files: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for place in range(n_files):
            archive.writestr(f"cat/{place}.png", b"" if place % 2 else image_bytes())
    return stream.getvalue()


BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "one endless line": lambda: ("a.csv.gz", gzip.compress(b"a" * 300_000_000, 1)),
    "one endless text in json": lambda: ("a.json.gz", gzip.compress(b'[{"a": "' + b"a" * 300_000_000, 1)),
    "deep json": lambda: ("a.json", b"[" * 2_000_000),
    "a broken parquet footer": lambda: ("a.parquet", b"PAR1" + b"\xff" * 100_000 + b"\xa0\x86\x01\x00PAR1"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_with_a_sentence_and_takes_no_memory_here(kind: str, ada_client: APIClient) -> None:
    name, content = BOMBS[kind]()
    before = psutil.Process().memory_info().rss

    answer = preview(ada_client, content, name)

    assert answer.status_code in (400, 413), answer.content
    assert set(answer.json()) == {"code", "message", "fields"}
    assert answer.json()["code"] != "server_error"
    assert psutil.Process().memory_info().rss - before < 60 * 2**20


def test_an_archive_of_very_many_files_is_looked_into(ada_client: APIClient) -> None:
    answer = preview(ada_client, images_zip(20_000), "cats.zip")

    assert answer.status_code == 200, answer.content
    assert answer.json()["n_rows_seen"] == 20_000
    assert [found["name"] for found in answer.json()["classes"]] == ["cat"]


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings) -> Path:
    """Every upload is a file whose reading never ends."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    @contextmanager
    def on_disk(upload: Upload) -> Iterator[Path]:
        yield path

    monkeypatch.setattr(looking, "_on_disk", on_disk)
    settings.ASSAY_LOOK_SECONDS = 2
    return path


def test_a_look_that_takes_too_long_is_ended_and_leaves_no_process(
    stuck: Path, ada_client: APIClient
) -> None:
    answer = preview(ada_client, PETS)

    assert (answer.status_code, answer.json()["code"]) == (413, "look_too_slow")
    assert "2 seconds" in answer.json()["message"]
    assert [child for child in psutil.Process().children() if "look_child" in " ".join(child.cmdline())] == []


def test_an_import_whose_look_takes_too_long_is_for_the_worker(
    stuck: Path, ada_client: APIClient, project: Project
) -> None:
    upload = send(ada_client)
    answer = ada_client.post(f"/api/projects/{project.pk}/imports", {"upload": upload}, format="json")
    assert answer.status_code == 201, answer.content
    assert "columns" not in answer.json()["options"]

    import_run(answer.json()["id"], worker="test")

    work = Import.objects.get(pk=answer.json()["id"])
    assert (work.state, work.n_items_added) == ("done", 3)
    assert work.options["columns"] == {"id": "id", "text": "text", "label": "label"}


def test_what_the_options_want_of_labels_is_checked_by_the_worker_too(
    stuck: Path, ada_client: APIClient, project: Project
) -> None:
    upload = send(ada_client, b"id,text\na,a cat sleeps\n")
    body = {"upload": upload, "options": {"sealed": True}}
    answer = ada_client.post(f"/api/projects/{project.pk}/imports", body, format="json")

    import_run(answer.json()["id"], worker="test")

    work = Import.objects.get(pk=answer.json()["id"])
    assert (work.state, work.error_code) == ("failed", "bad_options")


def test_more_memory_than_allowed_is_refused(ada_client: APIClient, settings: Settings) -> None:
    settings.ASSAY_LOOK_BYTES = 2**28

    answer = preview(ada_client, gzip.compress(b'{"a": [' + b"0," * 25_000_000, 1), "a.jsonl.gz")

    assert answer.status_code in (400, 413), answer.content
    assert answer.json()["code"] in ("look_too_large", "look_died")


def test_one_person_looks_into_two_files_at_once(ada: User, ada_client: APIClient, ben: User) -> None:
    with looking._slots.hold(ada.pk), looking._slots.hold(ada.pk):
        answer = preview(ada_client, PETS)
        with looking._slots.hold(ben.pk):
            pass  # others are not kept waiting

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_looks")
    assert answer["Retry-After"] == "2"
    assert preview(ada_client, PETS).status_code == 200


def test_all_people_together_look_into_four_files_at_once(ada_client: APIClient) -> None:
    with (
        looking._slots.hold(1),
        looking._slots.hold(1),
        looking._slots.hold(2),
        looking._slots.hold(2),
        pytest.raises(AssayError) as refused,
        looking._slots.hold(3),
    ):
        pass

    assert refused.value.status == 429
    assert not looking._slots.looking.total()


@pytest.mark.parametrize(
    "encoding",
    ["hex_codec", "hex", "base64", "zip", "rot13", "idna", "punycode", "unicode_escape", "raw_unicode_escape",
     "utf-7", "undefined", "mbcs", "no such", "", "a\nb", "../utf_8", "x" * 10_000, "ütf-8"],
)  # fmt: skip
def test_what_no_file_is_written_in_is_refused_as_its_encoding(ada_client: APIClient, encoding: str) -> None:
    answer = preview(ada_client, PETS, encoding=encoding)

    if encoding == "":
        assert answer.status_code == 200  # nothing was said
        return
    assert answer.status_code == 400, answer.content
    assert "utf-8, utf-16" in answer.json()["message"]


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf_16", "utf-32", "shift_jis", "gb18030", "cp037"]
)
def test_a_text_encoding_is_tried_whether_it_fits_or_not(ada_client: APIClient, encoding: str) -> None:
    assert preview(ada_client, PETS, encoding=encoding).status_code in (200, 400)


@pytest.mark.parametrize(
    "options",
    [{"quote": "ab"}, {"quote": ","}, {"quote": "\n"}, {"delimiter": ""}, {"delimiter": "ab"},
     {"columns": {"id": []}}, {"columns": {"id": {"a": 1}}}, {"columns": []}, {"seed": -1}, {"seed": True},
     {"label_first": 1.5}, {"format": ["csv"]}, {"entry": "nowhere"}, {"has_header": "yes"}, {"more": 1}],
)  # fmt: skip
def test_an_odd_option_is_refused(ada_client: APIClient, options: dict[str, Any]) -> None:
    answer = preview(ada_client, PETS, **options)

    assert answer.status_code == 400, answer.content


def test_who_looks_loads_no_django_and_ends_with_its_time() -> None:
    heavy = "import sys, labeling.imports.preview.child; print([m for m in ('django', 'pyarrow', 'pandas', 'numpy') if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"

    spin = "from labeling.imports.preview.child import set_limits\nset_limits(seconds=1, n_bytes=2**28)\nwhile True: pass\n"
    ended = subprocess.run([sys.executable, "-c", spin], cwd=ROOT, capture_output=True, check=False)
    assert -ended.returncode in (signal.SIGXCPU, signal.SIGALRM)  # whichever comes first on a busy machine
