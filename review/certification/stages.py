"""Audits in stages: as many as it takes, though nobody knows beforehand how good the machine is.

The salt puts all candidates in an order (draw.py). People answer the first so many, and if that does not do,
some more, and so on. After each stage the walk is done on all audits so far, at the stage's own level. Whether
to go on is read off the audits themselves: would a later stage save more review than it costs?

Why that is allowed: the sizes are fixed before the first answer, and the levels are such that false cuts at any
of the stages together have a chance of delta at most, whatever rule chooses the stage. For the promise on all
of the dataset the levels are joint ones (nested.py). The grid of the machine promise changes with the number of
audits, and the classes' numbers of audits are known only once they are drawn: there each stage has an equal
share (Bonferroni), so there are fewer stages.

What it costs against the best number of audits, had it been known, which it never is, and how sizes and risks
were chosen: docs/decisions/0016-joint-levels-of-stages.md.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from review.certification.exact import allowed_wrong
from review.certification.expectation import Curve, Goal, cuts_expected
from review.certification.nested import joint_levels
from review.certification.walk import DATASET, BoolArray, IntArray, most_found

# Where levels are joint: of delta, what the first stage may take, and the power by which that grows to all of it.
FIRST_RISK, LATER = 0.4, 0.75
N_JOINT_STAGES, JOINT_GROWTH = 9, math.sqrt(2)
# Where each stage has an equal share.
N_STAGES, GROWTH = 5, 2.0
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
    *, n_items: int, n_candidates: int, eps: float, delta: float, promise: str, n_classes: int | None = None
) -> list[int]:
    """How many audits there are by the end of each stage, ascending, at most M; [0] if none can pay.

    The first is the smallest that proves all M although one audit is wrong. With n_classes the promise is on
    each class: the first suits classes of equal size. `delta` is that of the attempt.
    """
    is_joint = promise == DATASET and n_classes is None
    n_stages, growth = (N_JOINT_STAGES, JOINT_GROWTH) if is_joint else (N_STAGES, GROWTH)
    n_parts = n_classes or 1
    members, items = max(1, n_candidates // n_parts), n_items // n_parts
    allowed = allowed_wrong(eps, items if promise == DATASET else members)
    risk = delta * (FIRST_RISK if is_joint else 1 / n_stages / n_parts)

    def proves(n: int) -> bool:
        most = most_found(
            n_candidates=members, allowed=allowed, n_audits=n, delta=risk, corrected=promise == DATASET
        )
        return most >= min(1, n)

    first = n_parts * bisect_left(range(members), True, lo=1, key=proves)
    free = allowed_wrong(eps, n_items) if promise == DATASET else 0
    if n_candidates - free <= first:
        return [0 if promise == DATASET else n_candidates]
    return sorted({min(n_candidates, round(first * growth**stage)) for stage in range(n_stages)})


def stage_levels(
    sizes: Sequence[int],
    *,
    n_items: int,
    n_candidates: int,
    eps: float,
    delta: float,
    promise: str,
    per_class: bool,
) -> tuple[float, ...]:
    """(S,) the risk that the test of each stage may take; `delta` is that of the attempt.

    One stage alone takes all of it. Else, for the promise on the dataset, by stage s (0 to S - 1) the tests so
    far take together at most delta * (0.4 + 0.6 * (s / (S - 1)) ** 0.75): most attempts end early. For the machine
    promise, and for promises on each class, each stage takes delta / S. Raises ValueError for sizes that cannot be.
    """
    n_stages = len(sizes)
    if n_stages == 1:
        return (delta,)
    if promise != DATASET or per_class:
        return (delta / n_stages,) * n_stages
    shares = FIRST_RISK + (1 - FIRST_RISK) * np.linspace(0, 1, n_stages) ** LATER
    return joint_levels(
        n_candidates=n_candidates,
        allowed=allowed_wrong(eps, n_items),
        sizes=tuple(sizes),
        risks=tuple((delta * shares).tolist()),
    )


def is_next_worth_it(
    parts: Sequence[Part],
    *,
    eps: float,
    levels: Sequence[float],
    promise: str,
    sizes: Sequence[int],
    stage: int,
) -> bool:
    """Whether some later stage should leave people less to do, its own audits included, than this one.

    stage   1, 2, ... of `sizes`; its audits are those of `parts`, and `cut` is theirs
    levels  (S,) of stage_levels

    For the promise "machine" what lies above the cut counts as if people had it to do: it stays unlabeled.
    """
    asked = sizes[stage - 1]
    n_candidates = sum(part.n_candidates for part in parts)
    left = sum(part.n_candidates - part.cut - int((part.audit_ranks > part.cut).sum()) for part in parts)
    for n, level in zip(sizes[stage:], levels[stage:], strict=True):
        if n - asked >= left:
            return False  # it costs that much at least, and all that follow do
        share = n / n_candidates
        expected = sum(_left_expected(part, eps, level / len(parts), promise, share) for part in parts)
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
