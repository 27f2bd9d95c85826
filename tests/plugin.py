"""Loaded by pytest before Django's settings: starts the real servers that the suite runs on.

One embedded PostgreSQL and one embedded Valkey per test session (xdist workers share them, each
with its own database in both). Set DATABASE_URL and ASSAY_BROKER_URL to test against yours.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path


def _start() -> None:
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # Workers share the cores: threads that wait for each other by spinning cost minutes.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # It has inherited the addresses. Its own database of the broker, or it hears the others' bells.
        if os.environ["ASSAY_BROKER_URL"].startswith("redis+socket://"):
            os.environ["ASSAY_BROKER_URL"] += f"?virtual_host={int(worker.removeprefix('gw')) + 1}"
        return
    folder = Path(tempfile.mkdtemp(prefix="assay-tests-"))
    (folder / "static").mkdir()  # whitenoise warns where there is none
    os.environ["ASSAY_DATA_DIR"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
    _clean_up_afterwards(folder)

    from deploy.backing import addresses, servers

    if not os.environ.get("DATABASE_URL"):
        # Durability is what we test by killing our own processes, not PostgreSQL's.
        os.environ["DATABASE_URL"] = servers.start_postgres(
            folder, fsync="off", synchronous_commit="off", full_page_writes="off"
        )
        os.environ["ASSAY_TEST_TEMPLATE"] = str(folder)  # tests/template.py
    if not os.environ.get("ASSAY_BROKER_URL"):
        servers.start_valkey(folder)
        os.environ["ASSAY_BROKER_URL"] = addresses.broker_url("", folder)


def _clean_up_afterwards(folder: Path) -> None:
    """The servers of `folder` and the folder itself are gone when this process is, however it ends.

    A process of its own sees to it, which reads from a pipe that closes with this one.
    """
    cleaner = subprocess.Popen(
        [sys.executable, "-m", "tests.cleaner", str(folder)],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is not meant for it
    )

    @atexit.register
    def _wait_for_cleaner() -> None:
        assert cleaner.stdin is not None
        cleaner.stdin.close()
        cleaner.wait(60)

    # Asked to stop, pytest ends as after Ctrl-C: what tests have started is stopped by them.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


_start()
