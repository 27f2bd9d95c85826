"""Shapes in and out of learners, policies, runs and rounds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.item_types import item_type_choices
from labeling.items.serializers import ItemOutput, item_json
from labeling.jobs.serializers import WorkOutput
from labeling.web.kinds import KindField
from training.models import Comparison, Inspection, Round, RoundState, Run, RunLogLine, Trigger
from training.rounds.diff import DiffCell, DiffItem
from training.rounds.held_back import HeldBecause, held_sentence
from training.rounds.items import RoundItem, RoundSet
from training.rules.params import PARAM_TYPES
from training.runs.checks import N_ROUNDS_DEFAULT
from training.runs.selectors import ahead_of


class ParamOutput(serializers.Serializer[object]):
    """One value that may be set: what it is, its default and what is allowed."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=PARAM_TYPES)
    default = serializers.JSONField(
        help_text="A number, true or false, one of the choices, a text, or the name of a secret."
    )
    low = serializers.FloatField(allow_null=True, help_text="Smallest value allowed.")
    high = serializers.FloatField(allow_null=True, help_text="Largest value allowed.")
    choices = serializers.ListField(child=serializers.CharField())
    help = serializers.CharField()


class LearnerQuery(serializers.Serializer[object]):
    item_type = KindField(item_type_choices, required=False)


class LearnerOutput(serializers.Serializer[object]):
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    item_types = serializers.ListField(child=KindField(item_type_choices))
    params = ParamOutput(many=True)


class PolicyOutput(serializers.Serializer[object]):
    """One way to decide which predictions become pseudo-labels."""

    kind = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    params = ParamOutput(many=True)


class RunInput(serializers.Serializer[object]):
    """Left out: the learner's defaults, accepting at 0.95, five rounds, seed 0."""

    learner = serializers.CharField(max_length=50)
    params = serializers.DictField(required=False, default=dict)
    policy = serializers.DictField(required=False, default=lambda: {"kind": "fixed"})
    n_rounds = serializers.IntegerField(required=False, default=N_ROUNDS_DEFAULT)
    seed = serializers.IntegerField(required=False, default=0)


class HeldBackOutput(serializers.Serializer[object]):
    """Why a round was not published in a project that publishes by itself."""

    reason = serializers.ChoiceField(choices=HeldBecause.choices)
    sentence = serializers.CharField()
    n = serializers.IntegerField(allow_null=True, help_text="Held-out items that were compared; worse only.")
    n_fewer = serializers.IntegerField(allow_null=True, help_text="On so many fewer it is right; worse only.")
    p_value = serializers.FloatField(
        allow_null=True, help_text="One-sided, exact (McNemar); held back at 0.05 or less; worse only."
    )
    certificate = serializers.IntegerField(allow_null=True, help_text="Its number; certificate only.")


class RoundSummaryOutput(serializers.ModelSerializer[Round]):
    """A round in a list or a chart. Rates lie in 0 to 1."""

    run_id = serializers.IntegerField()
    run_number = serializers.IntegerField(source="run.number")
    source_id = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=RoundState.choices)
    state_reason = serializers.CharField(
        read_only=True, help_text="What of the server its publishing waits for, in a sentence; else empty."
    )
    holdout_accuracy = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="Of the 95% interval of holdout_accuracy.")
    high = serializers.FloatField(allow_null=True)
    test_accuracy = serializers.FloatField(allow_null=True)
    share_accepted = serializers.FloatField(allow_null=True)
    n_accepted = serializers.IntegerField(allow_null=True)
    held_back = serializers.SerializerMethodField(
        help_text="Null but for a candidate that the project's rule did not publish."
    )

    class Meta:
        model = Round
        fields = [
            "id", "run_id", "run_number", "number", "state", "state_reason", "held_back", "source_id", "n_human",
            "holdout_accuracy", "low", "high", "test_accuracy", "share_accepted", "n_accepted", "finished_at",
        ]  # fmt: skip

    @extend_schema_field(HeldBackOutput(allow_null=True))
    def get_held_back(self, round: Round) -> dict[str, Any] | None:
        if not round.held_back or round.state != RoundState.READY:
            return None
        held: dict[str, Any] = {"n": None, "n_fewer": None, "p_value": None, "certificate": None}
        held |= round.held_back
        return held | {"sentence": held_sentence(round.held_back)}


class RoundOutput(RoundSummaryOutput):
    """Everything that is known about a round. Its metrics are null while it is running."""

    project_id = serializers.IntegerField(source="run.project_id")
    threshold = serializers.DictField(child=serializers.FloatField())
    seconds = serializers.DictField(child=serializers.FloatField())
    metrics = serializers.DictField()

    class Meta:
        model = Round
        fields = [
            *RoundSummaryOutput.Meta.fields, "project_id", "last_human_label_id", "labels_hash", "code_version",
            "temperature", "threshold", "metrics", "seconds", "started_at", "pruned_at",
        ]  # fmt: skip


class ClassConfidencesOutput(serializers.Serializer[object]):
    """Bin k, 0 to 1000, is of confidences from k/1000 up to, not including, (k+1)/1000. Empty bins are left out."""

    class_id = serializers.IntegerField(help_text="The class that was predicted.")
    pool = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="[bin, items]"
    )
    holdout = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="[bin, items, of them right]"
    )


class ConfidencesOutput(serializers.Serializer[object]):
    """Enough to say what any threshold would accept, and how right it is on the holdout, class by class."""

    n_pool = serializers.IntegerField()
    n_holdout = serializers.IntegerField()
    classes = ClassConfidencesOutput(
        many=True, help_text="Empty: the round was made before these were counted."
    )


class RoundItemQuery(serializers.Serializer[object]):
    """The filters of the items that a round said something about."""

    of = serializers.ChoiceField(choices=RoundSet.choices, required=False, default=RoundSet.POOL)
    predicted = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    truth = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="Of the holdout and the test set."
    )
    confidence_min = serializers.FloatField(min_value=0, max_value=1, required=False)
    confidence_below = serializers.FloatField(
        min_value=0, max_value=2, required=False, help_text="Exclusive."
    )
    order = serializers.ChoiceField(
        choices=["confidence", "-confidence"], required=False, default="-confidence"
    )


class SaidOutput(serializers.Serializer[object]):
    """What a round said of an item."""

    class_id = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="Calibrated, 0 to 1.")
    truth_id = serializers.IntegerField(
        allow_null=True, help_text="What people said when the round measured; null in the pool."
    )


class RoundItemOutput(ItemOutput):
    said = SaidOutput()


def round_item_json(row: RoundItem) -> dict[str, Any]:
    """RoundItemOutput."""
    said = {"class_id": row.class_id, "confidence": row.confidence, "truth_id": row.truth_id}
    return item_json(row.labeled.item, row.labeled.label) | {"said": said}


class DiffQuery(serializers.Serializer[object]):
    """Two rounds of the project."""

    left = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Id of a round.")
    right = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Id of a round.")


class DiffItemQuery(DiffQuery):
    left_class = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="Left out: it accepted no class."
    )
    right_class = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class DiffCellOutput(serializers.Serializer[object]):
    left_id = serializers.IntegerField(
        allow_null=True, help_text="Class; null: the left round accepted none."
    )
    right_id = serializers.IntegerField(allow_null=True)
    n = serializers.IntegerField()


class DiffOutput(serializers.Serializer[object]):
    """The pseudo-labels of two rounds against each other: what each accepted, published or not."""

    n_same = serializers.IntegerField(help_text="Accepted by both, as the same class.")
    n_different = serializers.IntegerField(help_text="Accepted by both, as different classes.")
    n_left_only = serializers.IntegerField()
    n_right_only = serializers.IntegerField()
    cells = DiffCellOutput(many=True, help_text="Those that have items.")


def diff_json(cells: list[DiffCell]) -> dict[str, Any]:
    """DiffOutput."""
    both = [cell for cell in cells if cell.left_id is not None and cell.right_id is not None]
    return {
        "n_same": sum(cell.n for cell in both if cell.left_id == cell.right_id),
        "n_different": sum(cell.n for cell in both if cell.left_id != cell.right_id),
        "n_left_only": sum(cell.n for cell in cells if cell.right_id is None),
        "n_right_only": sum(cell.n for cell in cells if cell.left_id is None),
        "cells": [{"left_id": cell.left_id, "right_id": cell.right_id, "n": cell.n} for cell in cells],
    }


class RoundSaidOutput(serializers.Serializer[object]):
    """What a round said of an item, whether or not it accepted it."""

    class_id = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="Calibrated, 0 to 1.")
    is_accepted = serializers.BooleanField()


class DiffItemOutput(ItemOutput):
    left = RoundSaidOutput(allow_null=True, help_text="Null: the round made no prediction of it.")
    right = RoundSaidOutput(allow_null=True)


def diff_item_json(row: DiffItem) -> dict[str, Any]:
    """DiffItemOutput."""
    sides = {
        "left": asdict(row.left) if row.left else None,
        "right": asdict(row.right) if row.right else None,
    }
    return item_json(row.labeled.item, row.labeled.label) | sides


class AheadOutput(serializers.Serializer[object]):
    """What a worker is busy with while this waits."""

    kind = serializers.ChoiceField(choices=["run", "comparison", "inspection"])
    number = serializers.IntegerField(allow_null=True, help_text="null: of another project.")
    seconds_left = serializers.FloatField(allow_null=True)


class TrainingWorkOutput(WorkOutput):
    """Runs, comparisons and inspections share their workers."""

    ahead = serializers.SerializerMethodField(help_text="Why it waits; null: it does not, or nothing runs.")

    @extend_schema_field(AheadOutput(allow_null=True))
    def get_ahead(self, work: Run | Comparison | Inspection) -> dict[str, Any] | None:
        ahead = ahead_of(work)
        return None if ahead is None else asdict(ahead)


class RunOutput(TrainingWorkOutput):
    project_id = serializers.IntegerField()
    number = serializers.IntegerField()
    learner = serializers.CharField()
    params = serializers.DictField()
    policy = serializers.DictField()
    n_rounds = serializers.IntegerField(help_text="At most.")
    seed = serializers.IntegerField()
    trigger = serializers.ChoiceField(choices=Trigger.choices)
    stop_reason = serializers.CharField(help_text="Why it did no more rounds; empty until then.")
    rounds = RoundSummaryOutput(many=True, source="round_summaries")


class LogLineOutput(serializers.ModelSerializer[RunLogLine]):
    level = serializers.ChoiceField(choices=["info", "warning", "error"])

    class Meta:
        model = RunLogLine
        fields = ["id", "at", "level", "message"]
