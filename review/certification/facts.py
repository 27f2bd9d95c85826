"""What a certificate states in numbers and hashes, computed from the labels, the audits and the goal.

document.py writes these facts into a certificate; verify.py computes them again and compares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from review.certification.draw import items_hash, labels_hash, ranking_hash, salt_hash
from review.certification.exact import most_wrong, share_of_delta
from review.certification.human_error import people_error, total_error
from review.certification.labels import IntArray, Labels
from review.certification.stages import stage_levels
from review.certification.walk import DATASET, Cut, grid, walk, walk_by_class

BoolArray = npt.NDArray[np.bool_]

TEST_NAMES = {
    "dataset": "exact hypergeometric test of the wrong labels that stay, cut by count",
    "machine": "exact hypergeometric test, fixed sequence of cuts",
}


def delta_of_attempt(*, number: int, confidence: float, with_second: bool) -> float:
    """The risk that the tests of this attempt may take, all its stages together.

    The attempts share delta = 1 - confidence; where people's own error is bounded too, that bound takes a
    third of delta, and the attempts share the rest.
    """
    return share_of_delta(number) * (1 - confidence) * (2 / 3 if with_second else 1)


def delta_of_people(confidence: float) -> float:
    """The risk that the bound on people's own error may take."""
    return (1 - confidence) / 3


def cuts_compute(
    labels: Labels,
    audits: Sequence[Mapping[str, Any]],
    *,
    goal: Mapping[str, Any],
    delta: float,
    stages: Sequence[int],
    stage: int,
) -> dict[str, Any]:
    """{"test", "per_class", "cut", "allowed_wrong", "audits_in_cut", "wrong_in_cut", "at_most_wrong"}.

    `audits` are those of the document, `delta`, `stages` and `stage` the attempt's. The ranks of `labels` must be
    1 to M, and the audits' among them. Raises ValueError or IndexError for stages that cannot be.
    """
    ranked = labels.in_order_of_rank()
    is_whole = goal["promise"] == DATASET
    level = stage_levels(
        stages,
        n_items=len(labels),
        n_candidates=len(ranked),
        eps=goal["eps"],
        delta=delta,
        promise=goal["promise"],
        per_class=goal["per_class"],
    )[stage - 1]
    audit_ranks = np.array([audit["rank"] for audit in audits], dtype=np.int64)
    is_wrong = np.array([audit["answered"] != audit["predicted"] for audit in audits], dtype=np.bool_)
    asked: dict[str, Any] = {
        "n_items": len(labels),
        "n_candidates": len(ranked),
        "eps": goal["eps"],
        "delta": level,
        "promise": goal["promise"],
        "audit_ranks": audit_ranks,
        "is_wrong": is_wrong,
        "corrected": is_whole,
    }
    name = TEST_NAMES[goal["promise"]]
    if not goal["per_class"]:
        found = walk(**asked)
        steps = None if is_whole else _steps(asked)
        test = _test(name, level, found, steps)
        return {**_cut_facts(found, level, is_whole), "per_class": None, "test": test}
    classes = [labels.predicted[place] for place in ranked]
    by_class = walk_by_class(
        **asked,
        audit_classes=np.array([audit["predicted"] for audit in audits], dtype=object),
        candidate_classes=np.array(classes, dtype=object),
    )
    return _by_class_facts(name, by_class, Counter(classes), level, is_whole)


def source_facts(labels: Labels, audits: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Those of the counts that need no test."""
    n_candidates = int(np.count_nonzero(labels.ranks))
    return {
        "items": len(labels),
        "human_before": len(labels) - n_candidates,
        "candidates": n_candidates,
        "machine": labels.sources.count("machine"),
        "human": labels.sources.count("person"),
        "unlabeled": labels.sources.count(""),
        "audits": len(audits),
        "skipped": sum(audit["answered"] is None for audit in audits),
    }


def hashes_compute(labels: Labels, *, salt: str) -> dict[str, str]:
    """All hashes of the document but that of the model. The ranks must be 1 to M."""
    ranked = labels.in_order_of_rank().tolist()  # a list is walked many times faster
    before = np.flatnonzero(labels.ranks == 0).tolist()
    return {
        "salt": salt_hash(salt),
        "items": items_hash(labels.keys),
        "ranking": ranking_hash((labels.keys[place], labels.predicted[place]) for place in ranked),
        "human_before": items_hash(labels.keys[place] for place in before),
        "labels": labels_hash(zip(labels.keys, labels.labels, labels.sources, strict=True)),
    }


def is_within_cut(labels: Labels, *, cut: int, per_class: Mapping[str, Any] | None) -> BoolArray:
    """(N,) the candidates within the cut; with `per_class`, within that of their predicted class."""
    if per_class is None:
        return (labels.ranks > 0) & (labels.ranks <= cut)
    within = np.zeros(len(labels), dtype=np.bool_)
    for name, places in _places_by_class(labels).items():
        within[places[: per_class.get(name, {"cut": 0})["cut"]]] = True
    return within


def people_error_compute(
    *, goal: Mapping[str, Any], counts: Mapping[str, Any], n_second: int, n_differ: int
) -> dict[str, Any]:
    """The entry people_error of the document, but for its sentence.

    The share by people is that of all items, or of the machine's part if the promise is on that.
    """
    delta = delta_of_people(goal["confidence"])
    upper = people_error(n_second=n_second, n_differ=n_differ, delta=delta)
    if goal["promise"] == "dataset":
        human_share = counts["human"] / counts["items"]
    else:
        human_share = 1 - counts["machine"] / counts["cut"] if counts["cut"] else 0.0
    return {
        "n_second": n_second,
        "n_differ": n_differ,
        "delta": delta,
        "upper": upper,
        "human_share": human_share,
        "total_eps": total_error(eps=goal["eps"], upper=upper, human_share=human_share),
    }


def _places_by_class(labels: Labels) -> dict[str, IntArray]:
    """Predicted class -> positions of its candidates, the surest first."""
    ranked = labels.in_order_of_rank()
    names = np.array([labels.predicted[place] for place in ranked], dtype=object)
    return {str(name): ranked[names == name] for name in dict.fromkeys(names.tolist())}


def _cut_facts(found: Cut, delta: float, corrected: bool) -> dict[str, int]:
    return {
        "cut": int(found.cut),
        "allowed_wrong": int(found.allowed),
        "audits_in_cut": int(found.n_audited),
        "wrong_in_cut": int(found.n_wrong),
        "at_most_wrong": _most_wrong(found, delta) - (found.n_wrong if corrected else 0),
    }


def _most_wrong(found: Cut, delta: float) -> int:
    if found.cut == 0:
        return 0
    return int(most_wrong(population=found.cut, drawn=found.n_audited, wrong=found.n_wrong, delta=delta))


def _steps(asked: Mapping[str, Any]) -> list[int]:
    """First cut, last cut and number of cuts of the walk's grid."""
    names = ("n_items", "n_candidates", "eps", "delta", "promise")
    cuts = grid(**{name: asked[name] for name in names}, n_audits=len(asked["audit_ranks"]))
    return [int(cuts[0]), int(cuts[-1]), len(cuts)] if len(cuts) else [0, 0, 0]


def _test(name: str, level: float, found: Cut, steps: list[int] | None) -> dict[str, Any]:
    return {
        "name": name,
        "level": level,
        "grid": steps,
        "p_value": float(found.p_value),
        "stopped_at": None if found.stopped_at is None else int(found.stopped_at),
    }


def _by_class_facts(
    test_name: str,
    by_class: Mapping[Any, Cut],
    n_candidates: Mapping[str, int],
    level: float,
    corrected: bool,
) -> dict[str, Any]:
    """Sums over the classes, and each class by itself; the largest p value stands for all."""
    per_class: dict[str, dict[str, Any]] = {
        str(name): {
            "candidates": n_candidates[name],
            **_cut_facts(found, level / len(by_class), corrected),
            "p_value": float(found.p_value),
            "stopped_at": None if found.stopped_at is None else int(found.stopped_at),
        }
        for name, found in by_class.items()
    }
    rows = per_class.values()
    summed = ("cut", "allowed_wrong", "audits_in_cut", "wrong_in_cut", "at_most_wrong")
    return {
        **{name: sum(row[name] for row in rows) for name in summed},
        "per_class": per_class,
        "test": {
            "name": f"{test_name}, for each predicted class at an equal share of the level",
            "level": level,
            "grid": None,
            "p_value": max((row["p_value"] for row in rows if row["cut"]), default=1.0),
            "stopped_at": None,
        },
    }
