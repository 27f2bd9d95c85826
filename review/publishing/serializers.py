"""Shapes of a round beside what stands."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.items.serializers import SourceOutput
from labeling.models import Publication
from labeling.web.strict_types import MAX_ID
from review.publishing.candidates import Beside
from training.rules.paired import LEVEL, Paired, exact_interval


class RightOutput(serializers.Serializer[object]):
    """On how many of the items it is right; the share with its exact 95% interval."""

    n_right = serializers.IntegerField()
    accuracy = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class PairedOutput(serializers.Serializer[object]):
    """The round and what stands on the same held-out items, against what people say of them now. Shares: 0 to 1."""

    n = serializers.IntegerField(help_text="Held-out items of which both said something.")
    standing = RightOutput()
    candidate = RightOutput(help_text="The round's, candidate or not.")
    n_lost = serializers.IntegerField(help_text="What stands is right on them, the round wrong.")
    n_won = serializers.IntegerField(help_text="The other way round.")
    difference = serializers.FloatField(help_text="Accuracy of the round less that of what stands, -1 to 1.")
    difference_low = serializers.FloatField(
        help_text="Of its approximate 95% interval (Agresti and Min 2005)."
    )
    difference_high = serializers.FloatField()
    p_worse = serializers.FloatField(
        help_text="One-sided, exact (McNemar): the chance of such a loss if the round were no worse."
    )
    is_worse = serializers.BooleanField(help_text=f"p_worse is at most {LEVEL}: worse beyond chance.")


class StandingOutput(serializers.Serializer[object]):
    """What stands now."""

    publication_id = serializers.IntegerField(source="publication.pk")
    source_id = serializers.IntegerField(source="publication.source_id")
    source_name = serializers.CharField(source="publication.source.name")
    round_id = serializers.IntegerField(
        source="round.pk", default=None, allow_null=True, help_text="Whose labels, or part; null: a file's."
    )
    is_whole_round = serializers.BooleanField(help_text="False: a certificate's part, or a file's.")
    started_at = serializers.DateTimeField(source="publication.started_at")


class BesideOutput(serializers.Serializer[object]):
    """A round beside what stands: what publishing it would do."""

    round_id = serializers.IntegerField(source="round.pk")
    stands = serializers.BooleanField(help_text="The round's labels stand already.")
    n_labels = serializers.IntegerField(help_text="Machine labels that the round has, or would have.")
    standing = StandingOutput(allow_null=True, help_text="Null: no machine label stands.")
    n_standing = serializers.IntegerField(help_text="Machine labels that stand now.")
    diff = serializers.DictField(
        child=serializers.IntegerField(), help_text="kept, changed, dropped, new: against what stands."
    )
    paired = serializers.SerializerMethodField(
        help_text="Null: nothing stands, or no held-out item says anything of both."
    )
    certificate_id = serializers.IntegerField(
        source="certificate.pk", default=None, allow_null=True, help_text="Valid now; publishing revokes it."
    )
    certificate_number = serializers.IntegerField(source="certificate.number", default=None, allow_null=True)

    @extend_schema_field(PairedOutput(allow_null=True))
    def get_paired(self, beside: Beside) -> dict[str, Any] | None:
        return paired_json(beside.paired) if beside.paired is not None else None


def paired_json(paired: Paired) -> dict[str, Any]:
    """PairedOutput."""
    share, low, high = paired.difference()
    return {
        "n": paired.n,
        "standing": _right(paired.n_standing, paired.n),
        "candidate": _right(paired.n_candidate, paired.n),
        "n_lost": paired.n_lost,
        "n_won": paired.n_won,
        "difference": share,
        "difference_low": low,
        "difference_high": high,
        "p_worse": paired.p_worse,
        "is_worse": paired.is_worse,
    }


def _right(n_right: int, n: int) -> dict[str, Any]:
    low, high = exact_interval(n_right, n)
    return {"n_right": n_right, "accuracy": n_right / n, "low": low, "high": high}


class PublishInput(serializers.Serializer[object]):
    instead_of = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        allow_null=True,
        help_text="The publication that stood when you looked; null: none did. Left out: whatever stands.",
    )


class PublicationOutput(serializers.ModelSerializer[Publication]):
    """A span in which a machine source's labels stood."""

    source = SourceOutput()  # type: ignore[assignment]  # DRF has that name, too
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
