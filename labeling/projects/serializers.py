"""Projects, their classes and members, as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.item_types import item_type_choices
from labeling.models import (
    Acquisition,
    LabelClass,
    Membership,
    Project,
    Publishing,
    Role,
    TableColumns,
)
from labeling.projects.services import ClassDraft
from labeling.web.kinds import KindField
from labeling.web.strict_types import check_body

PROJECT_SETTINGS = (
    "name", "question", "instructions", "target_precision", "confidence_level", "holdout_share", "answers_wanted",
    "acquisition", "review_budget", "random_share", "retrain_after", "publishing", "monitor_per_week",
    "lease_seconds",
)  # fmt: skip


class DeletionOutput(serializers.Serializer[object]):
    id = serializers.IntegerField(help_text="Of the project.")
    name = serializers.CharField()
    deleted_at = serializers.DateTimeField()
    n_items = serializers.IntegerField(help_text="When it began; 0: not known yet.")
    n_items_left = serializers.IntegerField()
    n_files_left = serializers.IntegerField(
        help_text="In the storage, that no other project uses; found as items go."
    )
    problem = serializers.CharField(
        allow_blank=True, help_text="What it waits for. It is tried again by itself."
    )


class ClassOutput(serializers.ModelSerializer[LabelClass]):
    class Meta:
        model = LabelClass
        fields = ["id", "name", "description", "colour", "hotkey", "position"]


class ClassInput(serializers.Serializer[object]):
    name = serializers.CharField(max_length=200)
    colour = serializers.CharField(max_length=7, required=False, default="", allow_blank=True)
    hotkey = serializers.CharField(max_length=1, required=False, default="", allow_blank=True)


class ClassChange(serializers.Serializer[object]):
    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=1_000, required=False, allow_blank=True)
    colour = serializers.CharField(max_length=7, required=False)
    hotkey = serializers.CharField(max_length=1, required=False, allow_blank=True)
    position = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class NamedClassField(serializers.JSONField):
    """A class as its name alone, or with colour and hotkey."""

    def to_internal_value(self, data: Any) -> Any:  # a ClassDraft; DRF's own are held to give JSON
        draft = ClassInput(data={"name": data} if isinstance(data, str) else data)
        return ClassDraft(**check_body(draft, draft.initial_data))


class ProjectOutput(serializers.ModelSerializer[Project]):
    role = serializers.ChoiceField(choices=Role.choices, source="member_role", help_text="Yours.")
    classes = ClassOutput(many=True)

    class Meta:
        model = Project
        fields = ["id", *PROJECT_SETTINGS, "item_type", "role", "created_at", "classes"]


class ProjectChange(serializers.ModelSerializer[Project]):
    acquisition = serializers.ChoiceField(choices=Acquisition.choices, required=False)
    publishing = serializers.ChoiceField(
        choices=Publishing.choices,
        required=False,
        help_text="by_hand: a finished round waits as a candidate until somebody publishes it. by_itself: it is "
        "published as soon as it is ready, unless the holdout says that it is worse than what stands.",
    )

    class Meta:
        model = Project
        fields = list(PROJECT_SETTINGS)


class ProjectInput(ProjectChange):
    item_type = KindField(item_type_choices)
    classes = serializers.ListField(
        child=NamedClassField(), required=False, help_text="Names, or objects of name, colour and hotkey."
    )

    class Meta:
        model = Project
        fields = [*PROJECT_SETTINGS, "item_type", "classes"]


class ClassCountOutput(serializers.Serializer[object]):
    class_id = serializers.IntegerField()
    n_human = serializers.IntegerField()
    n_machine = serializers.IntegerField()


class StandingPublicationOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    source_id = serializers.IntegerField()
    source_name = serializers.CharField(source="source.name")
    taken_from_id = serializers.IntegerField(
        source="source.taken_from_id",
        allow_null=True,
        help_text="The model version that a certificate's labels are of.",
    )
    started_at = serializers.DateTimeField()
    n_labels = serializers.IntegerField(help_text="That stood when it began.")
    diff = serializers.DictField(child=serializers.IntegerField())


class ProgressOutput(serializers.Serializer[object]):
    """Items by whose label stands for them."""

    n_items = serializers.IntegerField()
    n_human = serializers.IntegerField()
    n_machine = serializers.IntegerField()
    n_unlabeled = serializers.IntegerField()
    n_holdout = serializers.IntegerField()
    n_test = serializers.IntegerField()
    by_class = ClassCountOutput(many=True)
    publication = StandingPublicationOutput(allow_null=True)


class MomentOutput(serializers.Serializer[object]):
    """Items by whose label stood for them at one moment."""

    at = serializers.DateTimeField()
    n_items = serializers.IntegerField()
    n_human = serializers.IntegerField()
    n_machine = serializers.IntegerField()
    n_unlabeled = serializers.IntegerField()


class ColumnOutput(serializers.Serializer[object]):
    """A column of table rows. What is usual is null where too few values, or all sorts of them, are known."""

    name = serializers.CharField()
    low = serializers.FloatField(allow_null=True, help_text="1st percentile of its numbers.")
    high = serializers.FloatField(allow_null=True, help_text="99th percentile of its numbers.")
    common = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Of a column of categories: the values that are each at least 1% of it.",
    )


class ColumnsOutput(serializers.Serializer[object]):
    """The columns in the order of the files that brought them."""

    columns = ColumnOutput(many=True)
    n_sampled = serializers.IntegerField(help_text="Rows that what is usual was measured on.")


def columns_json(known: TableColumns) -> dict[str, Any]:
    """ColumnsOutput."""
    nothing = {"low": None, "high": None, "common": None}
    columns = [{"name": name, **nothing, **known.usual.get(name, {})} for name in known.names]
    return {"columns": columns, "n_sampled": known.n_sampled}


class MemberInput(serializers.Serializer[object]):
    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(choices=Role.choices)
    create = serializers.BooleanField(  # type: ignore[assignment]  # DRF has that name, too
        required=False,
        default=False,
        help_text="Make the account if there is none: for administrators of the instance.",
    )


class MemberChange(serializers.Serializer[object]):
    role = serializers.ChoiceField(choices=Role.choices)


class MemberOutput(serializers.ModelSerializer[Membership]):
    username = serializers.CharField(source="user.username")

    class Meta:
        model = Membership
        fields = ["id", "username", "role", "created_at"]


class NewMemberOutput(MemberOutput):
    initial_password = serializers.CharField(
        allow_null=True,
        read_only=True,
        help_text="Of the account that was made, told this once; null: the account was there.",
    )

    class Meta(MemberOutput.Meta):
        fields = [*MemberOutput.Meta.fields, "initial_password"]
