"""A run whose dependencies go away and come back: it waits, says so, loses nothing and is charged nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from labeling.jobs.work import WorkState, works_waiting
from labeling.models import WorkerPulse
from tests.outages import Door, database_door
from tests.training.makers import make_labeled_project, make_run
from tests.training.test_run_carry_out import WORKER, wait_until
from training.fitting.progress import Step
from training.models import Prediction, RoundState, Run

pytestmark = pytest.mark.usefixtures("child_database")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("door")  # a short path: it holds a socket


@pytest.fixture
def database(folder: Path, child_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Children that are started from here on reach the test's database through a door."""
    with database_door(folder) as (door, url):
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.training.slow_settings")
        yield door


@contextmanager
def worker_on(run: Run) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", WORKER, str(run.pk)]) as worker:
        try:
            yield worker
        finally:
            worker.kill()


def wait_for_end(run: Run) -> None:
    def is_over() -> bool:
        run.refresh_from_db()
        return not run.is_open

    wait_until(is_over)


def wait_for(is_so: Callable[[], bool]) -> None:
    wait_until(is_so, seconds=60)


def lines(path: str) -> int:
    try:
        return len(Path(path).read_text().splitlines())
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize("step", [Step.FIT, Step.STORE])
def test_a_run_goes_on_over_a_restart_of_the_database_and_fits_once(
    ada: User, database: Door, folder: Path, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    run = make_run(make_labeled_project(owner=ada), n_rounds=1)
    hold = folder / "hold"
    hold.touch()
    monkeypatch.setenv("ASSAY_TEST_HOLD", f"{step.value}@{hold}")

    with worker_on(run) as worker:
        wait_for(lambda: lines(f"{hold}.done") == 1)
        database.shut()
        hold.unlink()
        time.sleep(3)  # both processes find nobody there
        assert worker.poll() is None
        database.open()
        wait_for_end(run)

    assert run.state == WorkState.DONE, run.error_message
    assert (run.attempt, run.n_deaths) == (1, 0)
    assert lines(f"{hold}.done") == 1
    assert run.rounds.get().state == RoundState.READY
    assert Prediction.objects.count() == run.rounds.get().metrics["n_pool"]
    assert run.log_lines.filter(level="warning", message__startswith="Waited").exists()


def test_a_fitted_model_waits_for_the_storage_and_the_run_says_so(
    ada: User, database: Door, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(make_labeled_project(owner=ada), n_rounds=1)
    hold, refuse = folder / "hold", folder / "refuse"
    hold.touch()
    refuse.touch()
    monkeypatch.setenv("ASSAY_TEST_HOLD", f"{Step.FIT.value}@{hold}")
    monkeypatch.setenv("ASSAY_TEST_REFUSE", str(refuse))
    monkeypatch.setenv("ASSAY_STORAGE", "tests.outages.RefusingStorage")

    with worker_on(run):
        hold.unlink()

        def waits() -> bool:
            run.refresh_from_db()
            assert run.is_open, run.error_message
            return run.step_name.startswith("Waiting for the storage since")

        wait_for(waits)
        assert "Connection refused by the storage" in run.step_name
        refuse.unlink()
        wait_for_end(run)

    assert run.state == WorkState.DONE, run.error_message
    assert (run.attempt, run.n_deaths) == (1, 0)
    assert lines(f"{hold}.done") == 1


def test_a_run_that_waits_for_the_storage_can_be_cancelled(
    ada: User, database: Door, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(make_labeled_project(owner=ada), n_rounds=1)
    refuse = folder / "refuse"
    refuse.touch()
    monkeypatch.setenv("ASSAY_TEST_REFUSE", str(refuse))
    monkeypatch.setenv("ASSAY_STORAGE", "tests.outages.RefusingStorage")

    with worker_on(run):
        wait_for(lambda: Run.objects.filter(pk=run.pk, step_name__startswith="Waiting for").exists())
        Run.objects.filter(pk=run.pk).update(cancel_requested_at="2026-01-01T00:00Z")
        wait_for_end(run)

    assert run.state == WorkState.CANCELLED


def set_times(run: Run, *, silent: str, unbroken: str) -> None:
    """Heartbeat and pulse so long ago; a living process has written without a miss for so long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE training_run SET heartbeat_at = now() - %s::interval WHERE id = %s", [silent, run.pk]
        )
        cursor.execute(
            "INSERT INTO labeling_workerpulse (name, kind, queues, started_at, seen_at, unbroken_since)"
            " VALUES ('witness', 'scheduler', '[]', now() - interval '1 day', now(), now() - %s::interval)",
            [unbroken],
        )


@pytest.mark.parametrize(
    ("silent", "unbroken", "is_abandoned"),
    [
        ("2 minutes", "1 day", True),  # others wrote all the while: it is dead
        ("2 minutes", "5 seconds", False),  # the database has only just come back
        ("2 minutes", "1 minute", True),  # it has been back for long, and this worker is still silent
        ("5 seconds", "1 day", False),
    ],
)
def test_silence_counts_only_while_the_database_was_there(
    ada: User, silent: str, unbroken: str, is_abandoned: bool
) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    set_times(run, silent=silent, unbroken=unbroken)

    assert (run.pk in works_waiting(Run)) == is_abandoned


@pytest.mark.parametrize(("unbroken", "n_deaths"), [("1 day", 1), ("1 minute", 0)])
def test_a_worker_lost_in_an_outage_is_replaced_and_not_counted_as_dead(
    ada: User, unbroken: str, n_deaths: int
) -> None:
    from labeling.jobs.work import work_claim

    run = make_run(make_labeled_project(owner=ada), is_running=True)
    set_times(run, silent="2 minutes", unbroken=unbroken)

    second = work_claim(Run, run.pk, worker="second")

    assert second is not None
    assert (second.attempt, second.n_deaths) == (2, n_deaths)


def test_after_an_outage_nobody_is_taken_for_dead_before_the_first_pulse(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    set_times(run, silent="1 hour", unbroken="1 day")
    WorkerPulse.objects.update(seen_at="2026-01-01T00:00Z")

    assert works_waiting(Run) == []
