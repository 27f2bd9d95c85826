"""Doorbells of review. What is to be done stands in the rows, so hearing one twice does no harm."""

from __future__ import annotations

from celery import shared_task

from labeling.work import ring
from review import pipeline


@shared_task(time_limit=3600)
def publish_ready_rounds() -> None:
    """Rung when a round is ready, by name: training knows nothing of review."""
    pipeline.publish_ready()


@shared_task(time_limit=3600)
def sweep_review() -> None:
    for project_id in pipeline.sweep():
        ring(diversify_queue, project_id)


# Routed to the workers of `train`: they have scikit-learn and the packed arrays at hand, and may take a minute.
@shared_task(time_limit=1800)
def diversify_queue(project_id: int) -> None:
    pipeline.queue_diversify(project_id)
