"""A comparison on files, without a project and without a database.

Part of the labels is drawn for each seed, the rest of the training rows is given as unlabeled, and
the test rows measure. Finished trials are kept as JSON lines, so that it goes on where it stopped.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from training.comparisons.rules.dataset import Dataset, dataset_write
from training.comparisons.rules.runner import trial_run
from training.comparisons.rules.trial import Outcome, Trial

Done = tuple[Trial, Outcome]
Tell = Callable[[str], None]


def trials_planned(
    learners: Mapping[str, Mapping[str, Any]],
    *,
    n_labels: Sequence[int | None] = (None,),
    n_seeds: int = 3,
    seed: int = 0,
    n_folds: int = 0,
    alone: Collection[str] = (),
) -> list[Trial]:
    """Every trial, seed by seed, so that an unfinished comparison compares already.

    learners  name -> params
    alone     names that are tried without the unlabeled rows, too
    """
    return [
        Trial(name, number, size, n_folds, dict(params), sees_pool)
        for size in n_labels
        for number in range(seed, seed + n_seeds)
        for name, params in learners.items()
        for sees_pool in ((True, False) if name in alone else (True,))
    ]


def benchmark_run(
    dataset: Dataset,
    trials: Sequence[Trial],
    *,
    device: str = "auto",
    max_seconds: float | None = None,
    results: Path | None = None,
    about: str = "",
    tell: Tell = lambda line: None,
) -> list[Done]:
    """Every trial with its outcome, in their order.

    `results` (JSON lines) keeps what is finished, failures too; `about` names the dataset there, so
    that one file may hold several. `tell` hears a line per trial. Memory: the dataset; disk: once more.
    """
    known = _read_results(results, about, len(dataset))
    done = []
    with tempfile.TemporaryDirectory(prefix="assay-compare-") as name:
        folder = Path(name)
        dataset_write(dataset, folder)
        for number, trial in enumerate(trials, start=1):
            key = json.dumps(trial.as_json(), sort_keys=True)
            outcome = known.get(key)
            if outcome is None:
                outcome = trial_run(folder, trial, device=device, max_seconds=max_seconds)
                _append(results, about, len(dataset), trial, outcome)
                tell(f"{number} of {len(trials)}: {trial_line(trial, outcome)}")
            done.append((trial, outcome))
    return done


def trial_line(trial: Trial, outcome: Outcome) -> str:
    """What came of a trial, for people."""
    labels = "all labels" if trial.n_labels is None else f"{trial.n_labels:,} labels"
    begin = f"{trial.title}, {labels}, seed {trial.seed}"
    if outcome.error:
        return f"{begin}: {outcome.error}"
    return (
        f"{begin}: accuracy {outcome.scores['accuracy']:.2%}, {outcome.fit_seconds:.1f} s, "
        f"{outcome.peak_bytes / 2**20:,.0f} MiB"
    )


def _read_results(path: Path | None, about: str, n_rows: int) -> dict[str, Outcome]:
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return {
        json.dumps(Trial(**line["trial"]).as_json(), sort_keys=True): Outcome(**line["outcome"])
        for line in lines
        if (line["about"], line["n_rows"]) == (about, n_rows)
    }


def _append(path: Path | None, about: str, n_rows: int, trial: Trial, outcome: Outcome) -> None:
    if path is not None:
        line = {"about": about, "n_rows": n_rows, "trial": trial.as_json(), "outcome": outcome.as_json()}
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")
