"""What other tools write into single fields: times, confidences, verdicts, choices. Pure."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from labeling.formats.cells import SeveralLabels as SeveralLabels
from labeling.formats.cells import read_label
from labeling.formats.classes import LabelRules
from labeling.formats.layouts.layout import is_blank
from labeling.formats.rows import SaidKind
from labeling.web.json_reading import read_json

MS_FROM = 1e11  # numbers from here on count milliseconds since 1970, not seconds
NS_FROM = 1e17
VERDICTS = {
    **dict.fromkeys(("accept", "accepted", "approve", "approved", "submitted"), SaidKind.LABEL),
    **dict.fromkeys(("reject", "rejected", "decline", "declined"), SaidKind.REJECT),
    **dict.fromkeys(("ignore", "ignored", "skip", "skipped", "discarded", "cancelled"), SaidKind.IGNORE),
}
OPENS = ("[", "{", "(")  # what a list, a set or an object in one text begins with
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_PYTHON_SET = re.compile(rf"\s*(?:[{{(]\s*{_QUOTED}(?:\s*,\s*{_QUOTED})*\s*,?\s*[)}}]|set\(\))\s*")
_ISO_SPACED_ZONE = re.compile(r"(.*\d)\s+([+-]\d\d:?\d\d|Z|UTC|GMT)$")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(.*)$")


def read_time(value: object) -> dt.datetime | None:
    """A moment, or None for what is none or can be read in two ways (03/04/2024). UTC where no zone is named."""
    if isinstance(value, dt.datetime):
        found: dt.datetime | None = value
    elif isinstance(value, dt.date):
        found = dt.datetime(value.year, value.month, value.day)
    elif isinstance(value, bool) or is_blank(value):
        return None
    elif isinstance(value, int | float):
        found = _from_number(float(value))
    elif isinstance(value, str):
        found = _from_text(value.strip())
    else:
        return None
    if found is None:
        return None
    try:
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    except (OverflowError, ValueError):
        return None


def _from_number(number: float) -> dt.datetime | None:
    if not 1e8 <= number < 1e19:  # before 1973 nobody labeled
        return None
    seconds = number / 1e9 if number >= NS_FROM else number / 1e3 if number >= MS_FROM else number
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _from_text(text: str) -> dt.datetime | None:
    if re.fullmatch(r"\d{9,19}(\.\d+)?", text):
        return _from_number(float(text))
    given = text
    spaced = _ISO_SPACED_ZONE.match(text)
    if spaced:
        text = spaced[1] + spaced[2].replace("UTC", "Z").replace("GMT", "Z")
    year_first = _YEAR_FIRST.match(text)
    if year_first:
        year, month, day, rest = year_first.groups()
        text = f"{year}-{int(month):02}-{int(day):02}{rest}"
    try:
        return dt.datetime.fromisoformat(text) if not text.isdigit() else None
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(given)
    except (ValueError, TypeError, IndexError):
        return None


def read_share(value: object) -> float | None:
    """A confidence from 0 to 1, also "87%" and "0,87"; None for anything else."""
    is_percent = isinstance(value, str) and value.strip().endswith("%")
    number = read_number(value.strip().rstrip("% \u00a0\u202f") if isinstance(value, str) else value)
    if number is None:
        return None
    number = number / 100 if is_percent else number
    return number if 0 <= number <= 1 else None


def read_number(value: object) -> float | None:
    """A finite number, also with a decimal comma; None for anything else."""
    if is_blank(value) or isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        try:
            number = float(text.replace(",", ".") if text.count(",") == 1 else text)
        except ValueError:
            return None
    elif isinstance(value, int | float):
        number = float(value)
    else:
        return None
    return number if math.isfinite(number) else None


def read_verdict(value: object) -> SaidKind | None:
    return VERDICTS.get(value.strip().lower()) if isinstance(value, str) else None


def read_one_label(value: object, field: str, rules: LabelRules | None = None) -> str | None:
    """The one label of a field: bare, in a list, in {"choices": [...]}, or any of these written as JSON.

    Raises SeveralLabels, and BadCell for what holds none.
    """
    if isinstance(value, str) and (value.lstrip()[:1] in OPENS or value.strip() == "set()"):
        value = _unwrapped(value)
    if isinstance(value, Mapping):
        value = next(
            (value[name] for name in ("choices", "choice", "label", "value", "name") if name in value), None
        )
    if isinstance(value, list | tuple):
        labels = [label for entry in value if (label := read_one_label(entry, field, rules)) is not None]
        distinct = list(dict.fromkeys(labels))
        if len(distinct) > 1:
            raise SeveralLabels(field, distinct)
        return distinct[0] if distinct else None
    return None if is_blank(value) and not isinstance(value, str) else read_label(value, field, rules)


def _unwrapped(text: str) -> object:
    """The list or object that is written as JSON, or as Python prints a list; else the text."""
    try:
        return read_json(text)
    except (ValueError, RecursionError):
        listed = _python_list(text) if text.lstrip()[:1] == "[" or _PYTHON_SET.fullmatch(text) else None
        return text if listed is None else listed


def _python_list(text: str) -> list[str] | None:
    """What pandas writes for a list or a set of texts: "['a', 'b']", "{'a'}"."""
    if text.strip() == "set()":
        return []
    inner = text.strip()[1:-1].strip()
    if not inner:
        return []
    parts = re.findall(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", inner)
    return [first or second for first, second in parts] or None
