"""How every app speaks HTTP: one error shape, one page shape.

Errors are {code, message, fields}; pages are {results, next} with an opaque cursor, by keyset: a page
costs the same wherever it lies, and rows that come meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import logging
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from labeling.errors import AssayError, InvalidInput, NotAllowed, TooLarge, Unavailable
from labeling.jobs.trouble import Trouble, trouble_of
from labeling.web.json_reading import read_json

logger = logging.getLogger(__name__)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
RETRY_SECONDS = 2  # after which a client may ask again, when something is away

M = TypeVar("M", bound=models.Model)


class ErrorOutput(serializers.Serializer[object]):
    """Every answer of 400 and over."""

    code = serializers.CharField(help_text="Stable and machine readable.")
    message = serializers.CharField(help_text="What is wrong, what is allowed, what to do.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Input field, or row, to what is wrong with it.",
    )


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into the one error shape; None (a 500) for what nobody foresaw."""
    foreseen = foreseen_of(error)
    if foreseen is not None:
        return Response(
            error_body(foreseen.code, foreseen.message, foreseen.fields),
            status=foreseen.status,
            headers=headers_of(foreseen),
        )
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


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler400: a request that no view was asked about, or whose body no view can take."""
    return _json_of(
        foreseen_of(exception)
        or InvalidInput("The request is not one that can be understood.", code="bad_request")
    )


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler403."""
    return _json_of(NotAllowed("You may not do this.", code="permission_denied"))


def csrf_failure(request: HttpRequest, reason: str = "") -> JsonResponse:
    """A form of ours that did not come from a page of ours, or from one of long ago."""
    return _json_of(
        NotAllowed(
            "This did not come from a page of ours, or its cookie is gone. Load the page again, allow cookies, "
            f"and add the address to ASSAY_TRUSTED_ORIGINS if a proxy changes it. {reason}".strip(),
            code="permission_denied",
        )
    )


def server_error(request: HttpRequest) -> JsonResponse:
    """Django's handler500: the traceback is in the log, and nothing of it goes out."""
    error = sys.exc_info()[1]
    foreseen = foreseen_of(error) if error is not None else None
    if foreseen is not None:
        return _json_of(foreseen)
    message = "Something went wrong on our side, and the server's log says what. Nothing was changed."
    return JsonResponse(error_body("server_error", message, {}), status=500)


def foreseen_of(error: BaseException) -> AssayError | None:
    """Ours, or what Django, the database or the storage raised, as ours; None for anything else."""
    if isinstance(error, AssayError):
        return error
    if isinstance(error, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return TooLarge(
            f"The body has more than {limit:,} bytes. Send it in parts, or as a file to /api/uploads."
        )
    if isinstance(error, TooManyFieldsSent | TooManyFilesSent):
        return InvalidInput("The form has too many fields. Send at most 1,000.", code="too_many_fields")
    if isinstance(error, DisallowedHost):
        return InvalidInput(
            "This host name is not one of ours. Use an address that ASSAY_ALLOWED_HOSTS names.",
            code="unknown_host",
        )
    if isinstance(error, MultiPartParserError | UnreadablePostError):
        return InvalidInput("The body is no whole multipart form. Send it again.", code="parse_error")
    trouble = trouble_of(error)
    return unavailable(trouble) if trouble is not None else None


def unavailable(trouble: Trouble) -> Unavailable:
    """What a request is told while something is away; the client tries again."""
    logger.warning("%s is away, so a request was answered 503: %s", trouble.what, trouble.reason)
    code = "database_unavailable" if trouble.what == "the database" else "storage_unavailable"
    return Unavailable(
        f"{trouble.what[0].upper()}{trouble.what[1:]} does not answer at the moment. "
        "Nothing is lost: try again in a few seconds.",
        code=code,
    )


def headers_of(error: AssayError) -> dict[str, str]:
    return {"Retry-After": str(RETRY_SECONDS)} if error.status in (429, 503) else {}


def _json_of(error: AssayError) -> JsonResponse:
    body = error_body(error.code, error.message, error.fields)
    return JsonResponse(body, status=error.status, headers=headers_of(error))


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


CursorKind = type[int] | type[float] | type[dt.datetime] | type[UUID]


def read_page(request: Request, *kinds: CursorKind, limit: int = DEFAULT_LIMIT) -> PageRequest:
    """The page that ?cursor= and ?limit= ask for; the cursor must hold values of these `kinds`, and gives them.

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


def encode_cursor(*key: float | dt.datetime | UUID) -> str:
    """The key of a page's last row as an opaque word."""
    words = [value if isinstance(value, int | float) else str(value) for value in key]
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode().rstrip("=")


def _decode(cursor: str, kinds: Sequence[CursorKind]) -> list[Any]:
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True)
        key = read_json(text, parse_constant=_refuse)
        if not isinstance(key, list):
            raise ValueError(key)
        return [_KINDS[kind](value) for value, kind in zip(key, kinds, strict=True)]
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidInput(
            "This cursor is not one that this list made. Leave it out to begin at the first page.",
            fields={"cursor": ["Use `next` of the page before."]},
        ) from error


def _read_int(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError(value)
    return value


def _read_float(value: Any) -> float:
    if type(value) is not float or not math.isfinite(value):
        raise ValueError(value)
    return value


def _read_time(value: Any) -> dt.datetime:
    if type(value) is not str:
        raise ValueError(value)
    time = dt.datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(value)
    try:
        return time.astimezone(dt.UTC)
    except OverflowError as error:  # the first and the last day, in another zone
        raise ValueError(value) from error


def _read_uuid(value: Any) -> UUID:
    if type(value) is not str:
        raise ValueError(value)
    return UUID(value)


_KINDS: dict[CursorKind, Callable[[Any], Any]] = {
    int: _read_int,
    float: _read_float,
    dt.datetime: _read_time,
    UUID: _read_uuid,
}


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
    rows: Iterable[object],
    next_cursor: str | None,
    output: type[serializers.Serializer[Any]],
    *,
    context: dict[str, Any] | None = None,
) -> Response:
    return Response({"results": output(rows, many=True, context=context or {}).data, "next": next_cursor})


def page_of(output: type[serializers.Serializer[Any]]) -> serializers.Serializer[object]:
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
