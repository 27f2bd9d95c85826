"""Who is at work, and what failed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Setback(models.Model):
    """A task that ends in an error which waiting does not mend. labeling/jobs/setbacks.py"""

    task = models.CharField(max_length=200)
    of_id = models.BigIntegerField(default=0)  # the row that it is of; 0: none
    n = models.PositiveIntegerField(default=0)  # in a row
    error = models.CharField(max_length=500)
    since = models.DateTimeField()
    next_at = models.DateTimeField()  # not tried before

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "of_id"], name="setback_once")]

    def __str__(self) -> str:
        return f"{self.task}({self.of_id})"


class WorkerPulse(models.Model):
    """One process that is alive, or was. Written by the process itself every few seconds."""

    name = models.CharField(max_length=200, unique=True)  # kind@host:pid
    kind = models.CharField(max_length=20)  # worker, scheduler
    queues = models.JSONField(default=list)  # train, predict, io, default
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    unbroken_since = models.DateTimeField(
        db_default=Now()
    )  # without a miss: the database was there all the while
    stopped_at = models.DateTimeField(null=True, blank=True)  # left in good order
    problem = models.CharField(
        max_length=300, blank=True, db_default=""
    )  # why it does no work though it is there

    def __str__(self) -> str:
        return self.name
