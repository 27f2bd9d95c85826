"""Setbacks: tasks that end in an error which waiting does not mend.

Whoever sweeps rings again every two seconds. A task that failed by a fault of its own is let rest, each time twice as
long, up to ten minutes; it is tried again, since what it fails on may have changed, and once it succeeds nothing is left
of it. Until then it is shown: beside what it was to make, and among the parts of the server.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from labeling.jobs.doorbell import ring
from labeling.jobs.trouble import took_too_long, trouble_of

logger = logging.getLogger(__name__)

FIRST_REST_SECONDS, MOST_REST_SECONDS = 10.0, 600.0
MAX_ERROR = 500  # characters


def _setbacks() -> models.QuerySet[Any]:
    return apps.get_model("labeling", "Setback")._default_manager.all()


def attempted(task: str, of_id: int, act: Callable[[], Any]) -> Any:
    """What `act` returns; None while it rests, and where it fails: then it is noted.

    Trouble is raised, as ever: it is waited for, and no setback.
    """
    setback = _setbacks().filter(task=task, of_id=of_id).first()
    if setback is not None and timezone.now() < setback.next_at:
        return None
    try:
        done = act()
    except Exception as error:
        if connection.in_atomic_block or trouble_of(error) is not None or took_too_long(error):
            raise
        logger.exception("%s(%s) failed, and rests", task, of_id or "")
        setback_note(task, of_id, error)
        return None
    if setback is not None:
        setback.delete()
    return done


def ring_all(task: str, due: Callable[[], Iterable[int]]) -> None:
    """Ring for each row that is due. A step of a sweep: if it fails, the others are done all the same."""
    found = attempted(f"due for {task}", 0, due)
    if not found:
        return
    resting = _setbacks().filter(task=task, next_at__gt=timezone.now())
    rests = set(resting.values_list("of_id", flat=True))
    for of_id in found:
        if of_id not in rests:
            ring(task, of_id)


def setback_note(task: str, of_id: int, error: Exception) -> None:
    """It has failed once more, and rests. A database that is away is not asked to remember it."""
    now = timezone.now()
    try:
        with transaction.atomic():
            setback, _ = (
                _setbacks()
                .select_for_update()
                .get_or_create(task=task, of_id=of_id, defaults={"since": now, "next_at": now, "error": ""})
            )
            rest = min(MOST_REST_SECONDS, FIRST_REST_SECONDS * 2 ** min(setback.n, 20))
            setback.n += 1
            setback.next_at = now + dt.timedelta(seconds=rest)
            setback.error = f"{type(error).__name__}: {' '.join(str(error).split())}"[:MAX_ERROR]
            setback.save()
    except DatabaseError as away:
        logger.warning("%s(%s) failed, which is not noted: %s", task, of_id, away)


def setback_of(task: str, of_id: int) -> str:
    """A sentence for people: that the task fails, why, and when it is tried again; blank if it does not."""
    setback = _setbacks().filter(task=task, of_id=of_id).first()
    if setback is None:
        return ""
    times = "once" if setback.n == 1 else f"{setback.n:,} times"
    return (
        f"It has failed {times} since {setback.since:%Y-%m-%d %H:%M} UTC ({setback.error}). "
        f"It is tried again at {setback.next_at:%H:%M:%S} UTC or soon after."
    )
