"""What counts as proof that a worker works, and what happens to one that shows none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from deploy import up
from deploy.commands.instance.alive import alive_command
from deploy.workers import heart
from deploy.workers.heart import EXIT_WEDGED, Heart, Watch


@pytest.fixture(autouse=True)
def _quick(settings: Any, tmp_path: Path) -> None:
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_WEDGED_SECONDS = 1  # a tenth of it may be silent, a fifth of it wrong


@pytest.fixture
def member() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the pool that does nothing."""
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as process:
        yield process
        process.kill()


def wait_for_problem(watch: Watch, words: str) -> None:
    deadline = time.monotonic() + 30
    while words not in watch.problem:
        assert time.monotonic() < deadline, watch.problem
        watch.heart.came_round()
        watch.look()
        time.sleep(0.02)


def never(pid: int) -> bool:
    return False


def watch_of(beating: Heart, known: Any = never) -> tuple[Watch, list[int]]:
    left: list[int] = []
    return Watch(beating, is_known_wait=known, leave=left.append), left


def test_a_loop_that_comes_round_is_alive_and_one_that_does_not_ends_after_a_while() -> None:
    beating = Heart("worker")
    watch, left = watch_of(beating)

    beating.came_round()
    watch.look()
    assert watch.problem == ""
    assert heart.alive_age("worker", os.getpid()) is not None

    time.sleep(0.15)
    watch.look()
    assert "not come round" in watch.problem
    assert left == []
    time.sleep(0.25)
    watch.look()
    assert left == [EXIT_WEDGED]


def test_a_stopped_process_of_the_pool_is_seen(member: subprocess.Popen[bytes]) -> None:
    beating = Heart("worker")
    watch, _ = watch_of(beating)
    beating.looks([member.pid], {}, n_waiting=0, n_free=1)
    watch.look()
    assert watch.problem == ""

    member.send_signal(signal.SIGSTOP)

    wait_for_problem(watch, f"Its process {member.pid} is stopped")
    member.send_signal(signal.SIGCONT)
    while psutil.Process(member.pid).status() == psutil.STATUS_STOPPED:
        time.sleep(0.01)
    beating.came_round()
    watch.look()
    assert watch.problem == ""


def test_a_task_that_does_nothing_is_seen_unless_it_waits_for_what_is_known(
    member: subprocess.Popen[bytes],
) -> None:
    beating = Heart("worker")
    beating.looks([member.pid], {member.pid: "a.task"}, n_waiting=0, n_free=0)
    waiting, left = watch_of(beating, known=lambda pid: pid == member.pid)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        beating.came_round()
        waiting.look()
        assert waiting.problem == ""
        time.sleep(0.02)
    assert left == []

    watch, _ = watch_of(beating)

    wait_for_problem(watch, "of a.task")


def test_tasks_that_wait_though_there_is_room_are_seen() -> None:
    beating = Heart("worker")
    watch, _ = watch_of(beating)
    beating.looks([], {}, n_waiting=1, n_free=1)

    wait_for_problem(watch, "though it has room")
    beating.looks([], {}, n_waiting=1, n_free=0)
    watch.look()
    assert watch.problem == ""


def test_a_probe_tells_work_from_silence_without_asking_a_server(settings: Any) -> None:
    settings.ASSAY_WEDGED_SECONDS = 100
    nobody = CliRunner().invoke(alive_command, ["worker"])
    heart.alive_touch("worker")
    works = CliRunner().invoke(alive_command, ["worker"])
    long_ago = time.time() - 60
    os.utime(heart.alive_file("worker", os.getpid()), (long_ago, long_ago))
    silent = CliRunner().invoke(alive_command, ["worker"])

    assert (nobody.exit_code, works.exit_code, silent.exit_code) == (1, 0, 1)
    assert "No worker runs" in nobody.output
    assert f"process {os.getpid()} has shown no work for 60 s" in silent.output


def test_a_part_that_cannot_end_itself_is_ended(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.ASSAY_WEDGED_SECONDS = 10
    process = subprocess.Popen(["sleep", "60"], start_new_session=True, text=True)
    child = up.Child("train", ["worker", "--queues", "train"], process=process)
    path = heart.alive_file("worker", process.pid)
    child.end_if_wedged()  # it has not begun to beat
    path.parent.mkdir()
    path.touch()
    child.end_if_wedged()
    assert child.is_alive

    long_ago = time.time() - 5
    os.utime(path, (long_ago, long_ago))
    child.end_if_wedged()

    assert process.wait(10) == -signal.SIGKILL
    assert "has shown no work for 5 s" in capsys.readouterr().out
