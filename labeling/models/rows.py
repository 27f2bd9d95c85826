"""What all rows of projects have in common."""

from __future__ import annotations

from django.db import models


class ProjectRow(models.Model):
    """A project, or a row of one. Found for somebody by labeling/web/permissions.py it has their role on it."""

    member_role: str  # no column

    class Meta:
        abstract = True
