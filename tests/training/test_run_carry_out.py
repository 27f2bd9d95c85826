"""A run in the care of a worker: real processes, killed at real moments."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from labeling.jobs import supervision, work
from labeling.jobs.supervision import exit_sentence
from labeling.jobs.work import WorkState, work_claim
from tests.training.makers import make_labeled_project, make_run
from training.fitting.pipeline import run_execute
from training.fitting.progress import Step
from training.models import Prediction, RoundState, Run
from training.runs.services import run_cancel, run_inline
from training.runs.supervision import run_carry_out

pytestmark = pytest.mark.usefixtures("child_database")

# As little of a worker as there can be: the process that supervises one run.
WORKER = """
import sys, django
django.setup()
from training.runs.supervision import run_carry_out
run_carry_out(int(sys.argv[1]), worker="doomed")
"""


FIRST_FIT = f"round 1 of 3: {Step.FIT.value}"


def wait_until(is_so: Callable[[], bool], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "It did not come to that."
        time.sleep(0.05)


def wait_for_step(run: Run, step_name: str) -> None:
    """Return when the run is at this step. Fails with the run's own words if it is over before."""

    def is_there() -> bool:
        run.refresh_from_db()
        assert run.is_open, f"{run.state}: {run.error_message or run.stop_reason}"
        return run.step_name == step_name

    wait_until(is_there)


@contextmanager
def doomed_worker(run: Run) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, dead at the end."""
    with subprocess.Popen([sys.executable, "-c", WORKER, str(run.pk)]) as worker:
        try:
            yield worker
        finally:
            worker.kill()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Processes started from here on have the app that makes runs stand still."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.training.slow_settings")
    return monkeypatch


@contextmanager
def in_thread(run: Run) -> Iterator[threading.Thread]:
    """A worker of this process at work on the run."""

    def work() -> None:
        try:
            run_carry_out(run.pk, worker="here")
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join(timeout=120)
    assert not thread.is_alive()


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_a_worker_carries_a_run_to_its_end(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), n_rounds=2)

    run = run_inline(run)

    assert run.state == WorkState.DONE, run.error_message
    states = run.rounds.order_by("number").values_list("state", flat=True)
    assert list(states) == [RoundState.SKIPPED, RoundState.READY]
    assert run.attempt == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", list(Step))
def test_a_worker_killed_in_any_step_leaves_a_run_that_another_goes_on_with(
    ada: User, slow: pytest.MonkeyPatch, step: Step
) -> None:
    run = make_run(
        make_labeled_project(owner=ada), n_rounds=3, policy={"kind": "scheduled", "start": 0.9, "end": 0.5}
    )
    slow.setenv("ASSAY_TEST_HALT", step.value)

    with doomed_worker(run) as worker:
        wait_for_step(run, f"round 2 of 3: {step.value}")
        child = psutil.Process(worker.pid).children()[0]
        os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, seconds=10)
    first_round = run.rounds.get(number=1)
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - dt.timedelta(minutes=5))
    second = work_claim(Run, run.pk, worker="second")
    assert second is not None
    run_execute(second)

    run.refresh_from_db()
    rounds = list(run.rounds.order_by("number"))
    assert run.state == WorkState.DONE, run.error_message
    assert run.attempt == 2
    assert run.n_deaths == 0  # it has got further since
    assert rounds[0].pk == first_round.pk
    assert [round.number for round in rounds] == list(range(1, len(rounds) + 1))
    assert [round.state for round in rounds] == [*[RoundState.SKIPPED] * (len(rounds) - 1), RoundState.READY]
    # Nothing is left of the round that was under way, and nothing is there twice.
    assert set(Prediction.objects.values_list("round_id", flat=True)) == {round.pk for round in rounds}
    assert Prediction.objects.count() == sum(round.metrics["n_pool"] for round in rounds)


def test_cancelling_stops_a_fit_that_never_looks_up(ada: User, slow: pytest.MonkeyPatch) -> None:
    slow.setenv("ASSAY_TEST_FIT", "block")
    run = make_run(make_labeled_project(owner=ada))

    with in_thread(run) as thread:
        wait_for_step(run, FIRST_FIT)
        asked = time.monotonic()
        run_cancel(run)
        thread.join(timeout=10)
        took = time.monotonic() - asked

    run.refresh_from_db()
    assert took < 3
    assert run.state == WorkState.CANCELLED
    assert not run.rounds.exists()
    assert not children()


def test_a_claim_that_is_lost_stops_the_child(ada: User, slow: pytest.MonkeyPatch) -> None:
    slow.setenv("ASSAY_TEST_FIT", "block")
    run = make_run(make_labeled_project(owner=ada))

    with in_thread(run) as thread:
        wait_for_step(run, FIRST_FIT)
        Run.objects.filter(pk=run.pk).update(attempt=2, worker="other")
        thread.join(timeout=10)

    run.refresh_from_db()
    assert run.state == WorkState.RUNNING
    assert run.worker == "other"
    assert not children()


def kill_children(run: Run) -> None:
    wait_for_step(run, FIRST_FIT)
    for pid in children():
        os.kill(pid, signal.SIGKILL)


def test_a_child_killed_for_lack_of_memory_fails_the_run_with_a_word_about_memory(
    ada: User, slow: pytest.MonkeyPatch
) -> None:
    slow.setenv("ASSAY_TEST_FIT", "block")
    counts = iter([7, 8])
    slow.setattr(supervision, "kills_for_memory", lambda: next(counts))
    run = make_run(make_labeled_project(owner=ada))

    with in_thread(run):
        kill_children(run)

    run.refresh_from_db()
    assert run.state == WorkState.FAILED
    assert run.error_code == "out_of_memory"
    assert "memory" in run.error_message
    assert not run.rounds.exists()


def test_a_child_that_is_killed_is_tried_again_and_at_last_the_run_says_what_is_known(
    ada: User, slow: pytest.MonkeyPatch
) -> None:
    slow.setenv("ASSAY_TEST_FIT", "block")
    slow.setattr(work, "MAX_DEATHS", 2)
    run = make_run(make_labeled_project(owner=ada))

    with in_thread(run):
        kill_children(run)
    run.refresh_from_db()
    assert (run.state, run.n_deaths) == (WorkState.QUEUED, 1)

    with in_thread(run):
        kill_children(run)
    run.refresh_from_db()
    assert run.state == WorkState.FAILED
    assert run.error_code == "worker_died"
    assert "Nobody saw why" in run.error_message


def test_a_child_that_does_nothing_is_found_out(ada: User, slow: pytest.MonkeyPatch, settings: Any) -> None:
    slow.setenv("ASSAY_TEST_FIT", "block")
    settings.ASSAY_WEDGED_SECONDS = 2
    run = make_run(make_labeled_project(owner=ada))

    with in_thread(run) as thread:
        wait_for_step(run, FIRST_FIT)
        thread.join(timeout=60)

    run.refresh_from_db()
    assert (run.state, run.n_deaths) == (WorkState.QUEUED, 1)
    assert run.log_lines.filter(message__contains="used no processor time").exists()
    assert not children()


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [("memory", "out_of_memory", "ran out of memory"), ("raise", "crashed", "ZeroDivisionError")],
)
def test_a_fit_that_fails_fails_the_run_with_a_sentence(
    ada: User, slow: pytest.MonkeyPatch, how: str, code: str, words: str
) -> None:
    slow.setenv("ASSAY_TEST_FIT", how)
    run = make_run(make_labeled_project(owner=ada))

    run = run_inline(run)

    assert run.state == WorkState.FAILED
    assert run.error_code == code
    assert words in run.error_message
    assert run.log_lines.filter(level="error", message=run.error_message).exists()


def test_labels_that_vanish_before_the_fit_fail_the_run_in_the_learners_words(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    run = make_run(project)
    project.items.filter(split="pool").update(split="test")

    run = run_inline(run)

    assert run.state == WorkState.FAILED
    assert run.error_code == "too_few_labels"
    assert "labels" in run.error_message


def test_a_run_that_is_gone_or_taken_is_left_alone(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now(), worker="other")

    run_carry_out(run.pk, worker="late")
    run_carry_out(999_999, worker="late")

    run.refresh_from_db()
    assert run.worker == "other"
    assert run.attempt == 1


def test_a_signal_that_nobody_sent_on_purpose_is_named() -> None:
    code, sentence = exit_sentence(-signal.SIGSEGV, ["Fatal Python error: Segmentation fault"])

    assert code == "crashed"
    assert "SIGSEGV" in sentence
