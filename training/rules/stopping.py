"""When a run has done enough rounds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PATIENCE = 2  # rounds without a gain on the holdout


@dataclass(frozen=True)
class RoundOutcome:
    """What a finished round says about doing another."""

    n_pool: int
    n_accepted: int
    is_same_as_before: bool  # accepted the same classes for the same items as the round before
    accuracy: float | None  # on the holdout, 0 to 1; None: there is none
    log_loss: float | None  # on the holdout, nats; lower is better


def stop_reason(rounds: Sequence[RoundOutcome], *, n_rounds: int, uses_unlabeled: bool = False) -> str | None:
    """Why no round should follow these, as a sentence; None: do another.

    uses_unlabeled  the learner takes the whole pool into each fit, and is never given pseudo-labels
    """
    if not rounds:
        return None
    last = rounds[-1]
    if last.n_pool == 0:
        return "Every item has a human label, so there was nothing left to predict."
    if len(rounds) >= n_rounds:
        return (
            f"It did the {n_rounds} rounds that were asked for." if n_rounds > 1 else "It did its one round."
        )
    if uses_unlabeled:
        return "This learner learns from the whole pool at once, so another round would learn the same."
    if last.n_accepted == 0:
        return (
            "No prediction passed the threshold, so another round would learn the same. "
            "Lower the threshold, or label more items."
        )
    if last.is_same_as_before:
        return "The last round accepted nothing new, so another one would learn the same."
    if len(rounds) > PATIENCE and not _has_gained(rounds):
        return f"The last {PATIENCE} rounds brought no gain on the holdout."
    return None


def _has_gained(rounds: Sequence[RoundOutcome]) -> bool:
    """True if one of the last PATIENCE rounds beats all before them: more accurate, or as accurate and surer.

    The log-loss decides ties, because a holdout of a hundred moves in steps of a whole per cent.
    """
    scores = [
        (round.accuracy, -round.log_loss)
        for round in rounds
        if round.accuracy is not None and round.log_loss is not None
    ]
    if len(scores) < len(rounds):
        return True  # without a holdout in each round nobody can tell
    return max(scores[-PATIENCE:]) > max(scores[:-PATIENCE])
