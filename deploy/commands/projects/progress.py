"""Background work as it goes on, for people: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from django.db import connection

from labeling.jobs.work import W, Work, WorkState

LOOK_SECONDS = 0.5
LINE_SECONDS = 10.0  # between two lines about the same step, where there is no terminal
BAR_WIDTH = 30
_ENDED: dict[str, str] = {WorkState.FAILED: "failed", WorkState.CANCELLED: "was cancelled"}


class Shower:
    """Prints what changed in the row of a piece of work."""

    def __init__(self, *, is_err: bool = False) -> None:
        """`is_err`: on stderr, since stdout is for what comes of the work."""
        self.is_err = is_err
        self.is_terminal = (sys.stderr if is_err else sys.stdout).isatty()
        self._step_name = ""
        self._told_at = 0.0

    def show(self, work: Work) -> None:
        if self.is_terminal:
            click.echo(f"\r\033[K{_bar(work)}", nl=False, err=self.is_err)
        elif work.step_name != self._step_name or time.monotonic() - self._told_at > LINE_SECONDS:
            self._step_name, self._told_at = work.step_name, time.monotonic()
            click.echo(_bar(work), err=self.is_err)

    def close(self) -> None:
        if self.is_terminal:
            click.echo("\r\033[K", nl=False, err=self.is_err)


@contextmanager
def shown(work: Work, *, is_err: bool = False) -> Iterator[None]:
    """While this process does the work itself, its progress is shown."""
    stop = threading.Event()

    def look() -> None:
        shower = Shower(is_err=is_err)
        try:
            while not stop.wait(LOOK_SECONDS):
                shower.show(_fresh(work))
        finally:
            shower.close()
            connection.close()

    thread = threading.Thread(target=look, name="progress")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def watch(work: W, *, until: Callable[[], bool] = lambda: False, is_err: bool = False) -> W:
    """Show the progress of work that a worker does; return the row once it is over, or `until()` holds."""
    shower = Shower(is_err=is_err)
    try:
        while True:
            fresh = _fresh(work)
            if not fresh.is_open or until():
                return fresh
            shower.show(fresh)
            time.sleep(LOOK_SECONDS)
    finally:
        shower.close()


def check_over(work: Work, what: str) -> None:
    """Raises ClickException with the row's own sentence, unless the work is done."""
    if work.state != WorkState.DONE:
        raise click.ClickException(
            f"{what} {_ENDED.get(work.state, f'is {work.state}')}. {work.error_message}".rstrip()
        )


def _fresh(work: W) -> W:
    return type(work)._default_manager.get(pk=work.pk)


def _bar(work: Work) -> str:
    if work.state == WorkState.QUEUED:
        return "waiting for a worker"
    left = "" if work.seconds_left is None else f", {_duration(work.seconds_left)} left"
    if work.n_steps <= 0:
        return f"{work.step_name or 'starting'}{left}"
    share = min(1.0, work.step / work.n_steps)
    full = round(share * BAR_WIDTH)
    bar = "#" * full + "-" * (BAR_WIDTH - full)
    return f"[{bar}] {share:4.0%}  {work.step_name} ({work.step:,} of {work.n_steps:,}{left})"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
