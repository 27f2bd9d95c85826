"""Imports and exports whose dependencies go away and come back, and workers that are stopped meanwhile."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from labeling.exports.services import export_request
from labeling.imports.services import import_create, upload_create
from labeling.items.selectors import ItemFilters
from labeling.jobs.doorbell import ring
from labeling.jobs.work import Work, WorkState
from labeling.models import Export, Import, Item, Label, WorkerPulse
from tests.makers import make_items, make_project
from tests.outages import Door, database_door

pytestmark = pytest.mark.django_db(transaction=True)

N_ROWS = 400
PATIENCE_SECONDS = 120

# As little of a worker as there can be: the process that supervises one piece of work.
WORKER = """
import sys, django
django.setup()
from labeling.exports.job import EXPORT
from labeling.imports.jobs import IMPORT
from labeling.jobs.supervision import job_carry_out
job_carry_out({"IMPORT": IMPORT, "EXPORT": EXPORT}[sys.argv[1]], int(sys.argv[2]), worker="here")
"""


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "It did not come to that."
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("door")


@pytest.fixture
def database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Processes that are started from here on reach the test's database through a door, and import slowly."""
    with database_door(folder) as (door, url):
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.training.slow_settings")
        monkeypatch.setenv("ASSAY_TEST_SLOW_BATCHES", "50:0.4")
        monkeypatch.setenv("ASSAY_TEST_REFUSE", str(folder / "refuse"))
        monkeypatch.setenv("ASSAY_STORAGE", "tests.outages.RefusingStorage")
        yield door


@pytest.fixture
def work(ada: User) -> Import:
    """An import of a file that lies in the storage, waiting."""
    lines = [f"{i},text number {i},class {i % 3}" for i in range(N_ROWS)]
    file = ContentFile("\n".join(["id,text,label", *lines]).encode(), name="rows.csv")
    project = make_project(owner=ada, classes=())
    upload = upload_create(owner=ada, file=file)
    return import_create(project=project, uploads=[upload], options={}, user=ada)


@pytest.fixture
def export(ada: User) -> Export:
    project = make_project(owner=ada)
    make_items(project, 5)
    return export_request(project=project, by=ada, format="csv", filters=ItemFilters())


def carry_out(job: str, work: Work) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, job, str(work.pk)])


def has_rows(work: Import, n_rows: int) -> Callable[[], bool]:
    def look() -> bool:
        work.refresh_from_db()
        assert work.is_open, work.error_message
        return work.cursor.get("n_rows", 0) >= n_rows

    return look


def says(work: Work, words: str) -> Callable[[], bool]:
    def look() -> bool:
        work.refresh_from_db()
        assert work.is_open, work.error_message
        return words in work.step_name

    return look


def check_whole(work: Import) -> None:
    work.refresh_from_db()
    assert work.state == WorkState.DONE, work.error_message
    assert work.n_deaths == 0
    assert Item.objects.filter(project=work.project).count() == N_ROWS
    assert Label.objects.filter(project=work.project).count() == N_ROWS
    assert work.report["n_rows"] == work.n_items_added == N_ROWS
    assert work.report["n_known"] == 0


def test_an_import_goes_on_after_a_restart_of_the_database(database: Door, work: Import) -> None:
    with carry_out("IMPORT", work) as worker:
        wait_until(has_rows(work, 100))
        database.shut()
        time.sleep(2)
        assert worker.poll() is None
        database.open()
        assert worker.wait(PATIENCE_SECONDS) == 0

    check_whole(work)
    assert work.attempt == 1


def test_an_import_waits_for_the_storage_and_says_so(database: Door, folder: Path, work: Import) -> None:
    (folder / "refuse").touch()
    with carry_out("IMPORT", work) as worker:
        wait_until(says(work, "Waiting for the storage since"))
        (folder / "refuse").unlink()
        assert worker.wait(PATIENCE_SECONDS) == 0

    check_whole(work)
    assert work.attempt == 1


def test_an_export_waits_for_the_storage_with_what_it_has_written(
    database: Door, folder: Path, export: Export
) -> None:
    (folder / "refuse").touch()
    with carry_out("EXPORT", export) as worker:
        wait_until(says(export, "Waiting for the storage since"))
        (folder / "refuse").unlink()
        assert worker.wait(PATIENCE_SECONDS) == 0

    export.refresh_from_db()
    assert (export.state, export.attempt, export.n_deaths) == (WorkState.DONE, 1, 0)
    assert export.n_rows == 5
    with default_storage.open(export.stored_name) as file:
        assert len(file.read()) == export.n_bytes


def test_an_export_goes_on_after_a_restart_of_the_database(
    database: Door, folder: Path, export: Export
) -> None:
    (folder / "refuse").touch()
    with carry_out("EXPORT", export) as worker:
        wait_until(says(export, "Waiting for the storage since"))
        database.shut()  # the storage comes back first, so that the end of the work finds no database
        (folder / "refuse").unlink()
        time.sleep(3)
        database.open()
        assert worker.wait(PATIENCE_SECONDS) == 0

    export.refresh_from_db()
    assert (export.state, export.attempt, export.n_deaths) == (WorkState.DONE, 1, 0)


def start_worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "deploy.cli", "worker", "--queues", "io"])


def stop_in_time(worker: subprocess.Popen[bytes]) -> None:
    family = psutil.Process(worker.pid).children(recursive=True)
    worker.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    worker.wait(30)
    assert time.monotonic() - asked < 30
    _, left = psutil.wait_procs(family, timeout=10)
    assert left == []


@pytest.mark.slow
def test_three_drains_during_one_import_cost_nothing(database: Door, work: Import) -> None:
    for n_rows in (50, 150, 250):
        with start_worker() as worker:
            ring("labeling.tasks.import_items", work.pk)
            wait_until(has_rows(work, n_rows))
            stop_in_time(worker)
        work.refresh_from_db()
        assert (work.state, work.n_deaths) == (WorkState.QUEUED, 0)

    with carry_out("IMPORT", work):
        pass

    check_whole(work)
    assert work.attempt == 4


@pytest.mark.slow
def test_a_worker_stops_in_time_though_the_database_is_away(database: Door, work: Import) -> None:
    with start_worker() as worker:
        ring("labeling.tasks.import_items", work.pk)
        wait_until(has_rows(work, 50))
        database.shut()
        time.sleep(1.5)
        stop_in_time(worker)
    database.open()
    Import.objects.update(heartbeat_at=timezone.now() - dt.timedelta(hours=1))
    WorkerPulse.objects.all().delete()  # of the one that could not say that it stopped

    with carry_out("IMPORT", work):
        pass

    check_whole(work)


def test_a_file_that_is_gone_is_no_trouble(database: Door, work: Import) -> None:
    default_storage.delete(work.files.get().stored_name)

    with carry_out("IMPORT", work):
        pass

    work.refresh_from_db()
    assert work.state == WorkState.FAILED
    assert "no longer there" in work.error_message
