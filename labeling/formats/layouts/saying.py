"""Rows of files that tell more than a bare label: who, when, how sure, verdicts, vectors, extra columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from labeling.formats.cells import BadCell
from labeling.formats.classes import LabelRules
from labeling.formats.layouts.extras import TELLING, as_extra, cut
from labeling.formats.layouts.layout import Layout, is_blank, text_of
from labeling.formats.layouts.values import (
    SeveralLabels,
    read_number,
    read_one_label,
    read_share,
    read_time,
    read_verdict,
)
from labeling.formats.layouts.vectors import pack_vector
from labeling.formats.row_maker import RowMaker
from labeling.formats.rows import ColumnRole, ImageFile, Limits, Row, Said, SaidKind
from labeling.labels.consensus import majority_class

MAX_NOTE_CHARS = 2_000
MAX_WHO_CHARS = 200
NO_VERDICT = "Nobody has said yet whether the label is right, so it was not taken."
UNKNOWN_VERDICT = "The verdict is {!r}; accept, reject and ignore are known. The label was not taken."
BAD_CONFIDENCE = "The confidence is {}; it must lie in [0, 1] or be a percentage such as 87%."


class SayingRowMaker(RowMaker):
    """A row maker that hears who said what."""

    def __init__(
        self,
        *,
        column_names: Sequence[str],
        roles: Mapping[str, str],
        item_type: str,
        limits: Limits,
        read_image: Callable[[str], ImageFile],
        layout: Layout,
        labels_from: str,
        labels: LabelRules | None = None,
        words: Collection[str] = (),
    ) -> None:
        super().__init__(
            column_names=column_names,
            roles=roles,
            item_type=item_type,
            limits=limits,
            read_image=read_image,
            labels=labels,
            words=words,
        )
        self.layout = layout
        self.labels_from = labels_from
        self.share, self.confidence = self.confidence, None  # read here, as percentages too
        places = {name: place for place, name in enumerate(column_names)}
        by_role = {role: [places[name] for name in roles if roles[name] == role] for role in ColumnRole}
        self.who, self.at, self.verdict, self.note = (
            next(iter(by_role[role]), None)
            for role in (ColumnRole.ANNOTATOR, ColumnRole.TIME, ColumnRole.VERDICT, ColumnRole.NOTE)
        )
        self.vector = next(iter(by_role[ColumnRole.EMBEDDING]), None)
        self.n_numbers: int | None = None  # of a vector, as the first one has them
        self.extra_places = by_role[ColumnRole.EXTRA]
        self.needs = [(name, places[name]) for name in layout.needs]
        self.classes = layout.class_names.get(self.names[self.label]) if self.label is not None else None
        self.probabilities = [(places[name], of_class) for name, of_class in layout.probabilities.items()]
        tells_more = (self.who, self.at, self.verdict, self.note)
        self.is_bare = (
            layout.hear is None and not self.probabilities and all(place is None for place in tells_more)
        )
        self._heard: list[Said] = []

    def make(self, number: int, values: Sequence[object]) -> Row:
        """The row of these values. Raises BadCell."""
        row = super().make(number, values)
        is_refused = row.label is None and bool(self._heard)
        if self.layout.hear is not None or self.classes is not None or self.passed_over or is_refused:
            row.label_written = (
                ""  # another field than the label's, a number that stands for a name, or rejected
            )
        if not self.is_bare:
            row.said = self._heard
        machine = next((said for said in self._heard if not said.is_human and said.label == row.label), None)
        row.confidence = machine.confidence if machine else None
        if self.vector is not None:
            row.embedding = pack_vector(values[self.vector], self.names[self.vector], self.n_numbers)
            if row.embedding is not None and self.n_numbers is None:
                self.n_numbers = len(row.embedding) // 4
        row.extras = self._extras(values)
        return row

    def make_label(self, values: Sequence[object]) -> tuple[str | None, str]:
        """(what all that was said comes to, or None; split) of these values. Raises BadCell."""
        label, self.label = self.label, None
        try:
            _, split = super().make_label(values)
        finally:
            self.label = label
        try:
            self._heard = self._hear(values)
        except SeveralLabels as several:
            self._heard, self.passed_over = [], f"{several.message} So the item has no label."
        return outcome(self._heard), split

    def _hear(self, values: Sequence[object]) -> list[Said]:
        if self.layout.hear is not None:
            said = self.layout.hear({name: values[place] for name, place in self.needs})
            return [_as_of(one, self.labels_from) for one in map(self._joined, said) if one is not None]
        probabilities = self._read_probabilities(values)
        label = self._read_label(values, probabilities)
        verdict = SaidKind.LABEL if self.verdict is None else read_verdict(values[self.verdict])
        if verdict is None and label is not None and self.verdict is not None:
            written = text_of(values[self.verdict])[:40]
            self.passed_over = NO_VERDICT if not written else UNKNOWN_VERDICT.format(written)
        if verdict is None or (label is None and verdict != SaidKind.IGNORE):
            return []
        is_human = self.labels_from != "machine"
        return [
            Said(
                verdict,
                None if verdict == SaidKind.IGNORE else label,
                is_human,
                text_of(values[self.who])[:MAX_WHO_CHARS] if self.who is not None else "",
                read_time(values[self.at]) if self.at is not None else None,
                self._read_confidence(values, label, probabilities),
                probabilities or None,
                cut(text_of(values[self.note]))[:MAX_NOTE_CHARS] if self.note is not None else "",
            )
        ]

    def _joined(self, said: Said) -> Said | None:
        """The same of the class that its label is read as; None where that is no label."""
        name = self.labels.read(said.label) if said.label else said.label
        if name == said.label:
            return said
        return replace(said, label=name) if name else None

    def _read_label(self, values: Sequence[object], probabilities: Mapping[str, float]) -> str | None:
        if self.label is None:
            return max(probabilities, key=lambda name: probabilities[name]) if probabilities else None
        name = self.names[self.label]
        label = read_one_label(values[self.label], name, self.labels)
        return label if self.classes is None or label is None else _class_of(label, self.classes, name)

    def _read_probabilities(self, values: Sequence[object]) -> dict[str, float]:
        read = {of_class: read_share(values[place]) for place, of_class in self.probabilities}
        return {of_class: share for of_class, share in read.items() if share is not None}

    def _read_confidence(
        self, values: Sequence[object], label: str | None, probabilities: Mapping[str, float]
    ) -> float | None:
        if self.share is None or is_blank(values[self.share]):
            return probabilities.get(label or "")
        number = read_number(values[self.share]) if self.layout.is_percent else None
        share = read_share(values[self.share] if number is None else number / 100)
        if share is None:
            raise BadCell(self.names[self.share], BAD_CONFIDENCE.format(text_of(values[self.share])[:40]))
        return share

    def _extras(self, values: Sequence[object]) -> dict[str, object] | None:
        found = {self.names[place]: as_extra(values[place]) for place in self.extra_places}
        if len(values) > len(self.names):  # of objects that were taken apart, under names that came later
            rest = values[len(self.names)]
            if isinstance(rest, Mapping) and rest:
                kept = {self.names[place].partition(".")[0] for place in self.extra_places}
                found |= {name: as_extra(value) for name, value in rest.items()
                          if name.partition(".")[0] in kept and not TELLING.search(name)}  # fmt: skip
        return {name: value for name, value in found.items() if value is not None} or None


def outcome(said: Sequence[Said]) -> str | None:
    """The class that more than half of the people name; where none spoke, of the models."""
    people = [
        one.label for one in said if one.is_human and one.kind == SaidKind.LABEL and one.label is not None
    ]
    models = [
        one.label for one in said if not one.is_human and one.kind == SaidKind.LABEL and one.label is not None
    ]
    spoken = people or models
    numbers = {label: number for number, label in enumerate(dict.fromkeys(spoken))}
    agreed = majority_class([numbers[label] for label in spoken]) if spoken else None
    return None if agreed is None else list(numbers)[agreed]


def _as_of(said: Said, labels_from: str) -> Said:
    """A file of a machine has no words of people in it, if somebody says so."""
    if labels_from != "machine" or not said.is_human:
        return said
    return Said(
        said.kind, said.label, False, said.who, said.at, said.confidence, said.probabilities, said.note
    )


def _class_of(label: str, classes: Sequence[str], field: str) -> str | None:
    """The name of a class number; None for -1, which stands for no label. Names stay as they are."""
    if not re.fullmatch(r"-?\d+", label):
        if label in classes:
            return label
        raise BadCell(
            field, f"{label[:40]!r} is none of the {len(classes)} classes that the file's metadata names."
        )
    number = int(label)
    if number == -1:
        return None
    if not 0 <= number < len(classes):
        raise BadCell(
            field, f"The class number is {number}; the file's metadata names {len(classes)} classes, from 0."
        )
    return classes[number]
