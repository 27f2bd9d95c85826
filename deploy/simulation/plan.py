"""How a project is played, and what is told of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Policy:
    """How the project is played."""

    name: str
    settings: dict[str, Any]  # of the project
    goal: dict[str, Any]  # of the attempt: promise, eps, confidence, per_class, n_audits, n_second
    run: dict[str, Any]  # learner, params, policy, n_rounds, seed
    n_first: int  # answers before the first run
    growth: float  # each further run waits until there are so many times as many answers
    n_answers: int | None  # answers before the attempt; None: as long as the plan says they are worth it
    max_rounds: int | None  # runs before the attempt, at most; None: as many as it takes


@dataclass(frozen=True)
class Breach:
    """After release the truth of a share of one class is another."""

    class_name: str
    share: float
    n_audits: int  # monitoring audits asked for at a time
    seed: int


@dataclass
class Report:
    """What happened, as --out writes it."""

    policy: dict[str, Any]
    n_items: int
    n_classes: int
    people: list[dict[str, Any]]
    runs: list[dict[str, Any]] = field(default_factory=list)
    certificates: list[dict[str, Any]] = field(default_factory=list)
    breach: dict[str, Any] | None = None
    seconds: dict[str, float] = field(
        default_factory=lambda: {"answering": 0.0, "training": 0.0, "waiting": 0.0}
    )

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2)
