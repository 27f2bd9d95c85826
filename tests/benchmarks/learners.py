"""`make results DATA=folder`: the learners measured on real data; hours are fine, and it goes on where it stopped.

    python -m tests.benchmarks.learners DATA [--results DIR] [--only NAME ...] [--labels N ...] [--minutes 15] [--seeds 3]

DATA holds a folder for each dataset; one that is missing is left out and named. Trials that are done
lie in DIR/trials.jsonl, the tables in DIR/learners.md. Each trial has a process of its own, is given
15 minutes at most, and the data is never copied into the product.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

from training.comparisons.rules.benchmark import Done, benchmark_run, trials_planned
from training.comparisons.rules.dataset import Dataset
from training.comparisons.rules.files import files_read
from training.comparisons.rules.table import table_markdown, table_rows
from training.learners.catalogue import learners_for


@dataclass(frozen=True)
class Study:
    """One table. A learner that is not there yet is not in it."""

    name: str  # folder below DATA
    title: str
    n_labels: tuple[int, ...]
    learners: tuple[str, ...] = ()  # empty: all of the item type
    label_column: str | None = None
    item_type: str | None = None
    params: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # by learner; the defaults otherwise
    alone: tuple[str, ...] = ()  # fitted without the pool, too: what the same network makes of the labels


# What `auto` is measured against: the usual supervised choices.
AGAINST = ("auto", "logistic_regression", "gradient_boosting")

STUDIES = (
    Study(
        "mnist",
        "MNIST, 60,000 images as pool, 10,000 test images",
        (100, 1_000),
        params={"simple_cnn": {"augmentation": "shift"}},  # as the methods that are compared with it have
        # One network is that of all methods of training/learners/deep, the others have their own.
        alone=("pseudo_label", "semi_gan", "vae_m1m2"),
    ),
    Study("20newsgroups", "20 Newsgroups, split by date", (1_000,), AGAINST, "label", "text"),
    Study("sms-spam", "SMS spam, a quarter for testing", (20,), AGAINST, item_type="text"),
    Study("adult", "Adult", (200,), AGAINST, "income", "table"),
    Study("dry-bean", "Dry Bean, a quarter for testing", (70,), AGAINST, "Class", "table"),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--results", type=Path, default=Path(".assay/results"))
    parser.add_argument("--only", nargs="+", choices=[study.name for study in STUDIES], default=[])
    parser.add_argument("--learners", nargs="+", default=[], help="only these")
    parser.add_argument("--labels", nargs="+", type=int, default=[], help="only these numbers of labels")
    parser.add_argument("--minutes", type=float, default=15.0, help="of one trial")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    options = parser.parse_args()
    chosen = [study for study in STUDIES if study.name in options.only or not options.only]
    parts = []
    for study in chosen:
        folder = options.data / study.name
        if not folder.is_dir():
            _say(f"There is no {folder}, so {study.title} is left out.")
            continue
        parts.append(_study_text(study, folder, options))
        text = "\n\n".join([_preface(options), *parts]) + "\n"
        options.results.mkdir(parents=True, exist_ok=True)
        (options.results / "learners.md").write_text(text)  # after each table: it may take hours more
    sys.stdout.write(f"{options.results / 'learners.md'}\n")


def _study_text(study: Study, folder: Path, options: argparse.Namespace) -> str:
    dataset = files_read(folder, label_column=study.label_column, item_type=study.item_type)
    known = [spec.name for spec in learners_for(dataset.item_type)]
    names = [name for name in (study.learners or known) if name in known]
    if options.learners:
        names = [name for name in names if name in options.learners]
    n_labels = [n for n in study.n_labels if n in options.labels or not options.labels]
    trials = trials_planned(
        {name: study.params.get(name, {}) for name in names},
        n_labels=n_labels,
        n_seeds=options.seeds,
        alone=study.alone,
    )
    done = benchmark_run(
        dataset,
        trials,
        device=options.device,
        max_seconds=60 * options.minutes,
        results=options.results / "trials.jsonl",
        about=study.name,
        tell=lambda line: _say(f"{study.name}, {line}"),
    )
    parts = [f"### {study.title}", _facts(dataset), table_markdown(table_rows(done)), _gains(done)]
    return "\n\n".join(part for part in parts if part)


def _gains(done: Sequence[Done]) -> str:
    """By how much `auto` errs less than each other learner, seed by seed; "" where there is nothing to compare."""
    errors: dict[tuple[int | None, str], dict[int, float]] = {}
    for trial, outcome in done:
        if not outcome.error:
            errors.setdefault((trial.n_labels, trial.title), {})[trial.seed] = 1 - outcome.scores["accuracy"]
    lines = []
    for (n_labels, name), theirs in errors.items():
        ours = errors.get((n_labels, "auto"), {})
        seeds = sorted(set(ours) & set(theirs))
        if name == "auto" or len(seeds) < 2:
            continue
        gain = 100 * np.array([theirs[seed] - ours[seed] for seed in seeds])  # points
        error = gain.std(ddof=1) / np.sqrt(len(gain))
        means = [100 * np.mean([one[seed] for seed in seeds]) for one in (ours, theirs)]
        lines.append(
            f"| {name} | {n_labels or 'all'} | {len(seeds)} | {means[0]:.2f} | {means[1]:.2f} | "
            f"{gain.mean():+.2f} +- {error:.2f} |"
        )
    if not lines:
        return ""
    head = "| `auto` against | labels | seeds | error of `auto`, % | its error, % | gain, points |"
    return "\n".join([head, "|---|---:|---:|---:|---:|---:|", *lines])


def _facts(dataset: Dataset) -> str:
    return (
        f"{len(dataset.labeled_rows):,} items to train on, of which the labels named below are drawn, each class "
        f"in proportion; {len(dataset.test_rows):,} test items; {len(dataset.class_names)} classes."
    )


def _preface(options: argparse.Namespace) -> str:
    return (
        f"Measured until {datetime.now(UTC):%Y-%m-%d} with `make results` on "
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}: means over "
        f"{options.seeds} seeds with 95% intervals over seeds and test items, at most {options.minutes:g} minutes "
        "a trial. Bold: better than every other learner of the table beyond what chance explains, paired by seed "
        "and test item. Gains are in points of error, paired by seed, with the standard error over seeds."
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {line}\n")


if __name__ == "__main__":
    main()
