"""Tables are made once in a test session: every database that a test starts from is a copy.

Eighty migrations take ten seconds of a processor. They are still carried out as a user has them where
that is what is tested (test_up.py, test_upgrade.py).
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from deploy.backing import servers
from deploy.backing.addresses import embedded_database_url

NAME = "assay_template"
FOLDER = (
    "ASSAY_TEST_TEMPLATE"  # the variable that names where the session keeps it; unset on servers of others
)
ROOT = Path(__file__).resolve().parent.parent


def template_name() -> str | None:
    """The database to copy on the suite's server; made by whoever asks first. None if the server is not ours."""
    if FOLDER not in os.environ:
        return None
    _make_once(Path(os.environ[FOLDER]))
    return NAME


def fill(data_dir: Path) -> None:
    """The embedded database of `data_dir` has every table, as if Assay had run there before."""
    if FOLDER not in os.environ:
        return
    folder = Path(os.environ[FOLDER])
    _make_once(folder)
    was_up = servers.postgres_pid(data_dir) is not None
    servers.start_postgres(data_dir)
    _psql(embedded_database_url(data_dir), folder / "template.sql")
    if not was_up:
        servers.stop_postgres(data_dir)


def _make_once(folder: Path) -> None:
    tables = folder / "template.sql"
    with open(folder / "template.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if tables.exists():
            return
        server = os.environ["DATABASE_URL"]
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME}")
            connection.execute(f"CREATE DATABASE {NAME}")
        url = urlunsplit(urlsplit(server)._replace(path=f"/{NAME}"))
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0", "--skip-checks"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": url},
            check=True,
        )
        half = folder / "template.part"
        dump: list[str | Path] = [servers.postgres_program("pg_dump"), "--no-owner", f"--file={half}", url]
        subprocess.run(dump, check=True)
        half.rename(tables)


def _psql(url: str, file: Path) -> None:
    load = ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={file}", url]
    subprocess.run([servers.postgres_program("psql"), *load], check=True, stdout=subprocess.DEVNULL)
