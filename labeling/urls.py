"""Routes under /api/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from labeling.accounts.api import KeysView, PasswordView, SessionView, TokensView, TokenView
from labeling.exports.api import ExportCancelView, ExportFileView, ExportFormatsView, ExportsView, ExportView
from labeling.guide.api import GuideView, ItemExampleView
from labeling.items.api import ItemImageView, ItemsView, ItemThumbnailView, ItemView
from labeling.projects.api import (
    ClassesView,
    ClassView,
    ColumnsView,
    DeletionsView,
    MembersView,
    MemberView,
    ProgressView,
    ProjectsView,
    TimelineView,
)
from labeling.removals.api import ImportUndoView, RemovalsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("session", SessionView.as_view(), name="session"),
    path("password", PasswordView.as_view(), name="password"),
    path("keys", KeysView.as_view(), name="keys"),
    path("tokens", TokensView.as_view(), name="tokens"),
    path("tokens/<int:token_id>", TokenView.as_view(), name="token"),
    path("projects", ProjectsView.as_view(), name="projects"),
    path("deletions", DeletionsView.as_view(), name="deletions"),
    path("projects/<int:project_id>/progress", ProgressView.as_view(), name="progress"),
    path("projects/<int:project_id>/timeline", TimelineView.as_view(), name="timeline"),
    path("projects/<int:project_id>/columns", ColumnsView.as_view(), name="columns"),
    path("projects/<int:project_id>/guide", GuideView.as_view(), name="guide"),
    path("projects/<int:project_id>/members", MembersView.as_view(), name="members"),
    path("members/<int:member_id>", MemberView.as_view(), name="member"),
    path("projects/<int:project_id>/classes", ClassesView.as_view(), name="classes"),
    path("classes/<int:class_id>", ClassView.as_view(), name="class"),
    path("projects/<int:project_id>/items", ItemsView.as_view(), name="items"),
    path("imports/<int:import_id>/undo", ImportUndoView.as_view(), name="import-undo"),
    path("projects/<int:project_id>/removals", RemovalsView.as_view(), name="removals"),
    path("items/<int:item_id>", ItemView.as_view(), name="item"),
    path("items/<int:item_id>/example", ItemExampleView.as_view(), name="item-example"),
    path("items/<int:item_id>/image", ItemImageView.as_view(), name="item-image"),
    path("items/<int:item_id>/thumbnail", ItemThumbnailView.as_view(), name="item-thumbnail"),
    path("export-formats", ExportFormatsView.as_view(), name="export-formats"),
    path("projects/<int:project_id>/exports", ExportsView.as_view(), name="exports"),
    path("exports/<int:export_id>", ExportView.as_view(), name="export"),
    path("exports/<int:export_id>/cancel", ExportCancelView.as_view(), name="export-cancel"),
    path("exports/<int:export_id>/file", ExportFileView.as_view(), name="export-file"),
    path("", include("labeling.imports.urls")),
]
