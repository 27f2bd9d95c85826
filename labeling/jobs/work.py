"""Background work: the one state machine that imports, exports and runs share.

    queued ──claim──> running ──finish──> done
       │                 ├──fail──> failed
       └──cancel──┐      └──cancel──> cancelled
                  └─────────────────> cancelled

The row is the truth and the broker only a doorbell: whoever hears the bell claims the row by a
conditional update. Each claim raises `attempt`, which fences: a worker that lost its claim (its
heartbeat went stale and another took over) finds that its writes match no row and stops.

A heartbeat that is old says that its worker is dead only if the database was there to be written to.
Pulses are the witnesses: each process writes since when it has written without a miss. So after an
outage the worker that went on all the while has time to beat again, and nobody's death is counted.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from labeling.errors import AssayError, Conflict
from labeling.secrets import hide_secrets

MAX_DEATHS = 5  # in a row, without getting any further in between: such work will kill the sixth, too
# Taken when the module is loaded, before a worker forks: all its processes claim under one name.
WORKER = f"{socket.gethostname()}:{os.getpid()}"
SWEEP_SECONDS = 60  # for each statement of a sweep
WITNESS_SECONDS = 15.0  # a pulse older than this is no witness, and its process counts as down


class WorkState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (WorkState.QUEUED, WorkState.RUNNING)
RELEASED: dict[str, Any] = {"state": WorkState.QUEUED, "worker": "", "heartbeat_at": None, "step_name": ""}


class WorkCancelled(Exception):
    """Somebody asked for this work to stop."""


class WorkLost(Exception):
    """Another worker has taken this work over; the present one must write nothing more."""


DIED_SENTENCE = (
    f"The process that did this was gone without a word {MAX_DEATHS} times, each time before it got any further. "
    "Nobody saw why: it, its worker or the machine was killed or lost. Look at the worker's log and at the system's "
    "around those times, and start again; if memory ran out, give the worker more, or less to do."
)


class Work(models.Model):
    """A row that some worker carries out. Only the functions of this module write these columns."""

    state = models.CharField(max_length=12, choices=WorkState.choices, default=WorkState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)  # raised by each claim; the fencing token
    n_deaths = models.PositiveIntegerField(default=0)  # in a row, since it last got any further
    worker = models.CharField(max_length=200, blank=True)  # host:pid of the last claim
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    step_name = models.CharField(max_length=200, blank=True)  # what is being done, for people
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
    abandoned, died = _abandoned(), _died()
    free = Q(state=WorkState.QUEUED) | abandoned
    rows = model._default_manager.filter(free, pk=pk)
    rows.filter(died, n_deaths__gte=MAX_DEATHS - 1).update(
        state=WorkState.FAILED,
        n_deaths=F("n_deaths") + 1,
        error_code="worker_died",
        error_message=DIED_SENTENCE,
        finished_at=Now(),
    )
    n_claimed = rows.update(
        state=WorkState.RUNNING,
        attempt=F("attempt") + 1,
        n_deaths=Case(
            When(died, then=F("n_deaths") + 1),
            default=F("n_deaths"),
            output_field=models.PositiveIntegerField(),
        ),
        worker=worker,
        heartbeat_at=Now(),
        started_at=Coalesce("started_at", Now()),
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
    if mine.update(heartbeat_at=Now(), **progress) == 0:
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
    _end(work, WorkState.FAILED, error_code=code, error_message=hide_secrets(message), seconds_left=None)


def work_cancel(work: Work) -> None:
    """The running work has stopped because somebody asked for it. Raises WorkLost."""
    _end(work, WorkState.CANCELLED, seconds_left=None)


def work_release(work: Work) -> None:
    """Give the running work back to the queue, because the worker is shutting down."""
    model = type(work)
    model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING).update(
        **RELEASED
    )


def works_release(worker: str) -> int:
    """All that this worker carries out goes back to the queue, because it stops. Returns how many."""
    mine = {"worker": worker, "state": WorkState.RUNNING}
    return sum(model._default_manager.filter(**mine).update(**RELEASED) for model in work_models())


def work_die(work: Work, *, code: str = "worker_died", sentence: str = DIED_SENTENCE) -> bool:
    """Its process is gone without a word: it waits for the next try, or has failed if this was the last.

    Returns whether it waits. Raises WorkLost.
    """
    model = type(work)
    mine = model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING)
    if mine.filter(n_deaths__lt=MAX_DEATHS - 1).update(n_deaths=F("n_deaths") + 1, **RELEASED):
        return True
    _end(work, WorkState.FAILED, error_code=code, error_message=sentence, n_deaths=F("n_deaths") + 1)
    return False


def work_survived(work: Work) -> None:
    """An attempt that was taken for dead has only been cut off: its death is taken back."""
    rows = type(work)._default_manager.filter(pk=work.pk, attempt__gt=work.attempt, n_deaths__gt=0)
    rows.update(n_deaths=F("n_deaths") - 1)


def work_models() -> list[type[Work]]:
    """Every kind of work, of all apps."""
    return [model for model in apps.get_models() if issubclass(model, Work)]


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
    rows = model._default_manager.filter(state__in=OPEN_STATES, **where)
    free = ~Q(state=WorkState.RUNNING) | Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=_stale())
    # The attempt is raised so that a worker that was only cut off finds that it has lost its claim.
    rows.filter(free).update(state=WorkState.CANCELLED, attempt=F("attempt") + 1, finished_at=Now())
    return rows.update(cancel_requested_at=Coalesce("cancel_requested_at", Now()))


def works_waiting(model: type[Work]) -> list[int]:
    """Ids of rows whose doorbell may have been lost: queued for a while, or running without a beat."""
    queued = Q(state=WorkState.QUEUED, created_at__lt=Now() - dt.timedelta(seconds=2))
    return list(
        model._default_manager.filter(queued | _abandoned()).order_by("pk").values_list("pk", flat=True)
    )


def work_read(work: W) -> W:
    """The row as it is now, if this attempt still holds it. Raises WorkLost."""
    model = type(work)
    mine = model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING)
    row = mine.first()
    if row is None:
        raise WorkLost(f"{model.__name__} {work.pk} is no longer held by attempt {work.attempt}.")
    return row


def work_hold(work: Work) -> None:
    """Lock the row until the transaction ends, if this attempt still holds it. Raises WorkLost."""
    model = type(work)
    mine = model._default_manager.filter(pk=work.pk, attempt=work.attempt, state=WorkState.RUNNING)
    if not mine.select_for_update(no_key=True).values_list("pk").exists():
        raise WorkLost(f"{model.__name__} {work.pk} is no longer held by attempt {work.attempt}.")


def _end(work: Work, state: WorkState, **columns: object) -> None:
    model = type(work)
    mine = model._default_manager.filter(pk=work.pk, attempt=work.attempt)
    n_ended = mine.filter(state=WorkState.RUNNING).update(state=state, finished_at=Now(), **columns)
    # Said before by this attempt, if the database took it and was gone before it could say so.
    if n_ended == 0 and not mine.filter(state=state).exists():
        raise WorkLost(f"{model.__name__} {work.pk} is no longer held by attempt {work.attempt}.")


def _abandoned() -> Q:
    """Running, and silent for so long, in which others could write, that its worker must be gone."""
    return Q(state=WorkState.RUNNING, heartbeat_at__lt=_stale()) & _was_there_since(_stale())


def _stale() -> Any:
    """The time, by the database's clock, before which a heartbeat is old."""
    return Now() - dt.timedelta(seconds=settings.ASSAY_STALE_SECONDS)


def _died() -> Q:
    """Abandoned, and by death: the database has been there ever since its last heartbeat."""
    return _abandoned() & _was_there_since(OuterRef("heartbeat_at"))


def _was_there_since(since: Any) -> Q:
    """A living process has written its pulses without a miss since then.

    Where none has ever pulsed there is nobody to ask, and the clock is believed.
    """
    pulses = apps.get_model("labeling", "WorkerPulse")._default_manager
    living = pulses.filter(stopped_at=None, seen_at__gt=Now() - dt.timedelta(seconds=WITNESS_SECONDS))
    return Q(Exists(living.filter(unbroken_since__lte=since))) | ~Q(Exists(pulses.all()))
