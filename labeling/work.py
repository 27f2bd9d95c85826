"""Background work: the one state machine that imports, exports and runs share.

    queued ──claim──> running ──finish──> done
       │                 ├──fail──> failed
       └──cancel──┐      └──cancel──> cancelled
                  └─────────────────> cancelled

The row is the truth and the broker only a doorbell: whoever hears the bell claims the row by a
conditional update. Each claim raises `attempt`, which fences: a worker that lost its claim (its
heartbeat went stale and another took over) finds that its writes match no row and stops.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TypeVar

from celery import Task
from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from kombu.exceptions import OperationalError

from labeling.errors import AssayError, Conflict

logger = logging.getLogger(__name__)

MAX_DEATHS = 3  # work that killed three workers will kill the fourth


class WorkState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (WorkState.QUEUED, WorkState.RUNNING)


class WorkCancelled(Exception):
    """Somebody asked for this work to stop."""


class WorkLost(Exception):
    """Another worker has taken this work over; the present one must write nothing more."""


class Work(models.Model):
    """A row that some worker carries out. Only the functions of this module write these columns."""

    state = models.CharField(max_length=12, choices=WorkState.choices, default=WorkState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)  # raised by each claim; the fencing token
    n_deaths = models.PositiveIntegerField(default=0)  # claims that ended without a word
    worker = models.CharField(max_length=200, blank=True)  # host:pid of the last claim
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    step_name = models.CharField(max_length=100, blank=True)  # what is being done, for people
    step = models.BigIntegerField(default=0)  # how much of n_steps is done
    n_steps = models.BigIntegerField(default=0)  # 0: not known yet
    seconds_left = models.FloatField(null=True, blank=True)  # an estimate; null: not known yet
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)  # a sentence that a user understands
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


W = TypeVar("W", bound=Work)


def work_claim(model: type[W], pk: int, *, worker: str) -> W | None:
    """Make the queued (or abandoned) row ours and return it, or None if it is gone, taken or over.

    Abandoned: running, with a heartbeat older than ASSAY_STALE_SECONDS. A row that has used up
    MAX_DEATHS is failed here, with a sentence, instead of being tried for ever.
    """
    now = timezone.now()
    free = Q(state=WorkState.QUEUED) | Q(state=WorkState.RUNNING, heartbeat_at__lt=_stale(now))
    abandoned = Q(state=WorkState.RUNNING)
    model._default_manager.filter(free, abandoned, pk=pk, n_deaths__gte=MAX_DEATHS - 1).update(
        state=WorkState.FAILED,
        error_code="worker_died",
        error_message=(
            f"The worker died {MAX_DEATHS} times while doing this, most likely for lack of memory. "
            "Look at the worker's log, give it more memory or less to do, and start again."
        ),
        finished_at=now,
    )
    n_claimed = model._default_manager.filter(free, pk=pk).update(
        state=WorkState.RUNNING,
        attempt=F("attempt") + 1,
        n_deaths=Case(
            When(abandoned, then=F("n_deaths") + 1),
            default=F("n_deaths"),
            output_field=models.PositiveIntegerField(),
        ),
        worker=worker,
        heartbeat_at=now,
        started_at=Coalesce("started_at", Value(now)),
    )
    if n_claimed == 0:
        return None
    return model._default_manager.get(pk=pk)


def work_beat(work: Work, **progress: object) -> None:
    """Say that the work goes on, and write `progress` (step, n_steps, step_name, seconds_left).

    Raises WorkLost if another worker took over, WorkCancelled if a stop was asked for.
    """
    model = type(work)
    mine = model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING)
    if mine.update(heartbeat_at=timezone.now(), **progress) == 0:
        raise WorkLost(f"{model.__name__} {work.pk} is no longer held by attempt {work.attempt}.")
    if mine.filter(cancel_requested_at__isnull=False).exists():
        raise WorkCancelled(f"{model.__name__} {work.pk} was cancelled.")


def work_finish(work: Work, **columns: object) -> None:
    """The running work is done; `columns` are written with it. Raises WorkLost."""
    _end(work, WorkState.DONE, seconds_left=None, **columns)


def work_fail(work: Work, error: AssayError | str, *, code: str = "failed") -> None:
    """The running work has failed, and the row says why in one sentence. Raises WorkLost."""
    message = error.message if isinstance(error, AssayError) else error
    code = error.code if isinstance(error, AssayError) else code
    _end(work, WorkState.FAILED, error_code=code, error_message=message, seconds_left=None)


def work_cancel(work: Work) -> None:
    """The running work has stopped because somebody asked for it. Raises WorkLost."""
    _end(work, WorkState.CANCELLED, seconds_left=None)


def work_release(work: Work) -> None:
    """Give the running work back to the queue, because the worker is shutting down."""
    model = type(work)
    model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING).update(
        state=WorkState.QUEUED, worker="", heartbeat_at=None
    )


def work_request_cancel(work: Work) -> None:
    """Queued work is cancelled at once; running work is asked to stop. Raises Conflict if it is over."""
    model = type(work)
    now = timezone.now()
    rows = model._default_manager.filter(pk=work.pk)
    if rows.filter(state=WorkState.QUEUED).update(state=WorkState.CANCELLED, finished_at=now):
        return
    if not rows.filter(state=WorkState.RUNNING).update(
        cancel_requested_at=Coalesce("cancel_requested_at", Value(now))
    ):
        raise Conflict(
            f"This {model._meta.verbose_name} is already over, so there is nothing to cancel.",
            code="already_over",
        )


def works_stop(model: type[Work], **where: object) -> int:
    """None of these rows goes on: they are cancelled, or asked to stop. Returns how many a worker still holds.

    One whose worker is dead is cancelled here, since there may never be another worker to see the wish.
    """
    now = timezone.now()
    rows = model._default_manager.filter(state__in=OPEN_STATES, **where)
    free = ~Q(state=WorkState.RUNNING) | Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=_stale(now))
    # The attempt is raised so that a worker that was only cut off finds that it has lost its claim.
    rows.filter(free).update(state=WorkState.CANCELLED, attempt=F("attempt") + 1, finished_at=now)
    return rows.update(cancel_requested_at=Coalesce("cancel_requested_at", Value(now)))


def works_waiting(model: type[Work]) -> list[int]:
    """Ids of rows whose doorbell may have been lost: queued for a while, or running without a beat."""
    now = timezone.now()
    queued = Q(state=WorkState.QUEUED, created_at__lt=now - dt.timedelta(seconds=2))
    abandoned = Q(state=WorkState.RUNNING, heartbeat_at__lt=_stale(now))
    return list(model._default_manager.filter(queued | abandoned).order_by("pk").values_list("pk", flat=True))


def work_hold(work: Work) -> None:
    """Lock the row until the transaction ends, if this attempt still holds it. Raises WorkLost."""
    model = type(work)
    mine = model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING)
    if not mine.select_for_update(no_key=True).values_list("pk").exists():
        raise WorkLost(f"{model.__name__} {work.pk} is no longer held by attempt {work.attempt}.")


def _end(work: Work, state: WorkState, **columns: object) -> None:
    model = type(work)
    n_ended = model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING).update(
        state=state, finished_at=timezone.now(), **columns
    )
    if n_ended == 0:
        raise WorkLost(f"{model.__name__} {work.pk} is no longer held by attempt {work.attempt}.")


def _stale(now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(seconds=settings.ASSAY_STALE_SECONDS)


def ring(task: Task, pk: int) -> None:
    """Ring the doorbell once the transaction has committed. A dead broker only delays: a sweep rings again."""

    def try_to_ring() -> None:
        try:
            # A bell that nobody heard for a minute is dropped: the sweep has rung again meanwhile.
            task.apply_async((pk,), retry=False, expires=60)
        except OperationalError as error:
            logger.warning("Broker is down, %s(%s) waits for the next sweep: %s", task.name, pk, error)

    transaction.on_commit(try_to_ring)
