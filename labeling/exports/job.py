"""What a child computes of an export. Loads no array library."""

from __future__ import annotations

from labeling.jobs.supervision import Job
from labeling.models import Export

EXPORT = Job(Export, "export_execute")
