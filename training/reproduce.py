"""The case study of seed 001, with the product's own learner and rules.

A simple CNN without augmentation learns from some labeled digits of MNIST, labels the rest of the
60,000 where it is sure enough, and learns again from both, up to ten rounds. For each number of
labels and each threshold: how right it is on the 10,000 test digits before and after, how much it
labeled, and how much of that is right; beside the same network trained on all 60,000 labels.

No database: the IDX files go straight into SelfTraining, which decides as a run does. As in the study
there is no holdout, so that confidences are not calibrated; the test digits only measure.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labeling.errors import InvalidInput
from labeling.formats.files.idx import is_idx
from training.learners import create
from training.learners.base import UNLABELED
from training.learners.self_training import SelfTraining
from training.rules.metrics import true_precision
from training.rules.policies import policy

SIZES = (100, 500, 1_000, 5_000)
THRESHOLDS = (0.90, 0.95, 0.99)
N_ROUNDS = 10

IntArray = npt.NDArray[np.int64]
Images = npt.NDArray[np.uint8]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Digits:
    """MNIST: images (n, 28, 28), labels (n,) 0 to 9."""

    images: Images
    labels: IntArray
    test_images: Images
    test_labels: IntArray


@dataclass(frozen=True)
class RoundResult:
    """One round of a cell. Rates lie in 0 to 1."""

    n_pseudo: int  # trained on, beside the labels
    test_accuracy: float
    n_accepted: int
    precision: float | None  # true share of what was accepted that is right; None: nothing was
    seconds: float


@dataclass(frozen=True)
class Cell:
    """One line of the table: so many labels, this threshold, and what each round came to."""

    n_items: int  # training digits in all
    n_labels: int
    threshold: float | None  # None: all labels, one fit
    seed: int
    n_rounds: int  # at most
    rounds: tuple[RoundResult, ...]
    stop_reason: str  # SelfTraining.termination_condition_

    @property
    def key(self) -> tuple[int, float | None, int, int]:
        return self.n_labels, self.threshold, self.seed, self.n_rounds


def reproduce_seed_001(
    folder: Path,
    *,
    sizes: Sequence[int] = SIZES,
    thresholds: Sequence[float] = THRESHOLDS,
    n_rounds: int = N_ROUNDS,
    seed: int = 0,
    results: Path | None = None,
    device: str = "cpu",
    tell: Tell = lambda line: None,
) -> list[Cell]:
    """Every cell of the table, the one with all labels last.

    `folder` holds the four IDX files of MNIST, gzipped or not. `results` (JSON lines) keeps finished
    cells: started again, the study goes on with the next. `tell` hears a line per round.
    Raises InvalidInput for files that are missing or no IDX.
    """
    digits = digits_read(folder)
    known = {cell.key: cell for cell in _read_results(results)}
    wanted = [(size, threshold) for size in sizes for threshold in thresholds]
    cells = []
    for size, threshold in [*wanted, (len(digits.labels), None)]:
        limit = n_rounds if threshold is not None else 1
        cell = known.get((size, threshold, seed, limit))
        if cell is None:
            cell = _cell(digits, size, threshold, n_rounds=limit, seed=seed, device=device, tell=tell)
            _append_result(results, cell)
        cells.append(cell)
    return cells


def _cell(
    digits: Digits,
    n_labels: int,
    threshold: float | None,
    *,
    n_rounds: int,
    seed: int,
    device: str,
    tell: Tell,
) -> Cell:
    """One line of the table: self-training from scratch in each round, by the rules of a run."""
    drawn = np.random.default_rng(seed).permutation(len(digits.labels))
    labels = np.full(len(digits.labels), UNLABELED)
    labels[drawn[:n_labels]] = digits.labels[drawn[:n_labels]]
    is_human = labels != UNLABELED
    rounds: list[RoundResult] = []
    started = time.monotonic()

    def measure(number: int, training: SelfTraining) -> None:
        nonlocal started
        is_accepted = (training.transduction_ != UNLABELED) & ~is_human
        truth = true_precision(
            predicted=training.transduction_[~is_human],
            is_accepted=is_accepted[~is_human],
            truth=digits.labels[~is_human],
        )
        answers = training.estimator_.predict_proba(digits.test_images).argmax(axis=1)
        rounds.append(
            RoundResult(
                n_pseudo=rounds[-1].n_accepted if rounds else 0,
                test_accuracy=float((training.classes_[answers] == digits.test_labels).mean()),
                n_accepted=int(is_accepted.sum()),
                precision=truth["accepted"] if truth else None,
                seconds=round(time.monotonic() - started, 1),
            )
        )
        tell(_round_line(n_labels, threshold, number, rounds[-1]))
        started = time.monotonic()

    training = SelfTraining(
        create("simple_cnn", item_type="image", random_state=seed, device=device),
        policy=policy("fixed", threshold=1.0 if threshold is None else threshold),
        n_rounds=n_rounds,
        watch=measure,
    )
    training.fit(digits.images, labels)
    stop_reason = training.termination_condition_
    return Cell(len(digits.labels), n_labels, threshold, seed, n_rounds, tuple(rounds), stop_reason)


def _round_line(n_labels: int, threshold: float | None, number: int, result: RoundResult) -> str:
    line = f"{n_labels:,} labels"
    if threshold is not None:
        right = "-" if result.precision is None else f"{result.precision:.2%} right"
        line += f", threshold {threshold:.2f}, round {number}: accepted {result.n_accepted:,} ({right}),"
    return f"{line} test accuracy {result.test_accuracy:.2%}, {result.seconds:.0f} s"


# The table

HEADINGS = (
    "labels",
    "threshold",
    "rounds",
    "test accuracy, first",
    "test accuracy, last",
    "error less by",
    "share labeled",
    "pseudo-labels right",
)


def table_rows(cells: Sequence[Cell]) -> list[tuple[str, ...]]:
    """The cells as text, in the order of HEADINGS."""
    return [_table_row(cell) for cell in cells]


def _table_row(cell: Cell) -> tuple[str, ...]:
    first, last = cell.rounds[0], cell.rounds[-1]
    if cell.threshold is None:
        return (f"{cell.n_labels:,}", "all labeled", "1", "", f"{last.test_accuracy:.2%}", "", "100.0%", "")
    error = 1 - first.test_accuracy
    return (
        f"{cell.n_labels:,}",
        f"{cell.threshold:.2f}",
        str(len(cell.rounds)),
        f"{first.test_accuracy:.2%}",
        f"{last.test_accuracy:.2%}",
        f"{1 - (1 - last.test_accuracy) / error:.0%}" if error else "-",
        f"{(cell.n_labels + last.n_accepted) / cell.n_items:.1%}",
        "-" if last.precision is None else f"{last.precision:.2%}",
    )


def table_text(cells: Sequence[Cell]) -> str:
    """The table for a terminal."""
    lines = [HEADINGS, *table_rows(cells)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(word.rjust(width) for word, width in zip(line, widths, strict=True)) for line in lines
    )


def table_markdown(cells: Sequence[Cell]) -> str:
    """The table for docs/results.md."""
    lines = [HEADINGS, ("---:",) * len(HEADINGS), *table_rows(cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# Files


def digits_read(folder: Path) -> Digits:
    """MNIST as it ships. Raises InvalidInput."""
    images, labels = (
        _idx_read(folder, "train-images-idx3-ubyte"),
        _idx_read(folder, "train-labels-idx1-ubyte"),
    )
    test_images, test_labels = (
        _idx_read(folder, "t10k-images-idx3-ubyte"),
        _idx_read(folder, "t10k-labels-idx1-ubyte"),
    )
    if len(images) != len(labels) or len(test_images) != len(test_labels):
        raise InvalidInput(f"The images and the labels in {folder} differ in number; download them again.")
    return Digits(images, labels.astype(np.int64), test_images, test_labels.astype(np.int64))


def _idx_read(folder: Path, name: str) -> npt.NDArray[np.uint8]:
    """One IDX file of unsigned bytes, gzipped or not. The format: labeling/formats/files/idx.py."""
    packed, plain = folder / f"{name}.gz", folder / name
    if not packed.exists() and not plain.exists():
        raise InvalidInput(
            f"There is neither {packed.name} nor {plain.name} in {folder}. Name a folder with the four files of MNIST."
        )
    content = gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes()
    if not is_idx(content):
        raise InvalidInput(f"{name} in {folder} is no IDX file of unsigned bytes; download it again.")
    n_dimensions = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=n_dimensions, offset=4)
    values = np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * n_dimensions)
    if len(values) != np.prod(shape):
        raise InvalidInput(
            f"{name} in {folder} holds {len(values):,} bytes, not {np.prod(shape):,}; it is cut off."
        )
    return values.reshape(shape)


def _read_results(path: Path | None) -> list[Cell]:
    if path is None or not path.exists():
        return []
    lines = (json.loads(line) for line in path.read_text().splitlines() if line.strip())
    return [
        Cell(**{**line, "rounds": tuple(RoundResult(**result) for result in line["rounds"])})
        for line in lines
    ]


def _append_result(path: Path | None, cell: Cell) -> None:
    if path is not None:
        line: dict[str, Any] = asdict(cell)
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")
