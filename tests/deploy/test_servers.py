"""Embedded servers: started, joined, found again after every kind of end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.backing import addresses, servers

ROOT = Path(__file__).resolve().parent.parent.parent


ANOTHER_USER = """
import sys
from pathlib import Path
from deploy.backing import servers
with servers.servers_running(Path(sys.argv[1]), postgres=True, valkey=True):
    pass
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def data_dir(made_once: Path) -> Iterator[Path]:
    """A data directory on which nothing runs, before and after."""
    yield made_once
    servers.stop_valkey(made_once)
    servers.stop_postgres(made_once)


def ask(data_dir: Path, sql: str) -> object:
    with psycopg.connect(addresses.embedded_database_url(data_dir), autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


def kill(pid: int | None) -> None:
    assert pid is not None
    process = psutil.Process(pid)
    children = process.children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([process, *children], timeout=20)


def test_what_was_committed_is_found_after_everything_was_killed(data_dir: Path) -> None:
    servers.start_postgres(data_dir)
    servers.start_valkey(data_dir)
    ask(data_dir, "CREATE TABLE kept AS SELECT 42 AS answer")
    kill(servers.postgres_pid(data_dir))
    kill(servers.valkey_pid(data_dir))
    # Pid files and sockets still lie there.
    assert (data_dir / "postgres" / "postmaster.pid").exists()
    assert not servers.postgres_is_up(data_dir)
    assert not servers.valkey_is_up(data_dir)

    servers.start_postgres(data_dir)
    servers.start_valkey(data_dir)

    assert ask(data_dir, "SELECT answer FROM kept") == 42
    assert servers.valkey_is_up(data_dir)


def test_pid_file_that_names_another_program_does_not_stop_the_start(data_dir: Path) -> None:
    servers.start_postgres(data_dir)
    servers.stop_postgres(data_dir)
    pid_file = data_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{data_dir / 'postgres'}\n0\n5432\n\n\n\nready\n")

    servers.start_postgres(data_dir)

    assert servers.postgres_is_up(data_dir)
    assert servers.postgres_pid(data_dir) != os.getpid()


def test_folder_whose_name_is_too_long_for_a_socket_works(data_dir: Path) -> None:
    deep = data_dir / ("a folder's very long name " * 5)
    deep.mkdir()
    try:
        servers.start_postgres(deep)
        servers.start_valkey(deep)

        assert ask(deep, "SELECT 1") == 1
        assert servers.valkey_is_up(deep)
    finally:
        servers.stop_valkey(deep)
        servers.stop_postgres(deep)


def test_last_user_stops_the_servers_and_no_one_before(data_dir: Path) -> None:
    with servers.servers_running(data_dir, postgres=True, valkey=True):
        other = subprocess.run(
            [
                sys.executable,
                "-c",
                ANOTHER_USER,
                str(data_dir),
            ],
            cwd=ROOT,
            check=False,
        )
        assert other.returncode == 0

        assert servers.postgres_is_up(data_dir)
        assert servers.valkey_is_up(data_dir)

    assert servers.postgres_pid(data_dir) is None
    assert servers.valkey_pid(data_dir) is None


def test_answers_are_on_disk_before_they_are_confirmed(data_dir: Path) -> None:
    servers.start_postgres(data_dir)

    assert ask(data_dir, "SHOW synchronous_commit") == "on"
    assert ask(data_dir, "SHOW fsync") == "on"
    assert ask(data_dir, "SHOW listen_addresses") == ""
