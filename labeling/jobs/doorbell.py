"""The doorbell: tells a worker that a row waits for it. By the task's name, for who rings knows no workers.

A task knows the pipeline that it calls, and the pipeline knows what is below it. Whoever asks for work stands
below all that and needs none of it: news travels up through rows, and the bell says only that there are some.
"""

from __future__ import annotations

import logging
import threading
from queue import Full, Queue

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

MOST_RUNG_ASIDE = 100  # bells that wait for the broker; the sweeps ring those that are more

Bell = tuple[str, tuple[int, ...]]
_aside: Queue[Bell] | None = None


def ring(task: str, *args: int) -> None:
    """Ring the doorbell once the transaction has committed. A dead broker only delays: a sweep rings again.

    `task` is a task's name, such as "labeling.tasks.import_items"; a test rings every one that the code names.
    """
    bell = (task, args)
    transaction.on_commit(lambda: _ring_aside(bell) if _aside is not None else _ring_now(bell))


def ring_aside() -> None:
    """From now on a thread of this process rings: who waits for a request does not wait for the broker as well."""
    global _aside
    waiting = _aside = Queue(MOST_RUNG_ASIDE)

    def ring_all() -> None:
        while True:
            _ring_now(waiting.get())

    threading.Thread(target=ring_all, name="bells", daemon=True).start()


def _ring_aside(bell: Bell) -> None:
    assert _aside is not None
    try:
        _aside.put_nowait(bell)
    except Full:
        logger.warning("Broker is slow, %s%s waits for the next sweep", *bell)


def _ring_now(bell: Bell) -> None:
    task, args = bell
    try:
        # A bell that nobody heard for a minute is dropped: the sweep has rung again meanwhile.
        current_app.send_task(task, args, retry=False, expires=60)
    except (OperationalError, OSError) as error:
        logger.warning("Broker is down, %s%s waits for the next sweep: %s", task, args, error)
