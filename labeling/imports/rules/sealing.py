"""Which truth of an item is sealed, by what people say of it in all of an import. Pure.

- A machine's guess is never sealed.
- Truth that an earlier import sealed stays.
- Where people are named, the truth is what more than half of them say. Bare labels that differ leave none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from labeling.formats.rows import SaidKind
from labeling.imports.rules.answers import NO_MAJORITY, Answer, outcome_of
from labeling.imports.rules.report import ImportReport

OF_MACHINE = "A machine's label is never kept as sealed truth."
STAYS = "The truth that was sealed before was kept."
NONE_KEPT = "Sealed truth differs; none was kept."


class HasTruth(Protocol):
    """An item, with the class that is sealed for it."""

    sealed_id: int | None


@dataclass(frozen=True, slots=True)
class Voices:
    """What this import said of one item so far, and what it seals for it."""

    answers: tuple[Answer, ...] = ()
    sealed_id: int | None = None
    is_disputed: bool = False


class Sealing:
    """Remembers what the import sealed, from batch to batch."""

    def __init__(self) -> None:
        self.kept: dict[int, Voices] = {}  # by item, of the batches that are written
        self.heard: dict[int, Voices] = {}  # of the batch that is being written

    def begin(self) -> None:
        """Another batch, or the same once more: what was heard of one that was not written is forgotten."""
        self.heard = {}

    def keep(self) -> None:
        """The batch is written."""
        self.kept |= self.heard
        self.heard = {}

    def hear(
        self, item_id: int, answer: Answer, known: int | None, report: ImportReport
    ) -> tuple[int, str] | None:
        """(the class that is sealed already, a sentence) where the answer contradicts it.

        `known`: the class that is sealed in the database.
        """
        voices = self.heard.get(item_id) or self.kept.get(item_id)
        if voices is None and known is not None:
            is_other = answer.kind == SaidKind.LABEL and answer.class_id != known
            return (known, STAYS) if is_other else None
        voices = voices or Voices()
        if answer.who:
            if answer not in voices.answers:
                self.heard[item_id] = _voted(replace(voices, answers=(*voices.answers, answer)), report)
            return None
        if voices.is_disputed or voices.sealed_id == answer.class_id:
            return None
        if voices.sealed_id is None:
            self.heard[item_id] = _bare(answer.class_id, False)
            return None
        self.heard[item_id] = _bare(None, True)
        return voices.sealed_id, NONE_KEPT

    def settle(self, items: Mapping[int, HasTruth]) -> tuple[dict[int, int], list[int]]:
        """(item -> class to be sealed, items whose truth is to be taken away first); the items know it then."""
        sealed: dict[int, int] = {}
        unsealed: list[int] = []
        for item_id, voices in self.heard.items():
            item = items[item_id]
            if voices.sealed_id == item.sealed_id:
                continue
            if item.sealed_id is not None:
                unsealed.append(item_id)
            if voices.sealed_id is not None:
                sealed[item_id] = voices.sealed_id
            item.sealed_id = voices.sealed_id
        return sealed, unsealed


@lru_cache(maxsize=2_048)
def _bare(class_id: int | None, is_disputed: bool) -> Voices:
    """One for all items of a class: files of bare labels are the largest ones."""
    return Voices((), class_id, is_disputed)


def _voted(voices: Voices, report: ImportReport) -> Voices:
    outcome = outcome_of(voices.answers, answers_wanted=1)
    is_disputed = bool(outcome.why)
    if is_disputed != voices.is_disputed:
        report.drop("labels", NO_MAJORITY, 1 if is_disputed else -1)
    return replace(voices, sealed_id=outcome.human_id, is_disputed=is_disputed)
