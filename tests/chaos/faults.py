"""The faults, one function for each kind. Each does its harm, waits as long as it lasts, and mends what it broke."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import redis

from deploy.backing import servers
from deploy.backing.addresses import valkey_socket
from tests.chaos.gate import Gate
from tests.chaos.world import World

PAUSE_SECONDS = (2.0, 12.0)
FULL_SECONDS = 8.0
DRAIN_SECONDS = 30.0  # Kubernetes kills what has not ended by then

Fault = Callable[[World, random.Random], bool]  # False: there was nothing to do it to


def kill_web(world: World, draw: random.Random) -> bool:
    return _kill(draw, world.children("web"))


def kill_pool_process(world: World, draw: random.Random) -> bool:
    return _kill(draw, [*world.children("worker"), *world.children("train")])


def kill_worker(world: World, draw: random.Random) -> bool:
    return _kill(draw, _those(world, "worker", "train"))


def kill_job(world: World, draw: random.Random) -> bool:
    return _kill(draw, world.jobs())


def kill_scheduler(world: World, draw: random.Random) -> bool:
    return _kill(draw, _those(world, "scheduler"))


def kill_everything(world: World, draw: random.Random) -> bool:
    """`assay up` itself; an init system starts it again."""
    if world.process is None or world.process.poll() is not None:
        return False
    world.process.kill()
    world.process.wait()
    time.sleep(1)
    world.keep_up()
    return True


def drain_worker(world: World, draw: random.Random) -> bool:
    """SIGTERM, and SIGKILL for what is still there when an orchestrator loses its patience."""
    those = _those(world, "worker", "train")
    if not those:
        return False
    part = draw.choice(those)
    with suppress(psutil.Error):
        part.terminate()
        part.wait(DRAIN_SECONDS)
        return True
    with suppress(psutil.Error):
        part.kill()
    return True


def pause_process(world: World, draw: random.Random) -> bool:
    """A process stands still for a while, as on a host that swaps or is moved."""
    names = ("web", "worker", "train", "scheduler")
    those = [*_those(world, *names), *world.jobs()]
    for name in names:
        those += world.children(name)
    if not those:
        return False
    process = draw.choice(those)
    with suppress(psutil.Error):
        process.suspend()
        time.sleep(draw.uniform(*PAUSE_SECONDS))
        process.resume()
        return True
    return False


def crash_database(world: World, draw: random.Random) -> bool:
    """The server is killed, recovers from its log, and comes back."""
    pid = servers.postgres_pid(world.servers_folder)
    if pid is None:
        return False
    os.kill(pid, signal.SIGQUIT)  # what it does itself when one of its processes crashes
    _wait_until(lambda: servers.postgres_pid(world.servers_folder) is None)
    servers.start_postgres(world.servers_folder)
    return True


def cut_database(world: World, draw: random.Random) -> bool:
    world.database.cut()
    return True


def cut_broker(world: World, draw: random.Random) -> bool:
    world.broker.cut()
    return True


def flush_broker(world: World, draw: random.Random) -> bool:
    """The broker forgets everything that waits in it."""
    with redis.Redis(unix_socket_path=str(valkey_socket(world.servers_folder))) as broker:
        broker.flushall()
    return True


def cut_storage(world: World, draw: random.Random) -> bool:
    world.storage.cut()
    return True


def fill_disk(world: World, draw: random.Random) -> bool:
    """The disk of data directory and temporary files has not a byte left for a while."""
    if not world.has_own_disk:
        return False
    filler = world.disk / "filler"
    try:
        with suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 2**20)
        time.sleep(FULL_SECONDS)
    finally:
        filler.unlink(missing_ok=True)
    return True


SHORT: dict[str, Fault] = {
    "web process killed": kill_web,
    "pool process killed": kill_pool_process,
    "worker killed": kill_worker,
    "job killed": kill_job,
    "scheduler killed": kill_scheduler,
    "everything killed": kill_everything,
    "worker drained": drain_worker,
    "process paused": pause_process,
    "database crashed": crash_database,
    "database cut off": cut_database,
    "broker cut off": cut_broker,
    "broker flushed": flush_broker,
    "storage cut off": cut_storage,
    "disk full": fill_disk,
}
RARE = {"everything killed": 0.3, "database crashed": 0.5, "disk full": 0.5}  # weights; the others have 1

OUTAGES = (
    ("database away", "database", "refuse"),
    ("broker away", "broker", "refuse"),
    ("storage away", "storage", "refuse"),
    ("storage hung", "storage", "hang"),
    ("database hung", "database", "hang"),
    ("broker hung", "broker", "hang"),
)


class Faults:
    """Does faults of a seed to a world, and counts them."""

    def __init__(self, world: World, *, seed: int, tell: Callable[[str], None]) -> None:
        self.world = world
        self.draw = random.Random(seed)
        self.tell = tell
        self.counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def short(self, *, until: float, every: float) -> None:
        """One short fault after the other, about `every` seconds, until that moment (monotonic seconds)."""
        names = list(SHORT)
        weights = [RARE.get(name, 1.0) for name in names]
        while time.monotonic() < until:
            began = time.monotonic()
            [name] = self.draw.choices(names, weights)
            try:
                was_done = SHORT[name](self.world, self.draw)
            except (psutil.Error, OSError, redis.RedisError, subprocess.SubprocessError) as error:
                self.tell(f"{name}: could not be done: {error}")
                was_done = False
            if was_done:
                self._count(name)
            self.world.keep_up()
            time.sleep(max(0.0, every * self.draw.uniform(0.5, 1.5) - (time.monotonic() - began)))

    def outages(self, *, seconds: float, pause: float, until: float) -> None:
        """The servers go away one after the other, `seconds` each, with `pause` between."""
        for name, server, how in OUTAGES:
            time.sleep(pause)
            if time.monotonic() + seconds > until:
                return
            gate: Gate = getattr(self.world, server)
            self.tell(f"{name} for {seconds:.0f} s")
            getattr(gate, how)()
            time.sleep(seconds)
            gate.open()
            self._count(f"{name}, {seconds:.0f} s")

    def _count(self, name: str) -> None:
        with self._lock:
            self.counts[name] = self.counts.get(name, 0) + 1


def _those(world: World, *names: str) -> list[psutil.Process]:
    return [part for name in names if (part := world.part(name)) is not None]


def _kill(draw: random.Random, those: list[psutil.Process]) -> bool:
    if not those:
        return False
    with suppress(psutil.Error):
        draw.choice(those).kill()
        return True
    return False


def _wait_until(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)
