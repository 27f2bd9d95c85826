"""What a request may ask of the queue as a whole. Claims, answers, undo, flags: each in its own file."""

from __future__ import annotations

from labeling.jobs.doorbell import ring
from labeling.models import Project
from review.models import Refill
from review.queue.filling.kept_full import queue_refill


def queue_refill_request(*, project: Project) -> Refill:
    """The queue is filled up to the budget; without a model half of it, and a training worker adds the rest."""
    refill = queue_refill(project=project)
    if refill.round_id is None:
        ring("review.tasks.diversify_queue", project.pk)
    return refill
