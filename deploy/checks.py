"""What refuses a half-set start: system checks (`manage.py check`, `migrate`), and every part when it starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured


@register
def check_production(app_configs: Sequence[Any] | None, **_: object) -> list[CheckMessage]:
    """A production start has a real secret and names its hosts."""
    if not settings.ASSAY_PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 50:
        found.append(
            Error(
                f"ASSAY_SECRET_KEY has {len(settings.SECRET_KEY)} characters; it signs every session.",
                hint="Use at least 50 random ones: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
                id="assay.E001",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ASSAY_ALLOWED_HOSTS contains *, so anybody may choose the host name in our links.",
                hint="List the names under which people reach Assay, with commas between.",
                id="assay.E002",
            )
        )
    return found


@register
def check_frontend(app_configs: Sequence[Any] | None, **_: object) -> list[CheckMessage]:
    """Production serves a page."""
    if settings.ASSAY_PRODUCTION and not (settings.FRONTEND_DIST / "index.html").exists():
        return [
            Warning(
                f"The front end is not built: {settings.FRONTEND_DIST} has no index.html.",
                hint="Run `npm ci && npm run build` in frontend/, or start only workers from this image.",
                id="assay.W001",
            )
        ]
    return []


def refuse_half_set() -> None:
    """A part of a production that is half set does not start. Raises ImproperlyConfigured, which names everything."""
    errors = [found for found in check_production(None) if found.is_serious()]
    if errors:
        raise ImproperlyConfigured(
            "ASSAY_PRODUCTION is set, but: " + " ".join(f"{error.msg} {error.hint}." for error in errors)
        )
