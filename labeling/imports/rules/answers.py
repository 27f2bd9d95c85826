"""What single people and models said of an item in a file, and the label that it comes to. Pure.

- A person counts once: with the last thing they said, or, where a file gives no times, with none if they contradict
  themselves.
- A label of people is what more than half of them say; a rejection is a voice against its class, and says nothing of
  others. Where they are named, as many as the project wants must have answered.
- Several models: what they agree on, else the surest one's word.
- What an earlier import brought is not brought again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from labeling.formats.rows import Said, SaidKind
from labeling.imports.rules.report import ImportReport

REJECTED = "Rejected in the file: the item is not of this class, which says nothing of what it is."
IGNORED = "Passed over in the file, so nothing was said of the item."
NO_MAJORITY = "People disagree: no class has more than half of the answers to the item, so it has no label."
TOO_FEW = (
    "Fewer people have answered than the {} that this project wants of each item, so it has no label yet."
)
MODELS_DISAGREE = "Models disagree on the item, and none of them says that it is the surest."
NONE = 0  # the class of a voice that contradicts itself; no class has this id


class Answer(NamedTuple):
    """What one said, as far as it is told from others. The state of an item keeps them, in a dry run as JSON."""

    who: str
    is_human: bool
    kind: str  # a SaidKind
    class_id: int | None
    at: str | None  # ISO 8601 in UTC
    confidence: float | None


@dataclass(slots=True)
class NewAnswer:
    """An answer to be kept."""

    item_id: int
    answer: Answer
    probabilities: dict[str, float] | None
    note: str


@dataclass(slots=True)
class NewLabel:
    item_id: int
    class_id: int
    is_human: bool
    confidence: float | None
    retired_reason: str  # "" if it stands
    model: str = ""  # whose label it is, where the file says so
    threshold: float | None = None  # that the confidence had to pass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What all answers to one item come to. `why` says why there is no label of people, where some spoke."""

    human_id: int | None = None
    machine_id: int | None = None
    confidence: float | None = None  # of the machine's label
    why: str = ""


def answer_of(said: Said, class_id: int | None) -> Answer:
    at = None if said.at is None else said.at.astimezone(dt.UTC).isoformat()
    return Answer(said.who, said.is_human, str(said.kind), class_id, at, said.confidence)


def outcome_of(answers: Sequence[Answer], *, answers_wanted: int) -> Outcome:
    """`answers_wanted`: of how many people the project makes a label, from 1."""
    people = [answer for answer in answers if answer.is_human and answer.kind != SaidKind.IGNORE]
    machine_id, confidence, disagree = _of_models([answer for answer in answers if not answer.is_human])
    if not any(answer.kind == SaidKind.LABEL for answer in people):
        return Outcome(None, machine_id, confidence, disagree)
    voices = _voices(people)
    agreed = _agreed(voices, _rejected(people))
    if agreed is None:
        return Outcome(None, machine_id, confidence, NO_MAJORITY)
    is_named = any(answer.who for answer in people)
    if is_named and len(voices) + len(_rejected(people)) < answers_wanted:
        return Outcome(None, machine_id, confidence, TOO_FEW.format(answers_wanted))
    return Outcome(agreed, machine_id, confidence)


def against_person(class_id: int, human_id: int | None) -> str:
    """What becomes of a machine's label at once: "" if no person's stands above it."""
    return "" if human_id is None else "confirmed" if human_id == class_id else "corrected"


def report_new(report: ImportReport, answer: Answer) -> None:
    """Count what is no label."""
    if answer.kind == SaidKind.REJECT:
        report.drop("labels", REJECTED)
    elif answer.kind == SaidKind.IGNORE:
        report.drop("labels", IGNORED)


def _by_person(answers: Sequence[Answer]) -> list[list[Answer]]:
    """Who names nobody is somebody else each time."""
    by_person: dict[str, list[Answer]] = defaultdict(list)
    for place, answer in enumerate(answers):
        by_person[answer.who or f"\x00{place}"].append(answer)
    return list(by_person.values())


def _voices(answers: Sequence[Answer]) -> list[int]:
    """One class for each person who named one, NONE for those who contradict themselves."""
    return [_voice(said) for said in _by_person(answers) if any(one.kind == SaidKind.LABEL for one in said)]


def _rejected(answers: Sequence[Answer]) -> list[set[int | None]]:
    """The classes that each person rejects who names none."""
    return [
        {one.class_id for one in said}
        for said in _by_person(answers)
        if all(one.kind != SaidKind.LABEL for one in said)
    ]


def _agreed(voices: Sequence[int], rejected: Sequence[set[int | None]]) -> int | None:
    """The class of more than half, of those who speak of it or of another; who rejects another says nothing of it."""
    named = Counter(voice for voice in voices if voice != NONE)
    if not named:
        return None
    (class_id, n_for), *_ = named.most_common(1)
    n_against = sum(class_id in classes for classes in rejected)
    return class_id if 2 * n_for > len(voices) + n_against else None


def _voice(said: Sequence[Answer]) -> int:
    labels = [answer for answer in said if answer.kind == SaidKind.LABEL]
    classes = {answer.class_id for answer in labels}
    if len(classes) == 1:
        (class_id,) = classes
        return NONE if class_id is None else class_id
    times = [answer.at for answer in labels]
    if not labels or None in times or times.count(max(times, key=str)) > 1:
        return NONE
    return max(labels, key=lambda answer: answer.at or "").class_id or NONE


def _of_models(answers: Sequence[Answer]) -> tuple[int | None, float | None, str]:
    """(class, confidence, why there is none)."""
    labels = [answer for answer in answers if answer.kind == SaidKind.LABEL and answer.class_id is not None]
    if not labels:
        return None, None, ""
    classes = {answer.class_id for answer in labels}
    surest = max(labels, key=lambda answer: -1.0 if answer.confidence is None else answer.confidence)
    if len(classes) > 1:
        as_sure = {answer.class_id for answer in labels if answer.confidence == surest.confidence}
        if surest.confidence is None or len(as_sure) > 1:
            return None, None, MODELS_DISAGREE
    return surest.class_id, surest.confidence, ""
