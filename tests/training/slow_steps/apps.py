"""Wraps the seams of training.fitting.pipeline when Django starts."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig

LONG = 120  # seconds: far over what any test waits


class SlowStepsConfig(AppConfig):
    name = "tests.training.slow_steps"

    def ready(self) -> None:
        if halt := os.environ.get("ASSAY_TEST_HALT"):
            _halt_at(halt)
        if hold := os.environ.get("ASSAY_TEST_HOLD"):
            _hold_at(*hold.split("@", 1))
        if slow := os.environ.get("ASSAY_TEST_SLOW_BATCHES"):
            _slow_batches(*slow.split(":"))
        if fit := os.environ.get("ASSAY_TEST_FIT"):
            _replace_fit(fit)


def _halt_at(name: str) -> None:
    from training.fitting.progress import RunProgress, Step

    step = RunProgress.step

    @contextmanager
    def halting(self: RunProgress, which: Step) -> Iterator[None]:
        with step(self, which):
            yield
            # The work of the step is done and nothing after it: the worst moment to die.
            if which.value == name and self._run.attempt == 1 and self._round_number == 2:
                time.sleep(LONG)

    RunProgress.step = halting  # type: ignore[assignment]  # a fault


def _hold_at(name: str, path: str) -> None:
    from training.fitting.progress import RunProgress, Step

    step = RunProgress.step

    @contextmanager
    def holding(self: RunProgress, which: Step) -> Iterator[None]:
        with step(self, which):
            if which.value == name:
                _note(f"{path}.reached")
            yield
            if which.value == name:
                _note(f"{path}.done")
                while os.path.exists(path):
                    time.sleep(0.05)

    RunProgress.step = holding  # type: ignore[assignment]  # a fault


def _slow_batches(n_rows: str, seconds: str) -> None:
    from labeling.imports.writing import batches
    from labeling.imports.writing import pipeline as import_pipeline

    write = import_pipeline.ImportJob._write

    def slow(self: Any, *args: Any) -> None:
        write(self, *args)
        time.sleep(float(seconds))

    batches.BATCH_ROWS = int(n_rows)
    import_pipeline.ImportJob._write = slow  # type: ignore[assignment]  # a fault


def _note(path: str) -> None:
    """One line for each time."""
    with open(path, "a") as file:
        file.write("once\n")


def _replace_fit(how: str) -> None:
    from training.learners.vectors import VectorLearner

    def fit(self: VectorLearner, X: Any, y: Any, sample_weight: Any = None) -> VectorLearner:
        if how == "block":
            ctypes.PyDLL(None).sleep(LONG)  # holds the interpreter's lock, as a long computation in C does
        if how == "memory":
            raise MemoryError
        raise ZeroDivisionError("division by zero, deep inside")

    VectorLearner.fit = fit
