"""Columns that are kept for people to see, and which must not be: what others said would leak through them. Pure."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from labeling.formats.layouts.layout import Sample, is_blank, text_of
from labeling.formats.text.encodings import storable

METADATA = frozenset(
    {"meta", "metadata", "_meta", "info", "extra", "extras", "attributes", "properties", "context"}
)
# Whatever may tell an annotator what somebody or something else said of the item.
TELLING = re.compile(
    r"(?i)(^|[_ .:-])(labels?|class(es)?|categor(y|ies)|cats?|intents?|topics?|tags?_?label|target|truth|gold|answers?|annotat\w*|confidence|prob(a|ability|s)?|"
    r"score|pred\w*|sentiment|verdict|choices?|votes?|judg\w*|suggest\w*|responses?|model\w*|logits?|rating|stars|"
    r"completed_by|approver|worker\w*|rater\w*|agreement|consensus|entities|spans|ner\w*)($|[_ .:-])"
)
MAX_VALUE_CHARS = 2_000  # of one extra, as it is shown; longer ones are cut and say so
MAX_SHARE_OF_CLASSES = 0.5


def tells(sample: Sample, name: str, classes: Sequence[str]) -> str:
    """Why the column must not be shown to annotators; "" if nothing speaks against it."""
    if TELLING.search(name):
        return "kept out: by its name it may tell what others said of the item"
    known = {one.casefold() for one in classes if len(one) > 1}
    values = [
        entry
        for value in sample.column(name)
        for entry in (value if isinstance(value, list | tuple) else [value])
    ]
    texts = [text_of(value).casefold() for value in values]
    if known and texts and sum(text in known for text in texts) > MAX_SHARE_OF_CLASSES * len(texts):
        return "kept out: it holds names of classes, so it may tell what others said of the item"
    return ""


def as_extra(value: object) -> Any:
    """The value as JSON that can be stored and shown; None for what is missing."""
    if is_blank(value):
        return None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return cut(storable(value.replace("\x00", "")))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, Mapping | list | tuple):
        text = json.dumps(value, default=str, ensure_ascii=False)
        plain = storable(text.replace("\\u0000", ""))
        return (
            json.loads(plain, parse_constant=lambda _: None) if len(plain) <= MAX_VALUE_CHARS else cut(plain)
        )
    return cut(storable(str(value)))


def cut(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_VALUE_CHARS else f"{text[: MAX_VALUE_CHARS - 1]}…"
