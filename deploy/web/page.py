"""The front end's index.html, for every address that the client's router owns."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

NOT_BUILT = (
    "The front end is not built. Stop Assay and start it again with `assay up` (which builds it where "
    "Node.js is installed), or run `npm ci && npm run build` in frontend/. The API is at /api/docs.\n"
)


_PROJECT = re.compile(r"/projects/(\d+)(?:/|$)")


def show_page(request: HttpRequest) -> HttpResponse:
    try:
        page = (settings.FRONTEND_DIST / "index.html").read_bytes()
    except FileNotFoundError:
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(page)
    response["Cache-Control"] = "no-cache"  # it names the files of one build
    response["Link"] = ", ".join(
        f"<{path}>; rel=preload; as=fetch; crossorigin" for path in _asked_first(request.path)
    )
    return response


def _asked_first(path: str) -> list[str]:
    """What the page asks the API for before anything else: the browser does so while it reads the scripts."""
    of_project = _PROJECT.match(path)
    return ["/api/session", *([f"/api/projects/{of_project[1]}"] if of_project else [])]
