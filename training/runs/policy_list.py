"""The threshold policies as a form shows them. What they mean is in training/rules/policies.py."""

from __future__ import annotations

from dataclasses import dataclass

from training.learners.catalogue import Param
from training.rules.policies import MAX_SHARE, BestSharePolicy, FixedPolicy, ScheduledPolicy


@dataclass(frozen=True)
class PolicyForm:
    kind: str
    title: str
    description: str
    params: tuple[Param, ...]


POLICY_FORMS = (
    PolicyForm(
        kind=FixedPolicy.kind,
        title="Fixed threshold",
        description="Accept what the model is at least this sure of, in every round.",
        params=(
            Param(
                "threshold",
                "float",
                FixedPolicy().threshold,
                0.0,
                1.0,
                help="Calibrated confidence that a prediction needs.",
            ),
        ),
    ),
    PolicyForm(
        kind=ScheduledPolicy.kind,
        title="Scheduled threshold",
        description="Begin strict and end lenient, in a straight line over the rounds.",
        params=(
            Param("start", "float", ScheduledPolicy().start, 0.0, 1.0, help="Threshold of the first round."),
            Param("end", "float", ScheduledPolicy().end, 0.0, 1.0, help="Threshold of the last round."),
        ),
    ),
    PolicyForm(
        kind=BestSharePolicy.kind,
        title="Best share",
        description="Accept the surest, until they make up this share of what the next round trains on.",
        params=(
            Param(
                "share",
                "float",
                BestSharePolicy().share,
                0.01,
                MAX_SHARE,
                help="A quarter to a third works well.",
            ),
            Param(
                "balanced", "bool", BestSharePolicy().balanced, help="As many of each class, surest first."
            ),
        ),
    ),
)
