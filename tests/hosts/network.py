"""Hosts on one machine: network namespaces on a bridge, each with an address and a name of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NAMES = {
    "infra": "10.77.0.1",
    "a": "10.77.0.11",
    "b": "10.77.0.12",
    "c": "10.77.0.13",
    "client": "10.77.0.21",
}
PREFIX = "assay-"
SITE = "labels.example.org"


def namespace(host: str) -> str:
    return f"{PREFIX}{host}"


def inside(host: str, command: Sequence[object]) -> list[str]:
    """The command, as it is called to run on that host."""
    return ["ip", "netns", "exec", namespace(host), *map(str, command)]


@contextmanager
def network() -> Iterator[None]:
    """The hosts are there inside, and gone afterwards. Needs root."""
    down()
    try:
        for host in NAMES:
            _ip("netns", "add", namespace(host))
            hosts = Path("/etc/netns") / namespace(host) / "hosts"
            hosts.parent.mkdir(parents=True, exist_ok=True)
            hosts.write_text(
                "127.0.0.1 localhost\n"
                + "".join(f"{address} {name}\n" for name, address in NAMES.items())
                + f"{NAMES['infra']} {SITE}\n"
            )
            _in(host, "link", "set", "lo", "up")
        _in("infra", "link", "add", "bridge", "type", "bridge")
        _in("infra", "addr", "add", f"{NAMES['infra']}/24", "dev", "bridge")
        _in("infra", "link", "set", "bridge", "up")
        for host, address in NAMES.items():
            if host == "infra":
                continue
            _in(
                "infra", "link", "add", f"to-{host}", "type", "veth", "peer", "eth0", "netns", namespace(host)
            )
            _in("infra", "link", "set", f"to-{host}", "master", "bridge", "up")
            _in(host, "addr", "add", f"{address}/24", "dev", "eth0")
            _in(host, "link", "set", "eth0", "up")
        yield
    finally:
        down()


def down() -> None:
    there = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    for host in NAMES:
        if namespace(host) in there.split():
            _ip("netns", "delete", namespace(host))
        shutil.rmtree(Path("/etc/netns") / namespace(host), ignore_errors=True)


def cut(host: str) -> None:
    """The host's cable is pulled."""
    _in("infra", "link", "set", f"to-{host}", "down")


def join(host: str) -> None:
    _in("infra", "link", "set", f"to-{host}", "up")


def _in(host: str, *words: str) -> None:
    _ip("-n", namespace(host), *words)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
