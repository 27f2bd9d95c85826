"""What people did, as the API gives it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.items.serializers import SourceOutput
from labeling.models import Split
from labeling.web.strict_types import MAX_ID
from review.models import (
    AnswerKind,
)
from review.people.gold import MAX_GOLD
from review.people.history import KINDS


class PersonOutput(serializers.Serializer[object]):
    """One person's part of the newest answers. Counts, of which the reader makes intervals."""

    username = serializers.CharField()
    n_answers = serializers.IntegerField()
    n_skipped = serializers.IntegerField()
    median_seconds = serializers.FloatField(allow_null=True, help_text="From shown to answered.")
    median_low = serializers.FloatField(
        allow_null=True, help_text="Of its 95% interval, by order statistics."
    )
    median_high = serializers.FloatField(allow_null=True)
    n_compared = serializers.IntegerField(help_text="Items that others answered too.")
    n_agreed = serializers.IntegerField(help_text="Named the class that most of the others named.")
    n_decided = serializers.IntegerField(help_text="Disputes that another person has decided.")
    n_upheld = serializers.IntegerField(help_text="Where the verdict was this person's answer.")
    n_gold = serializers.IntegerField(
        help_text="Gold answered: items whose answer is known from somebody else."
    )
    n_gold_right = serializers.IntegerField()


class ReasonYieldOutput(serializers.Serializer[object]):
    """Answers to entries that had the model's guess, and how many went against it."""

    reason = serializers.CharField(help_text="uncertain or random.")
    n = serializers.IntegerField()
    n_changed = serializers.IntegerField()


class ShareEstimateOutput(serializers.Serializer[object]):
    """A share, 0 to 1, with an approximate 95% interval."""

    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    is_approximate = serializers.BooleanField(help_text="Always: it proves nothing, a certificate does.")


class WrongShareOutput(serializers.Serializer[object]):
    """How many of the standing round's labels were wrong when published, by blind answers to random items."""

    n = serializers.IntegerField(help_text="Answers to items among these labels.")
    weighted = ShareEstimateOutput(help_text="By the answers alone (Horvitz and Thompson).")
    assisted = ShareEstimateOutput(
        allow_null=True, help_text="And by how sure the model was (difference estimator)."
    )


class PeopleOutput(serializers.Serializer[object]):
    n_answers = serializers.IntegerField(help_text="The newest ones, that all of this is of.")
    people = PersonOutput(many=True, help_text="Annotators see themselves alone.")
    by_reason = ReasonYieldOutput(many=True)
    machine_wrong = WrongShareOutput(
        allow_null=True,
        help_text="Null: no round's labels stand, or those of a certificate, which says more.",
    )


class GoldInput(serializers.Serializer[object]):
    """Which items: these, or so many at random."""

    n = serializers.IntegerField(
        min_value=1,
        max_value=MAX_GOLD,
        required=False,
        help_text="At random, of those that a file or somebody who may review has labeled.",
    )
    item_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        min_length=1,
        max_length=MAX_GOLD,
        required=False,
        help_text="Of items that a person has labeled.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("n" in given) == ("item_ids" in given):
            raise serializers.ValidationError({"n": ["Send either n or item_ids."]})
        return given


class GoldOutput(serializers.Serializer[object]):
    n_asked = serializers.IntegerField(help_text="Items that wait now, blind, for each who may answer.")
    n_people = serializers.IntegerField(help_text="Who each of them is asked.")
    n_left_out = serializers.IntegerField(
        help_text="Of item_ids: not labeled by people, of the test set, or waiting in the queue already."
    )


class GoldEndOutput(serializers.Serializer[object]):
    n_withdrawn = serializers.IntegerField()


class EventOutput(serializers.Serializer[object]):
    """Something that happened to an item. Which fields there are depends on the kind."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=KINDS)
    by = serializers.CharField(required=False, allow_null=True, help_text="Whose act it was.")
    class_id = serializers.IntegerField(required=False, allow_null=True)
    model_class_id = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="Against which a reviewer kept the label; null: a flag was settled.",
    )
    label_id = serializers.IntegerField(required=False)
    is_human = serializers.BooleanField(required=False)
    source = SourceOutput(required=False)  # type: ignore[assignment]  # DRF has that name, too
    confidence = serializers.FloatField(required=False, allow_null=True)
    threshold = serializers.FloatField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, help_text="Why it was retired, or why its span ended.")
    until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="End of a published span, or when a flag was resolved."
    )
    round_id = serializers.IntegerField(required=False)
    round = serializers.CharField(required=False)
    margin = serializers.FloatField(required=False)
    is_accepted = serializers.BooleanField(required=False)
    key = serializers.CharField(required=False, help_text="Of the answer or the verdict.")
    answer = serializers.ChoiceField(choices=AnswerKind.choices, required=False)
    seen = serializers.JSONField(required=False, help_text="What the person was shown.")
    seconds = serializers.FloatField(required=False, allow_null=True)
    note = serializers.CharField(required=False)
    flag_id = serializers.IntegerField(required=False)
    split = serializers.ChoiceField(choices=Split.shown_choices(), required=False)


class HistoryOutput(serializers.Serializer[object]):
    events = EventOutput(many=True, help_text="The oldest first.")
