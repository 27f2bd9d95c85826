"""Shapes of inspections and of the map."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from training.models import Inspection
from training.runs.selectors import items_named
from training.runs.serializers import TrainingWorkOutput


class InspectionInput(serializers.Serializer[object]):
    """Left out: a learner that is quick and good on few labels, seed 0."""

    learner = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)
    seed = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**31 - 1)


class InspectionSummaryOutput(TrainingWorkOutput):
    number = serializers.IntegerField()
    learner = serializers.CharField(help_text="Whose out-of-fold opinion the labels are held against.")
    seed = serializers.IntegerField()
    labels_hash = serializers.CharField()
    n_human = serializers.IntegerField(help_text="Training labels.")
    n_items = serializers.IntegerField()
    round_id = serializers.IntegerField(allow_null=True, help_text="Whose model made the map's features.")


class NamedItemOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    key = serializers.CharField()
    text = serializers.CharField(allow_null=True, help_text="Its first 200 characters, in text projects.")
    thumbnail_url = serializers.CharField(allow_null=True, help_text="In image projects.")


class InspectionOutput(InspectionSummaryOutput):
    findings = serializers.DictField(
        help_text="labels, drift, near_duplicates, map: each with a sentence on what was found and what to do."
    )
    items = serializers.SerializerMethodField(help_text="Of the label-error candidates and near duplicates.")

    @extend_schema_field(NamedItemOutput(many=True))
    def get_items(self, inspection: Inspection) -> list[dict[str, Any]]:
        return items_named(inspection)


def _numbers(help_text: str) -> serializers.ListField:
    return serializers.ListField(child=serializers.IntegerField(), help_text=help_text)


class MapOutput(serializers.Serializer[object]):
    """Items on a plane, as they were when the inspection looked. Lists of equal length, one entry for each."""

    item_ids = _numbers("Ascending.")
    x = _numbers("Across, -10,000 to 10,000.")
    y = _numbers("Up, -10,000 to 10,000.")
    sources = _numbers("Whose label stands: 0 nobody's, 1 a model's, 2 a person's.")
    class_ids = _numbers("Of that label; 0: none.")
    confidences = _numbers("Thousandths, by the newest round; -1: it did not predict the item.")
    rounds = _numbers(
        "Place in round_names of the round that labeled it, or the last before a person did; -1: none."
    )
    round_names = serializers.ListField(child=serializers.CharField(), help_text="Run.round, oldest first.")
