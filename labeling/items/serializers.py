"""Items and their labels as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from labeling.items.selectors import ItemFilters, ItemOrder, LabeledBy, LabeledItem
from labeling.models import (
    ImportedAnswer,
    Item,
    Label,
    SourceKind,
    Split,
    shown_split,
)

MAX_IDS = 200  # of one list


class ItemQuery(serializers.Serializer[object]):
    """The filters of item lists and exports."""

    source = serializers.ChoiceField(choices=LabeledBy.choices, required=False)  # type: ignore[assignment]  # DRF has that name, too
    confidence_min = serializers.FloatField(min_value=0, max_value=1, required=False)
    confidence_max = serializers.FloatField(min_value=0, max_value=1, required=False)
    split = serializers.ChoiceField(choices=Split.shown_choices(), required=False)
    search = serializers.CharField(required=False, max_length=500, trim_whitespace=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `class` is what callers know it as, and a word that Python keeps for itself.
        position = serializers.IntegerField(
            min_value=1, max_value=2**63 - 1, required=False, source="class_id", help_text="Id of a class."
        )
        return super().get_fields() | {"class": position}

    def filters(self) -> ItemFilters:
        """The validated filters."""
        chosen = {key: value for key, value in self.validated_data.items() if key != "order"}
        return ItemFilters(**chosen)


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


class ImageOutput(serializers.Serializer[object]):
    url = serializers.CharField()
    thumbnail_url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class SourceOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=SourceKind.choices)
    name = serializers.CharField()


class LabelOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    class_id = serializers.IntegerField(source="label_class_id")
    is_human = serializers.BooleanField()
    source = SourceOutput()  # type: ignore[assignment]  # DRF has that name, too
    confidence = serializers.FloatField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()


class ItemOutput(serializers.Serializer[object]):
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
    label = LabelOutput(allow_null=True)  # type: ignore[assignment]  # DRF has that name, too
    is_withheld = serializers.BooleanField(
        required=False,
        help_text="Its label, and whether it has one, is not told you: somebody is asked about it blind, or you may be. "
        "Left out of what the queue hands out.",
    )


class ImportedAnswerOutput(serializers.Serializer[object]):
    """What one person or model said of an item, as an imported file tells it."""

    source = SourceOutput()  # type: ignore[assignment]  # DRF has that name, too
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


class ItemDraft(serializers.Serializer[object]):
    """One row of a bulk request. The service checks rows, and names them by number."""

    key = serializers.CharField(max_length=500, required=False, help_text="The content hash, unless given.")
    text = serializers.CharField(required=False, help_text="In text projects.")
    features = serializers.JSONField(
        required=False, help_text="In table projects an object by column, in series projects a list."
    )
    label = serializers.CharField(required=False, help_text="Name of a class: your word on this item.")  # type: ignore[assignment]  # DRF has that name, too


class ItemsAddedOutput(serializers.Serializer[object]):
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
    if item.blob is None:
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
