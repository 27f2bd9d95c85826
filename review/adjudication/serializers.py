"""Disputes, disagreements, verdicts and labels by hand, as the API takes and gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from labeling.items.serializers import ItemOutput, item_json
from labeling.labels.selectors import current_labels_of
from labeling.models import Label
from labeling.web.strict_types import MAX_ID
from review.adjudication.disagreements import BASES, MAX_COUNTED, STRONG, Disagreement
from review.answering.serializers import SuggestionOutput
from review.models import (
    AnswerKind,
    Entry,
    EntryState,
    Flag,
    Verdict,
    shown_suggestion,
)


class VoteOutput(serializers.Serializer[object]):
    person = serializers.CharField(source="person.username")
    class_id = serializers.IntegerField(source="label_class_id")
    note = serializers.CharField()
    created_at = serializers.DateTimeField()


class FlagNoteOutput(serializers.ModelSerializer[Flag]):
    person = serializers.CharField(source="person.username")

    class Meta:
        model = Flag
        fields = ["id", "person", "note", "created_at"]


class DisputeOutput(serializers.Serializer[object]):
    """An entry that waits for a reviewer's verdict, with what each person said of it."""

    id = serializers.IntegerField()
    is_disputed = serializers.BooleanField(
        help_text="People disagree; else it is flagged, and may be settled."
    )
    is_blind = serializers.BooleanField(
        help_text="People were asked blind: what the model says is kept from the reviewer too."
    )
    item = ItemOutput(help_text="With its current label, unless that is a machine's and the entry is blind.")
    answers = VoteOutput(many=True, help_text="The oldest first.")
    flags = FlagNoteOutput(many=True, help_text="Those that are not settled, the oldest first.")
    suggestion = SuggestionOutput(allow_null=True, help_text="What the model said when it was queued.")


class PersonQualityOutput(serializers.Serializer[object]):
    username = serializers.CharField()
    n = serializers.IntegerField(help_text="Items with several answers, one of them this person's.")
    quality = serializers.FloatField(help_text="How likely an answer of this person is right, 0 to 1.")


class QualityRowOutput(serializers.Serializer[object]):
    min_quality = serializers.FloatField(
        help_text="Of the class with the most weight, 0 to 1; higher is surer. A rank, no probability."
    )
    n_waiting = serializers.IntegerField(help_text="Disputes of at least this quality.")
    n_decided = serializers.IntegerField(help_text="Those that a reviewer has decided.")
    n_upheld = serializers.IntegerField(help_text="And for the class that has the most weight.")


class WeighingOutput(serializers.Serializer[object]):
    """Several people's answers, weighed by how often each is right and with the model's word (CROWDLAB)."""

    n_entries = serializers.IntegerField(
        help_text="Entries with answers of several people; the newest 10,000."
    )
    people = PersonQualityOutput(many=True, help_text="The best first.")
    rows = QualityRowOutput(many=True)
    why_not = serializers.CharField(help_text="Why nothing can be settled by weight now; empty: it can.")


class SettleInput(serializers.Serializer[object]):
    min_quality = serializers.FloatField(min_value=0.5, max_value=1.0)


class SettledOutput(serializers.Serializer[object]):
    n_settled = serializers.IntegerField()


def disputes_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """DisputeOutput of entries whose item, answers and their authors are loaded."""
    entries = list(entries)
    item_ids = [entry.item_id for entry in entries]
    labels = current_labels_of(item_ids)
    flags: dict[int, list[Flag]] = {}
    open_flags = Flag.objects.filter(item_id__in=item_ids, resolved_at__isnull=True)
    for flag in open_flags.select_related("person").order_by("pk"):
        flags.setdefault(flag.item_id, []).append(flag)
    return [
        _dispute_json(entry, labels.get(entry.item_id), flags.get(entry.item_id, [])) for entry in entries
    ]


def _dispute_json(entry: Entry, label: Label | None, flags: list[Flag]) -> dict[str, Any]:
    votes = [a for a in entry.answers.all() if a.kind == AnswerKind.LABEL and a.withdrawn_at is None]
    if entry.is_blind and label is not None and not label.is_human:
        label = None
    return {
        "id": entry.pk,
        "is_disputed": entry.state == EntryState.DISPUTED,
        "is_blind": entry.is_blind,
        "item": item_json(entry.item, label) | ({"split": "pool"} if entry.is_blind else {}),
        "answers": VoteOutput(sorted(votes, key=lambda vote: vote.created_at), many=True).data,
        "flags": FlagNoteOutput(flags, many=True).data,
        "suggestion": shown_suggestion(
            entry.reason,
            is_blind=entry.is_blind,
            class_id=entry.suggested_class_id,
            confidence=entry.suggested_confidence,
            others=entry.suggested_others,
        ),
    }


class ContradictionOutput(serializers.Serializer[object]):
    """What a model says against a person's label."""

    class_id = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="0 to 1; calibrated, except out of fold.")
    basis = serializers.ChoiceField(
        choices=BASES,
        help_text="held_out: the newest round, of an item that it never learns from. before_label: the newest round, "
        "before anybody had labeled the item. out_of_fold: the newest inspection, by a learner fitted on other labels.",
    )


class DisagreementOutput(serializers.Serializer[object]):
    """An item whose label by a person a model contradicts."""

    item = ItemOutput(help_text="Its label is the person's.")
    model = ContradictionOutput()


def disagreement_json(row: Disagreement) -> dict[str, Any]:
    """DisagreementOutput."""
    model = {"class_id": row.class_id, "confidence": row.confidence, "basis": row.basis}
    return {"item": item_json(row.labeled.item, row.labeled.label), "model": model}


class DisagreementQuery(serializers.Serializer[object]):
    confidence_min = serializers.FloatField(
        min_value=0, max_value=1, required=False, default=STRONG, help_text="Of the model, inclusive."
    )


class OpinionRoundOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    run_number = serializers.IntegerField(source="run.number")
    number = serializers.IntegerField()


class OpinionInspectionOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    learner = serializers.CharField()


class AdjudicationQuery(serializers.Serializer[object]):
    with_model = serializers.BooleanField(
        required=False,
        default=True,
        help_text="False: what a model contradicts is not counted, at once then.",
    )


class AdjudicationOutput(serializers.Serializer[object]):
    """What waits for reviewers."""

    n_people = serializers.IntegerField(
        help_text=f"Disputed and flagged entries; counted up to {MAX_COUNTED}."
    )
    n_model = serializers.IntegerField(
        allow_null=True,
        help_text=f"Labels that a model contradicts; counted up to {MAX_COUNTED}; null: not asked for.",
    )
    is_blind = serializers.BooleanField(
        help_text="Audits of an attempt to certify are being asked, so that what the model says is not shown."
    )
    round = OpinionRoundOutput(
        allow_null=True, help_text="Whose predictions are held against people's labels."
    )
    inspection = OpinionInspectionOutput(allow_null=True, help_text="Whose out-of-fold opinions are.")


class VerdictInput(serializers.Serializer[object]):
    class_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class NewVerdictInput(serializers.Serializer[object]):
    """On an entry, or on a person's label and the class that the model says against it."""

    key = serializers.UUIDField(help_text="Made by the client, a new one for each verdict.")
    class_id = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, allow_null=True, default=None,
        help_text="The item's class; null: the label stays as it is, and flags are settled.",
    )  # fmt: skip
    entry_id = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, allow_null=True, default=None
    )
    label_id = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, allow_null=True, default=None,
        help_text="The label that you saw: if it no longer stands, somebody has decided meanwhile.",
    )  # fmt: skip
    model_class_id = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, allow_null=True, default=None
    )


class VerdictOutput(serializers.ModelSerializer[Verdict]):
    class_id = serializers.IntegerField(
        source="label_class_id", allow_null=True, help_text="Decided, or kept; null: kept unlabeled."
    )
    item_key = serializers.CharField(source="item.key")

    class Meta:
        model = Verdict
        fields = [
            "key", "kind", "item_id", "item_key", "entry_id", "label_id", "class_id", "model_class_id", "created_at",
            "withdrawn_at",
        ]  # fmt: skip


class VerdictUndoneOutput(serializers.Serializer[object]):
    """What waits again; both null: it waits no more, as the model has changed its answer since."""

    dispute = DisputeOutput(allow_null=True)
    disagreement = DisagreementOutput(allow_null=True)


class RelabelInput(serializers.Serializer[object]):
    """One item and its class, each by id or by name."""

    item_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, allow_null=True)
    key = serializers.CharField(max_length=500, required=False, help_text="Of the item, instead of item_id.")
    class_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `class` is what callers know it as, and a word that Python keeps for itself.
        name = serializers.CharField(
            max_length=200, required=False, source="class_name", help_text="Its name, instead of class_id."
        )
        return super().get_fields() | {"class": name}

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if (given.get("item_id") is None) == (given.get("key") is None):
            raise serializers.ValidationError({"item_id": "Name the item by item_id or by key, not both."})
        if (given.get("class_id") is None) == (given.get("class_name") is None):
            raise serializers.ValidationError(
                {"class_id": "Name the class by class_id or by class, not both."}
            )
        return given


class RelabeledOutput(serializers.Serializer[object]):
    label_ids = serializers.ListField(child=serializers.IntegerField(), help_text="In the order sent.")
