"""Doorbells of review. What is to be done stands in the rows, so hearing one twice does no harm."""

from __future__ import annotations

from celery import shared_task
from django.db.models import QuerySet

from labeling.jobs.bells import bell
from labeling.jobs.setbacks import ring_all
from labeling.jobs.trouble import tried
from labeling.jobs.work import SWEEP_SECONDS
from review import sweep as pipeline
from review.models import OPEN_ATTEMPTS, Attempt, AttemptState, Certificate
from review.queue.filling.kept_full import queue_diversify


@shared_task
def publish_ready_rounds() -> None:
    """Rung when a round is ready, by name: training knows nothing of review."""
    pipeline.publish_ready()


@bell(statement_seconds=SWEEP_SECONDS)
def sweep_review() -> None:
    ring_all("review.tasks.diversify_queue", pipeline.sweep)
    queued = Attempt.objects.filter(state=AttemptState.QUEUED)
    ring_all("review.tasks.freeze_attempt", lambda: list(queued.values_list("pk", flat=True)))
    ring_all("review.tasks.settle_attempt", _to_settle)
    ring_all("review.tasks.look_at_certificate", pipeline.certificates_to_look_at)
    ring_all("review.tasks.forecast_project", pipeline.projects_to_forecast)
    ring_all("review.tasks.explain_queue", pipeline.refills_to_explain)


def _to_settle() -> list[int]:
    to_settle = pipeline.attempts_to_settle()
    pipeline.attempts_wait_no_more(but=to_settle)
    return to_settle


# Beside the runs and not among them: they may have to pack the project's items first.
@shared_task
def diversify_queue(project_id: int) -> None:
    queue_diversify(project_id)


@shared_task
def explain_queue(refill_id: int) -> None:
    from review.help.pipeline import queue_explain

    queue_explain(refill_id)


# The pipelines below load scipy, which web processes, who ring these, must not.


@shared_task
def freeze_attempt(attempt_id: int) -> None:
    from review.certificates.pipeline.freezing import attempt_freeze

    tried(lambda: attempt_freeze(attempt_id), _open_attempt(attempt_id))


@shared_task
def settle_attempt(attempt_id: int) -> None:
    from review.certificates.documents import certificate_write
    from review.certificates.pipeline.settling import attempt_settle

    if not tried(lambda: attempt_settle(attempt_id), _open_attempt(attempt_id)):
        return
    for certificate_id in Certificate.objects.filter(attempt=attempt_id, document={}).values_list(
        "pk", flat=True
    ):
        certificate_write(certificate_id)


@shared_task
def look_at_certificate(certificate_id: int) -> None:
    """Its document is written, its monitoring audits keep pace and are counted, and a breach is followed up."""
    from review.certificates.documents import certificate_write
    from review.certificates.monitor_pipeline import attempt_follow_breach, monitor_settle, monitor_trickle

    certificate_write(certificate_id)
    monitor_trickle(certificate_id)
    monitor_settle(certificate_id)
    attempt_follow_breach(certificate_id)


@shared_task
def forecast_project(project_id: int) -> None:
    from review.certificates.forecasts import forecast_make

    forecast_make(project_id)


def _open_attempt(attempt_id: int) -> QuerySet[Attempt]:
    return Attempt.objects.filter(pk=attempt_id, state__in=OPEN_ATTEMPTS)
