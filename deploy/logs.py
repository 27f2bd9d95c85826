"""How a line of the log looks."""

from __future__ import annotations

import logging

from labeling.secrets import hide_secrets


class SecretlessFormatter(logging.Formatter):
    """Hides secrets of learners: an error of an HTTP library may quote the address or the header that it sent."""

    def format(self, record: logging.LogRecord) -> str:
        return hide_secrets(super().format(record))
