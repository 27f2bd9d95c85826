"""A project's settings, where a change of them concerns the queue."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from labeling.models import Project
from labeling.projects import api as project_api
from labeling.web.permissions import person_of
from review.queue.answers_wanted import project_change


class ProjectView(project_api.ProjectView):
    """The project as labeling shows it; open entries follow a change."""

    def change(self, request: Request, project: Project, settings: dict[str, Any]) -> None:
        project_change(project=project, settings=settings, by=person_of(request))
