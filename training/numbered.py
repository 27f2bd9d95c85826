"""Opening work that a project numbers and has one of at a time: comparisons, inspections."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max

from labeling.jobs.work import OPEN_STATES, Work
from labeling.leaving import check_nothing_leaves
from labeling.models import Project
from training.errors import AlreadyOpen

W = TypeVar("W", bound=Work)


def open_numbered(model: type[W], project: Project, already_open: str, **columns: Any) -> W:
    """A queued row with the project's next number. Raises AlreadyOpen with that sentence."""
    rows = model._default_manager.filter(project=project)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if rows.filter(state__in=OPEN_STATES).exists():
            raise AlreadyOpen(already_open)
        check_nothing_leaves(project.pk)
        last_number = rows.aggregate(n=Max("number"))["n"] or 0
        try:
            return model._default_manager.create(project=project, number=last_number + 1, **columns)
        except IntegrityError as error:  # somebody wrote one without taking the lock
            raise AlreadyOpen(already_open) from error
