"""How a source says that its labels are what a machine of elsewhere predicted: news for whoever makes rounds."""

from __future__ import annotations

PREDICTIONS = "predictions"  # in Source.details: a whole file's, and its import is not undone
