"""The queue as a whole, and flags, as the API takes and gives them."""

from __future__ import annotations

from rest_framework import serializers

from labeling.web.strict_types import MAX_ID
from review.models import (
    Flag,
    Refill,
)
from review.queue.picking import MAX_PICKED


class PickInput(serializers.Serializer[object]):
    item_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), min_length=1, max_length=MAX_PICKED
    )


class PickOutput(serializers.Serializer[object]):
    n_queued = serializers.IntegerField(help_text="Wait now ahead of what a refill chose.")
    n_waiting = serializers.IntegerField(help_text="Waited before, for a reason that is left as it is.")
    n_left_out = serializers.IntegerField(help_text="Labeled by a person, or kept for measuring.")


class QueueOutput(serializers.Serializer[object]):
    n_open = serializers.IntegerField(
        help_text="Answers wanted from people; an item of which two are wanted counts twice. For whoever may be asked "
        "it does not move when something is put in to measure, and every answer takes one off."
    )
    is_all_counted = serializers.BooleanField(
        help_text="False: of some reason there are more than 100,000 entries, and these were counted."
    )
    n_held = serializers.IntegerField(help_text="Leases that somebody holds.")
    n_disputed = serializers.IntegerField()
    by_reason = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Empty for annotators, and for whoever may be asked while an attempt is open or a certificate valid.",
    )
    held_by_me = serializers.IntegerField()
    answered_by_me = serializers.IntegerField()


class RefillOutput(serializers.ModelSerializer[Refill]):
    class Meta:
        model = Refill
        fields = ["id", "round_id", "n_asked", "n_added", "n_withdrawn", "created_at"]


class FlagInput(serializers.Serializer[object]):
    note = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")


class CandidatesInput(serializers.Serializer[object]):
    item_ids = serializers.ListField(
        child=serializers.IntegerField(),
        min_length=1,
        max_length=200,
        help_text="Of candidates that the inspection found.",
    )


class FlagOutput(serializers.ModelSerializer[Flag]):
    person = serializers.CharField(source="person.username")
    item_key = serializers.CharField(source="item.key")

    class Meta:
        model = Flag
        fields = ["id", "item_id", "item_key", "person", "note", "created_at", "resolved_at"]
