"""Shapes of what is taken away."""

from __future__ import annotations

from rest_framework import serializers


class UndoLookOutput(serializers.Serializer[object]):
    n_items = serializers.IntegerField(help_text="That the import added, and that are there.")
    n_items_kept = serializers.IntegerField()
    kept = serializers.DictField(
        child=serializers.IntegerField(), help_text="What keeps them to how many items."
    )
    n_labels = serializers.IntegerField(help_text="Of its file that stand.")
    refused = serializers.CharField(help_text="Why it cannot be undone now; blank: it can.")


class RemovalOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    import_id = serializers.IntegerField(
        source="undo.brought_by_id", default=None, allow_null=True, help_text="Of the import that was undone."
    )
    file_name = serializers.CharField(
        source="undo.brought_by.file_name", default="", help_text="Of that import; blank for a deleted item."
    )
    n_kept = serializers.IntegerField(
        source="undo.report.n_items_kept", default=0, help_text="Items of that import that stayed, in all."
    )
    item_id = serializers.IntegerField(allow_null=True, help_text="Of one item that somebody deleted.")
    key = serializers.CharField(help_text="Of one item; blank: several.")
    n_items = serializers.IntegerField()
    went_with = serializers.DictField(
        child=serializers.IntegerField(), help_text="Of one item: what people had done on it."
    )
