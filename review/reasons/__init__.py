"""Why people see an item: one rule for each reason. Pure.

Another reason is another `QueueReason` in BUILT_IN, or an entry point of an installed package, whose code asks by it
with `review.queue.picking.items_pick`:

    [project.entry-points."assay.queue_reasons"]
    complaint = "assay_extra:COMPLAINT"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from labeling.kinds import kinds_of

ENTRY_POINT_GROUP = "assay.queue_reasons"


class Reason(StrEnum):
    """The reasons that our own code speaks of. What each means is its rule, below."""

    UNCERTAIN = "uncertain"
    DIVERSE = "diverse"
    RANDOM = "random"
    FLAGGED = "flagged"
    PICKED = "picked"
    BELOW_CUT = "below_cut"
    AUDIT = "audit"
    SECOND = "second"
    MIXED = "mixed"
    GOLD = "gold"
    GRID = "grid"
    DOUBTED = "doubted"
    BLIND = "blind"


@dataclass(frozen=True)
class QueueReason:
    """One reason, and all that follows from it.

    `priority` is added to the rank of an entry among its own kind, 0 to 1; 0 is what a refill gives.
    """

    name: str  # at most 10 characters
    description: str
    priority: float = 0.0
    always_blind: bool = False  # the model's guess is hidden, whatever the project wants
    told_though_blind: bool = False  # else a blind entry is told as "blind", so that none can tell an audit
    shows_guess: bool = False  # the model's guess and its explanation, unless the project hides them from all
    hides_guess: bool = False  # never, since somebody said that it is wrong
    is_of_doubt: bool = False  # the model's choice: free for other uses, and changes its reason with them
    is_of_refill: bool = False  # made and withdrawn by refills; every other entry was asked for
    is_measuring: bool = False  # closed by blind answers to it, and by nothing else
    has_own_number: bool = False  # answers wanted: its own number, whatever the project wants of its items
    labels: bool = True  # an answer labels the item; else it measures somebody
    is_drawn: bool = False  # a random draw: its first label feeds the holdout
    is_reviewers: bool = False  # handed to reviewers only, and one of them decides
    is_queued: bool = True  # waits in the queue, and is counted there


BUILT_IN = (
    QueueReason(
        Reason.UNCERTAIN, "The model is unsure", shows_guess=True, is_of_doubt=True, is_of_refill=True
    ),
    QueueReason(
        Reason.DIVERSE, "Unlike what is labeled so far", shows_guess=True, is_of_doubt=True, is_of_refill=True
    ),
    QueueReason(
        Reason.RANDOM, "Drawn at random, to measure", always_blind=True, is_of_refill=True, is_drawn=True
    ),
    QueueReason(
        Reason.FLAGGED,
        "Somebody flagged it",
        priority=10.0,  # above all: a person asked for a second look
        told_though_blind=True,
        has_own_number=True,
        is_reviewers=True,
    ),
    QueueReason(Reason.PICKED, "Somebody picked it", priority=1.0, shows_guess=True),
    # Above what a refill gives, with what measures.
    QueueReason(Reason.BELOW_CUT, "Below the cut of a certificate", priority=1.0, shows_guess=True),
    QueueReason(
        Reason.AUDIT,
        "A blind check of an accepted label",
        priority=1.0,
        always_blind=True,
        is_measuring=True,
    ),
    QueueReason(
        Reason.SECOND,
        "A blind second answer, to measure people",
        priority=1.0,
        always_blind=True,
        is_measuring=True,
        has_own_number=True,
        labels=False,
    ),
    # What keeps "blind" from meaning "audit": in everything that follows from a reason it is as an audit.
    QueueReason(
        Reason.MIXED,
        "Drawn at random, to be asked among blind checks",
        priority=1.0,
        always_blind=True,
        is_measuring=True,
    ),
    QueueReason(
        Reason.GOLD,
        "Its answer is known: a blind check of people",
        priority=1.0,
        always_blind=True,
        is_measuring=True,
        has_own_number=True,
        labels=False,
    ),
    # Withdrawn when nobody holds it: never in the queue.
    QueueReason(Reason.GRID, "In a grid, to be confirmed", priority=1.0, is_queued=False),
    QueueReason(
        Reason.DOUBTED, "Marked in a grid as not of the class suggested", priority=1.0, hides_guess=True
    ),
    # What people are told of any blind entry; never stored.
    QueueReason(Reason.BLIND, "Asked without the model's guess", is_queued=False),
)


@cache
def queue_reasons() -> Mapping[str, QueueReason]:
    """By name."""
    return kinds_of(ENTRY_POINT_GROUP, QueueReason, BUILT_IN)


def rule_of(reason: str) -> QueueReason:
    """Of a stored entry: the plainest there is, if its package is no longer installed."""
    return queue_reasons().get(reason) or QueueReason(reason, reason)


def reason_choices() -> list[tuple[str, str]]:
    """For a field of a model, and the API's schema."""
    return [(str(one.name), one.description) for one in queue_reasons().values()]


def reasons_that(rule: str) -> tuple[str, ...]:
    """Names of those whose rule of this name is true."""
    return tuple(str(one.name) for one in queue_reasons().values() if getattr(one, rule))


def shown_reason(reason: str, *, is_blind: bool) -> str:
    """The reason as people are told it: blind entries are all alike, so that none can tell an audit."""
    if not is_blind or rule_of(reason).told_though_blind:
        return reason
    return str(Reason.BLIND)


def sql_list(reasons: Iterable[str]) -> str:
    """For `reason IN (...)`."""
    return ", ".join("'" + str(reason).replace("'", "''") + "'" for reason in reasons)


MEASURING = reasons_that("is_measuring")
OF_DOUBT = reasons_that("is_of_doubt")
OF_REFILL = reasons_that("is_of_refill")
OWN_NUMBER = reasons_that("has_own_number")
SHOWS_GUESS = reasons_that("shows_guess")
