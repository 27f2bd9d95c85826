"""How every app speaks HTTP: one error shape, one page shape.

Errors are {code, message, fields}; pages are {results, next} with an opaque cursor, by keyset: a page
costs the same wherever it lies, and rows that come meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from labeling.errors import AssayError, InvalidInput
from labeling.json_reading import read_json

logger = logging.getLogger(__name__)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
RETRY_SECONDS = 2  # what Retry-After says where nothing else does

M = TypeVar("M", bound=models.Model)


class ErrorOutput(serializers.Serializer):
    """Every answer of 400 and over."""

    code = serializers.CharField(help_text="Stable and machine readable.")
    message = serializers.CharField(help_text="What is wrong, what is allowed, what to do.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Input field, or row, to what is wrong with it.",
    )


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into the one error shape; None (a 500) for what nobody foresaw."""
    if isinstance(error, AssayError):
        response = Response(error_body(error.code, error.message, error.fields), status=error.status)
        if error.status == 429:
            response["Retry-After"] = str(RETRY_SECONDS)
        return response
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        fields = _flat(error.detail)
        response.data = error_body("invalid_input", _summary(fields), fields)
    elif isinstance(error, exceptions.APIException):
        response.data = error_body(str(error.get_codes()), str(error.detail), {})
    else:  # Django's own Http404 and PermissionDenied
        code = "not_found" if response.status_code == 404 else "permission_denied"
        response.data = error_body(code, str(response.data["detail"]), {})
    return response


def page_not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler404, for addresses that lead nowhere."""
    message = f"There is nothing at {request.path}. The addresses are listed at /api/docs."
    return JsonResponse(error_body("not_found", message, {}), status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    """Django's handler500: the traceback is in the log, and nothing of it goes out."""
    message = "Something went wrong on our side, and the server's log says what. Nothing was changed."
    return JsonResponse(error_body("server_error", message, {}), status=500)


def error_body(code: str, message: str, fields: dict[str, list[str]]) -> dict[str, object]:
    return {"code": code, "message": message, "fields": fields}


def _flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested lists and dicts of sentences as {"classes.2.name": [sentence]}."""
    if isinstance(detail, dict):
        parts = [(key if key != "non_field_errors" else "", value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        parts = [(str(index), value) for index, value in enumerate(detail)]
    else:
        return {path or "body": [str(part) for part in (detail if isinstance(detail, list) else [detail])]}
    found: dict[str, list[str]] = {}
    for key, value in parts:
        if value:
            found |= _flat(value, ".".join(part for part in (path, str(key)) if part))
    return found


def _summary(fields: dict[str, list[str]]) -> str:
    name, sentences = next(iter(fields.items()))
    more = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    return f"{name}: {sentences[0]}{more}"


# Pages


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Where a page begins (the key of the row before it, or None for the first) and how long it is."""

    after: list[Any] | None
    limit: int


PAGE_PARAMETERS = [
    OpenApiParameter("cursor", str, description="`next` of the page before; leave out for the first."),
    OpenApiParameter(
        "limit", int, description=f"Rows of a page, 1 to {MAX_LIMIT}; {DEFAULT_LIMIT} unless told."
    ),
]


def read_page(request: Request, *kinds: type, limit: int = DEFAULT_LIMIT) -> PageRequest:
    """The page that ?cursor= and ?limit= ask for; the cursor must hold values of these `kinds`.

    Raises InvalidInput for a cursor that we did not make, or made for another list.
    """
    text = request.query_params.get("limit", str(limit))
    if not text.isdecimal() or not 1 <= int(text) <= MAX_LIMIT:
        raise InvalidInput(
            f"limit is {text!r}; use a whole number from 1 to {MAX_LIMIT}.",
            fields={"limit": [f"Use a whole number from 1 to {MAX_LIMIT}."]},
        )
    cursor = request.query_params.get("cursor", "")
    return PageRequest(after=_decode(cursor, kinds) if cursor else None, limit=int(text))


def encode_cursor(*key: int | float | str) -> str:
    """The key of a page's last row as an opaque word."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _decode(cursor: str, kinds: Sequence[type]) -> list[Any]:
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True)
        key = read_json(text, parse_constant=_refuse)
    except (binascii.Error, ValueError):
        key = None
    is_ours = isinstance(key, list) and len(key) == len(kinds)
    if not is_ours or any(type(value) is not kind for value, kind in zip(key, kinds, strict=True)):
        raise InvalidInput(
            "This cursor is not one that this list made. Leave it out to begin at the first page.",
            fields={"cursor": ["Use `next` of the page before."]},
        )
    if any(kind is int and not -(2**63) <= value < 2**63 for value, kind in zip(key, kinds, strict=True)):
        raise InvalidInput("This cursor is out of range. Leave it out to begin at the first page.")
    return key


def _refuse(constant: str) -> None:
    """NaN and infinities, which JSON has not, though Python reads them."""
    raise ValueError(constant)


def keyset_page(
    request: Request, rows: QuerySet[M], *, newest_first: bool = True
) -> tuple[list[M], str | None]:
    """One page of rows in order of id, and the cursor of the next page or None."""
    page = read_page(request, int)
    if page.after is not None:
        (last,) = page.after
        rows = rows.filter(pk__lt=last) if newest_first else rows.filter(pk__gt=last)
    found = list(rows.order_by("-pk" if newest_first else "pk")[: page.limit + 1])
    has_more = len(found) > page.limit
    found = found[: page.limit]
    return found, encode_cursor(found[-1].pk) if has_more else None


def page_response(
    rows: Sequence[Any], next_cursor: str | None, output: type[serializers.Serializer]
) -> Response:
    return Response({"results": output(rows, many=True).data, "next": next_cursor})


def page_of(output: type[serializers.Serializer]) -> serializers.Serializer:
    """The schema of a page of `output`: ItemOutput makes ItemPage."""
    return inline_serializer(
        name=f"{output.__name__.removesuffix('Output')}Page",
        fields={
            "results": output(many=True),
            "next": serializers.CharField(
                allow_null=True, help_text="Cursor of the next page; null at the end."
            ),
        },
    )
