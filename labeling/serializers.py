"""Shapes in and out of projects, members, classes, items, labels and accounts."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from rest_framework import serializers

from labeling.items.selectors import ItemFilters, ItemOrder, LabeledBy, LabeledItem
from labeling.jobs.work import WorkState
from labeling.models import (
    Acquisition,
    ImportedAnswer,
    Item,
    ItemType,
    KeyChoices,
    Label,
    LabelClass,
    Membership,
    Project,
    Publishing,
    Role,
    SourceKind,
    Split,
    TableColumns,
    shown_split,
)
from labeling.projects.services import ClassDraft, may_create_accounts
from labeling.web.strict_types import check_body

PROJECT_SETTINGS = (
    "name", "question", "instructions", "target_precision", "confidence_level", "holdout_share", "answers_wanted",
    "acquisition", "review_budget", "random_share", "retrain_after", "publishing", "monitor_per_week",
    "lease_seconds",
)  # fmt: skip


class WorkOutput(serializers.Serializer):
    """What imports, exports and runs have in common; theirs add to it."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=WorkState.choices)
    is_open = serializers.BooleanField(help_text="Queued or running.")
    step_name = serializers.CharField(help_text="What is being done, for people.")
    step = serializers.IntegerField(help_text="How much of n_steps is done.")
    n_steps = serializers.IntegerField(help_text="0: not known yet.")
    seconds_left = serializers.FloatField(allow_null=True)
    error_code = serializers.CharField()
    error_message = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)


# Accounts


class LoginInput(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1_000, trim_whitespace=False)


class PasswordInput(serializers.Serializer):
    old_password = serializers.CharField(max_length=1_000, trim_whitespace=False)
    new_password = serializers.CharField(max_length=1_000, trim_whitespace=False)
    revoke_tokens = serializers.BooleanField(
        required=False, default=False, help_text="Programs with a token of yours are signed out as well."
    )


class PasswordOutput(serializers.Serializer):
    n_tokens_revoked = serializers.IntegerField()


class MeOutput(serializers.Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()
    is_staff = serializers.BooleanField(help_text="May open the admin.")
    may_create_accounts = serializers.SerializerMethodField(help_text="While making somebody a member.")
    keys = serializers.SerializerMethodField(
        help_text="Action of a page -> the keys that you gave it; the others have the page's own."
    )

    def get_may_create_accounts(self, user: User) -> bool:
        return may_create_accounts(user)

    def get_keys(self, user: User) -> dict[str, list[str]]:
        chosen: dict[str, list[str]] | None = (
            KeyChoices.objects.filter(user_id=user.pk).values_list("keys", flat=True).first()
        )
        return chosen or {}


MAX_ACTIONS = 2_000  # with keys of their own: every class may have some


class KeysInput(serializers.Serializer):
    """All keys that differ from the pages' own; an empty object sets every key back."""

    keys = serializers.DictField(
        child=serializers.ListField(
            child=serializers.RegexField(
                r"^[^\s\x00-\x1f]{1,20}$",
                error_messages={
                    "invalid": "Name a key as the help of the page does, such as z, Enter or Space."
                },
            ),
            max_length=4,
        ),
        help_text="Action of a page -> up to four keys, as KeyboardEvent.key names them, letters in lower case.",
    )

    def validate_keys(self, keys: dict[str, list[str]]) -> dict[str, list[str]]:
        if len(keys) > MAX_ACTIONS:
            raise serializers.ValidationError(f"Name {MAX_ACTIONS:,} actions at most.")
        wrong = next((name for name in keys if not re.fullmatch(r"[a-z][a-z0-9-]{0,60}", name)), None)
        if wrong is not None:
            raise serializers.ValidationError(
                f"{wrong[:60]!r} is no action; they are named in lower case, such as skip-all or class-12."
            )
        return keys


class TokenInput(serializers.Serializer):
    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    days = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=36_500,
        help_text="For how long it is good, ASSAY_TOKEN_DAYS at most; so long if left out.",
    )


class TokenOutput(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    begins_with = serializers.CharField(source="token.token_key", help_text="To tell one from another.")
    created_at = serializers.DateTimeField(source="token.created")
    expires_at = serializers.DateTimeField(
        source="token.expiry", allow_null=True, help_text="Refused from then on; null: never."
    )


class NewTokenOutput(TokenOutput):
    token = serializers.CharField(source="text", help_text="Shown this once. Send it as `Token <it>`.")


# Projects


class DeletionOutput(serializers.Serializer):
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


class ClassOutput(serializers.ModelSerializer):
    class Meta:
        model = LabelClass
        fields = ["id", "name", "description", "colour", "hotkey", "position"]


class ClassInput(serializers.Serializer):
    name = serializers.CharField(max_length=200)
    colour = serializers.CharField(max_length=7, required=False, default="", allow_blank=True)
    hotkey = serializers.CharField(max_length=1, required=False, default="", allow_blank=True)


class ClassChange(serializers.Serializer):
    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=1_000, required=False, allow_blank=True)
    colour = serializers.CharField(max_length=7, required=False)
    hotkey = serializers.CharField(max_length=1, required=False, allow_blank=True)
    position = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class NamedClassField(serializers.JSONField):
    """A class as its name alone, or with colour and hotkey."""

    def to_internal_value(self, data: Any) -> ClassDraft:
        draft = ClassInput(data={"name": data} if isinstance(data, str) else data)
        return ClassDraft(**check_body(draft, draft.initial_data))


class ProjectOutput(serializers.ModelSerializer):
    role = serializers.ChoiceField(choices=Role.choices, source="member_role", help_text="Yours.")
    classes = ClassOutput(many=True)

    class Meta:
        model = Project
        fields = ["id", *PROJECT_SETTINGS, "item_type", "role", "created_at", "classes"]


class ProjectChange(serializers.ModelSerializer):
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
    item_type = serializers.ChoiceField(choices=ItemType.choices)
    classes = serializers.ListField(
        child=NamedClassField(), required=False, help_text="Names, or objects of name, colour and hotkey."
    )

    class Meta:
        model = Project
        fields = [*PROJECT_SETTINGS, "item_type", "classes"]


class ClassCountOutput(serializers.Serializer):
    class_id = serializers.IntegerField()
    n_human = serializers.IntegerField()
    n_machine = serializers.IntegerField()


class StandingPublicationOutput(serializers.Serializer):
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


class ProgressOutput(serializers.Serializer):
    """Items by whose label stands for them."""

    n_items = serializers.IntegerField()
    n_human = serializers.IntegerField()
    n_machine = serializers.IntegerField()
    n_unlabeled = serializers.IntegerField()
    n_holdout = serializers.IntegerField()
    n_test = serializers.IntegerField()
    by_class = ClassCountOutput(many=True)
    publication = StandingPublicationOutput(allow_null=True)


class MomentOutput(serializers.Serializer):
    """Items by whose label stood for them at one moment."""

    at = serializers.DateTimeField()
    n_items = serializers.IntegerField()
    n_human = serializers.IntegerField()
    n_machine = serializers.IntegerField()
    n_unlabeled = serializers.IntegerField()


class ColumnOutput(serializers.Serializer):
    """A column of table rows. What is usual is null where too few values, or all sorts of them, are known."""

    name = serializers.CharField()
    low = serializers.FloatField(allow_null=True, help_text="1st percentile of its numbers.")
    high = serializers.FloatField(allow_null=True, help_text="99th percentile of its numbers.")
    common = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Of a column of categories: the values that are each at least 1% of it.",
    )


class ColumnsOutput(serializers.Serializer):
    """The columns in the order of the files that brought them."""

    columns = ColumnOutput(many=True)
    n_sampled = serializers.IntegerField(help_text="Rows that what is usual was measured on.")


def columns_json(known: TableColumns) -> dict[str, Any]:
    """ColumnsOutput."""
    nothing = {"low": None, "high": None, "common": None}
    columns = [{"name": name, **nothing, **known.usual.get(name, {})} for name in known.names]
    return {"columns": columns, "n_sampled": known.n_sampled}


class MemberInput(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(choices=Role.choices)
    create = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Make the account if there is none: for administrators of the instance.",
    )


class MemberChange(serializers.Serializer):
    role = serializers.ChoiceField(choices=Role.choices)


class MemberOutput(serializers.ModelSerializer):
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


# Items


class ItemQuery(serializers.Serializer):
    """The filters of item lists and exports."""

    source = serializers.ChoiceField(choices=LabeledBy.choices, required=False)
    confidence_min = serializers.FloatField(min_value=0, max_value=1, required=False)
    confidence_max = serializers.FloatField(min_value=0, max_value=1, required=False)
    split = serializers.ChoiceField(choices=Split.shown_choices(), required=False)
    search = serializers.CharField(required=False, max_length=500, trim_whitespace=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        # `class` is what callers know it as, and a word that Python keeps for itself.
        position = serializers.IntegerField(
            min_value=1, max_value=2**63 - 1, required=False, source="class_id", help_text="Id of a class."
        )
        return super().get_fields() | {"class": position}

    def filters(self) -> ItemFilters:
        """The validated filters."""
        chosen = {key: value for key, value in self.validated_data.items() if key != "order"}
        return ItemFilters(**chosen)


MAX_IDS = 200  # of one list


class ItemListQuery(ItemQuery):
    order = serializers.ChoiceField(choices=ItemOrder.choices, required=False, default=ItemOrder.ID)
    ids = serializers.RegexField(
        r"^[1-9]\d{0,17}(,[1-9]\d{0,17})*$",
        required=False,
        max_length=19 * MAX_IDS,
        error_messages={"invalid": "Send ids of items with commas between them, such as 12,15."},
        help_text=f"Up to {MAX_IDS} ids of items, with commas between them; stands alone.",
    )

    def validate_ids(self, text: str) -> tuple[int, ...]:
        ids = tuple(int(part) for part in text.split(","))
        if len(ids) > MAX_IDS:
            raise serializers.ValidationError(
                f"Send {MAX_IDS} ids at most; ask for the others in a next list."
            )
        return ids


class ImageOutput(serializers.Serializer):
    url = serializers.CharField()
    thumbnail_url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class SourceOutput(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=SourceKind.choices)
    name = serializers.CharField()


class LabelOutput(serializers.Serializer):
    id = serializers.IntegerField()
    class_id = serializers.IntegerField(source="label_class_id")
    is_human = serializers.BooleanField()
    source = SourceOutput()
    confidence = serializers.FloatField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()


class ItemOutput(serializers.Serializer):
    """An item and its current label. Lists and the queue write it with item_json, many times faster."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    split = serializers.ChoiceField(choices=Split.shown_choices())
    text = serializers.CharField(allow_null=True)
    features = serializers.JSONField(allow_null=True, help_text="Object by column, or list of numbers.")
    extras = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        allow_null=True,
        help_text="More columns of the file that the item came from, kept for people to see: column -> value.",
    )
    image = ImageOutput(allow_null=True)
    label = LabelOutput(allow_null=True)
    is_withheld = serializers.BooleanField(
        required=False,
        help_text="Its label, and whether it has one, is not told you: somebody is asked about it blind, or you may be. "
        "Left out of what the queue hands out.",
    )


class ImportedAnswerOutput(serializers.Serializer):
    """What one person or model said of an item, as an imported file tells it."""

    source = SourceOutput()
    is_human = serializers.BooleanField(source="source.is_human")
    kind = serializers.ChoiceField(choices=ImportedAnswer.Kind.choices)
    class_id = serializers.IntegerField(source="label_class_id", allow_null=True)
    confidence = serializers.FloatField(allow_null=True, help_text="From 0 to 1, as the file has it.")
    said_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class ItemShownOutput(ItemOutput):
    """One item by itself, and the project that it is of."""

    project_id = serializers.IntegerField()
    imported_answers = ImportedAnswerOutput(
        many=True, help_text="Of single people and models, from files; none where the label is withheld."
    )


class GuideExampleOutput(serializers.Serializer):
    item = ItemOutput()
    is_chosen = serializers.BooleanField(
        help_text="By somebody; the others are the newest of people's labels."
    )


class GuideClassOutput(serializers.Serializer):
    class_id = serializers.IntegerField()
    examples = GuideExampleOutput(many=True)


class GuideOutput(serializers.Serializer):
    """The instructions and the descriptions of classes are in the project."""

    classes = GuideClassOutput(many=True)


class ItemDraft(serializers.Serializer):
    """One row of a bulk request. The service checks rows, and names them by number."""

    key = serializers.CharField(max_length=500, required=False, help_text="The content hash, unless given.")
    text = serializers.CharField(required=False, help_text="In text projects.")
    features = serializers.JSONField(
        required=False, help_text="In table projects an object by column, in series projects a list."
    )
    label = serializers.CharField(required=False, help_text="Name of a class: your word on this item.")


class ItemsAddedOutput(serializers.Serializer):
    ids = serializers.ListField(child=serializers.IntegerField(), help_text="In the order sent.")
    n_added = serializers.IntegerField()
    n_known = serializers.IntegerField(help_text="Same key and content as an item that was there.")
    n_labels = serializers.IntegerField()


def item_json(item: Item, label: Label | None = None, *, is_withheld: bool = False) -> dict[str, Any]:
    """ItemOutput of an item whose blob is loaded, and of its current label with its source."""
    return {
        "id": item.pk,
        "key": item.key,
        "split": shown_split(item.split),
        "text": item.text,
        "features": item.features,
        "extras": item.extras,
        "image": image_json(item),
        "label": label_json(label) if label is not None else None,
        "is_withheld": is_withheld,
    }


def labeled_json(row: LabeledItem) -> dict[str, Any]:
    """ItemOutput of a row as labeling/blindness.py left it."""
    return item_json(row.item, row.label, is_withheld=row.is_withheld)


def items_json(rows: list[LabeledItem]) -> list[dict[str, Any]]:
    return [labeled_json(row) for row in rows]


def image_json(item: Item) -> dict[str, Any] | None:
    if item.blob_id is None:
        return None
    return {
        "url": f"/api/items/{item.pk}/image",
        "thumbnail_url": f"/api/items/{item.pk}/thumbnail",
        "width": item.blob.width,
        "height": item.blob.height,
    }


def label_json(label: Label) -> dict[str, Any]:
    """LabelOutput of a label whose source is loaded."""
    return {
        "id": label.pk,
        "class_id": label.label_class_id,
        "is_human": label.is_human,
        "source": {"id": label.source_id, "kind": label.source.kind, "name": label.source.name},
        "confidence": label.confidence,
        "threshold": label.threshold,
        "created_at": label.created_at,
    }
