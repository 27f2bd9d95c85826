"""Routes of uploads, previews and imports, under /api/."""

from __future__ import annotations

from django.urls import URLPattern, path

from labeling.import_api import ImportCancelView, ImportsView, ImportView, PreviewsView, UploadsView

urlpatterns: list[URLPattern] = [
    path("uploads", UploadsView.as_view(), name="uploads"),
    path("previews", PreviewsView.as_view(), name="previews"),
    path("projects/<int:project_id>/imports", ImportsView.as_view(), name="imports"),
    path("imports/<int:import_id>", ImportView.as_view(), name="import"),
    path("imports/<int:import_id>/cancel", ImportCancelView.as_view(), name="import-cancel"),
]
