"""A field of the API whose choices are kinds (labeling/kinds.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rest_framework import serializers


class KindField(serializers.ChoiceField):
    """One of the names, or of the pairs of name and title, that `kinds` lists when a request is read or the schema is written."""

    def __init__(self, kinds: Callable[[], Iterable[str | tuple[str, str]]], **options: Any) -> None:
        super().__init__(choices=list(kinds()), **options)
