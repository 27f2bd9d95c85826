"""What becomes of each row of a batch, given what is known of its item. Pure.

- An item is known by its key. The same key with other content is a problem, never an overwrite.
- A label that stands stays. A different one in the file is reported, not taken.
- If the file contradicts itself, neither of its labels stands.
- Where a file tells who said what, the label is what all of it comes to: labeling/imports/rules/answers.py.
- An item's first human label draws it into the holdout, or the file says that it is for testing.
- Of an item that people are asked about blind nothing is told: people's words for it are left out, whatever they say
  and whatever is said already. A machine's word is taken, and counted as if nobody had said anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from labeling.formats.rows import Problem, Row, Said
from labeling.imports.rules.answers import (
    Answer,
    NewAnswer,
    NewLabel,
    Outcome,
    against_person,
    answer_of,
    outcome_of,
    report_new,
)
from labeling.imports.rules.own import bring_home
from labeling.imports.rules.report import ImportReport
from labeling.imports.rules.sealing import Sealing
from labeling.labels.holdout import is_holdout_draw
from labeling.storing.images import CheckedImage

LEFT_OUT = (
    "People are asked blind about the item, so what the file says of it was left out, whatever that is. "
    "Import the file again when they have answered."
)


@dataclass(slots=True)
class Incoming:
    """A row whose payload has been checked and whose label has a class."""

    row: Row
    key: str
    content_hash: str
    image: CheckedImage | None = None
    class_id: int | None = None  # the label to be taken
    sealed: Sequence[tuple[Said, int | None]] = ()  # people's words to be kept as sealed truth
    said: Sequence[tuple[Said, int | None]] = ()  # each with its class, instead of class_id
    stood: tuple[Said, int] | None = None  # of an export of ours: its label, with the class


@dataclass(slots=True)
class ItemState:
    """An item as the database has it, and then as the batch leaves it."""

    id: int
    content_hash: str
    split: str = "pool"
    is_ours: bool = False  # this import added it
    is_withheld: bool = False  # from whoever imports: labeling/blindness.py
    was_labeled: bool = False  # some person's label was or is on it
    human_id: int | None = None  # class of the human label that stands
    human_is_ours: bool = False
    machine_id: int | None = None  # class of the label by this import's own machine source
    is_disputed: bool = False  # this import has contradicted itself on it
    sealed_id: int | None = None
    label_row: int | None = None  # row of this batch that set the label
    answers: list[Answer] | None = None  # all that files said of it, in order
    words: tuple[str, ...] = ()  # that the project said itself: labeling/imports/rules/own.py


@dataclass(slots=True)
class NewItem:
    id: int
    split: str
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class BatchRules:
    """What holds for every row of an import."""

    is_human: bool
    salt: str
    holdout_share: float
    split: str  # auto, pool or test
    class_names: Mapping[int, str]
    answers_wanted: int = 1  # of named people, before what they say is a label


@dataclass(slots=True)
class Decisions:
    """What the batch writes."""

    items: list[NewItem] = field(default_factory=list)
    labels: list[NewLabel] = field(default_factory=list)
    splits: dict[int, str] = field(default_factory=dict)  # of known items: item id -> split
    withdrawn: list[tuple[int, bool]] = field(
        default_factory=list
    )  # (known item, is_human): not ours any more
    answers: list[NewAnswer] = field(default_factory=list)
    sealed: dict[int, int] = field(default_factory=dict)  # item id -> class id
    unsealed: list[int] = field(default_factory=list)
    touched: dict[str, ItemState] = field(default_factory=dict)  # by key: as the batch leaves them


class Batch:
    """Decides row by row; `decide` is called once for each, in the order of the file."""

    def __init__(
        self,
        rules: BatchRules,
        *,
        known: dict[str, ItemState],
        same_content: dict[str, str],
        next_ids: Iterator[int],
        report: ImportReport,
        sealing: Sealing,
    ) -> None:
        """`known`: by key; `same_content`: content hash -> key of an item that has it; `sealing`: of all batches."""
        self.rules = rules
        self.known = known
        self.same_content = same_content
        self.next_ids = next_ids
        self.report = report
        self.sealing = sealing
        sealing.begin()
        self.new: dict[str, NewItem] = {}
        self.labels: dict[tuple[int, bool], NewLabel] = {}  # by item and whether it is a person's
        self.heard: dict[str, tuple[Incoming, Outcome]] = {}  # by key: the last row, and what was said before
        self.ours = {state.id for state in known.values() if state.is_ours}  # items that this import added
        self.withheld = {state.id for state in known.values() if state.is_withheld}
        self.decisions = Decisions()

    def decide(self, incoming: Incoming) -> None:
        state = self.known.get(incoming.key)
        if state is None:
            state = self._add(incoming)
        elif state.content_hash != incoming.content_hash:
            self.report.add_problem(
                Problem(
                    incoming.row.number,
                    "id",
                    f"The id {incoming.key[:80]!r} is used already, for other content. The row was left out.",
                    incoming.row.file,
                )
            )
            return
        elif state.is_ours:
            self.report.add_repeat(was_known=False)
            if (
                not incoming.said and not incoming.row.is_exported
            ):  # else it may be another's word on the same item
                self.report.add_duplicate(row=incoming.row.number, key=incoming.key, same_as=incoming.key)
        else:
            self.report.add_repeat(was_known=True)
        self.decisions.touched[incoming.key] = state
        if state.is_withheld:
            self._leave_to_people(incoming)
        if incoming.row.is_exported:
            bring_home(self, incoming, state)
        elif incoming.said:
            self._hear(incoming, state)
        if incoming.class_id is not None:
            if self.rules.is_human:
                self._label_by_person(incoming, state, incoming.class_id)
            else:
                self._label_by_machine(incoming, state, incoming.class_id)
        if incoming.sealed:
            self._seal(incoming, state)

    def finish(self) -> Decisions:
        """The decisions, with the counts of what they write added to the report."""
        decisions = self.decisions
        for key, (incoming, before) in self.heard.items():
            self._settle(incoming, self.known[key], before)
        items = {state.id: state for state in self.known.values()} if self.sealing.heard else {}
        decisions.sealed, decisions.unsealed = self.sealing.settle(items)
        decisions.items = list(self.new.values())
        decisions.labels = list(self.labels.values())
        for item in decisions.items:
            item.split = self.known[item.incoming.key].split
        splits = [item.split for item in decisions.items] + list(decisions.splits.values())
        self.report.add_items(len(decisions.items))
        self._count_labels(decisions)
        self.report.n_labels_added += sum(self._is_added(label) for label in decisions.labels)
        self.report.n_labels_added -= len(decisions.withdrawn)
        self.report.n_sealed += len(decisions.sealed) - len(decisions.unsealed)
        self.report.n_holdout += splits.count("holdout")
        self.report.n_test += splits.count("test")
        return decisions

    def _is_added(self, label: NewLabel) -> bool:
        """Counted as a label that stands. Whether a person's stands above a machine's is not told of what is withheld."""
        if label.item_id in self.withheld:
            return label.retired_reason != "withdrawn"
        return not label.retired_reason

    def _leave_to_people(self, incoming: Incoming) -> None:
        """Take people's words, and all of an export of ours, out of a row about what is withheld."""
        is_ours = incoming.row.is_exported
        heard = [one for one in incoming.said or () if not (one[0].is_human or is_ours)]
        n_left_out = len(incoming.said or ()) - len(heard)
        if is_ours:
            n_left_out = min(1, n_left_out + (incoming.stood is not None))  # a row of ours is one label
        if self.rules.is_human and incoming.class_id is not None:
            n_left_out += 1
            incoming.class_id = None
        n_left_out += bool(incoming.sealed)
        incoming.said, incoming.stood, incoming.sealed = heard, None, ()
        if n_left_out:
            self.report.n_labels_asked_blind += n_left_out
            self.report.drop("labels", LEFT_OUT, n_left_out)

    def _count_labels(self, decisions: Decisions) -> None:
        """Labels by origin and class, and the items of this import that have none."""
        kept = [label for label in decisions.labels if label.retired_reason != "withdrawn"]
        names = self.rules.class_names
        by_person = [label for label in kept if label.is_human]
        by_machine = [label for label in kept if not label.is_human] if len(by_person) < len(kept) else []
        for labels, is_human in ((by_person, True), (by_machine, False)):
            self.report.add_labels([names[label.class_id] for label in labels], is_human=is_human)
        if by_person and by_machine:
            for label in by_machine:
                if (label.item_id, True) in self.labels:  # a class is counted once for each item
                    self.report.classes[names[label.class_id]] -= 1
        n_labeled = len(self.ours.intersection([label.item_id for label in kept]))
        n_labeled -= len(self.ours.intersection([item_id for item_id, _ in decisions.withdrawn]))
        self.report.labels["none"] += len(decisions.items) - n_labeled

    def _add(self, incoming: Incoming) -> ItemState:
        state = ItemState(next(self.next_ids), incoming.content_hash, is_ours=True)
        self.ours.add(state.id)
        self.known[incoming.key] = state
        self.new[incoming.key] = NewItem(state.id, "pool", incoming)
        twin = self.same_content.setdefault(incoming.content_hash, incoming.key)
        if twin != incoming.key:
            self.report.add_duplicate(row=incoming.row.number, key=incoming.key, same_as=twin)
        return state

    def _label_by_person(self, incoming: Incoming, state: ItemState, class_id: int) -> None:
        if state.is_disputed:
            self.conflict(
                incoming, None, class_id, "The file contradicts itself on this item, so it has no label."
            )
        elif state.human_id is None:
            self._set_split(incoming, state)
            state.human_id, state.human_is_ours, state.was_labeled = class_id, True, True
            state.label_row = incoming.row.number
            self.labels[state.id, True] = NewLabel(state.id, class_id, True, None, "")
        elif state.human_id == class_id:
            self.report.n_labels_known += 1
        elif not state.human_is_ours:
            self.conflict(incoming, state.human_id, class_id, "The label that stands was kept.")
        else:
            self._dispute(incoming, state, state.human_id, class_id)
            state.human_id = None

    def _label_by_machine(self, incoming: Incoming, state: ItemState, class_id: int) -> None:
        if state.is_disputed:
            self.conflict(
                incoming, None, class_id, "The file contradicts itself on this item, so it has no label."
            )
        elif state.machine_id is None:
            reason = against_person(class_id, state.human_id)
            state.machine_id = class_id
            state.label_row = incoming.row.number
            self.labels[state.id, False] = NewLabel(
                state.id, class_id, False, incoming.row.confidence, reason
            )
        elif state.machine_id == class_id:
            self.report.n_labels_known += 1
        else:
            self._dispute(incoming, state, state.machine_id, class_id)

    def _hear(self, incoming: Incoming, state: ItemState) -> None:
        """Keep what is new of what was said. What it comes to is settled when all of the batch is heard."""
        if state.answers is None:
            state.answers = []
        state.answers = [Answer(*answer) for answer in state.answers]
        if incoming.key not in self.heard:
            before = outcome_of(state.answers, answers_wanted=self.rules.answers_wanted)
            self.heard[incoming.key] = (incoming, before)
        for said, class_id in incoming.said or ():
            answer = answer_of(said, class_id)
            if answer in state.answers:
                self.report.n_labels_known += 1
                continue
            state.answers.append(answer)
            self.decisions.answers.append(NewAnswer(state.id, answer, said.probabilities, said.note))
            report_new(self.report, answer)

    def _settle(self, incoming: Incoming, state: ItemState, before: Outcome) -> None:
        after = outcome_of(state.answers or [], answers_wanted=self.rules.answers_wanted)
        if after.why != before.why:
            if before.why and state.is_ours:
                self.report.drop("labels", before.why, -1)
            if after.why:
                self.report.drop("labels", after.why)
        if state.is_withheld:
            pass  # only machines were heard
        elif after.human_id != state.human_id and (state.human_id is None or state.human_is_ours):
            self._replace_human(incoming, state, after.human_id)
        elif after.human_id not in (None, state.human_id):
            self.conflict(incoming, state.human_id, after.human_id or 0, "The label that stands was kept.")
        if after.machine_id != state.machine_id:
            self._replace_machine(incoming, state, after)

    def _replace_human(self, incoming: Incoming, state: ItemState, class_id: int | None) -> None:
        if state.human_id is not None:
            self._withdraw(state, state.human_id, is_human=True)
            state.human_id = None
        if class_id is not None:
            self._set_split(incoming, state)
            state.human_id, state.human_is_ours, state.was_labeled = class_id, True, True
            self.labels[state.id, True] = NewLabel(state.id, class_id, True, None, "")

    def _replace_machine(self, incoming: Incoming, state: ItemState, after: Outcome) -> None:
        if state.machine_id is not None:
            self._withdraw(state, state.machine_id, is_human=False)
        state.machine_id = after.machine_id
        if after.machine_id is not None:
            reason = against_person(after.machine_id, state.human_id)
            model = next((said.who for said, _ in incoming.said or () if not said.is_human), "")
            self.labels[state.id, False] = NewLabel(
                state.id, after.machine_id, False, after.confidence, reason, model
            )

    def _withdraw(self, state: ItemState, class_id: int, *, is_human: bool) -> None:
        """A label that an earlier batch of this import wrote stands no longer."""
        self.decisions.withdrawn.append((state.id, is_human))
        self.report.take_label_back(self.rules.class_names[class_id], is_human=is_human)

    def _dispute(self, incoming: Incoming, state: ItemState, first: int, second: int) -> None:
        where = "an earlier row" if state.label_row is None else f"row {state.label_row:,}"
        message = f"Other than in {where} of this file, so neither was taken."
        self.conflict(incoming, first, second, message, n_labels=2)
        state.is_disputed = True
        pending = self.labels.get((state.id, self.rules.is_human))
        if pending is None:
            self.decisions.withdrawn.append((state.id, self.rules.is_human))
            self.report.take_label_back(self.rules.class_names[first], is_human=self.rules.is_human)
            return
        pending.retired_reason = "withdrawn"
        if state.split != "pool" and (state.id in self.decisions.splits or incoming.key in self.new):
            state.split = "pool"  # it never had a label that stood, so it measures nothing
            self.decisions.splits.pop(state.id, None)

    def _set_split(self, incoming: Incoming, state: ItemState) -> None:
        wanted = incoming.row.split if self.rules.split == "auto" else self.rules.split
        if wanted == "pool" and not state.was_labeled and state.split == "pool":
            if not is_holdout_draw(self.rules.salt, state.id, self.rules.holdout_share):
                return
            wanted = "holdout"
        if wanted == "pool" or wanted == state.split:
            return
        if state.was_labeled or state.split != "pool":
            self.report.add_problem(
                Problem(
                    incoming.row.number,
                    "split",
                    f"The item was labeled before and is in the {state.split}, so it cannot become {wanted}: "
                    "it may have been trained on. Its label was taken.",
                    incoming.row.file,
                    left_out="",
                )
            )
            return
        state.split = wanted
        if incoming.key not in self.new:
            self.decisions.splits[state.id] = wanted

    def _seal(self, incoming: Incoming, state: ItemState) -> None:
        for said, class_id in incoming.sealed:
            answer = answer_of(said, class_id)
            differs = self.sealing.hear(state.id, answer, state.sealed_id, self.report)
            if differs is not None and class_id is not None:
                self.conflict(incoming, differs[0], class_id, differs[1])

    def conflict(
        self, incoming: Incoming, first: int | None, second: int, message: str, *, n_labels: int = 1
    ) -> None:
        names = self.rules.class_names
        self.report.add_conflict(
            row=incoming.row.number,
            key=incoming.key,
            label=names[second],
            other="" if first is None else names[first],
            message=message,
            n_labels=n_labels,
        )
