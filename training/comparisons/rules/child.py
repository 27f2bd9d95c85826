"""The process of one trial: `python -m training.comparisons.rules.child`, started by runner.py, never by hand.

It reads the dataset from a folder and the trial from its first argument, and writes JSON lines:
{"progress": [step, n_steps, seconds left]} while it works, and {"outcome": {...}} at the end. What
learners print goes to stderr. It knows neither Django nor the database.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import IO, Any

from labeling.errors import AssayError
from labeling.jobs.processes import die_with_parent, peak_bytes
from training.comparisons.rules.dataset import dataset_read
from training.comparisons.rules.trial import Outcome, Trial, trial_measure

TELL_SECONDS = 0.5  # between two lines of progress
NICENESS = 5  # people who answer on the same machine come first


def main(told: str) -> None:
    task = json.loads(told)
    die_with_parent(task["parent"])
    os.nice(NICENESS)
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # from here on a print of a library cannot garble our lines
    dataset = dataset_read(Path(task["folder"]))
    try:
        outcome = trial_measure(
            dataset, Trial(**task["trial"]), device=task["device"], progress=_Teller(lines)
        )
    except AssayError as error:
        outcome = Outcome(error=error.message)
    except MemoryError:
        outcome = Outcome(error="It ran out of memory. Give the machine more, or compare on fewer items.")
    _write(lines, {"outcome": {**outcome.as_json(), "peak_bytes": peak_bytes()}})


class _Teller:
    """Progress as JSON lines, a few a second at most."""

    def __init__(self, lines: IO[str]) -> None:
        self._lines = lines
        self._told_at = float("-inf")

    def __call__(self, step: int, n_steps: int, seconds_left: float | None) -> None:
        if step < n_steps and time.monotonic() - self._told_at < TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        _write(self._lines, {"progress": [step, n_steps, seconds_left]})


def _write(lines: IO[str], line: dict[str, Any]) -> None:
    lines.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
