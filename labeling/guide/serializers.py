"""The guide as the API gives it."""

from __future__ import annotations

from rest_framework import serializers

from labeling.items.serializers import ItemOutput


class GuideExampleOutput(serializers.Serializer[object]):
    item = ItemOutput()
    is_chosen = serializers.BooleanField(
        help_text="By somebody; the others are the newest of people's labels."
    )


class GuideClassOutput(serializers.Serializer[object]):
    class_id = serializers.IntegerField()
    examples = GuideExampleOutput(many=True)


class GuideOutput(serializers.Serializer[object]):
    """The instructions and the descriptions of classes are in the project."""

    classes = GuideClassOutput(many=True)
