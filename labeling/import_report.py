"""What an import has done so far: counts, and the first of each kind of oddity by row. Pure.

It is written with each batch, so that it is as exact after a crash as without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from labeling.readers.rows import Problem

MAX_PROBLEMS = 1_000  # kept; all are counted
MAX_EXAMPLES = 100  # of duplicates and of conflicts


@dataclass(slots=True)
class ImportReport:
    """The report as the API shows it. `n_rows` counts rows read; every other number, rows or items of them."""

    n_rows: int = 0
    n_items_added: int = 0
    n_known: int = 0  # rows whose item was there before this import
    n_labels_added: int = 0
    n_labels_known: int = 0  # rows that repeat the label that stands
    n_sealed: int = 0  # labels kept as sealed truth
    n_labels_left_out: int = 0  # not among those that label_first chose
    n_holdout: int = 0  # items that this import moved to the holdout
    n_test: int = 0
    n_duplicate_content: int = 0  # rows with the same content as another item or an earlier row
    duplicates: list[dict[str, Any]] = field(default_factory=list)  # {row, key, same_as}
    n_label_conflicts: int = 0  # rows that contradict a label
    conflicts: list[dict[str, Any]] = field(default_factory=list)  # {row, key, label, other, message}
    classes_added: list[str] = field(default_factory=list)
    n_problems: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)  # {row, file, field, message}
    notes: list[str] = field(default_factory=list)  # what a person should know of the whole

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ImportReport:
        names = {name.name for name in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in names})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def add_problem(self, problem: Problem) -> None:
        self.n_problems += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(asdict(problem))

    def add_duplicate(self, *, row: int, key: str, same_as: str) -> None:
        self.n_duplicate_content += 1
        if len(self.duplicates) < MAX_EXAMPLES:
            self.duplicates.append({"row": row, "key": key, "same_as": same_as})

    def add_conflict(self, *, row: int, key: str, label: str, other: str, message: str) -> None:
        self.n_label_conflicts += 1
        if len(self.conflicts) < MAX_EXAMPLES:
            self.conflicts.append(
                {"row": row, "key": key, "label": label, "other": other, "message": message}
            )
