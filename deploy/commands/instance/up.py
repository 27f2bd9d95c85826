"""`assay up` and `assay down`."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from deploy import frontend, up
from deploy.backing.database import tables_make
from deploy.backing.servers import servers_running, stop_postgres, stop_valkey
from deploy.commands.instance.user import first_admin
from deploy.web.health import health_parts
from labeling.errors import Unavailable

READY_SECONDS = 120
STOP_SECONDS = 60
BEGIN_SECONDS = 10  # an `assay up` has written by then where it is
FOREVER = float("inf")


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Web processes.")
@click.option("--no-frontend", is_flag=True, help="Do not build the front end where it is missing.")
def up_command(host: str, port: int, workers: int, no_frontend: bool) -> None:
    """Start everything here, and stop it with one Ctrl-C."""
    with running(host=host, port=port, n_web=workers, with_frontend=not no_frontend) as supervisor:
        supervisor.wait_until(lambda: False, FOREVER)


@click.command("down")
def down_command() -> None:
    """Stop the `assay up` of this data directory, and servers that a crash left running."""
    state = _state_of_running()
    if state:
        _stop(state["pid"])
    stop_valkey(settings.ASSAY_DATA_DIR)
    stop_postgres(settings.ASSAY_DATA_DIR)
    click.echo("Stopped." if state else "Nothing was running here.")


def _state_of_running() -> dict[str, Any] | None:
    """None where no `assay up` runs here. Raises Unavailable for one that has only just begun: servers that it
    starts are no leftovers."""
    deadline = time.monotonic() + BEGIN_SECONDS
    while (state := up.read_state(settings.ASSAY_DATA_DIR)) is None and up.is_up(settings.ASSAY_DATA_DIR):
        if time.monotonic() > deadline:
            raise Unavailable("Assay is only just starting here. Run `assay down` again in a moment.")
        time.sleep(0.1)
    return state


def _stop(pid: int) -> None:
    """End the `assay up` of this data directory. Raises Unavailable where it does not end."""
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while up.is_up(settings.ASSAY_DATA_DIR):
        if time.monotonic() > deadline:
            raise Unavailable(
                f"Assay (process {pid}) has not ended after {STOP_SECONDS} seconds. Run `assay down` again; "
                f"if it still does not, `kill -9 {pid}` and `assay down` once more lose no answer."
            )
        time.sleep(0.1)


@contextmanager
def running(
    *,
    host: str,
    port: int,
    n_web: int,
    with_frontend: bool,
    first_user: Callable[[], str | None] = first_admin,
) -> Iterator[up.Supervisor]:
    """All parts are up inside, and the address is printed. Raises AssayError where something stands in the way."""
    _stop_on_sigterm()
    with up.only_one(settings.ASSAY_DATA_DIR):
        up.check_port(host, port)
        if with_frontend:
            frontend.build_if_missing(settings.FRONTEND_DIST)
        with servers_running(
            settings.ASSAY_DATA_DIR, postgres=settings.EMBEDDED_POSTGRES, valkey=settings.EMBEDDED_VALKEY
        ):
            who = _prepare(first_user)
            shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
            supervisor = up.Supervisor(
                data_dir=settings.ASSAY_DATA_DIR,
                address=f"http://{f'[{shown}]' if ':' in shown else shown}:{port}",
                children=[
                    up.Child("web", ["web", "--host", host, "--port", str(port), "--workers", str(n_web)]),
                    up.Child("train", ["worker", "--queues", "train"]),
                    up.Child("worker", ["worker", "--queues", "io,default,predict", "--concurrency", "3"]),
                    up.Child("scheduler", ["scheduler"]),
                ],
                embedded_postgres=settings.EMBEDDED_POSTGRES,
                embedded_valkey=settings.EMBEDDED_VALKEY,
            )
            with up.supervised(supervisor):
                _wait_until_ready(supervisor)
                if who:
                    click.secho(who, bold=True)
                yield supervisor
        click.echo("Stopped.")


def _prepare(first_user: Callable[[], str | None]) -> str | None:
    """Tables, static files and a first user are there; returns what to say of the user."""
    tables_make()
    call_command("collectstatic", interactive=False, verbosity=0)
    try:
        return first_user()
    finally:
        connection.close()


def _wait_until_ready(supervisor: up.Supervisor) -> None:
    def is_ready() -> bool:
        return up.web_answers(supervisor.address) and all(part.is_up for part in health_parts())

    if supervisor.wait_until(is_ready, READY_SECONDS):
        click.secho(f"Assay is ready at {supervisor.address}  (Ctrl-C stops it)", bold=True)
    elif not supervisor.is_stopping:
        down = [part for part in health_parts() if not part.is_up]
        click.secho(f"After {READY_SECONDS} s some parts are still down:", bold=True)
        for part in down:
            click.echo(f"  {part.name}: {part.message}")


def _stop_on_sigterm() -> None:
    """While we still prepare, SIGTERM leaves as Ctrl-C does: servers are stopped on the way out."""

    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
