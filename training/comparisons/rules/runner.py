"""Starts the process of a trial, watches it, and stops it in time.

Each trial has a process of its own: its peak memory is its own, a learner that runs out of memory or
crashes spoils one trial, and one that takes too long, or that nobody wants any more, is killed at
once whatever it is doing.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from labeling.jobs.processes import thread_limits
from training.comparisons.rules.trial import Outcome, Trial
from training.learners.base import Progress

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[3]
LOOK_SECONDS = 0.5
TAIL_LINES = 30  # of its stderr, for the sentence on how it failed


def trial_run(
    folder: Path,
    trial: Trial,
    *,
    device: str = "auto",
    max_seconds: float | None = None,
    watch: Progress | None = None,
) -> Outcome:
    """The outcome of the trial on the dataset in `folder`; one that fails has its sentence as `error`.

    max_seconds  of fit and prediction and the start of the process; past it the process is killed
    watch        called about twice a second with (step, n_steps, seconds left); what it raises ends
                 the process and passes through
    """
    began = time.monotonic()
    steps: tuple[int, int, float | None] = (0, 0, None)
    with _process(folder, trial, device) as (process, lines, tail):
        while True:
            line = _next(lines)
            if line is None:
                process.wait()
                return Outcome(error=_how_it_ended(process.returncode, list(tail)))
            if "outcome" in line:
                return Outcome(**line["outcome"])
            if "progress" in line:
                step, n_steps, seconds_left = line["progress"]
                steps = step, n_steps, seconds_left
            if watch is not None:
                watch(*steps)
            if max_seconds is not None and time.monotonic() - began > max_seconds:
                return Outcome(error=f"Stopped: it took longer than {_minutes(max_seconds)}.")


@contextmanager
def _process(
    folder: Path, trial: Trial, device: str
) -> Iterator[tuple[subprocess.Popen[str], queue.Queue[str | None], deque[str]]]:
    """The process at work, with its lines; dead on the way out."""
    task = {"folder": str(folder), "trial": trial.as_json(), "device": device, "parent": os.getpid()}
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen(
        [sys.executable, "-m", "training.comparisons.rules.child", json.dumps(task)],
        env={**os.environ, **thread_limits(os.environ), "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines: queue.Queue[str | None] = queue.Queue()
        tail: deque[str] = deque(maxlen=TAIL_LINES)
        readers = [
            threading.Thread(target=_collect, args=(process.stdout, lines), daemon=True),
            threading.Thread(target=_forward, args=(process.stderr, tail), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            yield process, lines, tail
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
            for reader in readers:
                reader.join(timeout=5)


def _collect(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _forward(stream: IO[str], tail: deque[str]) -> None:
    for line in stream:
        tail.append(line.rstrip())
        logger.info("trial: %s", line.rstrip())


def _next(lines: queue.Queue[str | None]) -> dict[str, Any] | None:
    """The next line; {} where none came in time; None where none will come any more."""
    try:
        line = lines.get(timeout=LOOK_SECONDS)
    except queue.Empty:
        return {}
    if line is None:
        return None
    found: dict[str, Any] = json.loads(line)
    return found


def _how_it_ended(returncode: int, tail: list[str]) -> str:
    if returncode == -signal.SIGKILL:
        return "The system killed it, which is what happens when memory runs out."
    if returncode < 0:
        return f"It was ended by {signal.Signals(-returncode).name}; the worker's log has what it said last."
    last = next((line for line in reversed(tail) if line.strip()), "it said nothing")
    return f"It stopped with an error that was not foreseen: {last[:300]}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
