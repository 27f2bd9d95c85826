"""Loaded by pytest before Django's settings: starts the real servers that the suite runs on.

One embedded PostgreSQL and one embedded Valkey per test session (xdist workers share them, each
with its own database in both). Set DATABASE_URL and ASSAY_BROKER_URL to test against yours.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def _start() -> None:
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # Workers share the cores: threads of OpenMP that wait for each other by spinning cost minutes.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        # It has inherited the addresses. Its own database of the broker, or it hears the others' bells.
        if os.environ["ASSAY_BROKER_URL"].startswith("redis+socket://"):
            os.environ["ASSAY_BROKER_URL"] += f"?virtual_host={int(worker.removeprefix('gw')) + 1}"
        return
    folder = Path(tempfile.mkdtemp(prefix="assay-tests-"))
    (folder / "static").mkdir()  # whitenoise warns where there is none
    os.environ["ASSAY_DATA_DIR"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

    from deploy import addresses, servers

    if not os.environ.get("DATABASE_URL"):
        # Durability is what we test by killing our own processes, not PostgreSQL's.
        os.environ["DATABASE_URL"] = servers.start_postgres(
            folder, fsync="off", synchronous_commit="off", full_page_writes="off"
        )
        atexit.register(servers.stop_postgres, folder)
    if not os.environ.get("ASSAY_BROKER_URL"):
        servers.start_valkey(folder)
        os.environ["ASSAY_BROKER_URL"] = addresses.broker_url("", folder)
        atexit.register(servers.stop_valkey, folder)


_start()
