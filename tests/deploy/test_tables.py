"""Tables are made once, however many processes find none at the same moment."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg

from tests.running import ROOT


def test_commands_that_find_no_tables_at_the_same_moment_do_not_make_them_twice(tmp_path: Path) -> None:
    name = f"empty_{uuid.uuid4().hex[:12]}"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            commands = [["setup"], ["setup"], ["project", "list"]]
            environment = {
                **os.environ,
                "DATABASE_URL": server.replace("/assay?", f"/{name}?", 1),
                "ASSAY_DATA_DIR": str(tmp_path),
            }
            running = [
                subprocess.Popen(
                    [sys.executable, "-m", "deploy.cli", *words],
                    cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                )
                for words in commands
            ]  # fmt: skip
            said = [process.communicate(timeout=300)[0] for process in running]
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    assert [process.returncode for process in running] == [0, 0, 0], said
