"""May this answer be stored? Pure: the facts come from locked rows, the sentence goes back to the person.

An answer that comes late (its lease ran out or was given back, or a publish has withdrawn the entry since)
is stored all the same as long as the item wants one: the work is done, and throwing it away helps nobody.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Answered:
    """What an answer says: two answers with one key must agree in all of this."""

    person_id: int
    entry_id: int | None
    kind: str  # label, skip_me, skip_all, not_this
    class_id: int | None


@dataclass(frozen=True)
class Facts:
    """What the database knows when an answer comes in, read under the entry's lock."""

    prior: Answered | None  # the stored answer with this key
    entry_state: str | None  # None: no such entry in this project
    is_class_known: bool  # of this project; true where no class is named
    lease_state: str | None  # of the person's last lease of this entry; None: never had it
    lease_created_at: dt.datetime | None
    human_label_at: dt.datetime | None  # when the item's standing human label was made
    is_in_grid: bool = False  # that lease: handed out in a grid, with the suggestion
    is_measuring: bool = (
        False  # an audit, a second answer, gold: wanted whatever anybody else says of the item
    )


@dataclass(frozen=True)
class Refusal:
    code: str
    message: str


REPEATED = "repeated"
STORED = "stored"

CLOSED = {
    "done": "It has all the answers it wanted.",
    "disputed": "People disagreed about it, and a reviewer decides now.",
    "skipped": "It was skipped for everyone.",
}


def judge(answer: Answered, key: UUID, facts: Facts) -> str | Refusal:
    """STORED if the answer is to be stored, REPEATED if it already is, or why it is refused."""
    if facts.prior is not None:
        if facts.prior == answer:
            return REPEATED
        return Refusal(
            "key_taken", f"The key {key} belongs to another answer; make a new one for each answer."
        )
    if facts.entry_state is None:
        return Refusal(
            "no_entry",
            f"There is no entry {answer.entry_id} in this project; claim entries and answer those.",
        )
    if not facts.is_class_known:
        return Refusal(
            "unknown_class",
            f"Class {answer.class_id} is not one of this project's; load the classes again and choose one.",
        )
    return _judge_turn(answer, facts) or STORED


def _judge_turn(answer: Answered, facts: Facts) -> Refusal | None:
    """Is it this person's turn, and is the entry still open?"""
    if facts.lease_state is None:
        return Refusal(
            "not_claimed", f"Entry {answer.entry_id} was never handed to you; claim entries first."
        )
    if answer.kind == "not_this" and not facts.is_in_grid:
        return Refusal(
            "not_in_grid",
            f"Entry {answer.entry_id} was not shown to you in a grid, so there is no class to mark it as not of; "
            "answer with a class, or skip it.",
        )
    if facts.lease_state == "answered":
        return Refusal(
            "already_answered",
            f"You have answered entry {answer.entry_id} before; undo that answer to change it.",
        )
    if facts.lease_state == "skipped":
        return Refusal(
            "already_skipped", f"You have skipped entry {answer.entry_id} before; undo that to answer it."
        )
    if facts.entry_state in CLOSED:
        return Refusal("entry_closed", f"Entry {answer.entry_id} is closed. {CLOSED[facts.entry_state]}")
    if _is_labeled_since(facts):
        return Refusal(
            "already_labeled",
            f"The item of entry {answer.entry_id} was labeled by somebody else after it was handed to you; "
            "a reviewer may relabel it.",
        )
    return None


def _is_labeled_since(facts: Facts) -> bool:
    """Has somebody else labeled the item since it was handed out, or been why the entry was withdrawn?"""
    if facts.human_label_at is None or (facts.is_measuring and facts.entry_state != "withdrawn"):
        return False
    if facts.entry_state == "withdrawn":
        return True
    return facts.lease_created_at is not None and facts.human_label_at > facts.lease_created_at
