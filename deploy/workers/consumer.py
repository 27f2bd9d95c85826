"""Celery's consumer and scheduler, with a heart: their loops leave the proof that they come round."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps
from celery.beat import Scheduler, SchedulingError
from celery.worker import state
from celery.worker.consumer import Consumer

from deploy.workers.heart import TICK_SECONDS, Heart

logger = logging.getLogger(__name__)

WORKER = Heart("worker")
SCHEDULER = Heart("scheduler")


class HeartConsumer(Consumer):
    """The consumer, which is not taken for dead while it waits for the broker."""

    def ensure_connected(self, conn: Any) -> Any:
        ensure = conn.ensure_connection

        def ensured(errback: Any, max_retries: Any, callback: Any) -> Any:
            def waiting() -> None:
                WORKER.came_round()
                callback()

            return ensure(errback, max_retries, callback=waiting)

        conn.ensure_connection = ensured
        return super().ensure_connected(conn)


class Beating(bootsteps.StartStopStep):
    """Called in the loop of the consumer, anew after each loss of the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        consumer.timer.call_repeatedly(TICK_SECONDS, lambda: look(consumer))


def look(consumer: Any) -> None:
    """The heart hears of the pool, from the thread that keeps it."""
    pool = getattr(consumer.pool, "_pool", None)
    members = [process.pid for process in getattr(pool, "_pool", []) if process.pid]
    active = list(state.active_requests)
    WORKER.looks(
        members,
        {request.worker_pid: request.name for request in active if request.worker_pid},
        n_waiting=len(state.reserved_requests) - len(active),
        n_free=consumer.pool.num_processes - len(active),
    )


class HeartScheduler(Scheduler):
    """Its own scheduler keeps the last times in a file; sweeps every few seconds need none."""

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        SCHEDULER.came_round()
        return super().tick(*args, **kwargs)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        SCHEDULER.came_round()
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            logger.warning("The broker is awaited: %s", error)
            # A connection that RabbitMQ has ended is never mended: the next tick makes another.
            for name in ("producer", "connection"):
                self.__dict__.pop(name, None)

    def _ensure_connected(self) -> Any:
        def error(exc: Exception, interval: float) -> None:
            SCHEDULER.came_round()  # it waits for the broker

        return self.connection.ensure_connection(
            error,
            None,  # type: ignore[arg-type]  # for ever, which the stubs do not know
            interval_start=1,
            interval_step=1,
            interval_max=5,
            callback=SCHEDULER.came_round,
        )
