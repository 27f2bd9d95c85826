"""Reads of publications."""

from __future__ import annotations

from django.db.models import QuerySet

from labeling.models import Project, Publication


def publications_of(project: Project) -> QuerySet[Publication]:
    publications = Publication.objects.filter(project=project)
    publications = publications.select_related("source", "source__round", "started_by")
    return publications.defer("source__round__metrics", "source__round__confidences")
