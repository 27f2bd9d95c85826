"""Loaded by pytest before Django's settings: starts the real servers that the suite runs on.

One embedded PostgreSQL and one embedded Valkey per test session (xdist workers share them, each
with its own test database). Set DATABASE_URL and ASSAY_BROKER_URL to test against yours.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def _start() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="assay-tests-"))
    folder.chmod(0o755)
    os.environ["ASSAY_DATA_DIR"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

    from deploy import servers

    if not os.environ.get("DATABASE_URL"):
        # Durability is what we test by killing our own processes, not PostgreSQL's.
        os.environ["DATABASE_URL"] = servers.start_postgres(
            folder, fsync="off", synchronous_commit="off", full_page_writes="off"
        )
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        atexit.register(servers.stop_postgres, folder)


_start()
