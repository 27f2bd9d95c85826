"""What a child computes of an import's undoing. Loads no array library."""

from __future__ import annotations

from labeling.jobs.supervision import Job
from labeling.models import ImportUndo

UNDO = Job(
    ImportUndo,
    "undo_execute",
    kept="What was taken away is gone; undoing the import again goes on with the rest.",
)
