"""What the schema calls a number is a number: JSON bodies are held to the types that their shape names.

DRF takes "5" for 5, 1 for true and 5 for "5", because forms know only text. JSON has types, and a client that
sends the wrong one has a mistake in it that it should hear of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers

AnyField = serializers.Field[Any, Any, Any, Any]
Problems = Iterator[tuple[str, str]]


def check_body(shape: serializers.BaseSerializer[Any], body: object) -> Any:
    """What `shape`, made with this body, makes of it. Raises ValidationError; another type is reason enough."""
    is_valid = shape.is_valid()
    problems = {path or "body": [sentence] for path, sentence in _problems(shape, body, "")}
    if is_valid and not problems:
        return shape.validated_data
    errors: Any = shape.errors  # a dict, or a list where the shape is of many
    raise serializers.ValidationError(
        {**problems, **errors} if isinstance(errors, dict) else errors or problems
    )


def _problems(field: AnyField | None, value: object, path: str) -> Problems:
    """(path, sentence) of each; what is null, missing or of no known type is the field's own business."""
    if value is None or field is None:
        return
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        if isinstance(value, list):
            for place, part in enumerate(value):
                yield from _problems(field.child, part, _join(path, str(place)))
    elif isinstance(field, serializers.DictField):
        if isinstance(value, Mapping):
            for name, part in value.items():
                yield from _problems(field.child, part, _join(path, name))
    elif isinstance(field, serializers.Serializer):
        if isinstance(value, Mapping):
            for name, inner in field.fields.items():
                if name in value and not inner.read_only:
                    yield from _problems(inner, value[name], _join(path, name))
    elif (wanted := _wanted(field)) and not _is_a(wanted, value):
        yield path, f"Send {wanted}, not {_shown(value)}."


def _wanted(field: AnyField) -> str:
    if isinstance(field, serializers.BooleanField):
        return "true or false"
    if isinstance(field, serializers.IntegerField):
        return "a whole number"
    if isinstance(field, serializers.FloatField | serializers.DecimalField):
        return "a number"
    if isinstance(field, serializers.ChoiceField):
        return "text" if all(isinstance(choice, str) for choice in field.choices) else ""
    is_text = isinstance(
        field,
        serializers.CharField | serializers.UUIDField | serializers.DateTimeField | serializers.DateField,
    )
    return "text" if is_text else ""


def _is_a(wanted: str, value: object) -> bool:
    if isinstance(value, bool) or wanted == "true or false":
        return isinstance(value, bool) and wanted == "true or false"
    if wanted == "a whole number":  # JSON knows no difference between 1 and 1.0
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, int | float if wanted == "a number" else str)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | Mapping):
        return "a list" if isinstance(value, list) else "an object"
    return f"the text {value[:40]!r}" if isinstance(value, str) else f"the number {value!r}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


MAX_ID = 2**63 - 1  # of a row; PostgreSQL's bigint
