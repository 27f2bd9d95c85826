"""Shapes in and out of attempts, certificates, their monitor, and the plan."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Protocol

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.blindness import Sight, sight_of
from review.certificates.attempts import CONFIDENCE_RANGE, EPS_RANGE, remaining_of
from review.certificates.monitoring import MAX_ASKED
from review.certificates.rows import retired_since
from review.models import Attempt, AttemptState, Certificate, Forecast, Promise
from review.publishing.revoking import REASON_CHARS

MAX_AUDITS = 1_000_000


class AttemptInput(serializers.Serializer[object]):
    promise = serializers.ChoiceField(choices=Promise.choices, default=Promise.DATASET)
    eps = serializers.FloatField(
        min_value=EPS_RANGE[0], max_value=EPS_RANGE[1], required=False, allow_null=True, default=None,
        help_text="Share allowed wrong; 1 - target_precision of the project if left out.",
    )  # fmt: skip
    confidence = serializers.FloatField(
        min_value=CONFIDENCE_RANGE[0], max_value=CONFIDENCE_RANGE[1], required=False, allow_null=True, default=None,
        help_text="The project's confidence_level if left out.",
    )  # fmt: skip
    per_class = serializers.BooleanField(
        default=False,
        help_text=(
            "The promise for each predicted class by itself: of what the machine put into a class at most eps is "
            "wrong. It says nothing of how many items of a true class carry another's label (recall)."
        ),
    )
    n_audits = serializers.IntegerField(
        min_value=1, max_value=MAX_AUDITS, required=False, allow_null=True, default=None,
        help_text="So many at once. If left out, in stages: as many as it takes.",
    )  # fmt: skip
    n_second = serializers.IntegerField(
        min_value=0, max_value=MAX_AUDITS, default=0,
        help_text="People's labels to ask again, blind: bounds people's own error.",
    )  # fmt: skip


class ReasonInput(serializers.Serializer[object]):
    reason = serializers.CharField(max_length=REASON_CHARS, required=False, allow_blank=True, default="")


class Counted(Protocol):
    """An attempt with what review/certificates/api.py counts of it."""

    n_given: int
    n_asked: int


class AttemptOutput(serializers.ModelSerializer[Attempt]):
    """An attempt as certificates_api.py annotates it. While one is open nothing says how many of its audits failed."""

    asked_by = serializers.CharField(source="asked_by.username", default=None, allow_null=True)
    round_name = serializers.CharField(source="round.source.name", default=None, allow_null=True)
    certificate_id = serializers.IntegerField(source="certificate.pk", default=None, allow_null=True)
    n_audits = serializers.IntegerField(read_only=True, help_text="Asked for so far.")
    n_audits_done = serializers.IntegerField(
        read_only=True, help_text="Answered; while audits are asked, those of the stages before this one."
    )
    stages = serializers.ListField(
        child=serializers.IntegerField(), read_only=True,
        help_text="Audits by the end of each stage; a later one follows only if it should save people work.",
    )  # fmt: skip
    n_second = serializers.IntegerField(read_only=True)
    n_second_done = serializers.IntegerField(
        read_only=True, help_text="Answered; 0 until the first stage is over."
    )
    n_asked = serializers.IntegerField(
        read_only=True,
        help_text="Blind answers that this stage wants: to audits, second answers, and what is mixed in.",
    )
    n_answered = serializers.SerializerMethodField(
        help_text="Blind answers of any kind since the stage began, up to n_asked."
    )
    n_remaining = serializers.SerializerMethodField(help_text="Items that people have still to label.")
    n_wrong = serializers.IntegerField(
        read_only=True, allow_null=True,
        help_text="Audits that failed, skipped ones included; null while they are being answered.",
    )  # fmt: skip

    class Meta:
        model = Attempt
        fields = [
            "id", "number", "state", "state_reason", "promise", "eps", "confidence", "per_class", "delta",
            "round_id", "round_name", "ranked_by", "n_items", "n_human", "n_candidates", "n_audits", "stages", "stage",
            "n_audits_done", "n_second", "n_second_done", "n_asked", "n_answered", "n_remaining", "n_wrong", "cut", "salt_hash", "items_hash",
            "ranking_hash", "asked_by", "asked_at", "frozen_at", "ended_at", "certificate_id",
        ]  # fmt: skip

    def get_n_answered(self, attempt: Counted) -> int:
        return min(attempt.n_given, attempt.n_asked)

    def get_n_remaining(self, attempt: Attempt) -> int:
        return remaining_of(attempt).n if attempt.state == AttemptState.REVIEWING else 0


class WatchOutput(serializers.Serializer[object]):
    class_id = serializers.IntegerField(allow_null=True, help_text="Null: all certified machine labels.")
    population = serializers.IntegerField()
    allowed = serializers.IntegerField(help_text="Wrong labels that may be among them.")
    n = serializers.IntegerField(help_text="Audits counted so far.")
    n_wrong = serializers.IntegerField()
    evidence = serializers.FloatField(help_text="That more than allowed are wrong; higher is more.")
    alarm_at = serializers.FloatField()
    is_alarm = serializers.BooleanField()


class MonitorOutput(serializers.Serializer[object]):
    n_asked = serializers.IntegerField(
        allow_null=True,
        help_text="For viewers; null for whoever may be asked, since it would tell when audits come.",
    )
    n_answered = serializers.IntegerField()
    n_wrong = serializers.IntegerField()
    watches = WatchOutput(many=True)


class RetiredOutput(serializers.Serializer[object]):
    n_labels = serializers.IntegerField(help_text="That the certificate is about.")
    n_retired = serializers.IntegerField(
        help_text="Of them, those that no longer stand: it says nothing of what does."
    )
    n_confirmed = serializers.IntegerField(
        help_text="Of those retired: a person said the same, and that stands."
    )


class CertificateOutput(serializers.ModelSerializer[Certificate]):
    """A certificate in short; the whole is its document."""

    sentence = serializers.SerializerMethodField(help_text="Null until a worker has written the document.")
    people_sentence = serializers.SerializerMethodField()
    project_id = serializers.IntegerField()
    source_name = serializers.CharField(source="source.name")
    promise = serializers.CharField(source="attempt.promise")
    eps = serializers.FloatField(source="attempt.eps")
    confidence = serializers.FloatField(source="attempt.confidence")
    n_items = serializers.IntegerField(source="attempt.n_items")
    monitor = serializers.SerializerMethodField()
    retired = serializers.SerializerMethodField(help_text="What was taken away since it was issued.")
    monitor_per_week = serializers.IntegerField(source="project.monitor_per_week")

    class Meta:
        model = Certificate
        fields = [
            "id", "project_id", "number", "attempt_id", "sentence", "people_sentence", "source_name", "promise", "eps",
            "confidence", "n_items", "issued_at", "revoked_at", "revoked_reason", "is_breach", "monitor", "retired", "monitor_per_week",
        ]  # fmt: skip

    def get_sentence(self, certificate: Certificate) -> str | None:
        sentence: str | None = certificate.document.get("sentence")
        return sentence

    def get_people_sentence(self, certificate: Certificate) -> str | None:
        sentence: str | None = (certificate.document.get("people_error") or {}).get("sentence")
        return sentence

    @extend_schema_field(MonitorOutput(allow_null=True))
    def get_monitor(self, certificate: Certificate) -> dict[str, Any]:
        is_told = sight_of(self.context["role"]) == Sight.ALL
        n_asked = certificate.monitor_audits.count() if is_told else None
        counted: dict[str, Any] = certificate.monitor or {
            "n_asked": 0,
            "n_answered": 0,
            "n_wrong": 0,
            "watches": [],
        }
        return counted | {"n_asked": n_asked}

    @extend_schema_field(RetiredOutput)
    def get_retired(self, certificate: Certificate) -> dict[str, Any]:
        return asdict(retired_since(certificate, sight_of(self.context["role"])))


class MonitorAuditsInput(serializers.Serializer[object]):
    n = serializers.IntegerField(min_value=1, max_value=MAX_ASKED, default=50)


class MonitorAuditsOutput(serializers.Serializer[object]):
    n_asked = serializers.IntegerField(help_text="Audits that now wait in the queue besides.")


class PlanRowOutput(serializers.Serializer[object]):
    """What certifying would cost, in human labels."""

    eps = serializers.FloatField()
    confidence = serializers.FloatField()
    promise = serializers.ChoiceField(choices=Promise.choices)
    answers_wanted = serializers.IntegerField()
    n_review = serializers.IntegerField(help_text="Items above the cut that no audit covers: for people.")
    n_unlabeled = serializers.IntegerField(help_text="The same under the promise on the machine's part.")
    n_audits = serializers.IntegerField()
    n_total = serializers.IntegerField(help_text="Human labels in all, those given already included.")
    low = serializers.IntegerField()
    high = serializers.IntegerField()


class NextHundredOutput(serializers.Serializer[object]):
    saves = serializers.IntegerField(allow_null=True, help_text="Answers in all; negative: they cost more.")
    is_worth_it = serializers.BooleanField()
    code = serializers.ChoiceField(
        choices=["one_forecast", "saves", "few", "mixed", "certify", "certified"],
        help_text="Stands for the sentence.",
    )
    sentence = serializers.CharField()


class PlanChangeOutput(serializers.Serializer[object]):
    """What is otherwise than when the forecast was made; of another round without numbers."""

    what = serializers.ChoiceField(
        choices=["items", "labels", "classes", "eps", "confidence", "answers_wanted", "round"]
    )
    before = serializers.FloatField(allow_null=True)
    now = serializers.FloatField(allow_null=True)


class PlanOutput(serializers.ModelSerializer[Forecast]):
    """The newest forecast: of the project's own goal, and of others in `rows`."""

    round_name = serializers.CharField(source="round.source.name", default=None, allow_null=True)
    eps = serializers.FloatField(source="plan.eps", help_text="Of the project's goal.")
    sentence = serializers.CharField(source="plan.sentence")
    n_total = serializers.IntegerField(source="plan.n_total", help_text="Human labels in all.")
    low = serializers.IntegerField(source="plan.low")
    high = serializers.IntegerField(source="plan.high")
    own = PlanRowOutput(
        source="plan.own",
        default=None,
        allow_null=True,
        help_text="The row of the project's goal, as it was.",
    )
    is_by_model = serializers.BooleanField(
        source="plan.is_by_model", default=True, help_text="Else it goes by what is usual: the range is wide."
    )
    n_unknown = serializers.IntegerField(
        source="plan.n_unknown",
        default=0,
        help_text="Items that came after the round: taken to be like the others.",
    )
    is_out_of_date = serializers.SerializerMethodField(
        help_text="It holds no longer, and a new one is made within moments, or when an import has ended."
    )
    changes = serializers.SerializerMethodField(help_text="Why it is out of date.")
    setback = serializers.SerializerMethodField(
        help_text="A newer one could not be made: why, and when it is tried again. Blank: nothing failed."
    )
    next_hundred = serializers.SerializerMethodField()
    rows = PlanRowOutput(source="plan.rows", many=True)

    class Meta:
        model = Forecast
        fields = [
            "id", "round_id", "round_name", "n_items", "n_human", "eps", "sentence", "n_total", "low", "high",
            "own", "is_by_model", "n_unknown", "is_out_of_date", "changes", "setback", "next_hundred", "rows", "created_at",
        ]  # fmt: skip

    def get_is_out_of_date(self, forecast: Forecast) -> bool:
        return bool(self.context["changes"])

    @extend_schema_field(PlanChangeOutput(many=True))
    def get_changes(self, forecast: Forecast) -> list[dict[str, Any]]:
        return [dict(PlanChangeOutput(change).data) for change in self.context["changes"]]

    def get_setback(self, forecast: Forecast) -> str:
        return str(self.context["setback"])

    @extend_schema_field(NextHundredOutput)
    def get_next_hundred(self, forecast: Forecast) -> dict[str, Any]:
        """What the planner advised; nothing more while a certificate is valid."""
        valid: int | None = self.context["valid_certificate"]
        if valid is None:
            return {"code": "one_forecast", **forecast.plan["next_hundred"]}
        return {
            "saves": None,
            "is_worth_it": False,
            "code": "certified",
            "sentence": f"Certificate {valid} is valid. Ask for another attempt for a stricter goal, or for items "
            "added since.",
        }
