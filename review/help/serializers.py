"""What helps to answer, as the API gives it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.items.serializers import ItemOutput, labeled_json
from review.help.explanations import ItemHelp

MAX_EXPLAINED = 100  # items in one request


class ExplanationsQuery(serializers.Serializer[object]):
    items = serializers.RegexField(
        rf"^\d{{1,18}}(,\d{{1,18}}){{0,{MAX_EXPLAINED - 1}}}$",
        help_text=f"Ids of up to {MAX_EXPLAINED} items that you hold, between commas.",
        error_messages={"invalid": f"Name 1 to {MAX_EXPLAINED} items by id, between commas, such as 12,15."},
    )

    def validate_items(self, items: str) -> list[int]:
        return [int(one) for one in items.split(",")]


class NearItemOutput(serializers.Serializer[object]):
    item = ItemOutput()
    similarity = serializers.FloatField(help_text="Cosine of the model's features, -1 to 1: 1 is the same.")


class WeightyWordOutput(serializers.Serializer[object]):
    word = serializers.CharField(help_text="In lower case.")
    weight = serializers.FloatField(
        help_text="By how many nats the log-odds of the model's class fall without it; above 0."
    )


class ExplanationOutput(serializers.Serializer[object]):
    item_id = serializers.IntegerField()
    nearest = NearItemOutput(many=True, help_text="What people have labeled, the most alike first.")
    words = WeightyWordOutput(
        many=True, allow_null=True, help_text="Of texts, the weightiest first; null: not looked for."
    )


def explanation_json(one: ItemHelp) -> dict[str, Any]:
    """ExplanationOutput of what is known of an item."""
    return {
        "item_id": one.item_id,
        "nearest": [
            {"item": labeled_json(near.labeled), "similarity": near.similarity} for near in one.nearest
        ],
        "words": None
        if one.words is None
        else [{"word": word, "weight": weight} for word, weight in one.words],
    }
