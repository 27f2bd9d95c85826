"""What a request may do with comparisons. Roles are checked by the views (labeling/web/permissions.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.errors import AssayError, InvalidInput
from labeling.jobs.doorbell import ring
from labeling.jobs.supervision import job_carry_out
from labeling.jobs.work import WORKER, work_request_cancel
from labeling.models import Project
from training.comparisons.rows import COMPARISON, comparison_open
from training.learners.catalogue import check_params
from training.models import Comparison
from training.runs.checks import SEED_MAX, check_labels
from training.runs.selectors import class_counts

N_LEARNERS_MAX = 20
N_SEEDS_MAX = 20
N_SIZES_MAX = 6
SECONDS_MAX = 86_400


def comparison_request(
    *,
    project: Project,
    user: Any,
    learners: Mapping[str, Mapping[str, Any]],
    n_labels: Sequence[int] = (),
    n_seeds: int = 3,
    seed: int = 0,
    max_seconds: int = 900,
) -> Comparison:
    """A comparison is queued and the workers' bell rung. Nothing is written unless everything fits.

    `learners`: name -> params. Raises InvalidInput by field, NotEnoughLabels, AlreadyOpen.
    """
    checked = _check_learners(project.form, learners)
    check_labels(project)
    _check_ranges(
        n_seeds=(n_seeds, 1, N_SEEDS_MAX),
        seed=(seed, 0, SEED_MAX),
        max_seconds=(max_seconds, 10, SECONDS_MAX),
    )
    sizes = _check_sizes(project, n_labels)
    comparison = comparison_open(
        project,
        learners=[{"learner": name, "params": values} for name, values in checked.items()],
        n_labels=sizes,
        n_seeds=n_seeds,
        seed=seed,
        max_seconds=max_seconds,
        created_by=user,
    )
    ring("training.tasks.compare_learners", comparison.pk)
    return comparison


def comparison_cancel(comparison: Comparison) -> Comparison:
    """A queued one is over at once, a running one within seconds; its trials stay. Raises Conflict if it is over."""
    work_request_cancel(comparison)
    comparison.refresh_from_db()
    return comparison


def comparison_inline(comparison: Comparison) -> Comparison:
    """Carry out a queued comparison in this process's care. Interrupting it cancels it."""
    try:
        job_carry_out(COMPARISON, comparison.pk, worker=WORKER)
    except KeyboardInterrupt:
        work_request_cancel(comparison)
        raise
    comparison.refresh_from_db()
    return comparison


def _check_learners(item_type: str, learners: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if not 1 <= len(learners) <= N_LEARNERS_MAX:
        raise _wrong("learners", f"Name 1 to {N_LEARNERS_MAX} learners, each once.")
    checked, problems = {}, []
    for name, params in learners.items():
        try:
            checked[name] = check_params(name, item_type=item_type, params=params)
        except AssayError as error:
            problems.append(f"{name}: {error.message}")
    if problems:
        raise InvalidInput(" ".join(problems), fields={"learners": problems})
    return checked


def _check_ranges(**given: tuple[int, int, int]) -> None:
    for name, (value, low, high) in given.items():
        if not low <= value <= high:
            raise _wrong(name, f"{name} is {value}; it must be a whole number from {low} to {high:,}.")


def _check_sizes(project: Project, n_labels: Sequence[int]) -> list[int]:
    counts = [n for _, n in class_counts(project) if n]
    low, high = 2 * len(counts), sum(counts)
    if len(n_labels) > N_SIZES_MAX:
        raise _wrong("n_labels", f"n_labels names {len(n_labels)} sizes; {N_SIZES_MAX} are allowed.")
    for size in n_labels:
        if not low <= size <= high:
            raise _wrong(
                "n_labels",
                f"n_labels is {size:,}; there are {high:,} training labels of {len(counts)} classes, "
                f"so it must be from {low} to {high:,}. Leave it out for all of them.",
            )
    return sorted(set(n_labels))


def _wrong(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={field: [sentence]})
