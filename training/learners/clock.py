"""How far a training loop is, told to whoever asked, and the way out when they raise."""

from __future__ import annotations

import time

from training.learners.base import Progress

SECONDS_BETWEEN_REPORTS = 0.25


class Clock:
    """Tells the callback how far the loop is, a few times a second at most.

    What the callback raises passes through `tick`, and so ends the loop within a step.
    """

    def __init__(self, progress: Progress | None, n_steps: int) -> None:
        self.progress = progress
        self.n_steps = n_steps
        self.started = time.monotonic()
        self.last = -SECONDS_BETWEEN_REPORTS

    def tick(self, step: int) -> None:
        seconds = time.monotonic() - self.started
        if self.progress is not None and seconds - self.last >= SECONDS_BETWEEN_REPORTS:
            self.last = seconds
            self.progress(step, self.n_steps, seconds / step * (self.n_steps - step) if step else None)

    def finish(self) -> None:
        if self.progress is not None:
            self.progress(self.n_steps, self.n_steps, 0.0)
