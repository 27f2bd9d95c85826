"""The class of all Celery tasks: doorbells, each of which may be lost, come twice or come to nothing.

A task of a row that fails for another reason than trouble rests longer each time (labeling/jobs/setbacks.py).

What is to be done stands in rows, and the sweeps ring again until it is done. So messages are acknowledged
when they come (deploy/worker.py), trouble ends a task with a line in the log, and no task has a time limit
of Celery's: that kills the process, which may leave a lock of the pool taken for ever (it has). Statements
have one instead, and the database keeps it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec

from celery import Task, shared_task
from django.db import Error, connection

from labeling.jobs.trouble import took_too_long, trouble_of

logger = logging.getLogger(__name__)

P = ParamSpec("P")

MOST_WAITING = 200  # bells in one worker


class Bell(Task[..., Any]):
    """A task that ends quietly where something is away, and is rung again.

    statement_seconds   the longest that one statement may take; 0: no limit
    """

    abstract = True
    ignore_result = True
    Strategy = "labeling.jobs.bells:hear"
    statement_seconds: int = 3600

    def _of_row(self, of_id: int) -> Any:
        """Of a row: where it fails it rests for a while, however often it is rung."""
        from labeling.jobs.setbacks import attempted  # models, which are there when tasks run

        return attempted(self.name, of_id, lambda: super(Bell, self).__call__(of_id))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self.statement_seconds:
                _limit(self.statement_seconds)
            if len(args) == 1 and not kwargs and isinstance(args[0], int):
                return self._of_row(args[0])
            return super().__call__(*args, **kwargs)
        except Exception as error:
            trouble = trouble_of(error)
            if trouble is None and not took_too_long(error):
                raise
            what = f"{trouble.what} is awaited" if trouble else "a statement took too long"
            logger.warning("%s%s is rung again later, %s: %s", self.name, args, what, error)
            if not connection.in_atomic_block:
                connection.close()
            return None
        finally:
            if self.statement_seconds and connection.connection is not None:
                with suppress(Error):  # of a transaction that went wrong: its connection is not used again
                    _limit(0)


def bell(*, statement_seconds: int) -> Callable[[Callable[P, None]], Task[P, None]]:
    """`shared_task`, for a task whose statements may take so long; 0: as long as they like."""
    # An option of Bell's, which the overloads of the stubs do not know.
    return shared_task(statement_seconds=statement_seconds)  # type: ignore[call-overload, no-any-return]


def hear(task: Any, app: Any, consumer: Any, **kwargs: Any) -> Callable[..., Any]:
    """How a worker takes messages: acknowledged as they come, and no bell waits twice.

    So no broker waits for word of a task that takes a day, however many messages it hands out before it is
    done, and what waits behind that task in this worker is no more than there are different bells.
    """
    from celery.worker import state
    from celery.worker.strategy import default

    take = default(task, app, consumer, **kwargs)

    def heard(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any, **options: Any) -> Any:
        message.ack_log_error(logger, consumer.connection_errors)
        said = message.headers.get("argsrepr")
        waiting = [each for each in state.reserved_requests if each not in state.active_requests]
        if len(waiting) >= MOST_WAITING or any(
            each.name == task.name and each.argsrepr == said for each in waiting
        ):
            return None  # the sweep rings again
        return take(message, body, _nothing, _nothing, callbacks, **options)

    return heard


def _nothing(*_: Any, **__: Any) -> None:
    """Said before."""


def _limit(seconds: int) -> None:
    """No statement of this connection takes longer; 0: as long as it likes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [str(1000 * seconds)])
