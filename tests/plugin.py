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
        return  # it has inherited the addresses
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
