"""Runs and rounds in the admin: to look at, not to change. Only workers write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from labeling.admin import SightAdmin
from training.models import Comparison, Inspection, Round, Run, RunLogLine, Trial

if TYPE_CHECKING:  # these classes take no arguments when they run
    RoundsOfRun = admin.TabularInline[Round, Run]
    TrialsOfComparison = admin.TabularInline[Trial, Comparison]
else:
    RoundsOfRun = TrialsOfComparison = admin.TabularInline


class ReadOnlyAdmin(SightAdmin):
    """History: nobody adds, changes or deletes it by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class RoundInline(RoundsOfRun):
    model = Round
    readonly_fields = ["number", "state", "n_human", "temperature", "started_at", "finished_at"]
    fields = [*readonly_fields]
    show_change_link = True
    can_delete = False
    max_num = 0


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = [
        "project",
        "number",
        "state",
        "learner",
        "trigger",
        "created_by",
        "created_at",
        "finished_at",
    ]
    list_filter = ["state", "learner", "trigger"]
    list_select_related = ["project", "created_by"]
    search_fields = ["project__name", "error_message"]
    inlines = [RoundInline]


@admin.register(Round)
class RoundAdmin(ReadOnlyAdmin):
    project_path = "run__project"
    list_display = ["run", "number", "state", "n_human", "code_version", "started_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["run__project"]
    search_fields = ["run__project__name", "labels_hash"]


@admin.register(RunLogLine)
class RunLogLineAdmin(ReadOnlyAdmin):
    project_path = "run__project"
    list_display = ["at", "run", "level", "message"]
    list_filter = ["level"]
    list_select_related = ["run__project"]
    search_fields = ["message"]


class TrialInline(TrialsOfComparison):
    model = Trial
    readonly_fields = ["learner", "n_labels", "seed", "outcome", "finished_at"]
    fields = [*readonly_fields]
    can_delete = False
    max_num = 0


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    list_display = ["project", "number", "state", "measured_by", "created_by", "created_at", "finished_at"]
    list_filter = ["state", "measured_by"]
    list_select_related = ["project", "created_by"]
    search_fields = ["project__name", "error_message"]
    inlines = [TrialInline]


@admin.register(Inspection)
class InspectionAdmin(ReadOnlyAdmin):
    list_display = ["project", "number", "state", "learner", "created_by", "created_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["project", "created_by"]
    search_fields = ["project__name", "error_message"]
