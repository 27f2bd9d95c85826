"""What a worker does for an inspection, in the order it happens. Runs in the child (inspection_execute).

Each tool's findings are written as soon as they are there, as JSON with a `sentence` that says what they
mean and what to do. The rules are in training/inspections/rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from labeling.item_types import item_types
from labeling.jobs.trouble import told, waited
from labeling.jobs.work import work_finish
from labeling.kinds import load_factory
from labeling.models import ItemType
from training import learners
from training.comparisons.rules.trial import fold_numbers
from training.data.packed import PackedItems, packed_open
from training.data.snapshot import Snapshot, labels_read, snapshot_take
from training.inspections.map_pipeline import draw_map
from training.inspections.rows import inspection_write
from training.inspections.rules import drift
from training.inspections.rules.changed_texts import one_sign_apart
from training.inspections.rules.features import item_features
from training.inspections.rules.label_errors import MIN_LABELS, N_FOLDS, label_errors
from training.inspections.rules.near_duplicates import THRESHOLD, near_duplicates, rows_that_fit
from training.inspections.rules.reliability import reliability_curve
from training.learners.base import take_rows
from training.learners.errors import LearnerError
from training.models import Inspection
from training.rules.metrics import spread_columns

CANDIDATES_SHOWN = 200
GROUPS_SHOWN = 100
GROUP_ITEMS_SHOWN = 20
DUPLICATE_ROWS = 20_000  # items that are compared pair by pair, at most
N_TOOLS = 4

Findings = dict[str, Any]


class _Look:
    """What all tools look at."""

    def __init__(self, inspection: Inspection, snapshot: Snapshot, packed: PackedItems) -> None:
        self.inspection, self.snapshot, self.packed = inspection, snapshot, packed
        self.item_type = inspection.project.form
        self.seed = inspection.seed

    def beat(self, name: str, done: int) -> None:
        told(self.inspection, step_name=name, step=done, n_steps=N_TOOLS, seconds_left=None)

    def beat_map(self, done: int, n: int) -> None:
        self.beat(f"map, {done:,} of {n:,} items", N_TOOLS - 1)


def inspection_execute(inspection: Inspection) -> None:
    """Every tool has written what it found. Raises WorkCancelled, WorkLost, and AssayError."""
    project = inspection.project
    classes = tuple(project.classes.all())
    labels = labels_read(project, classes)

    def reading(done: int, n: int) -> None:
        told(inspection, step_name="reading items", step=done, n_steps=n)

    packed = packed_open(
        project,
        on_progress=reading,
    )
    snapshot = snapshot_take(project, classes=classes, labels=labels, packed=packed, before=None)
    inspection_write(
        inspection,
        labels_hash=snapshot.labels_hash,
        last_human_label_id=snapshot.last_human_label_id,
        n_human=len(snapshot.human),
        n_items=len(packed),
        findings={},
    )
    look = _Look(inspection, snapshot, packed)
    tools: list[tuple[str, Callable[[_Look], Findings]]] = [
        ("labels", find_label_errors),
        ("drift", find_drift),
        ("near_duplicates", find_near_duplicates),
        ("map", _draw_map),
    ]
    for done, (name, tool) in enumerate(tools):
        look.beat(name.replace("_", " "), done)
        try:
            found = tool(look)
        except LearnerError as error:
            found = {"sentence": error.message}
        inspection_write(inspection, findings={**inspection.findings, name: found}, n_deaths=0)
    waited(lambda: work_finish(inspection))


def _draw_map(look: _Look) -> Findings:
    drawn = draw_map(
        look.inspection.project, look.snapshot, look.packed, seed=look.seed, on_progress=look.beat_map
    )
    inspection_write(look.inspection, round=drawn.round, map_points=drawn.points)
    return drawn.findings


# Label errors and reliability


def find_label_errors(look: _Look) -> Findings:
    """Human labels that the other labels contradict, and whether the learner's confidence can be believed."""
    human, n_classes = look.snapshot.human, len(look.snapshot.classes)
    if len(human) < MIN_LABELS or len(set(human.columns.tolist())) < 2:
        return {
            "sentence": f"There are {len(human)} training labels; from {MIN_LABELS} of two classes on, wrong ones "
            "can be told. Label more items."
        }
    X = look.packed.take(human.rows)
    fold = fold_numbers(human.columns, N_FOLDS, seed=look.seed)
    probabilities = np.zeros((len(human), n_classes))
    for number in range(N_FOLDS):
        judged = np.flatnonzero(fold == number)
        if len(judged) == 0:
            continue
        look.beat(f"labels, part {number + 1} of {N_FOLDS}", 0)
        learner = learners.create(look.inspection.learner, item_type=look.item_type, random_state=look.seed)
        rest = np.flatnonzero(fold != number)
        learner.fit(take_rows(X, rest), human.columns[rest])
        given = learner.predict_proba(take_rows(X, judged))
        probabilities[judged] = spread_columns(given, learner.classes_.tolist(), range(n_classes))
    judged = np.flatnonzero(fold >= 0)  # the only label of a class judges nobody, and is not judged
    errors = label_errors(probabilities[judged], human.columns[judged])
    rows = judged[errors.rows[:CANDIDATES_SHOWN]]
    item_ids = look.packed.ids[human.rows[rows]]
    class_ids = look.snapshot.class_ids
    answers = probabilities[judged].argmax(axis=1)
    return {
        "n_labels": len(judged),
        "n_candidates": len(errors.rows),
        "noise_share": max(0.0, errors.noise_share),
        "candidates": [
            {
                "item_id": int(item_id),
                "class_id": class_ids[int(human.columns[row])],
                "confidence": float(errors.self_confidence[place]),
                "suggested_class_id": class_ids[int(errors.suggested[place])],
                "suggested_confidence": float(errors.suggested_confidence[place]),
            }
            for place, (row, item_id) in enumerate(zip(rows, item_ids, strict=True))
        ],
        "reliability": reliability_curve(probabilities[judged].max(axis=1), answers == human.columns[judged]),
        "sentence": _label_sentence(len(judged), len(errors.rows), errors.noise_share),
    }


def _label_sentence(n_labels: int, n_candidates: int, noise_share: float) -> str:
    if n_candidates == 0:
        return f"None of the {n_labels:,} labels stands against the others. Nothing needs to be done."
    return (
        f"{n_candidates:,} of {n_labels:,} labels stand against what the other labels teach; about "
        f"{max(0.0, noise_share):.1%} of all are estimated to be wrong. Not each is a mistake: unusual items are "
        "among them. Send the likeliest to the queue, where a reviewer decides."
    )


# Drift


def find_drift(look: _Look) -> Findings:
    """Whether the labeled items look like the pool, and in what they differ."""
    draw = np.random.default_rng(look.seed)
    sides = [
        _some(rows, drift.MAX_ROWS, draw) for rows in (look.snapshot.human.rows, look.snapshot.pool_rows)
    ]
    if min(map(len, sides)) < drift.MIN_ROWS:
        return {"sentence": drift.drift_sentence(None, [])}
    order = np.argsort(np.concatenate(sides))
    is_labeled = order < len(sides[0])
    together = look.packed.take(np.concatenate(sides)[order])
    labeled, pool = take_rows(together, is_labeled), take_rows(together, ~is_labeled)
    vectors = item_features(together, item_type=look.item_type, random_state=look.seed)
    of_labeled, of_pool = np.flatnonzero(is_labeled), np.flatnonzero(~is_labeled)
    test = drift.two_sample_test(vectors[of_labeled], vectors[of_pool], random_state=look.seed)
    measure = load_factory(item_types()[look.inspection.project.item_type].measured)
    shifts = drift.feature_shifts(measure(labeled), measure(pool))
    found: Findings = {
        "n_labeled": len(sides[0]),
        "n_pool": len(sides[1]),
        "two_sample": test.as_json() if test else None,
        "features": [shift.as_json() for shift in shifts[:50]],
        "n_features": len(shifts),
        "sentence": drift.drift_sentence(test, shifts),
    }
    if look.item_type == ItemType.IMAGE:
        found["intensity"] = {
            "labeled": drift.intensity_histogram(labeled),
            "pool": drift.intensity_histogram(pool),
        }
    return found


# Near duplicates


def find_near_duplicates(look: _Look) -> Findings:
    """Groups of items that are all but the same, and whether people called them the same."""
    draw = np.random.default_rng(look.seed)
    n_all = len(look.packed)
    rows = _with_labeled(look.snapshot.human.rows, n_all, DUPLICATE_ROWS, draw)
    items = look.packed.take(rows)
    vectors = item_features(items, item_type=look.item_type, random_state=look.seed)
    n_dimensions = vectors.shape[1] if isinstance(vectors, np.ndarray) else 100  # sparse: terms of a text
    fits = rows_that_fit(len(rows), n_dimensions)
    if fits < len(rows):
        kept = np.sort(draw.choice(len(rows), fits, replace=False))
        rows, vectors, items = rows[kept], vectors[kept], take_rows(items, kept)
    groups = near_duplicates(
        vectors,
        links=one_sign_apart(items) if look.item_type == ItemType.TEXT else None,
        progress=lambda step, n, left: look.beat(f"near duplicates, {step:,} of {n:,}", 2),
    )
    class_by_row = dict(
        zip(
            look.snapshot.human.rows.tolist(),
            [look.snapshot.class_ids[column] for column in look.snapshot.human.columns],
            strict=True,
        )
    )
    shown = []
    for group in groups:
        members = rows[group.rows]
        classes = sorted({class_by_row[row] for row in members.tolist() if row in class_by_row})
        shown.append(
            {
                "item_ids": look.packed.ids[members[:GROUP_ITEMS_SHOWN]].tolist(),
                "n": len(members),
                "similarity": group.similarity,
                "class_ids": classes,
                "is_conflict": len(classes) > 1,
            }
        )
    shown.sort(key=lambda group: not group["is_conflict"])  # stable: within, the largest first
    n_extra = sum(len(group.rows) - 1 for group in groups)
    n_conflicts = sum(group["is_conflict"] for group in shown)
    return {
        "n_items": n_all,
        "n_compared": len(rows),
        "threshold": THRESHOLD,
        "n_groups": len(groups),
        "n_extra": n_extra,
        "n_conflicts": n_conflicts,
        "groups": shown[:GROUPS_SHOWN],
        "sentence": _duplicate_sentence(len(rows), len(groups), n_extra, n_conflicts),
    }


def _duplicate_sentence(n: int, n_groups: int, n_extra: int, n_conflicts: int) -> str:
    if n_groups == 0:
        return f"No two of {n:,} items are all but the same. Nothing needs to be done."
    sentence = (
        f"{n_extra:,} of {n:,} items are all but the same as another. Copies that lie in the training labels and in "
        "the holdout at once make the model look better than it is: remove them before the next import."
    )
    if n_conflicts:
        sentence += f" People gave different classes within {n_conflicts:,} of the groups: look there first."
    return sentence


# Rows


def _some(rows: np.ndarray, n: int, draw: np.random.Generator) -> np.ndarray:
    return np.sort(draw.choice(rows, n, replace=False)) if len(rows) > n else rows


def _with_labeled(labeled: np.ndarray, n_all: int, n: int, draw: np.random.Generator) -> np.ndarray:
    """At most n of n_all rows, ascending: the labeled ones first, as their copies do most harm."""
    if n_all <= n:
        return np.arange(n_all)
    first = _some(labeled, n, draw)
    others = np.setdiff1d(np.arange(n_all), first)
    return np.sort(np.concatenate([first, draw.choice(others, n - len(first), replace=False)]))
