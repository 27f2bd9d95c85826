"""Audits in stages: as many as it takes, though nobody knows beforehand how good the machine is.

The salt puts all candidates in an order (draw.py). People answer the first so many, and if that does not do,
twice as many, and so on. After each stage the walk is done on all audits so far, at an equal share of the
attempt's delta. Whether to go on is read off the audits themselves: would the next stage save more review
than it costs?

Why that is allowed: the sizes are fixed before the first answer, and at each stage a false cut has a chance of
at most delta / number of stages, so at any of them delta at most (Bonferroni), whatever rule chooses the stage.

What it costs against the best number of audits, had it been known, which it never is: about nothing where few
labels are wrong, and 5 to 15% more labels where many are (docs/results.md). A plan that misjudges the machine
by a factor of ten, as models on few labels are misjudged, costs several times as many.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from review.certification.exact import allowed_wrong
from review.certification.expectation import Curve, Goal, cuts_expected
from review.certification.walk import DATASET, BoolArray, IntArray, most_found

N_STAGES = 5
GROWTH = 2
LUCK = np.array([0.15, 0.5, 0.85])  # quantiles of the draw that a stage's cut is averaged over
UNSEEN = 0.35  # wrong audits that stand for those that the sample has not met


@dataclass(frozen=True)
class Part:
    """What one walk is about, all candidates or those of a class, and what its audits found.

    cut          where the walk ended
    audit_ranks  (K,) within the part, 1 to n_candidates
    is_wrong     (K,) of each audit
    """

    n_items: int
    n_candidates: int
    cut: int
    audit_ranks: IntArray
    is_wrong: BoolArray


def stage_sizes(
    *, n_items: int, n_candidates: int, eps: float, delta: float, promise: str, n_classes: int = 1
) -> list[int]:
    """How many audits there are by the end of each stage, ascending, at most M; [0] if none can pay.

    The first is the smallest that proves all M although one audit is wrong; each next one is twice as large,
    five in all. With n_classes above 1 the promise is on each class: the first suits classes of equal size.
    `delta` is that of the attempt.
    """
    members, items = max(1, n_candidates // n_classes), n_items // n_classes
    allowed = allowed_wrong(eps, items if promise == DATASET else members)
    risk = delta / N_STAGES / n_classes

    def proves(n: int) -> bool:
        most = most_found(
            n_candidates=members, allowed=allowed, n_audits=n, delta=risk, corrected=promise == DATASET
        )
        return most >= min(1, n)

    first = n_classes * bisect_left(range(members), True, lo=1, key=proves)
    free = allowed_wrong(eps, n_items) if promise == DATASET else 0
    if n_candidates - free <= first:
        return [0 if promise == DATASET else n_candidates]
    return sorted({min(n_candidates, first * GROWTH**stage) for stage in range(N_STAGES)})


def delta_of_stage(delta: float, sizes: Sequence[int]) -> float:
    """The risk that the test of each stage may take."""
    return delta / len(sizes)


def is_next_worth_it(
    parts: Sequence[Part], *, eps: float, delta: float, promise: str, sizes: Sequence[int], stage: int
) -> bool:
    """Whether some later stage should leave people less to do, its own audits included, than this one.

    stage  1, 2, ... of `sizes`; its audits are those of `parts`, and `cut` is theirs
    delta  of a stage

    For the promise "machine" what lies above the cut counts as if people had it to do: it stays unlabeled.
    """
    asked = sizes[stage - 1]
    n_candidates = sum(part.n_candidates for part in parts)
    left = sum(part.n_candidates - part.cut - int((part.audit_ranks > part.cut).sum()) for part in parts)
    for n in sizes[stage:]:
        if n - asked >= left:
            return False  # it costs that much at least, and all that follow do
        share = n / n_candidates
        expected = sum(_left_expected(part, eps, delta / len(parts), promise, share) for part in parts)
        if n - asked + expected < left:
            return True
    return False


def _left_expected(part: Part, eps: float, delta: float, promise: str, share: float) -> float:
    goal = Goal(part.n_items, eps, delta, promise)
    n = round(share * part.n_candidates)
    cuts = cuts_expected(_curve_found(part), goal, n, LUCK, np.ones_like(LUCK))
    return float((part.n_candidates - cuts).mean() * (1 - share))


def _curve_found(part: Part) -> Curve:
    """Each wrong audit stands for M / K wrong candidates around its rank; between them the curve is straight."""
    found = np.sort(part.audit_ranks[part.is_wrong])
    weight = part.n_candidates / max(1, len(part.audit_ranks))
    seen = np.arange(len(found)) + 0.5
    ranks = np.concatenate([[0], found, [part.n_candidates]]).astype(np.float64)
    return Curve(ranks, np.concatenate([[0.0], seen, [len(found) + UNSEEN]]) * weight)
