"""`assay up` as a user has it: a process of its own, on real servers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from deploy import up
from deploy.backing import servers
from deploy.commands.instance import status
from labeling.errors import Conflict
from tests.running import ROOT, Running, eventually, free_port, running_product


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with running_product(tmp_path, is_first=True, ASSAY_STALE_SECONDS="5") as running:
        yield running


def _is_new(running: Running, part: str, before: int) -> bool:
    return running.pid_of(part) != before


@pytest.mark.slow
def test_up_is_whole_mends_itself_and_leaves_nothing_behind(running: Running) -> None:
    """One start for all of it, since a start takes seconds."""
    # Every part is up, for probes and for people.
    with urllib.request.urlopen(f"{running.address}/health") as response:
        assert json.loads(response.read()) == {"status": "ok"}
    status = running.assay("status", "--json")
    assert status.returncode == 0, status.stdout
    parts = {part["name"]: part["state"] for part in json.loads(status.stdout)["parts"]}
    assert set(parts.values()) == {"up"}
    assert {"database", "broker", "web", "scheduler", "worker train", "worker io", "worker default"} <= set(
        parts
    )

    # A second one on the same data is told about the first.
    second = running.assay("up", "--port", str(free_port()), "--no-frontend")
    assert second.returncode == 1
    assert f"process {running.process.pid}, address {running.address}" in second.stderr

    # Commands work beside it.
    added = running.assay("user", "add", "ada")
    assert added.returncode == 0, added.stderr

    # What dies is started again.
    for part in ("web", "worker"):
        before = running.pid_of(part)
        os.kill(before, signal.SIGKILL)
        eventually(partial(_is_new, running, part, before))
    valkey = servers.valkey_pid(running.data_dir)
    assert valkey is not None
    os.kill(valkey, signal.SIGKILL)
    eventually(lambda: servers.valkey_pid(running.data_dir) not in (None, valkey))
    eventually(lambda: running.assay("status").returncode == 0)

    # One Ctrl-C stops all of it.
    family = psutil.Process(running.process.pid).children(recursive=True)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE] == []
    assert servers.postgres_pid(running.data_dir) is None
    assert servers.valkey_pid(running.data_dir) is None

    # The data is there, without `assay up`.
    listed = running.assay("user", "list")
    assert listed.returncode == 0, listed.stderr
    assert {"admin\tadmin", "ada"} <= set(listed.stdout.splitlines())


def test_taken_port_is_named_with_who_has_it_and_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(Conflict) as refused:
            up.check_port("127.0.0.1", port)

    assert f"Port {port}" in refused.value.message
    assert f"process {os.getpid()}" in refused.value.message
    assert f"--port {port + 1}" in refused.value.message


def test_state_of_a_killed_up_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    (tmp_path / "up.lock").touch()
    (tmp_path / "up.json").write_text(json.dumps({"pid": os.getpid(), "address": "http://127.0.0.1:1"}))

    assert up.read_state(tmp_path) is None
    with up.only_one(tmp_path):  # the next one has begun, and written nothing yet
        assert up.read_state(tmp_path) is None
        (tmp_path / "up.json").write_text(json.dumps({"pid": os.getpid(), "address": "http://127.0.0.1:2"}))
        assert up.read_state(tmp_path) == {"pid": os.getpid(), "address": "http://127.0.0.1:2"}


def test_down_stops_nobody_by_what_a_killed_up_left_behind(tmp_path: Path) -> None:
    """While the next one starts, the file of the last may name a process that is somebody else's by now."""
    bystander = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    (tmp_path / "up.lock").touch()
    (tmp_path / "up.json").write_text(json.dumps({"pid": bystander.pid, "address": "http://127.0.0.1:1"}))
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    try:
        with up.only_one(tmp_path):
            down = subprocess.run(
                [sys.executable, "-m", "deploy.cli", "down"],
                cwd=ROOT,
                env=environment | {"ASSAY_DATA_DIR": str(tmp_path)},
                capture_output=True,
                text=True,
                timeout=60,
            )
        assert bystander.poll() is None, down.stdout + down.stderr
        assert str(bystander.pid) not in down.stdout + down.stderr
        assert "only just starting" in down.stdout + down.stderr
        assert "Traceback" not in down.stderr
    finally:
        bystander.kill()
        bystander.wait()


def test_status_of_an_up_that_has_only_just_begun_is_that_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ASSAY_DATA_DIR", tmp_path)
    monkeypatch.setattr(settings, "EMBEDDED_POSTGRES", True)

    [before] = status._web()
    with up.only_one(tmp_path):
        [begun] = status._web()

    assert before.message == "No `assay up` runs on this data directory."
    assert begun.message == "Assay is starting."
    assert not begun.is_up


def test_down_takes_an_up_that_ended_for_ended_though_nobody_reaped_it(tmp_path: Path) -> None:
    code = """
import json, os, signal, sys
from pathlib import Path
from deploy.up import only_one

with only_one(Path(sys.argv[1])):
    Path(sys.argv[1], "up.json").write_text(json.dumps({"pid": os.getpid(), "address": "nowhere"}))
    signal.pause()
"""
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    eventually(lambda: up.is_up(tmp_path) and (tmp_path / "up.json").exists())
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    down = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "down"],
        cwd=ROOT,
        env=environment | {"ASSAY_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert psutil.Process(holder.pid).status() == psutil.STATUS_ZOMBIE
    assert holder.wait() == -signal.SIGTERM
    assert (down.returncode, down.stdout) == (0, "Stopped.\n"), down.stderr


def test_child_that_keeps_dying_is_tried_less_and_less_often() -> None:
    child = up.Child("web", ["web"])
    supervisor = up.Supervisor(Path("/nowhere"), "http://127.0.0.1:1", [child], False, False)
    waits = []
    for child.n_restarts in range(8):
        child.process = subprocess.Popen(["true"], start_new_session=True, text=True)
        child.process.wait()
        child.started_at = supervisor.started_at
        supervisor._bury(child, now=1000.0)
        waits.append(child.restart_at - 1000.0)

    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
