"""Filters that compose. Which rows a person may see is decided in labeling/web/permissions.py (row_for)."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from labeling.jobs.work import OPEN_STATES
from labeling.models import Label, Split
from training.models import Prediction, Round, RoundState, Run, Trigger


def open_runs(project_id: int) -> QuerySet[Run]:
    """Queued or running, and learning; a constraint allows one. What takes a file's predictions in is beside it."""
    return Run.objects.filter(project_id=project_id, state__in=OPEN_STATES).exclude(trigger=Trigger.FILE)


def has_predictions(round_id: int) -> bool:
    """Whether any are kept. By the order of the key: without, PostgreSQL reads through other rounds' millions."""
    of_round = Prediction.objects.filter(round=round_id).order_by("item_id")
    return bool(of_round.values_list("item_id", flat=True)[:1])


def finished_rounds(project_id: int) -> QuerySet[Round]:
    """Rounds of the project that made a model version, newest first."""
    rounds = Round.objects.filter(run__project_id=project_id).exclude(state=RoundState.RUNNING)
    return rounds.filter(source__isnull=False).order_by("-id")


def human_labels(project_id: int, *, as_of: dt.datetime | None = None) -> QuerySet[Label]:
    """What people say now, or said at `as_of`. A machine's word is never among them, wherever it came from."""
    labels = Label.objects.filter(project_id=project_id, is_human=True)
    if as_of is None:
        return labels.filter(retired_at__isnull=True)
    return labels.filter(created_at__lte=as_of).exclude(retired_at__lte=as_of)


def training_labels(project_id: int) -> QuerySet[Label]:
    """Human labels that may be trained on: the holdout and the test set measure, and nothing else."""
    return human_labels(project_id).filter(item__split=Split.POOL)
