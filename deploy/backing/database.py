"""The database's own programs and versions: is it new enough, and what its dump is made with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from deploy.backing.servers import postgres_program
from labeling.errors import Unavailable

OLDEST = 16  # of PostgreSQL, that everything here is tried with
NOT_LIBPQ = {"pool", "prepare_threshold", "options", "cursor_factory", "context", "server_side_binding"}


MAKING_TABLES = 4_161  # an advisory lock: any number that nothing else in this database uses


def require_postgres() -> None:
    """The server is new enough, or does not answer, which is for others to wait for. Raises Unavailable."""
    try:
        with psycopg.connect(**_parameters(), connect_timeout=3) as connection:
            check_version(connection.info.server_version)
    except psycopg.OperationalError:
        return


def tables_make(*, verbosity: int = 0) -> None:
    """The tables are those of this version. Who asks while another process makes them waits, and finds them made."""
    with psycopg.connect(**_parameters(), autocommit=True) as holder:
        holder.execute("SET statement_timeout = 0")
        holder.execute("SELECT pg_advisory_lock(%s)", [MAKING_TABLES])  # until this connection ends
        call_command("migrate", interactive=False, verbosity=verbosity)


def _parameters() -> dict[str, Any]:
    parameters: dict[str, Any] = connections["default"].get_connection_params()
    parameters.pop("pool", None)
    parameters.pop("connect_timeout", None)
    return parameters


def check_version(number: int) -> None:
    """`number` is as PostgreSQL says it: 150004 for 15.4. Raises Unavailable."""
    if number >= OLDEST * 10_000:
        return
    raise Unavailable(
        f"The database is PostgreSQL {number // 10_000}.{number % 10_000}; Assay needs {OLDEST} or newer. "
        "Move it with pg_upgrade or a dump, or let DATABASE_URL name a newer server."
    )


def run_program(name: str, *words: str | Path) -> None:
    """One of PostgreSQL's programs on our database. Raises Unavailable with what it said.

    Those that come with Assay: they know every server up to their own version, which distributions' may not.
    """
    database = settings.DATABASES["default"]
    given = {
        "host": database["HOST"],
        "port": database["PORT"],
        "user": database["USER"],
        "dbname": database["NAME"],
        **{key: value for key, value in database["OPTIONS"].items() if key not in NOT_LIBPQ},
    }
    where = psycopg.conninfo.make_conninfo(**{key: value for key, value in given.items() if value})
    result = subprocess.run(
        [str(postgres_program(name)), "--dbname", where, "--no-password", *map(str, words)],
        env={**os.environ, "PGPASSWORD": database["PASSWORD"]},  # other users can read a command line
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise Unavailable(f"{name} failed: {' '.join(result.stderr.split())[:1_000]}")
