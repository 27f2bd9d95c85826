"""What an import understood and has done so far: counts, and the first of each kind of oddity by row. Pure.

It is written with each batch, so that it is as exact after a crash as without one. The same report stands on the
page, in the API and on the command line; docs/importing.md says what its fields are.

The law of its counts: n_rows = n_items + n_repeats + n_dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any

from labeling.formats.classes import class_offers
from labeling.formats.rows import Problem
from labeling.formats.sets.dataset import Dataset
from labeling.imports.rules.questions import are_too_many, encoding_questions, import_questions
from labeling.imports.rules.spellings import Spellings, offer_notes, spelling_notes
from labeling.labels.class_names import natural
from labeling.storing.images import remark_sentence

MAX_PROBLEMS = 1_000  # kept; all are counted
MAX_EXAMPLES = 100  # of duplicates and of conflicts
MAX_REASONS = 50  # told apart; the others are counted together
OTHER_REASONS = "For other reasons: see the problems."
_WHAT = {"row": "rows", "label": "labels", "value": "values"}  # as a report calls what was left out
_DETAILS = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d.,]*")  # what differs between two problems of one kind


@dataclass(slots=True)
class ImportReport:
    """The report as the API shows it. `n_rows` counts rows read; every other number, rows or items of them."""

    # What was understood.
    file: str = ""
    format: str = ""
    encoding: str | None = None  # of text; None: the format has none
    delimiter: str | None = None
    layout: str = ""  # the tool that wrote the file, where that is seen
    item_type: str = ""
    columns: list[dict[str, Any]] = field(default_factory=list)  # {name, role, why}
    labels_from: str = ""  # person or machine; auto: each label tells
    # What came of it.
    n_rows: int = 0
    n_items: int = 0  # as n_items_added: the items that the file adds
    n_repeats: int = 0  # rows whose item is there already, by this file or from before
    n_dropped: int = 0  # rows that were left out
    classes: dict[str, int] = field(default_factory=dict)  # name -> labels of it; a list in JSON
    spellings: Spellings = field(default_factory=dict)  # a list in JSON: {written, name, n}
    class_offers: list[dict[str, Any]] = field(default_factory=list)  # {names, counts, suggested}: one class?
    labels: dict[str, int] = field(default_factory=lambda: {"person": 0, "machine": 0, "none": 0})
    dropped: list[dict[str, Any]] = field(default_factory=list)  # {what, n, why}
    n_items_added: int = 0
    n_known: int = 0  # rows whose item was there before this import
    n_labels_added: int = 0
    n_labels_known: int = 0  # rows that repeat the label that stands
    n_labels_asked_blind: int = 0  # left out: of items that people are asked about blind
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
    files: list[tuple[int, str]] = field(default_factory=list)  # of several: rows before each, its name
    remarks: dict[str, dict[str, Any]] = field(default_factory=dict)  # images: Remark -> {n, first}
    notes: list[str] = field(default_factory=list)  # what a person should know of the whole
    warnings: list[str] = field(default_factory=list)  # what is most likely not as it was meant
    questions: list[dict[str, Any]] = field(default_factory=list)  # {about, sentence, choices, chosen}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ImportReport:
        """A report that as_json made, of this version or an earlier one."""
        names = {name.name for name in fields(cls)}
        known = {name: value for name, value in stored.items() if name in names}
        known["classes"] = {one["name"]: one["n"] for one in known.get("classes", [])}
        known["spellings"] = {
            one["written"]: {"name": one["name"], "n": one["n"]} for one in known.get("spellings", [])
        }
        return cls(**known)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "classes": [{"name": name, "n": n} for name, n in self.classes.items()],
            "spellings": [{"written": written, **one} for written, one in self.spellings.items()],
        }

    def understood(self, dataset: Dataset, *, file: str) -> None:
        """How the file is read, before the first row is."""
        options = dataset.options
        if not self.file:  # else an attempt before has said it
            self.dropped += [asdict(left) for left in dataset.left_out]
        self.file = file
        self.format = options.format or ""
        self.encoding, self.delimiter = options.encoding, options.delimiter
        self.layout, self.item_type = dataset.layout, dataset.item_type
        self.labels_from = options.labels_from
        self.columns = [
            {"name": column.name, "role": column.role, "why": column.why} for column in dataset.columns
        ]
        self.note(dataset.notes)
        self.questions = [asdict(question) for question in encoding_questions(dataset.pages)]

    def note(self, sentences: Iterable[str]) -> None:
        """Each sentence is told once."""
        self.notes = list(dict.fromkeys([*self.notes, *sentences]))

    def add_problem(self, problem: Problem) -> None:
        self.n_problems += 1
        if problem.left_out:
            self.n_dropped += problem.costs_row
            self.drop(_WHAT[problem.left_out], problem.message)
        if len(self.problems) < MAX_PROBLEMS:
            file, row = self._place(problem)
            self.problems.append(
                {"row": row, "file": file, "field": problem.field, "message": problem.message}
            )

    def _place(self, problem: Problem) -> tuple[str, int | None]:
        """(the file, the row in it) of a problem, whose row is counted through all files."""
        if problem.row is None or problem.file or not self.files:
            return problem.file or self.file, problem.row
        n_before, name = next(one for one in reversed(self.files) if one[0] < problem.row or not one[0])
        return name or self.file, problem.row - n_before

    def drop(self, what: str, why: str, n: int = 1) -> None:
        """So many rows, labels, ... were left out. Reasons that differ in a name or a number only are one."""
        kind = _kind(why)
        for reason in self.dropped:
            if reason["what"] == what and _kind(reason["why"]) == kind:
                reason["n"] += n
                return
        if len(self.dropped) >= MAX_REASONS and why != OTHER_REASONS:
            self.drop(what, OTHER_REASONS, n)
        else:
            self.dropped.append({"what": what, "n": n, "why": why})

    def add_items(self, n: int) -> None:
        self.n_items += n
        self.n_items_added += n

    def add_repeat(self, *, was_known: bool) -> None:
        self.n_repeats += 1
        self.n_known += was_known

    def add_labels(self, class_names: Collection[str], *, is_human: bool) -> None:
        """One label each, of the class of that name."""
        self.labels["person" if is_human else "machine"] += len(class_names)
        for name, n in Counter(class_names).items():
            self.classes[name] = self.classes.get(name, 0) + n

    def take_label_back(self, class_name: str, *, is_human: bool) -> None:
        """A label that an earlier batch added does not stand."""
        self.labels["person" if is_human else "machine"] -= 1
        self.classes[class_name] -= 1

    def finish(self, existing: Collection[str] = ()) -> None:
        """The last row is in: classes in their order, and what is most likely not as it was meant.

        `existing`: the classes of the project.
        """
        self.note(remark_sentence(name, **found) for name, found in self.remarks.items())
        self.classes = {name: self.classes[name] for name in sorted(self.classes, key=natural)}
        offers = class_offers(self.classes, set(existing).difference(self.classes_added))
        self.class_offers = [asdict(offer) for offer in offers]
        self.note([*spelling_notes(self.spellings), *offer_notes(offers)])
        of_encoding = [question for question in self.questions if question["about"] == "encoding"]
        self.questions = of_encoding + [
            asdict(question)
            for question in import_questions(
                columns=[(column["name"], column["role"]) for column in self.columns],
                layout=self.layout,
                labels_from=self.labels_from,
                classes=self.classes,
                offers=offers,
            )
        ]
        if self.n_labels_left_out:
            self.drop("labels", "Not among those that label_first takes.", self.n_labels_left_out)
        if self.n_rows == self.n_dropped:
            self.warnings.append("0 rows were taken: every row has a problem. See dropped and problems.")
        elif not (
            self.labels["person"] + self.labels["machine"] + self.n_labels_known + self.n_sealed
            or self.n_labels_asked_blind
        ):
            n_conflicts = self.n_label_conflicts
            self.warnings.append(_all_contradict(n_conflicts) if n_conflicts else _no_labels(self.columns))
        if are_too_many(self.classes):
            self.warnings.append(_single_classes(self.columns, self.classes))

    def add_remark(self, remark: str, name: str) -> None:
        found = self.remarks.setdefault(remark, {"n": 0, "first": name})
        found["n"] += 1

    def add_duplicate(self, *, row: int, key: str, same_as: str) -> None:
        self.n_duplicate_content += 1
        if len(self.duplicates) < MAX_EXAMPLES:
            self.duplicates.append({"row": row, "key": key, "same_as": same_as})

    def add_conflict(
        self, *, row: int, key: str, label: str, other: str, message: str, n_labels: int = 1
    ) -> None:
        """A row contradicts a label; `n_labels` do not stand for it."""
        self.n_label_conflicts += 1
        self.drop("labels", message, n_labels)
        if len(self.conflicts) < MAX_EXAMPLES:
            self.conflicts.append(
                {"row": row, "key": key, "label": label, "other": other, "message": message}
            )


@lru_cache(maxsize=4 * MAX_REASONS)
def _kind(why: str) -> str:
    return _DETAILS.sub("…", why)


def _all_contradict(n_rows: int) -> str:
    return (
        f"0 labels were taken: each contradicts another label of its item ({n_rows:,} in all). "
        "Is the right column the label? See conflicts."
    )


def _single_classes(columns: list[dict[str, Any]], classes: Mapping[str, int]) -> str:
    label = next((column["name"] for column in columns if column["role"] == "label"), None)
    n_labels = sum(classes.values())
    if label is None:
        return f"{len(classes):,} classes were found in {n_labels:,} labels, about one of each. Are these classes?"
    return f"{len(classes):,} classes were found in {n_labels:,} labels, about one of each. Does {label!r} hold the label?"


def _no_labels(columns: list[dict[str, Any]]) -> str:
    label = next((column["name"] for column in columns if column["role"] == "label"), None)
    if label is not None:
        return f"0 labels found: the label column {label!r} is empty in every row taken."
    if columns:
        return (
            "0 labels found: no column was taken for the label. "
            "If one holds it, say which; else people label these items here."
        )
    return "0 labels found: neither folders nor a table say any. People label these items here."
