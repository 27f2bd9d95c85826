"""Shapes in and out of claims, grids and answers.

Claims and results are written as plain dictionaries by their services, many times faster; the output
serializers of those describe them for the schema.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.items.serializers import ItemOutput
from labeling.web.kinds import KindField
from labeling.web.strict_types import MAX_ID
from review.answering.answers import MAX_ANSWERS
from review.answering.grid import MAX_GRID
from review.models import Answer, AnswerKind
from review.queue.claims import MAX_CLAIMED
from review.reasons import reason_choices


class ClaimInput(serializers.Serializer[object]):
    n = serializers.IntegerField(
        min_value=1,
        max_value=MAX_CLAIMED,
        default=1,
        help_text="Entries to hold, those held already included.",
    )


class OtherClassOutput(serializers.Serializer[object]):
    class_id = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="Calibrated, 0 to 1.")


class SuggestionOutput(serializers.Serializer[object]):
    class_id = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="Calibrated, 0 to 1.")
    others = OtherClassOutput(
        many=True, help_text="Up to four classes that the model holds likeliest after it, in that order."
    )


class EntryOutput(serializers.Serializer[object]):
    """One item to look at, held by the person until the lease runs out."""

    id = serializers.IntegerField()
    reason = KindField(reason_choices)
    lease_until = serializers.DateTimeField()
    in_grid = serializers.BooleanField(help_text="It was handed out in a grid, and is answered there.")
    is_blind = serializers.BooleanField(
        help_text="The suggestion is kept back, so as not to sway the answer."
    )
    suggestion = SuggestionOutput(allow_null=True)
    item = ItemOutput(help_text="Its label is always null here.")


class ClaimOutput(serializers.Serializer[object]):
    entries = EntryOutput(many=True)
    has_more = serializers.BooleanField(
        help_text="Others are free besides. How many is told by `queue`: a count that rose would tell what came."
    )


class GridInput(serializers.Serializer[object]):
    class_id = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, help_text="What the model says they are."
    )
    n = serializers.IntegerField(
        min_value=1, max_value=MAX_GRID, default=48, help_text="Items to hold, those held already included."
    )


class GridOutput(serializers.Serializer[object]):
    entries = EntryOutput(
        many=True, help_text="The least sure first; fewer than asked for: there are no more."
    )


class ReleaseInput(serializers.Serializer[object]):
    entry_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), max_length=1_000
    )


class ReleaseOutput(serializers.Serializer[object]):
    n_released = serializers.IntegerField(help_text="Of the entries asked for, those you held.")


class AnswerInput(serializers.Serializer[object]):
    key = serializers.UUIDField(help_text="Made by the client, a new one for each answer.")
    entry_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    kind = serializers.ChoiceField(choices=AnswerKind.choices, default=AnswerKind.LABEL)
    class_id = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, allow_null=True, default=None
    )
    seconds = serializers.FloatField(
        min_value=0, max_value=86_400, required=False, allow_null=True, default=None,
        help_text="From shown to answered.",
    )  # fmt: skip
    note = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        is_label = given["kind"] == AnswerKind.LABEL
        if is_label and given["class_id"] is None:
            raise serializers.ValidationError({"class_id": "An answer of kind label names a class."})
        if not is_label and given["class_id"] is not None:
            raise serializers.ValidationError({"class_id": "A skip names no class; leave class_id out."})
        return given


class AnswersInput(serializers.Serializer[object]):
    """For the schema: each answer is checked by itself, so that a bad one does not hold up the others."""

    answers = AnswerInput(many=True, help_text=f"1 to {MAX_ANSWERS}.")


class AnswerResultOutput(serializers.Serializer[object]):
    key = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["stored", "repeated", "refused"])
    code = serializers.CharField(help_text="Why it was refused, machine readable; else empty.")
    message = serializers.CharField(help_text="Why it was refused, in a sentence; else empty.")


class AnswersOutput(serializers.Serializer[object]):
    results = AnswerResultOutput(many=True)


class UndoInput(serializers.Serializer[object]):
    keys = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_ANSWERS, help_text="Of your answers."
    )


class AnswerOutput(serializers.ModelSerializer[Answer]):
    class_id = serializers.IntegerField(source="label_class_id", allow_null=True)
    label_id = serializers.SerializerMethodField(
        help_text="The label that it made; null if it made none, or was given blind."
    )
    item_key = serializers.CharField(source="item.key")

    class Meta:
        model = Answer
        fields = [
            "key", "entry_id", "item_id", "item_key", "kind", "class_id", "label_id", "seen", "seconds", "note",
            "created_at", "withdrawn_at",
        ]  # fmt: skip

    def get_label_id(self, answer: Answer) -> int | None:
        return None if answer.seen.get("is_blind") else answer.label_id
