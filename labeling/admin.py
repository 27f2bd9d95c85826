"""Django's admin over what is known. What people and models said is history: shown, never written.

Nothing here deletes rows that labels hang on: projects are deleted by their owners, through the API.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from labeling.models import (
    ApiToken,
    Blob,
    Check,
    Export,
    Import,
    Item,
    Label,
    LabelClass,
    LoginFailure,
    Membership,
    Project,
    Publication,
    Source,
    Upload,
    WorkerPulse,
)
from labeling.web.permissions import MAY_ANSWER

MAX_COUNTED = 10_000  # rows; nobody turns more pages than that


if TYPE_CHECKING:  # these classes take no arguments when they run
    RowPaginator = Paginator[models.Model]
    RowAdmin = admin.ModelAdmin[models.Model]
    PersonAdmin = UserAdmin[User]
else:
    RowPaginator = Paginator
    RowAdmin = admin.ModelAdmin
    PersonAdmin = UserAdmin


class CappedPaginator(RowPaginator):
    """Counts no further than the pages that it offers, whatever the table holds."""

    object_list: models.QuerySet[models.Model]

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:MAX_COUNTED].count()


class SightAdmin(RowAdmin):
    """Rows of projects. The one rule (labeling/blindness.py) holds here, too: staff who may be asked about a project's
    items are shown no row of it that could say something of one, and find none by its address."""

    # The path to the project, such as "run__project"; blank: the rows say nothing of single items.
    project_path = "project"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[models.Model]:
        rows = super().get_queryset(request)
        if not self.project_path:
            return rows
        asked = Membership.objects.filter(user=request.user.pk, role__in=MAY_ANSWER)
        theirs = Q(**{f"{self.project_path}__in": asked.values("project")})
        unfiled = Q(**{f"{self.project_path}__isnull": True})
        return rows.filter(unfiled | ~theirs)


class LargeAdmin(SightAdmin):
    """Tables with millions of rows: no count of them all, and no list of them to choose from."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ("-pk",)

    def __init__(self, model: type[models.Model], site: admin.AdminSite) -> None:
        super().__init__(model, site)
        keys = [key.name for key in model._meta.concrete_fields if key.many_to_one]
        self.raw_id_fields = keys  # type: ignore[misc]  # the stubs know it of classes alone

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryAdmin(LargeAdmin):
    """Rows that nobody may add, change or delete here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Label)
class LabelAdmin(HistoryAdmin):
    list_display = (
        "id",
        "item_id",
        "label_class",
        "source",
        "confidence",
        "created_at",
        "retired_at",
        "retired_reason",
    )
    list_select_related = ("label_class", "source")
    search_fields = ("=item__id",)


@admin.register(Publication)
class PublicationAdmin(HistoryAdmin):
    list_display = ("id", "project", "source", "started_at", "ended_at", "ended_reason", "n_labels")
    list_select_related = ("project", "source")


@admin.register(Source)
class SourceAdmin(HistoryAdmin):
    list_display = ("id", "name", "kind", "is_human", "project", "created_at")
    list_select_related = ("project",)
    list_filter = ("kind",)


@admin.register(Item)
class ItemAdmin(HistoryAdmin):
    list_display = ("id", "key", "project", "split", "created_at")
    list_select_related = ("project",)
    search_fields = ("=id", "=key")


@admin.register(Blob)
class BlobAdmin(HistoryAdmin):
    project_path = ""
    list_display = ("id", "sha256", "media_type", "width", "height", "n_bytes")
    search_fields = ("=sha256",)


@admin.register(Import, Export, Check)
class WorkAdmin(HistoryAdmin):
    list_display = ("id", "__str__", "project", "state", "step_name", "attempt", "n_deaths", "created_at")
    list_select_related = ("project",)
    list_filter = ("state",)


@admin.register(Upload)
class UploadAdmin(HistoryAdmin):
    project_path = ""
    list_display = ("id", "file_name", "owner", "n_bytes", "created_at")
    list_select_related = ("owner",)
    ordering = ("-created_at",)


@admin.register(WorkerPulse)
class WorkerPulseAdmin(HistoryAdmin):
    project_path = ""
    list_display = ("name", "kind", "queues", "started_at", "seen_at", "stopped_at")


@admin.register(Project)
class ProjectAdmin(LargeAdmin):
    project_path = ""
    list_display = ("id", "name", "item_type", "created_by", "created_at", "deleted_at")
    list_select_related = ("created_by",)
    search_fields = ("name",)
    # Of answers_wanted the open entries follow a change: by the page and the API (review/queue/answers_wanted.py).
    # Of question and instructions attempts and certificates know.
    readonly_fields = ("item_type", "question", "instructions", "answers_wanted", "created_at", "deleted_at")
    exclude = ("salt",)  # whoever knows it knows which items are drawn

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a project without an owner would be nobody's


@admin.register(Membership)
class MembershipAdmin(LargeAdmin):
    project_path = ""
    list_display = ("id", "user", "project", "role", "created_at")
    list_select_related = ("user", "project")
    list_filter = ("role",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(LabelClass)
class LabelClassAdmin(LargeAdmin):
    project_path = ""
    # Attempts and certificates rely on what a class means: it changes by the page and the API, which ask them.
    readonly_fields = ("project", "name", "description")
    list_display = ("id", "name", "project", "hotkey", "colour", "position")
    list_select_related = ("project",)
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(HistoryAdmin):
    project_path = ""
    list_display = ("id", "name", "owner", "made_at")
    list_select_related = ("token__user",)

    @admin.display(description="owner")
    def owner(self, token: ApiToken) -> str:
        return str(token.token.user.get_username())

    @admin.display(description="made")
    def made_at(self, token: ApiToken) -> dt.datetime:
        made_at: dt.datetime = token.token.created
        return made_at


@admin.register(LoginFailure)
class LoginFailureAdmin(HistoryAdmin):
    project_path = ""
    list_display = ("username", "address", "at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(PersonAdmin):
    """Accounts are switched off (`is_active`): what they said stays, and a list of all that would go tells whose it was."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
