"""One part at a time, for your own hosts: `assay web`, `assay worker`, `assay scheduler`.

`assay up` runs these same commands as its children.
"""

from __future__ import annotations

import os
import sys
import warnings

import click
from celery.exceptions import SecurityWarning
from django.conf import settings

from deploy import checks
from deploy.backing.addresses import keep_private
from deploy.backing.database import require_postgres
from deploy.worker import QUEUES, app
from labeling.jobs.processes import thread_limits

MAX_CONNECTIONS = 4096  # that a web process keeps open; requests wait their turn (deploy/front)
BUFFER_BYTES = 64 * 2**10  # of a connection; headers must fit in


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def web_command(host: str, port: int, workers: int) -> None:
    """Run only web processes."""
    _prepare()
    os.execv(
        sys.executable,
        [
            *(sys.executable, "-m", "granian", "--interface", "rsgi", "deploy.front.app:front"),
            *("--host", host, "--port", str(port), "--workers", str(workers)),
            *("--http", "1", "--http1-buffer-size", str(BUFFER_BYTES), "--respawn-failed-workers", "--no-ws"),
            # Granian counts connections, and a browser keeps its own open while it thinks.
            *("--backpressure", str(MAX_CONNECTIONS), "--log-level", "error", "--workers-kill-timeout", "5"),
        ],
    )


@click.command("worker")
@click.option(
    "--queues",
    default=",".join(QUEUES),
    show_default=True,
    help="Kinds of work, with commas between. GPU hosts take train.",
)
@click.option(
    "--concurrency", default=1, show_default=True, type=click.IntRange(1, 64), help="Tasks at once."
)
def worker_command(queues: str, concurrency: int) -> None:
    """Run only a worker for some queues."""
    unknown = [queue for queue in queues.split(",") if queue not in QUEUES]
    if unknown:
        raise click.UsageError(f"There is no queue {unknown[0]!r}; choose from {', '.join(QUEUES)}.")
    _prepare()
    os.environ.update(thread_limits(os.environ))  # before a task loads the libraries that read them
    # Celery warns root of messages that run code when read; ours are JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app.worker_main(
        [
            *("--quiet", "worker", "--queues", queues, "--concurrency", str(concurrency)),
            *("--hostname", f"{queues.replace(',', '-')}-{os.getpid()}@%h", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )


@click.command("scheduler")
def scheduler_command() -> None:
    """Run only the scheduler. One is enough; a second does no harm."""
    _prepare()
    app.start(
        [
            *("--quiet", "beat", "--scheduler", "deploy.workers.consumer:HeartScheduler"),
            *("--loglevel", "WARNING", "--pidfile="),
        ]
    )


def _prepare() -> None:
    """Nothing starts half set, and files stay ours. Raises ImproperlyConfigured, Unavailable."""
    checks.refuse_half_set()
    require_postgres()
    keep_private(settings.ASSAY_DATA_DIR)
