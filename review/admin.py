"""The queue in the admin. What people said is history: it is read here, and changed through the product."""

from __future__ import annotations

from django.contrib import admin

from review.models import Answer, Entry, Flag, Lease, Refill, Verdict
from training.admin import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    show_full_result_count = False  # counting a million rows for a page of a hundred
    list_display = [
        "id",
        "project",
        "item",
        "reason",
        "priority",
        "state",
        "n_wanted",
        "n_free",
        "created_at",
    ]
    list_filter = ["state", "reason"]
    list_select_related = ["project", "item"]


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    show_full_result_count = False
    list_display = ["id", "entry", "person", "state", "until", "created_at"]
    list_filter = ["state"]
    list_select_related = ["entry", "person"]


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    show_full_result_count = False
    list_display = ["key", "project", "item", "person", "kind", "label_class", "created_at", "withdrawn_at"]
    list_filter = ["kind"]
    list_select_related = ["project", "item", "person", "label_class"]


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin):
    show_full_result_count = False
    list_display = ["key", "project", "item", "person", "kind", "label_class", "model_class", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["project", "item", "person", "label_class", "model_class"]


@admin.register(Flag)
class FlagAdmin(ReadOnlyAdmin):
    list_display = ["id", "project", "item", "person", "note", "created_at", "resolved_at"]
    list_select_related = ["project", "item", "person"]


@admin.register(Refill)
class RefillAdmin(ReadOnlyAdmin):
    list_display = ["id", "project", "round", "n_asked", "n_added", "n_withdrawn", "created_at"]
    list_select_related = ["project", "round__run"]
