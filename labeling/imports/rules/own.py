"""What becomes of a row of an export of ours: it is taken as it stands. Pure.

- What the project has said itself is not said again: a label, or an answer, of that class at that moment is known.
- The split is settled: nothing is drawn, and the holdout stays the holdout.
- The label is what stood, a person's or a machine's; single answers are kept beside it and make none.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from labeling.formats.rows import Said, SaidKind
from labeling.imports.rules.answers import Answer, NewAnswer, NewLabel, against_person, answer_of

if TYPE_CHECKING:
    from labeling.imports.rules.decisions import Batch, Incoming, ItemState


def word_of(class_id: int | None, is_human: bool, at: dt.datetime | None) -> str:
    """What tells one word on an item from another, whoever keeps it: the class, the kind of author, the moment."""
    return f"{class_id}|{is_human:d}|{'' if at is None else at.astimezone(dt.UTC).isoformat()}"


def bring_home(batch: Batch, incoming: Incoming, state: ItemState) -> None:
    """Decide on a row of an export of ours."""
    state.answers = [Answer(*answer) for answer in state.answers or ()]
    _settle_split(batch, incoming, state)
    if incoming.stood is not None:
        _take_label(batch, incoming, state, *incoming.stood)
    for said, class_id in incoming.said or ():
        if word_of(class_id, said.is_human, said.at) not in state.words:
            _keep(batch, state, said, class_id)


def _settle_split(batch: Batch, incoming: Incoming, state: ItemState) -> None:
    wanted = incoming.row.split if batch.rules.split == "auto" else batch.rules.split
    is_said = incoming.stood is not None or batch.rules.split == "auto"
    if wanted == "pool" or not is_said or state.was_labeled or state.split != "pool":
        return
    if incoming.key in batch.new:
        state.split = wanted
    elif incoming.stood is not None and incoming.stood[0].is_human and state.human_id is None:
        state.split = batch.decisions.splits[state.id] = wanted


def _take_label(batch: Batch, incoming: Incoming, state: ItemState, said: Said, class_id: int) -> None:
    answer = answer_of(said, class_id)
    if word_of(class_id, said.is_human, said.at) in state.words or answer in (state.answers or ()):
        batch.report.n_labels_known += 1
        return
    if said.is_human:
        if state.human_id == class_id:
            batch.report.n_labels_known += 1
            return
        if state.human_id is not None:
            batch.conflict(incoming, state.human_id, class_id, "The label that stands was kept.")
            return
        state.human_id, state.human_is_ours, state.was_labeled = class_id, True, True
        batch.labels[state.id, True] = NewLabel(state.id, class_id, True, None, "")
    elif state.machine_id is None:
        state.machine_id = class_id
        batch.labels[state.id, False] = NewLabel(
            state.id, class_id, False, said.confidence, against_person(class_id, state.human_id),
            model=said.who, threshold=said.threshold,
        )  # fmt: skip
    else:
        batch.report.n_labels_known += 1
        return
    state.label_row = incoming.row.number
    is_told = any(one.is_human and one.who == said.who and of == class_id for one, of in incoming.said or ())
    if not (said.is_human and is_told):
        _keep(batch, state, said, class_id)


def _keep(batch: Batch, state: ItemState, said: Said, class_id: int | None) -> None:
    """Who said so, when and how, is kept as an answer that the file tells, unless it is there."""
    answer = answer_of(said, None if said.kind == SaidKind.IGNORE else class_id)
    if state.answers is None:
        state.answers = []
    if answer not in state.answers:
        state.answers.append(answer)
        batch.decisions.answers.append(NewAnswer(state.id, answer, said.probabilities, said.note))
