"""The product under measurement: `assay up` in a data directory of its own, and what its processes weigh."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """`assay up --no-frontend`, from the outside: an address, and a tree of processes."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self.log = data_dir / "up.log"
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o755)
        self._data_dir = data_dir
        self.peak_bytes: dict[str, int] = {}
        self.start()

    def start(self) -> None:
        """On the port and the data of before. Raises RuntimeError if it does not come up."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "up", "--no-frontend", "--port", str(self.port)],
            env={**os.environ, "ASSAY_DATA_DIR": str(self._data_dir)},
            stdout=self.log.open("a"),
            stderr=subprocess.STDOUT,
        )
        self._stopped = threading.Event()
        self._wait_until_it_answers()
        threading.Thread(target=self._watch_memory, args=(self._stopped,), daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._process.terminate()
        self._process.wait(30)

    def forget_peaks(self) -> None:
        self.peak_bytes = {}

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"The server did not come up; its log:\n{self.log.read_text()[-3000:]}")

    def _watch_memory(self, stopped: threading.Event) -> None:
        """Keep the peak of each kind of process, without what it shares with others (PostgreSQL's buffers).

        Seldom, because to ask costs: 4 times a second it took a fifth of a core from what is measured.
        """
        root = psutil.Process(self._process.pid)
        while not stopped.wait(2):
            for process in [root, *root.children(recursive=True)]:
                try:
                    kind = _kind(process)
                    n_bytes = process.memory_full_info().uss
                except psutil.Error:
                    continue
                self.peak_bytes[kind] = max(self.peak_bytes.get(kind, 0), n_bytes)


def _kind(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    for word, kind in (
        ("run_execute", "training child"),
        ("granian", "web"),
        ("beat", "scheduler"),
        ("train", "worker (train)"),
        ("worker", "worker (io)"),
        ("postgres", "postgres backend"),
        ("valkey", "valkey"),
    ):
        if word in line:
            return kind
    return "assay up"
