"""What a run is doing, how far it is and how long it will take, written to its row for people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from labeling.jobs.trouble import told
from training.models import Round, Run

WRITE_SECONDS = 0.5  # between two writes of the same step


class Step(StrEnum):
    """The steps of a round in their order; the value is what people read."""

    SNAPSHOT = "reading items"
    FIT = "fitting"
    CALIBRATE = "calibrating"
    EVALUATE = "evaluating"
    PREDICT = "predicting"
    DECIDE = "deciding"
    STORE = "storing"


class RunProgress:
    """Tells the run's row about the round at work. Raises WorkLost and WorkCancelled from any call.

    While the database is away the round goes on, and nobody is told.
    """

    def __init__(self, run: Run, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._run = run
        self._clock = clock
        self._round_number = 0
        # Step name -> seconds, of the round before: for the first, of the newest one of this learner on these items.
        self._last_round: Mapping[str, float] = _seconds_before(run)
        self.seconds: dict[str, float] = {}  # the same of this round, steps done so far
        self._step: Step | None = None
        self._name = ""
        self._step_began = 0.0
        self._written_at = float("-inf")

    def begin_round(self, number: int) -> None:
        self._round_number = number
        self._last_round, self.seconds = self.seconds or self._last_round, {}

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """Inside, the row names this step; afterwards its seconds are known."""
        self._step, self._step_began = step, self._clock()
        self._name = f"round {self._round_number} of {self._run.n_rounds}: {step.value}"
        told(self._run, step_name=self._name, step=0, n_steps=0, seconds_left=self._seconds_left(0.0))
        self._written_at = self._clock()
        yield
        self.seconds[step.name.lower()] = round(self._clock() - self._step_began, 3)

    def tell(self, done: int, n_steps: int, seconds_left: float | None = None) -> None:
        """This much of the step is done. Writes at most twice a second, and always at the end."""
        if done < n_steps and self._clock() - self._written_at < WRITE_SECONDS:
            return
        share = min(1.0, done / n_steps) if n_steps else 0.0
        left = self._seconds_left(share, of_step=seconds_left)
        # With the name: the news of the step's begin may have been dropped.
        told(self._run, step_name=self._name, step=done, n_steps=n_steps, seconds_left=left)
        self._written_at = self._clock()

    def _seconds_left(self, share: float, of_step: float | None = None) -> float | None:
        """Until the run has done all its rounds, if each takes as long as the last; None: no idea yet."""
        spent = self._clock() - self._step_began
        known = self._step is not None and self._last_round.get(self._step.name.lower())
        if of_step is None:
            if share >= 0.02:
                of_step = spent * (1 - share) / share
            elif known:
                of_step = max(0.0, known - spent)
            else:
                return None
        later = [s.name.lower() for s in Step][list(Step).index(self._step) + 1 :] if self._step else []
        this_round = of_step + sum(self._last_round.get(name, 0.0) for name in later)
        a_round = sum(self._last_round.values()) or sum(self.seconds.values()) + spent + of_step
        return this_round + (self._run.n_rounds - self._round_number) * a_round


def _seconds_before(run: Run) -> Mapping[str, float]:
    same = Round.objects.filter(run__project=run.project_id, run__learner=run.learner).exclude(run=run.pk)
    seconds = same.exclude(seconds={}).order_by("-pk").values_list("seconds", flat=True).first()
    known = {step.name.lower() for step in Step}
    return {name: value for name, value in (seconds or {}).items() if name in known}
