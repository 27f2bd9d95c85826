"""Exports."""

from __future__ import annotations

from django.db import models

from labeling.jobs.work import Work
from labeling.models.projects import Project
from labeling.models.rows import ProjectRow


class Export(ProjectRow, Work):
    """A file of items and labels on its way out."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exports", db_index=False)
    format = models.CharField(max_length=10)  # csv, jsonl, parquet, images
    filters = models.JSONField(default=dict)  # the same names as the item list's
    carried = models.JSONField(default=list)  # beside the labels: labeling/carried.py
    as_of = models.DateTimeField(null=True, blank=True)  # a past state; null: now
    stored_name = models.CharField(max_length=500, blank=True)
    n_rows = models.BigIntegerField(default=0)
    n_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    n_withheld = models.BigIntegerField(
        default=0
    )  # written as unlabeled, since people are asked about them blind

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="export_history")]

    def __str__(self) -> str:
        return f"{self.format} of {self.project}"
