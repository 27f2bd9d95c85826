"""What every answer gets, whoever makes it: views, the admin, whitenoise or an error."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

View = Callable[[HttpRequest], HttpResponse]

# Styles are set by scripts (Mantine, ECharts) while the page runs, so they cannot all be named before.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
PROBES = frozenset({"/health", "/api/health"})


def safe_headers(get_response: View) -> View:
    """A response that says nothing about a header gets ours."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return respond


def probes_by_address(get_response: View) -> View:
    """A probe reaches /health by whatever name or address it knows; it is told nothing that depends on that."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            request.META["HTTP_HOST"] = "localhost"
            request.META.pop("HTTP_X_FORWARDED_HOST", None)
            request.get_host = lambda: "localhost"  # type: ignore[method-assign]
        return get_response(request)

    return respond


class CompressJson(GZipMiddleware):
    """Long JSON that is read, compressed. What answers a write is short and waited for, and may hold a secret.

    Django adds bytes at random, so that the length tells nothing of what lies beside a guess (BREACH).
    """

    SHORTEST = 2048  # bytes
    SECRETS = ("/api/session", "/api/tokens")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_wanted = (
            request.method == "GET"
            and isinstance(response, HttpResponse)  # and no stream
            and len(response.content) >= self.SHORTEST
            and response.get("Content-Type", "").startswith(
                ("application/json", "application/vnd.oai.openapi")
            )
            and not request.path.startswith(self.SECRETS)
        )
        return super().process_response(request, response) if is_wanted else response
