"""What `assay` can do, a file for each subject; deploy/cli.py lists them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from deploy.backing.database import tables_make
from deploy.backing.servers import servers_running

P = ParamSpec("P")
R = TypeVar("R")


def with_database(function: Callable[P, R]) -> Callable[P, R]:
    """The command finds an up-to-date database: that of `assay up`, or one that it starts for itself."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with servers_running(settings.ASSAY_DATA_DIR, postgres=settings.EMBEDDED_POSTGRES, valkey=False):
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                tables_make()
            try:
                return function(*args, **kwargs)
            finally:
                connection.close()

    return run
