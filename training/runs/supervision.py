"""Runs as a job that a worker watches (labeling/jobs/supervision.py)."""

from __future__ import annotations

from labeling.jobs.supervision import Job, job_carry_out
from training.models import Run
from training.rounds.rows import rounds_remove_unfinished
from training.runs.rows import run_fail, run_log

RUN = Job(
    Run,
    "run_execute",
    fail=lambda run, sentence, code: run_fail(run, sentence, code=code),
    tidy=rounds_remove_unfinished,
    note=lambda run, sentence: run_log(run, sentence, level="warning"),
    kept="Rounds that were finished are kept.",
)


def run_carry_out(run_id: int, *, worker: str) -> None:
    """`job_carry_out` of a run."""
    job_carry_out(RUN, run_id, worker=worker)
