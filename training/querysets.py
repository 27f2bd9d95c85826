"""Filters that compose. Which rows a person may see is decided in labeling/permissions.py (row_for)."""

from __future__ import annotations

from django.db.models import QuerySet

from labeling.models import Label, Split
from labeling.work import OPEN_STATES
from training.models import Round, RoundState, Run


def open_runs(project_id: int) -> QuerySet[Run]:
    """Queued or running; a constraint allows one."""
    return Run.objects.filter(project_id=project_id, state__in=OPEN_STATES)


def finished_rounds(project_id: int) -> QuerySet[Round]:
    """Rounds of the project that made a model version, newest first."""
    rounds = Round.objects.filter(run__project_id=project_id).exclude(state=RoundState.RUNNING)
    return rounds.filter(source__isnull=False).order_by("-id")


def human_labels(project_id: int) -> QuerySet[Label]:
    """What people say now. A machine's word is never among them, wherever it came from."""
    return Label.objects.filter(project_id=project_id, is_human=True, retired_at__isnull=True)


def training_labels(project_id: int) -> QuerySet[Label]:
    """Human labels that may be trained on: the holdout and the test set measure, and nothing else."""
    return human_labels(project_id).filter(item__split=Split.POOL)
