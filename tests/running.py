"""`assay up` as a user has it, for tests: a process of its own, on real servers, gone afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.backing import servers
from deploy.up import die_with_parent
from tests import template

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 300.0  # a busy machine is no fault
OF_THE_SUITE = ("DATABASE_URL", "ASSAY_BROKER_URL")  # what the suite's own servers are reached by


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(is_so: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@dataclass
class Running:
    """One `assay up`, its log and the environment that commands beside it need."""

    data_dir: Path
    port: int
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def assay(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def is_ready(self) -> bool:
        text = self.log.read_text()
        assert self.process.poll() is None, text
        return "Assay is ready" in text

    def pid_of(self, part: str) -> int:
        pid: int = json.loads((self.data_dir / "up.json").read_text())["parts"][part]["pid"]
        return pid


@contextmanager
def running_product(folder: Path, *, is_first: bool = False, **settings: str) -> Iterator[Running]:
    """An `assay up` that is ready, with `settings` in its environment; nothing of it is left afterwards.

    Its own embedded servers, unless a setting names others. `is_first`: it has to make its tables itself.
    """
    if not is_first and "DATABASE_URL" not in settings:
        template.fill(folder / "data")
    outside = {name: value for name, value in os.environ.items() if name not in OF_THE_SUITE}
    environment = outside | {"ASSAY_DATA_DIR": str(folder / "data"), **settings}
    port, log = free_port(), folder / "log"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "up", "--port", str(port), "--no-frontend"],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
    running = Running(folder / "data", port, log, environment, process)
    try:
        eventually(running.is_ready)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        servers.stop_valkey(running.data_dir)
        servers.stop_postgres(running.data_dir)
