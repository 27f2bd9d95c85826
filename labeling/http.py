"""Error handler: every API error has one shape, {code, message, fields}."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from labeling.errors import AssayError


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into the one error shape; None (a 500) for what nobody foresaw."""
    if isinstance(error, AssayError):
        body = {"code": error.code, "message": error.message, "fields": error.fields}
        return Response(body, status=error.status)
    response = exception_handler(error, context)
    return response
