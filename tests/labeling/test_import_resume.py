"""An import that is killed, taken over, cancelled or raced goes on exactly, or stops cleanly."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from labeling.imports.services import import_from_path
from labeling.imports.writing import batches
from labeling.imports.writing import pipeline as import_pipeline
from labeling.imports.writing.pipeline import import_run
from labeling.jobs.work import WorkState, work_claim, work_request_cancel
from labeling.models import Import, Item, Label
from tests.labeling.import_files import write_csv
from tests.makers import make_project

N_ROWS = 1_000


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 100)


def waiting_import(ada: User, folder: Path, *, holdout_share: float = 0.0) -> Import:
    project = make_project(owner=ada, classes=(), holdout_share=holdout_share)
    lines = [f"{i},text number {i},class {i % 3}" for i in range(N_ROWS)]
    path = write_csv(folder / "rows.csv", "id,text,label", *lines)
    return import_from_path(project=project, path=path, options={}, user=ada)


def stop_after(n_batches: int) -> import_pipeline.OnProgress:
    """Raises in the middle of an import, as a crash would, after so many batches were committed."""
    seen = []

    def on_progress(work: Import) -> None:
        seen.append(work.pk)
        if len(seen) == n_batches:
            raise KeyboardInterrupt

    return on_progress


@pytest.mark.django_db
def test_a_second_worker_goes_on_where_the_first_one_died(
    ada: User, tmp_path: Path, small_batches: None
) -> None:
    work = waiting_import(ada, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        import_run(work.pk, worker="first", on_progress=stop_after(4))
    assert Item.objects.count() == 400
    Import.objects.update(heartbeat_at=timezone.now() - dt.timedelta(hours=1))

    assert import_run(work.pk, worker="second")

    work.refresh_from_db()
    assert work.state == WorkState.DONE, work.error_message
    assert work.attempt == 2
    assert Item.objects.count() == Label.objects.count() == N_ROWS
    assert work.report["n_rows"] == N_ROWS
    assert work.report["n_known"] == work.report["n_duplicate_content"] == 0
    assert work.n_items_added == work.n_labels_added == N_ROWS


@pytest.mark.django_db
def test_a_worker_that_lost_its_import_writes_nothing_more(
    ada: User, tmp_path: Path, small_batches: None
) -> None:
    work = waiting_import(ada, tmp_path)

    def take_over(_: Import) -> None:
        Import.objects.update(heartbeat_at=timezone.now() - dt.timedelta(hours=1))
        work_claim(Import, work.pk, worker="second")

    import_run(work.pk, worker="first", on_progress=take_over)

    work.refresh_from_db()
    assert work.state == WorkState.RUNNING
    assert work.worker == "second"
    assert Item.objects.count() == 100


@pytest.mark.django_db
def test_cancel_stops_between_batches_and_importing_again_adds_the_rest(
    ada: User, tmp_path: Path, small_batches: None
) -> None:
    work = waiting_import(ada, tmp_path)

    import_run(work.pk, worker="first", on_progress=work_request_cancel)

    work.refresh_from_db()
    assert work.state == WorkState.CANCELLED
    assert Item.objects.count() == work.n_items_added == 100
    again = import_from_path(
        project=work.project, path=Path(work.files.get().server_path), options=work.options, user=ada
    )
    import_run(again.pk, worker="second")
    assert Item.objects.count() == Label.objects.count() == N_ROWS


@pytest.mark.django_db
def test_an_import_that_is_over_is_not_run_again(ada: User, tmp_path: Path) -> None:
    work = waiting_import(ada, tmp_path)
    import_run(work.pk, worker="first")

    assert not import_run(work.pk, worker="second")


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_with_sigkill_loses_and_repeats_nothing(ada: User, tmp_path: Path) -> None:
    work = waiting_import(ada, tmp_path, holdout_share=0.3)
    script = (
        "import django; django.setup()\n"
        "from labeling.imports.writing import pipeline as import_pipeline\n"
        "from labeling.imports.writing import batches\n"
        "batches.BATCH_ROWS = 50\n"
        "import sys\n"
        f"import_pipeline.import_run({work.pk}, worker='doomed', on_progress=lambda w: print(w.step, flush=True))\n"
    )
    environment = {**os.environ, "DATABASE_URL": _test_database_url()}
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 30  # until the server has noticed that the client is gone
    while _others_connected() and time.monotonic() < deadline:
        time.sleep(0.05)
    n_before = Item.objects.count()
    work.refresh_from_db()
    assert 150 <= n_before < N_ROWS
    assert n_before == work.n_items_added == work.cursor["n_rows"]
    Import.objects.update(heartbeat_at=timezone.now() - dt.timedelta(hours=1))

    import_run(work.pk, worker="second")

    work.refresh_from_db()
    assert work.state == WorkState.DONE, work.error_message
    assert Item.objects.count() == Label.objects.standing().count() == N_ROWS
    assert work.report["n_known"] == 0
    assert work.report["n_holdout"] == Item.objects.filter(split="holdout").count()


def _test_database_url() -> str:
    settings = connection.settings_dict
    return f"postgresql://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}"


def _others_connected() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND state <> 'idle'"
        )
        return bool(cursor.fetchone()[0])
