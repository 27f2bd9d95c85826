"""Doorbells of review. They carry nothing: what is to be done stands in the rows."""

from __future__ import annotations

from celery import shared_task

from review import pipeline


@shared_task(time_limit=3600)
def publish_ready_rounds() -> None:
    """Rung when a round is ready, by name: training knows nothing of review."""
    pipeline.publish_ready()


@shared_task(time_limit=3600)
def sweep_review() -> None:
    pipeline.sweep()
