"""Certificates of small known populations, made as the service makes them, for tests of documents and their check."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from review.certification.draw import draw
from review.certification.facts import cuts_compute, delta_of_attempt, is_within_cut
from review.certification.labels import LabelRow, Labels, labels_of
from review.certification.statement.document import document_build

CLASSES = ["cat", "dog", "owl"]
SALT = "3f1c-salt-of-the-tests"
ODD_KEYS = ['a "quoted", one', "Ünïcode\n two lines", "007"]


@dataclass
class Case:
    """A certificate, the rows of its labels, and the truth."""

    document: dict[str, Any]
    rows: list[LabelRow]
    truth: dict[str, str]

    @property
    def labels(self) -> Labels:
        return labels_of(self.rows)


def make_case(
    *,
    promise: str = "dataset",
    eps: float = 0.05,
    confidence: float = 0.95,
    per_class: bool = False,
    n_items: int = 900,
    n_human: int = 60,
    n_audits: int = 150,
    error_rate: float = 0.04,
    n_skipped: int = 0,
    second: tuple[int, int] | None = None,
    attempt: int = 1,
    stages: tuple[int, ...] = (),
    seed: int = 0,
) -> Case:
    """The machine is wrong on `error_rate` of its candidates, the more often the higher the rank."""
    random = np.random.default_rng(seed)
    keys = [*ODD_KEYS, *(f"item-{i:05d}" for i in range(n_items - len(ODD_KEYS)))]
    random.shuffle(keys)
    truth = {key: CLASSES[i] for key, i in zip(keys, random.integers(0, 3, n_items), strict=True)}
    people, candidates = keys[:n_human], keys[n_human:]
    chance = np.linspace(0, 1, len(candidates)) ** 4 * error_rate * 5  # of being wrong, by rank
    is_wrong = random.random(len(candidates)) < chance
    predicted = [
        CLASSES[(CLASSES.index(truth[key]) + wrong) % 3]
        for key, wrong in zip(candidates, is_wrong, strict=True)
    ]
    drawn = draw(candidates, salt=SALT, n=n_audits)
    audits = [
        _audit(place, candidates, predicted, truth, is_skipped=n < n_skipped) for n, place in enumerate(drawn)
    ]
    goal: dict[str, Any] = {"promise": promise, "eps": eps, "confidence": confidence, "per_class": per_class}
    number: dict[str, Any] = {"number": attempt, "confidence": confidence, "with_second": second is not None}
    frozen: list[LabelRow] = [
        *((key, truth[key], "person", None, "") for key in people),
        *(
            (key, "", "", rank, guess)
            for rank, (key, guess) in enumerate(zip(candidates, predicted, strict=True), 1)
        ),
    ]
    random.shuffle(frozen)  # the order of the rows means nothing
    stages = stages or (n_audits,)
    stage = stages.index(n_audits) + 1
    found = cuts_compute(
        labels_of(frozen), audits, goal=goal, delta=delta_of_attempt(**number), stages=stages, stage=stage
    )
    within = is_within_cut(labels_of(frozen), cut=found["cut"], per_class=found["per_class"])
    answered = {audit["key"] for audit in audits if audit["answered"] is not None}
    without_machine = {audit["key"] for audit in audits} if promise == "dataset" else answered
    rows = [
        _row(row, truth, is_machines=bool(inside) and row[0] not in without_machine, is_audited=row[0] in answered,
             has_all=promise == "dataset")
        for row, inside in zip(frozen, within, strict=True)
    ]  # fmt: skip
    document = document_build(
        number=3,
        issued_at="2026-11-21T12:00:00Z",
        project={"id": 7, "name": "Animals", "question": "Which?", "item_type": "text", "classes": CLASSES},
        goal=goal,
        attempt={
            "number": attempt,
            "frozen_at": "2026-11-21T10:00:00.250000Z",
            "ended_at": "2026-11-21T11:59:00+00:00",
            "stages": list(stages),
            "stage": stage,
            "earlier": [{"number": i, "state": "abandoned", "delta": 0.01} for i in range(1, attempt)],
        },
        labels=labels_of(rows),
        audits=audits,
        salt=SALT,
        ranked_by="the model's confidence",
        people=_people(audits, sum(row[2] == "person" for row in rows)),
        model={
            "name": "run 1, round 2",
            "learner": "logistic_regression",
            "params": {"C": 1.0},
            "seed": 0,
            "code_version": "0.1.0",
            "labels_hash": "0" * 64,
            "round": 12,
        },
        model_hash="ab" * 32,
        n_second=second[0] if second else 0,
        n_differ=second[1] if second else 0,
    )
    return Case(document, rows, truth)


def _audit(
    place: int, candidates: list[str], predicted: list[str], truth: dict[str, str], *, is_skipped: bool
) -> dict[str, Any]:
    key = candidates[place]
    said: dict[str, Any] = {
        "answered": truth[key],
        "by": "ada" if place % 3 else "ben",
        "at": "2026-11-21T11:00:00Z",
    }
    return {"key": key, "rank": place + 1, "predicted": predicted[place]} | (
        dict.fromkeys(said) if is_skipped else said
    )


def _row(
    row: LabelRow, truth: dict[str, str], *, is_machines: bool, is_audited: bool, has_all: bool
) -> LabelRow:
    """The row as it stands when the attempt has ended."""
    key, _, _, rank, predicted = row
    if is_machines:
        return key, predicted, "machine", rank, predicted
    if rank is None or is_audited or has_all:
        return key, truth[key], "person", rank, predicted
    return row


def _people(audits: list[dict[str, Any]], n_human: int) -> list[dict[str, Any]]:
    by = Counter(audit["by"] for audit in audits if audit["by"])
    return [
        {"name": "ada", "n_audits": by["ada"], "n_labels": n_human - by["ben"]},
        {"name": "ben", "n_audits": by["ben"], "n_labels": by["ben"]},
    ]
