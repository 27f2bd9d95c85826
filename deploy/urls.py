"""One line per route of the product; each app lists its own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from deploy.web.health import HealthView
from deploy.web.page import show_page

handler400 = "labeling.web.http.bad_request"
handler403 = "labeling.web.http.forbidden"
handler404 = "labeling.web.http.page_not_found"
handler500 = "labeling.web.http.server_error"

urlpatterns = [
    path(
        "api/", include("review.urls")
    ),  # first, because routes are tried in order, and people wait for these
    path("api/", include("labeling.urls")),
    path("api/", include("training.urls")),
    path("api/health", HealthView.as_view(), name="health"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
    path("health", HealthView.as_view(schema=None), name="probe"),
    re_path(r"^(?!api/|admin/|static/|assets/).*$", show_page, name="page"),
]
