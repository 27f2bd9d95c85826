"""All of Assay on servers of its own behind gates, so that each of them can go away: what faults are done to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import psutil

from deploy.backing import servers
from deploy.backing.addresses import embedded_database_url, postgres_socket_folder, valkey_socket
from deploy.up import die_with_parent
from tests import template
from tests.chaos.gate import Gate
from tests.running import ROOT, eventually, free_port

DISK_BYTES = 400 * 2**20  # of the disk that can be filled
BUCKET = "labels"
START_SECONDS = 300.0
KEY = {"aws_access_key_id": "chaos", "aws_secret_access_key": "chaos", "region_name": "us-east-1"}


@dataclass
class World:
    """Gates stand before `database`, `broker` and `storage`; `disk` can be filled, where it is one of its own."""

    folder: Path
    database: Gate
    broker: Gate
    storage: Gate
    disk: Path  # data directory and temporary files of every part
    has_own_disk: bool
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def servers_folder(self) -> Path:
        return self.folder / "servers"

    @property
    def database_url(self) -> str:
        """Past the gate: for whoever judges."""
        return embedded_database_url(self.servers_folder)

    @property
    def environment(self) -> dict[str, str]:
        options = {
            "bucket_name": BUCKET,
            "endpoint_url": f"http://127.0.0.1:{self.storage.port}",
            "access_key": KEY["aws_access_key_id"],
            "secret_key": KEY["aws_secret_access_key"],
            "region_name": KEY["region_name"],
        }
        return os.environ | {
            "ASSAY_DATA_DIR": str(self.disk / "data"),
            "TMPDIR": str(self.disk / "tmp"),
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{self.database.port}/assay",
            "ASSAY_BROKER_URL": f"redis://127.0.0.1:{self.broker.port}/0",
            "ASSAY_STORAGE": "storages.backends.s3.S3Storage",
            "ASSAY_STORAGE_OPTIONS": json.dumps(options),
        }

    def start(self) -> None:
        """`assay up` runs."""
        command = [sys.executable, "-m", "deploy.cli", "up", "--port", str(self.port), "--no-frontend"]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=5) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.is_healthy():
            assert time.monotonic() < deadline, (self.folder / "log").read_text(errors="replace")[-5000:]
            self.keep_up()
            time.sleep(0.3)

    def keep_up(self) -> None:
        """`assay up` is started again if it ended, as an init system would."""
        if self.process is None or self.process.poll() is not None:
            self.start()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def part(self, name: str) -> psutil.Process | None:
        """The main process of a part that `assay up` started: web, train, worker, scheduler."""
        with suppress(OSError, ValueError, KeyError, psutil.Error):
            state = json.loads((self.disk / "data" / "up.json").read_text())
            return psutil.Process(state["parts"][name]["pid"])
        return None

    def children(self, name: str) -> list[psutil.Process]:
        """What a part has started itself: pool processes, web processes."""
        part = self.part(name)
        with suppress(psutil.Error):
            return part.children() if part is not None else []
        return []

    def jobs(self) -> list[psutil.Process]:
        """Processes that compute a run, or another job, for a worker."""
        found = []
        for name in ("train", "worker"):
            part = self.part(name)
            with suppress(psutil.Error):
                below = part.children(recursive=True) if part is not None else []
                found += [each for each in below if "django" in each.cmdline()]
        return found


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A world with nothing of it running yet but its servers; nothing is left afterwards.

    `folder` is empty and has a short path, as sockets of servers lie in it.
    """
    with ExitStack() as stack:
        own = folder / "servers"
        own.mkdir(parents=True)
        stack.callback(servers.stop_postgres, own)
        servers.start_postgres(own)
        template.fill(own)
        stack.callback(servers.stop_valkey, own)
        servers.start_valkey(own)
        bucket_port = free_port()
        bucket = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-p", str(bucket_port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        stack.callback(bucket.wait)
        stack.callback(bucket.kill)
        _make_bucket(bucket_port)

        disk = folder / "disk"
        disk.mkdir()
        mounted = os.geteuid() == 0 and _mount(disk)
        if mounted:
            stack.callback(subprocess.run, ["umount", "--lazy", str(disk)], check=False)
        for name in ("data", "tmp"):
            (disk / name).mkdir()

        socket = postgres_socket_folder(own) / ".s.PGSQL.5432"
        gates = [Gate(str(socket)), Gate(str(valkey_socket(own))), Gate(("127.0.0.1", bucket_port))]
        for gate in gates:
            stack.callback(gate.close)
        made = World(folder, gates[0], gates[1], gates[2], disk=disk, has_own_disk=mounted)
        stack.callback(made.stop)
        yield made


def _mount(disk: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "assay-chaos", str(disk)]
    return shutil.which("mount") is not None and subprocess.run(command, check=False).returncode == 0


def _make_bucket(port: int) -> None:
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **KEY)

    def is_made() -> bool:
        try:
            client.create_bucket(Bucket=BUCKET)
        except Exception:  # noqa: BLE001 - whatever it says, it is not there yet
            return False
        return True

    eventually(is_made)
    client.close()
