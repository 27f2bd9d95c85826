"""What every request body goes through before any view sees it: JSON that is safe to parse, keep and send back.

A body is UTF-8. Its JSON is refused as 400 if it is nested too deeply, holds more values than memory should,
holds a field twice, a number that is none (NaN, 1e999) or that no column can hold (beyond 64 bits), or a
character that PostgreSQL cannot store (NUL, half of a surrogate pair).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from labeling.errors import InvalidInput, TooLarge
from labeling.web.json_reading import TooDeep, read_json, without_repeats

MAX_CONTAINERS = 1_000_000  # lists and objects of one body; an empty one takes 60 bytes and more of memory
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_ODD_NUMBERS = re.compile(r"\d{19}|[eE]\+?\d{3}")  # may lie beyond 64 bits, or beyond a float
_ODD_CHARACTERS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")  # NUL, and halves of surrogate pairs


class BodyParser(JSONParser):
    """DRF's, for bodies from strangers."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Raises ParseError for what is no JSON, InvalidInput for JSON that is refused."""
        try:
            text = _read(stream).decode("utf-8-sig")
            _check_size(text)
            hooks: dict[str, Callable[..., Any]] = {"parse_constant": _constant}
            if _ODD_NUMBERS.search(text):
                hooks |= {"parse_int": _whole, "parse_float": _real}
            value = read_json(text, object_pairs_hook=without_repeats, **hooks)
        except TooDeep as error:
            message = f"The body is refused: {error}."
            raise InvalidInput(message, code="too_deep", fields={"body": [message]}) from None
        except ValueError as error:
            raise ParseError(f"The body is no JSON that can be used: {error}.") from None
        if _ODD_CHARACTERS.search(text):
            _check_characters(value)
        return value


def _read(stream: IO[bytes]) -> bytes:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = stream.read(most + 1)
    if len(body) > most:
        raise TooLarge(f"The body has more than {most:,} bytes, which are allowed. Send it in parts.")
    return body


def _check_size(text: str) -> None:
    n_containers = text.count("[") + text.count("{")  # those in strings too, which no honest body is full of
    if n_containers > MAX_CONTAINERS:
        message = (
            f"The body holds {n_containers:,} lists and objects; {MAX_CONTAINERS:,} are allowed. "
            "Send it in parts."
        )
        raise InvalidInput(message, code="too_many_values", fields={"body": [message]})


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON; use null")


def _whole(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= (value := int(digits)) < 2**63:
        raise ValueError(f"{digits[:24]} lies beyond 64 bits; write so large a number as 1e30")
    return value


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:24]} is too large for a number")
    return value


def _check_characters(value: Any) -> None:
    for path, text in _texts(value, ""):
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            what = "a NUL character" if "\x00" in text else "half of a surrogate pair"
            name = path or "body"
            sentence = f"It holds {what}, which is no character of a text. Leave it out."
            raise InvalidInput(f"{name}: {sentence}", fields={name: [sentence]})


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, text) of every text in the value, names of fields included; as deep as the parser let it be."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield path, name
            yield from _texts(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _texts(part, f"{path}.{place}" if path else str(place))


class AnswerAnyway(DefaultContentNegotiation):
    """Whoever accepts nothing that we write, or asks for ?format=, gets what we write: the schema says what it is."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        ours = list(renderers)
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, ours, format_suffix)
        except (NotAcceptable, Http404):
            return ours[0], ours[0].media_type
        return chosen


class Utf8Only:
    """Refuses requests that name another charset for their body: Django would decode even the address with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.strip("\"' ").lower() in CHARSETS:
            return self.get_response(request)
        message = f"The body's charset is {charset[:40]!r}. Send it in utf-8, and name no other charset."
        # The shape of labeling/web/http.py, which cannot be imported here: it is loaded after the parsers.
        body = {"code": "unsupported_media_type", "message": message, "fields": {}}
        return JsonResponse(body, status=415)
