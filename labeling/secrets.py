"""Secrets that learners need, such as the token of a service: known by a name, never written down. Pure.

The value stands in the environment of the workers, as ASSAY_LEARNER_SECRET_<NAME>, or in a file that
ASSAY_LEARNER_SECRET_<NAME>_FILE names. Rows, documents and answers hold the name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PREFIX = "ASSAY_LEARNER_SECRET_"
_FILE = "_FILE"
HIDDEN = "[secret]"


@dataclass(frozen=True)
class Secret:
    """What a learner is handed for a secret parameter. It holds the name, so that saving it gives nothing away."""

    name: str

    def reveal(self) -> str:
        """The value; empty if this process does not have it. Keep it in a local variable only."""
        return _read(self.name) if self.name else ""


def secret_names() -> list[str]:
    """Those that this process knows of, sorted."""
    variables = (name[len(PREFIX) :] for name in os.environ if name.startswith(PREFIX))
    return sorted({name.removesuffix(_FILE) for name in variables} - {""})


def hide_secrets(text: str) -> str:
    """The text without the value of any secret: for logs, and for errors that quote what they sent."""
    for value in secret_values():
        text = text.replace(value, HIDDEN)
    return text


def secret_values() -> list[str]:
    """Longest first, so that one which begins like another is hidden whole."""
    found = {_read(name) for name in secret_names()}
    return sorted(found - {""}, key=len, reverse=True)


def _read(name: str) -> str:
    if path := os.environ.get(f"{PREFIX}{name}{_FILE}", "").strip():
        try:
            return Path(path).read_text().strip()
        except OSError:
            return ""
    return os.environ.get(PREFIX + name, "").strip()
