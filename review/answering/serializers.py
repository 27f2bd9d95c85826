"""Shapes in and out of the queue, answers, flags, labels by hand, publications and histories.

Claims and results are written as plain dictionaries by their services, many times faster; the output
serializers of those describe them for the schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from labeling.labels.selectors import current_labels_of
from labeling.models import Label, Publication, Split
from labeling.serializers import ItemOutput, SourceOutput, item_json, labeled_json
from review.adjudication.disagreements import BASES, MAX_COUNTED, STRONG, Disagreement
from review.answering.answers import MAX_ANSWERS
from review.answering.grid import MAX_GRID
from review.help.explanations import ItemHelp
from review.models import (
    Answer,
    AnswerKind,
    Entry,
    EntryState,
    Flag,
    Reason,
    Refill,
    Verdict,
    shown_suggestion,
)
from review.people.gold import MAX_GOLD
from review.people.history import KINDS
from review.queue.claims import MAX_CLAIMED
from review.queue.picking import MAX_PICKED

MAX_ID = 2**63 - 1


# People


class PersonOutput(serializers.Serializer):
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


class ReasonYieldOutput(serializers.Serializer):
    """Answers to entries that had the model's guess, and how many went against it."""

    reason = serializers.CharField(help_text="uncertain or random.")
    n = serializers.IntegerField()
    n_changed = serializers.IntegerField()


class ShareEstimateOutput(serializers.Serializer):
    """A share, 0 to 1, with an approximate 95% interval."""

    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    is_approximate = serializers.BooleanField(help_text="Always: it proves nothing, a certificate does.")


class WrongShareOutput(serializers.Serializer):
    """How many of the standing round's labels were wrong when published, by blind answers to random items."""

    n = serializers.IntegerField(help_text="Answers to items among these labels.")
    weighted = ShareEstimateOutput(help_text="By the answers alone (Horvitz and Thompson).")
    assisted = ShareEstimateOutput(
        allow_null=True, help_text="And by how sure the model was (difference estimator)."
    )


class PeopleOutput(serializers.Serializer):
    n_answers = serializers.IntegerField(help_text="The newest ones, that all of this is of.")
    people = PersonOutput(many=True, help_text="Annotators see themselves alone.")
    by_reason = ReasonYieldOutput(many=True)
    machine_wrong = WrongShareOutput(
        allow_null=True,
        help_text="Null: no round's labels stand, or those of a certificate, which says more.",
    )


# The queue


class PickInput(serializers.Serializer):
    item_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), min_length=1, max_length=MAX_PICKED
    )


class PickOutput(serializers.Serializer):
    n_queued = serializers.IntegerField(help_text="Wait now ahead of what a refill chose.")
    n_waiting = serializers.IntegerField(help_text="Waited before, for a reason that is left as it is.")
    n_left_out = serializers.IntegerField(help_text="Labeled by a person, or kept for measuring.")


class GoldInput(serializers.Serializer):
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


class GoldOutput(serializers.Serializer):
    n_asked = serializers.IntegerField(help_text="Items that wait now, blind, for each who may answer.")
    n_people = serializers.IntegerField(help_text="Who each of them is asked.")
    n_left_out = serializers.IntegerField(
        help_text="Of item_ids: not labeled by people, of the test set, or waiting in the queue already."
    )


class GoldEndOutput(serializers.Serializer):
    n_withdrawn = serializers.IntegerField()


class ClaimInput(serializers.Serializer):
    n = serializers.IntegerField(
        min_value=1,
        max_value=MAX_CLAIMED,
        default=1,
        help_text="Entries to hold, those held already included.",
    )


class OtherClassOutput(serializers.Serializer):
    class_id = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="Calibrated, 0 to 1.")


class SuggestionOutput(serializers.Serializer):
    class_id = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="Calibrated, 0 to 1.")
    others = OtherClassOutput(
        many=True, help_text="Up to four classes that the model holds likeliest after it, in that order."
    )


class EntryOutput(serializers.Serializer):
    """One item to look at, held by the person until the lease runs out."""

    id = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=Reason.choices)
    lease_until = serializers.DateTimeField()
    in_grid = serializers.BooleanField(help_text="It was handed out in a grid, and is answered there.")
    is_blind = serializers.BooleanField(
        help_text="The suggestion is kept back, so as not to sway the answer."
    )
    suggestion = SuggestionOutput(allow_null=True)
    item = ItemOutput(help_text="Its label is always null here.")


class ClaimOutput(serializers.Serializer):
    entries = EntryOutput(many=True)
    has_more = serializers.BooleanField(
        help_text="Others are free besides. How many is told by `queue`: a count that rose would tell what came."
    )


MAX_EXPLAINED = 100  # items in one request


class ExplanationsQuery(serializers.Serializer):
    items = serializers.RegexField(
        rf"^\d{{1,18}}(,\d{{1,18}}){{0,{MAX_EXPLAINED - 1}}}$",
        help_text=f"Ids of up to {MAX_EXPLAINED} items that you hold, between commas.",
        error_messages={"invalid": f"Name 1 to {MAX_EXPLAINED} items by id, between commas, such as 12,15."},
    )

    def validate_items(self, items: str) -> list[int]:
        return [int(one) for one in items.split(",")]


class NearItemOutput(serializers.Serializer):
    item = ItemOutput()
    similarity = serializers.FloatField(help_text="Cosine of the model's features, -1 to 1: 1 is the same.")


class WeightyWordOutput(serializers.Serializer):
    word = serializers.CharField(help_text="In lower case.")
    weight = serializers.FloatField(
        help_text="By how many nats the log-odds of the model's class fall without it; above 0."
    )


class ExplanationOutput(serializers.Serializer):
    item_id = serializers.IntegerField()
    nearest = NearItemOutput(many=True, help_text="What people have labeled, the most alike first.")
    words = WeightyWordOutput(
        many=True, allow_null=True, help_text="Of texts, the weightiest first; null: not looked for."
    )


class GridInput(serializers.Serializer):
    class_id = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, help_text="What the model says they are."
    )
    n = serializers.IntegerField(
        min_value=1, max_value=MAX_GRID, default=48, help_text="Items to hold, those held already included."
    )


class GridOutput(serializers.Serializer):
    entries = EntryOutput(
        many=True, help_text="The least sure first; fewer than asked for: there are no more."
    )


class ReleaseInput(serializers.Serializer):
    entry_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), max_length=1_000
    )


class ReleaseOutput(serializers.Serializer):
    n_released = serializers.IntegerField(help_text="Of the entries asked for, those you held.")


class QueueOutput(serializers.Serializer):
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


class RefillOutput(serializers.ModelSerializer):
    class Meta:
        model = Refill
        fields = ["id", "round_id", "n_asked", "n_added", "n_withdrawn", "created_at"]


# Answers


class AnswerInput(serializers.Serializer):
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


class AnswersInput(serializers.Serializer):
    """For the schema: each answer is checked by itself, so that a bad one does not hold up the others."""

    answers = AnswerInput(many=True, help_text=f"1 to {MAX_ANSWERS}.")


class AnswerResultOutput(serializers.Serializer):
    key = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["stored", "repeated", "refused"])
    code = serializers.CharField(help_text="Why it was refused, machine readable; else empty.")
    message = serializers.CharField(help_text="Why it was refused, in a sentence; else empty.")


class AnswersOutput(serializers.Serializer):
    results = AnswerResultOutput(many=True)


class UndoInput(serializers.Serializer):
    keys = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_ANSWERS, help_text="Of your answers."
    )


class AnswerOutput(serializers.ModelSerializer):
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


class VoteOutput(serializers.Serializer):
    person = serializers.CharField(source="person.username")
    class_id = serializers.IntegerField(source="label_class_id")
    note = serializers.CharField()
    created_at = serializers.DateTimeField()


class FlagNoteOutput(serializers.ModelSerializer):
    person = serializers.CharField(source="person.username")

    class Meta:
        model = Flag
        fields = ["id", "person", "note", "created_at"]


class DisputeOutput(serializers.Serializer):
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


class PersonQualityOutput(serializers.Serializer):
    username = serializers.CharField()
    n = serializers.IntegerField(help_text="Items with several answers, one of them this person's.")
    quality = serializers.FloatField(help_text="How likely an answer of this person is right, 0 to 1.")


class QualityRowOutput(serializers.Serializer):
    min_quality = serializers.FloatField(
        help_text="Of the class with the most weight, 0 to 1; higher is surer. A rank, no probability."
    )
    n_waiting = serializers.IntegerField(help_text="Disputes of at least this quality.")
    n_decided = serializers.IntegerField(help_text="Those that a reviewer has decided.")
    n_upheld = serializers.IntegerField(help_text="And for the class that has the most weight.")


class WeighingOutput(serializers.Serializer):
    """Several people's answers, weighed by how often each is right and with the model's word (CROWDLAB)."""

    n_entries = serializers.IntegerField(
        help_text="Entries with answers of several people; the newest 10,000."
    )
    people = PersonQualityOutput(many=True, help_text="The best first.")
    rows = QualityRowOutput(many=True)
    why_not = serializers.CharField(help_text="Why nothing can be settled by weight now; empty: it can.")


class SettleInput(serializers.Serializer):
    min_quality = serializers.FloatField(min_value=0.5, max_value=1.0)


class SettledOutput(serializers.Serializer):
    n_settled = serializers.IntegerField()


def disputes_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """DisputeOutput of entries whose item, answers and their authors are loaded."""
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


class ContradictionOutput(serializers.Serializer):
    """What a model says against a person's label."""

    class_id = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="0 to 1; calibrated, except out of fold.")
    basis = serializers.ChoiceField(
        choices=BASES,
        help_text="held_out: the newest round, of an item that it never learns from. before_label: the newest round, "
        "before anybody had labeled the item. out_of_fold: the newest inspection, by a learner fitted on other labels.",
    )


class DisagreementOutput(serializers.Serializer):
    """An item whose label by a person a model contradicts."""

    item = ItemOutput(help_text="Its label is the person's.")
    model = ContradictionOutput()


def disagreement_json(row: Disagreement) -> dict[str, Any]:
    """DisagreementOutput."""
    model = {"class_id": row.class_id, "confidence": row.confidence, "basis": row.basis}
    return {"item": item_json(row.labeled.item, row.labeled.label), "model": model}


class DisagreementQuery(serializers.Serializer):
    confidence_min = serializers.FloatField(
        min_value=0, max_value=1, required=False, default=STRONG, help_text="Of the model, inclusive."
    )


class OpinionRoundOutput(serializers.Serializer):
    id = serializers.IntegerField()
    run_number = serializers.IntegerField(source="run.number")
    number = serializers.IntegerField()


class OpinionInspectionOutput(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    learner = serializers.CharField()


class AdjudicationQuery(serializers.Serializer):
    with_model = serializers.BooleanField(
        required=False,
        default=True,
        help_text="False: what a model contradicts is not counted, at once then.",
    )


class AdjudicationOutput(serializers.Serializer):
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


class VerdictInput(serializers.Serializer):
    class_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class NewVerdictInput(serializers.Serializer):
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


class VerdictOutput(serializers.ModelSerializer):
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


class VerdictUndoneOutput(serializers.Serializer):
    """What waits again; both null: it waits no more, as the model has changed its answer since."""

    dispute = DisputeOutput(allow_null=True)
    disagreement = DisagreementOutput(allow_null=True)


# Labels by hand


class RelabelInput(serializers.Serializer):
    """One item and its class, each by id or by name."""

    item_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, allow_null=True)
    key = serializers.CharField(max_length=500, required=False, help_text="Of the item, instead of item_id.")
    class_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:
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


class RelabeledOutput(serializers.Serializer):
    label_ids = serializers.ListField(child=serializers.IntegerField(), help_text="In the order sent.")


# Flags


class FlagInput(serializers.Serializer):
    note = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")


class CandidatesInput(serializers.Serializer):
    item_ids = serializers.ListField(
        child=serializers.IntegerField(),
        min_length=1,
        max_length=200,
        help_text="Of candidates that the inspection found.",
    )


class FlagOutput(serializers.ModelSerializer):
    person = serializers.CharField(source="person.username")
    item_key = serializers.CharField(source="item.key")

    class Meta:
        model = Flag
        fields = ["id", "item_id", "item_key", "person", "note", "created_at", "resolved_at"]


# Publications


class PublishInput(serializers.Serializer):
    instead_of = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        allow_null=True,
        help_text="The publication that stood when you looked; null: none did. Left out: whatever stands.",
    )


class PublicationOutput(serializers.ModelSerializer):
    """A span in which a machine source's labels stood."""

    source = SourceOutput()
    round_id = serializers.SerializerMethodField(
        help_text="Whose labels these are all; null for an imported file."
    )
    started_by = serializers.CharField(source="started_by.username", default=None, allow_null=True)
    class_counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Class id -> labels when it began."
    )
    diff = serializers.DictField(
        child=serializers.IntegerField(), help_text="kept, changed, dropped, new, against what stood before."
    )

    class Meta:
        model = Publication
        fields = [
            "id", "source", "round_id", "started_at", "started_by", "ended_at", "ended_reason", "n_labels",
            "class_counts", "diff",
        ]  # fmt: skip

    def get_round_id(self, publication: Publication) -> int | None:
        round = getattr(publication.source, "round", None)
        return round.pk if round is not None else None


# History


class EventOutput(serializers.Serializer):
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
    source = SourceOutput(required=False)
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


class HistoryOutput(serializers.Serializer):
    events = EventOutput(many=True, help_text="The oldest first.")


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
