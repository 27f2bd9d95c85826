"""The walk over cuts: it chooses how many labels the machine keeps, and proves them, with one audit sample.

Candidates are ranked 1 (surest) to M before the audits are drawn. At cut k the first k keep the machine's
label. The cuts of a grid are tested from the first on with the exact test on the audits among the first k,
each at the whole of delta; the walk stops at the first that fails and returns the last that passed.

Why testing many cuts costs nothing: ranking and grid are fixed before any answer, so the first cut in the
grid at which too many are wrong is fixed too. A false certificate needs every cut up to that one to pass,
so that one too, and it passes with chance delta at most: given how many audits fall among the first k, they
are a uniform sample of those k. Later cuts are never tested unless it passed. This is fixed-sequence
testing (Maurer, Hothorn and Lehmacher 1995; Angelopoulos, Bates, Candes, Jordan and Lei, "Learn then
Test", arXiv 2110.01052, section on fixed sequence testing). It asks nothing of the ranking: a poor one
only makes the cut low. Nor must the nulls be nested, which the promise on the machine part needs.

What must hold: labels, ranking, eps, delta and the number of audits are fixed before the draw; the draw is
uniform without replacement among all candidates; each drawn item is judged, and one that is not counts as
wrong; what the auditors say is right (human_error.py bounds what it costs if not).

Audits also mend what they find. Where no audited item keeps the machine's label (`corrected`), the promise
"dataset" may count the wrong labels that stay, and so more candidates pass with the same audits: cut_by_count.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from review.certification.exact import allowed_wrong, p_value

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

DATASET, MACHINE = "dataset", "machine"
PROMISES = (DATASET, MACHINE)
MAX_STEPS = 1000
EXPECTED_RATIO = 0.25  # of the tolerance that the surest candidates are expected to use (machine promise)


@dataclass(frozen=True)
class Cut:
    """Where the walk ended: the first `cut` candidates keep the machine's label.

    cut         0 if nothing could be proven
    allowed     wrong labels that the promise allows among the first `cut`
    n_audited   audits among the first `cut`; n_wrong of them were wrong or not answered
    p_value     of the test at this cut (1 at cut 0)
    stopped_at  the first cut that failed; None: none did
    """

    cut: int
    allowed: int
    n_audited: int
    n_wrong: int
    p_value: float
    stopped_at: int | None


def grid(
    *,
    n_items: int,
    n_candidates: int,
    promise: str,
    eps: float,
    delta: float,
    n_audits: int,
    max_steps: int = MAX_STEPS,
) -> IntArray:
    """The cuts to test, in order, at most 1,001: evenly spaced, ending with all M. Fixed before any answer.

    They begin where audits can prove something. The audits to be expected among the first k, less two
    standard deviations, must pass the test there and at every later cut: for "dataset" if nothing wrong is
    found, for "machine" if the surest candidates use a quarter of the tolerance (with chance 0.9). All M
    alone if no cut is like that. A start too early ends the walk at once, for want of audits.

    For "dataset" the cut floor(eps * N) comes before: that many labels may be wrong, so it needs no proof.
    A walk has 1,000 steps; `max_steps` is for plans.
    """
    _check(n_items, n_candidates, promise, n_audits)
    return _grid(n_items, n_candidates, promise, eps, delta, n_audits, max_steps).copy()


@lru_cache(maxsize=64)  # a simulation asks for the same one thousands of times
def _grid(
    n_items: int, n_candidates: int, promise: str, eps: float, delta: float, n_audits: int, max_steps: int
) -> IntArray:
    if n_candidates == 0:
        return np.zeros(0, dtype=np.int64)
    n_steps = min(max_steps, n_candidates)
    steps = np.linspace(n_candidates / n_steps, n_candidates, n_steps)
    cuts = np.ceil(steps - 1e-9).astype(np.int64)
    allowed = allowed_at(cuts, n_items=n_items, eps=eps, promise=promise)
    share = n_audits / n_candidates
    spread = np.sqrt(cuts * share * (1 - share) * (1 - cuts / n_candidates))
    n_expected = np.maximum(0, np.floor(cuts * share - 2 * spread + 1e-9)).astype(np.int64)
    n_wrong = np.zeros_like(n_expected)
    if promise == MACHINE:
        n_wrong = binom.ppf(0.9, n_expected, EXPECTED_RATIO * eps).astype(np.int64)
    fails = np.flatnonzero(p_value(cuts, allowed, n_expected, n_wrong) > delta)
    start = min(int(fails[-1]) + 1, len(cuts) - 1) if len(fails) else 0
    free = allowed[:1] if promise == DATASET else allowed[:0]
    return np.concatenate([free[(free > 0) & (free < cuts[start])], cuts[start:]])


def allowed_at(cuts: npt.ArrayLike, *, n_items: int, eps: float, promise: str) -> IntArray:
    """Wrong labels that the promise allows at each cut: floor(eps * N), or floor(eps * k)."""
    steps = np.asarray(cuts, dtype=np.int64)
    if promise == DATASET:
        return np.full(steps.shape, allowed_wrong(eps, n_items), dtype=np.int64)
    allowed: IntArray = np.floor(eps * steps * (1 + 1e-12) + 1e-12).astype(np.int64)  # as allowed_wrong
    return allowed


def walk(
    *,
    n_items: int,
    n_candidates: int,
    eps: float,
    delta: float,
    promise: str,
    audit_ranks: npt.ArrayLike,
    is_wrong: npt.ArrayLike,
    corrected: bool = False,
) -> Cut:
    """The largest cut that the audits prove.

    n_items      N, all items of the promise "dataset"; for "machine" it plays no part
    audit_ranks  (K,) ranks of the audited candidates, 1 to n_candidates, each once
    is_wrong     (K,) true where the person's answer differs from the machine's label, or there is none
    corrected    no audited item keeps the machine's label; the promise "dataset" then goes by cut_by_count

    With chance 1 - delta or more over the draw, at most Cut.allowed of the first Cut.cut are wrong (with
    `corrected`: of those not audited). Raises ValueError for ranks or counts that cannot be.
    O(1,000 * number of wrong audits) time.
    """
    if corrected and promise == DATASET:
        return cut_by_count(
            n_items=n_items,
            n_candidates=n_candidates,
            eps=eps,
            delta=delta,
            audit_ranks=audit_ranks,
            is_wrong=is_wrong,
        )
    ranks, wrong = _audits(audit_ranks, is_wrong, n_candidates)
    _check(n_items, n_candidates, promise, len(ranks))
    cuts = grid(
        n_items=n_items,
        n_candidates=n_candidates,
        promise=promise,
        eps=eps,
        delta=delta,
        n_audits=len(ranks),
    )
    allowed = allowed_at(cuts, n_items=n_items, eps=eps, promise=promise)
    n_audited = np.searchsorted(np.sort(ranks), cuts, side="right")
    n_wrong = np.searchsorted(np.sort(ranks[wrong]), cuts, side="right")
    p = p_value(cuts, allowed, n_audited, n_wrong)
    fails = p > delta
    n_passed = int(np.argmax(fails)) if fails.any() else len(cuts)
    stopped_at = int(cuts[n_passed]) if n_passed < len(cuts) else None
    if n_passed == 0:
        return Cut(0, allowed_wrong(eps, n_items) if promise == DATASET else 0, 0, 0, 1.0, stopped_at)
    last = n_passed - 1
    return Cut(
        int(cuts[last]),
        int(allowed[last]),
        int(n_audited[last]),
        int(n_wrong[last]),
        float(p[last]),
        stopped_at,
    )


@lru_cache(maxsize=64)
def most_found(
    *, n_candidates: int, allowed: int, n_audits: int, delta: float, corrected: bool = True
) -> int:
    """How many wrong audits cut_by_count may find and still prove `allowed`; -1: not even none.

    Without `corrected`: how many of n_audits among n_candidates the exact test lets be wrong.
    """
    rate = n_audits / n_candidates if n_candidates else 1.0

    def expected(found: float) -> float:
        """Wrong audits to be expected at the bound; the chance of t fewer is below exp(-t^2 / (2 expected))."""
        return rate * (allowed + 1 + (found if corrected else 0))

    low, high = (
        -1,
        n_audits,
    )  # low passes for certain (Chernoff; Hoeffding 1963 for draws without replacement)
    while low < high:
        middle = (low + high + 1) // 2
        is_sure = middle <= expected(middle) - math.sqrt(-2 * math.log(delta) * expected(middle))
        low, high = (middle, high) if is_sure else (low, middle - 1)
    last = n_audits
    if (
        delta <= 0.25
    ):  # then the bound is below the middle of the distribution, which is no further than 1 away
        least = rate * (allowed + 1) / max(1 - rate, 1e-9) if corrected else expected(0)
        last = min(n_audits, math.ceil(least) + 2)
    first = max(0, low)
    found = np.arange(first, max(first, last) + 1)
    p = p_value(n_candidates, allowed + found * corrected, n_audits, np.minimum(found, n_audits))
    return first - 1 + int((p <= delta).sum())


def cut_by_count(
    *,
    n_items: int,
    n_candidates: int,
    eps: float,
    delta: float,
    audit_ranks: npt.ArrayLike,
    is_wrong: npt.ArrayLike,
) -> Cut:
    """The cut for the promise "dataset" where no audited item keeps the machine's label.

    Let E = floor(eps * N) and c the largest whole number with P(Hypergeometric(M, E + 1 + c, K) <= c) <=
    delta: c wrong audits may be found. The cut lies just below the (c + 1)-th wrong audit, counted from
    the surest; at all M if there is none; at E where that is more, for E labels may be wrong anyway. A
    skipped audit is a wrong one.

    With chance 1 - delta or more, at most E of the first `cut` that were not audited are wrong. Proof: list
    the wrong candidates by rank. More than E of them stay below the cut only if at most c were audited by
    the time E + 1 were not; so if, of the first E + 1 + c in that list, at most c were audited. That number
    has the hypergeometric distribution above, for the list is fixed before the draw. If only E + 1 + j
    candidates are wrong in all, j < c, the same holds with j for c, and the chance is smaller: E + 1
    missed among some are E + 1 missed among more. The bound is attained, whatever the ranking.

    `n_wrong` counts the wrong audits below the cut, and `p_value` is the chance above with n_wrong for c.
    Other than the walk this needs no grid. It is of use where audits are a fair part of the candidates,
    as in small sets: there 1 / (1 - K / M) times as many wrong labels are allowed before the audit.

    An audited item that nobody could answer must not keep the machine's label either, or the proof breaks.
    """
    ranks, wrong = _audits(audit_ranks, is_wrong, n_candidates)
    _check(n_items, n_candidates, DATASET, len(ranks))
    allowed = allowed_wrong(eps, n_items)
    most = most_found(n_candidates=n_candidates, allowed=allowed, n_audits=len(ranks), delta=delta)
    found = np.sort(ranks[wrong])
    stopped_at = None
    cut = n_candidates
    if most < 0:
        cut, stopped_at = 0, 1
    elif most < len(found):
        stopped_at = int(found[most])
        cut = stopped_at - 1
    if cut <= allowed:  # more cannot be wrong
        cut = min(allowed, n_candidates)
        stopped_at = None if cut == n_candidates else cut + 1
    n_wrong = int((found <= cut).sum())
    p = 0.0 if cut <= allowed else float(p_value(n_candidates, allowed + n_wrong, len(ranks), n_wrong))
    return Cut(cut, allowed, int((ranks <= cut).sum()), n_wrong, p, stopped_at)


def walk_by_class(
    *,
    n_items: int,
    n_candidates: int,
    eps: float,
    delta: float,
    promise: str,
    audit_ranks: npt.ArrayLike,
    is_wrong: npt.ArrayLike,
    audit_classes: npt.ArrayLike,
    candidate_classes: npt.ArrayLike,
    n_human_by_class: Mapping[Any, int] | None = None,
    corrected: bool = False,
) -> dict[Hashable, Cut]:
    """The walk within each predicted class, so that the promise holds for every class at once.

    audit_classes      (K,) class predicted for each audit
    candidate_classes  (M,) class predicted for each candidate, in order of rank
    n_human_by_class   items of each class labeled by people before the freeze; they count in the promise
                       "dataset", which allows floor(eps * (theirs + candidates predicted so)) in a class

    Each class gets delta / number of predicted classes (Bonferroni), ranks and cuts within the class. Given
    how many audits fall into a class they are a uniform sample of it, so the walk's proof holds there. The
    promise of a class is about the items that were predicted to be of it, or had been given it by people,
    at the freeze. A class with too few audits gets cut 0: about ln(n_classes / delta) / eps are needed in
    each.
    """
    ranks, wrong = _audits(audit_ranks, is_wrong, n_candidates)
    predicted, audited = np.asarray(candidate_classes), np.asarray(audit_classes)
    if predicted.shape != (n_candidates,) or audited.shape != ranks.shape:
        raise ValueError("Needs one class for each candidate and one for each audit.")
    if len(ranks) and (predicted[ranks - 1] != audited).any():
        raise ValueError("The class of an audit is not the one predicted at its rank.")
    humans = dict(n_human_by_class or {})
    if n_candidates + sum(humans.values()) > n_items:
        raise ValueError("More candidates and items labeled by people than items.")
    members = split_by_class(predicted, ranks)
    return {
        one: walk(
            n_items=n_members + humans.get(one, 0),
            n_candidates=n_members,
            eps=eps,
            delta=delta / len(members),
            promise=promise,
            audit_ranks=within,
            is_wrong=wrong[is_here],
            corrected=corrected,
        )
        for one, (n_members, is_here, within) in members.items()
    }


def split_by_class(
    candidate_classes: npt.NDArray[Any], audit_ranks: IntArray
) -> dict[Hashable, tuple[int, BoolArray, IntArray]]:
    """Predicted class -> (its candidates, (K,) which audits are of it, their ranks within it, from 1)."""
    members = {}
    for one in dict.fromkeys(candidate_classes.tolist()):
        is_member = candidate_classes == one
        is_here = is_member[audit_ranks - 1]
        members[one] = (int(is_member.sum()), is_here, np.cumsum(is_member)[audit_ranks[is_here] - 1])
    return members


def _audits(
    audit_ranks: npt.ArrayLike, is_wrong: npt.ArrayLike, n_candidates: int
) -> tuple[IntArray, BoolArray]:
    ranks = np.asarray(audit_ranks, dtype=np.int64).reshape(-1)
    wrong = np.asarray(is_wrong, dtype=np.bool_).reshape(-1)
    if ranks.shape != wrong.shape:
        raise ValueError(f"{len(ranks)} ranks of audits, but {len(wrong)} outcomes.")
    if len(ranks) and (ranks.min() < 1 or ranks.max() > n_candidates):
        raise ValueError(f"Ranks of audits must lie from 1 to {n_candidates}.")
    if len(np.unique(ranks)) < len(ranks):
        raise ValueError("A candidate is audited twice.")
    return ranks, wrong


def _check(n_items: int, n_candidates: int, promise: str, n_audits: int) -> None:
    if promise not in PROMISES:
        raise ValueError(f"promise is {promise!r}; it must be one of {', '.join(PROMISES)}.")
    if not 0 <= n_candidates <= n_items:
        raise ValueError(f"{n_candidates} candidates among {n_items} items.")
    if not 0 <= n_audits <= n_candidates:
        raise ValueError(f"{n_audits} audits among {n_candidates} candidates.")
