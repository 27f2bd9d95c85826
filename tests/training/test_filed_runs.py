"""What a file's model said is taken in by a worker as a run is: rung by name, found by the sweep, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from redis import Redis

from labeling.jobs.work import WorkState
from labeling.models import Import, ImportUndo, Project, Source
from tests.labeling.import_files import run_import, write_csv
from tests.makers import make_project
from training.filed.services import runs_open_for_files
from training.models import RoundState, Run, Trigger
from training.runs.services import run_inline
from training.tasks import sweep_runs, take_files_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker() -> Iterator[Redis]:
    """The real broker of the test session, empty."""
    with current_app.connection_for_write() as connection:
        channel: Any = connection.default_channel  # of Redis
        client = channel.client
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def texts(ada: User) -> Project:
    return make_project(owner=ada, classes=("neg", "pos"))


def bring(texts: Project, ada: User, folder: Path) -> Import:
    lines = ("a,good,pos,0.9", "b,bad,neg,0.8", "c,so so,pos,0.6")
    path = write_csv(folder / "guesses.csv", "id,text,label,confidence", *lines)
    return run_import(texts, path, user=ada, labels_from="machine")


def test_the_bell_that_an_import_rings_may_be_lost(
    broker: Redis, texts: Project, ada: User, tmp_path: Path
) -> None:
    bring(texts, ada, tmp_path)
    assert broker.llen("default") == 1
    broker.flushdb()

    sweep_runs()

    assert (broker.llen("predict"), broker.llen("train")) == (1, 0)
    take_files_in()
    run = Run.objects.get()
    assert (run.trigger, run.state) == (Trigger.FILE, WorkState.QUEUED)


@pytest.mark.usefixtures("child_database")
def test_a_process_of_its_own_takes_the_predictions_in(texts: Project, ada: User, tmp_path: Path) -> None:
    bring(texts, ada, tmp_path)
    (run,) = runs_open_for_files()

    run = run_inline(run)

    assert run.state == WorkState.DONE, run.error_message
    assert run.rounds.get().state == RoundState.READY


def test_nothing_is_taken_in_while_an_import_is_being_undone(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    work = bring(texts, ada, tmp_path)
    undo = ImportUndo.objects.create(project=texts, brought_by=work)
    assert runs_open_for_files() == []

    ImportUndo.objects.filter(pk=undo.pk).update(state=WorkState.CANCELLED)

    assert len(runs_open_for_files()) == 1


def test_labels_of_people_are_no_predictions(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", "id,text,label", "a,good,pos", "b,bad,neg")
    run_import(texts, path, user=ada)

    assert runs_open_for_files() == []
    assert not Source.objects.filter(details__has_key="predictions").exists()
