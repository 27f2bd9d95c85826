"""What a request may do with inspections. Roles are checked by the views (labeling/web/permissions.py)."""

from __future__ import annotations

from typing import Any

from labeling.item_types import item_types
from labeling.jobs.doorbell import ring
from labeling.jobs.work import work_request_cancel
from labeling.models import Project
from training.inspections.rows import inspection_open
from training.learners.catalogue import learner_named
from training.models import Inspection
from training.runs.checks import check_items


def inspection_request(*, project: Project, user: Any, learner: str = "", seed: int = 0) -> Inspection:
    """An inspection is queued and the workers' bell rung. Raises UnknownLearner, NoItems, AlreadyOpen."""
    name = learner or item_types()[project.item_type].inspector
    learner_named(name, item_type=project.form)
    check_items(project)
    inspection = inspection_open(project, learner=name, seed=seed, created_by=user)
    ring("training.tasks.inspect_project", inspection.pk)
    return inspection


def inspection_cancel(inspection: Inspection) -> Inspection:
    """A queued one is over at once, a running one within seconds. Raises Conflict if it is over."""
    work_request_cancel(inspection)
    inspection.refresh_from_db()
    return inspection
