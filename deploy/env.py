"""Typed readers for environment variables. A wrong value stops the start and says what is allowed."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from labeling.web import json_reading

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def read_bool(name: str, default: bool) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text in TRUE | FALSE:
        return text in TRUE
    raise ImproperlyConfigured(f"{name} is {text!r}; use one of {', '.join(sorted(TRUE | FALSE))}.")


def read_int(name: str, default: int, *, low: int, high: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if low <= value <= high:
        return value
    raise ImproperlyConfigured(f"{name} is {text!r}; use a whole number from {low} to {high}.")


def read_str(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def read_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in read_str(name, default).split(",") if part.strip()]


def read_networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks such as 10.0.0.0/8, or single addresses, with commas between."""
    found = []
    for word in read_list(name):
        try:
            found.append(ip_network(word, strict=False))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} contains {word!r}; use networks such as 10.0.0.0/8, or addresses, with commas between."
            ) from None
    return found


def read_secret(name: str) -> str:
    """The value of NAME, or the content of the file that NAME_FILE names; empty if neither is set."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE is {path!r}, which cannot be read: {error}.") from error
    return os.environ.get(name, "").strip()


def read_json(name: str) -> dict[str, Any]:
    """A JSON object, from NAME or the file that NAME_FILE names: it may hold secrets."""
    text = read_secret(name) or "{}"
    try:
        value = json_reading.read_json(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    raise ImproperlyConfigured(f'{name} must be a JSON object such as {{"bucket_name": "labels"}}.')


def require(*names: str) -> None:
    """Each of NAMES (or NAME_FILE) is set, or the start stops with all that are missing."""
    missing = [name for name in names if not read_secret(name)]
    if missing:
        raise ImproperlyConfigured(
            f"ASSAY_PRODUCTION is set, but these are not: {', '.join(missing)}. "
            "Set each, or its name with _FILE to a file that holds it (docs/settings.md)."
        )
