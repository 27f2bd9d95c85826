"""Routes of uploads, previews and imports, under /api/."""

from __future__ import annotations

from django.urls import URLPattern, path

from labeling.imports.api import ImportCancelView, ImportsView, ImportView, PreviewsView, UploadsView
from labeling.imports.checks.api import CheckCancelView, ChecksView, CheckView

urlpatterns: list[URLPattern] = [
    path("uploads", UploadsView.as_view(), name="uploads"),
    path("previews", PreviewsView.as_view(), name="previews"),
    path("checks", ChecksView.as_view(), name="checks"),
    path("checks/<int:check_id>", CheckView.as_view(), name="check"),
    path("checks/<int:check_id>/cancel", CheckCancelView.as_view(), name="check-cancel"),
    path("projects/<int:project_id>/imports", ImportsView.as_view(), name="imports"),
    path("imports/<int:import_id>", ImportView.as_view(), name="import"),
    path("imports/<int:import_id>/cancel", ImportCancelView.as_view(), name="import-cancel"),
]
