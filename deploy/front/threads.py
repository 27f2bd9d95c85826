"""A few threads and a queue before them; less between the two than in concurrent.futures, since people wait here."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_Job = tuple[Callable[..., Any], tuple[Any, ...], "asyncio.Future[Any]"]


class Threads:
    """`n` threads, started now. For one event loop; they end with the process."""

    def __init__(self, n: int, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        for index in range(n):
            threading.Thread(target=self._work, name=f"{name}-{index}", daemon=True).start()

    def run(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """What the function returns or raises, once a thread has had the time for it."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((function, arguments, future))
        return future

    def _work(self) -> None:
        while True:
            function, arguments, future = self._jobs.get()
            try:
                outcome, error = function(*arguments), None
            except BaseException as raised:  # noqa: BLE001  whoever waits is told
                outcome, error = None, raised
            self._loop.call_soon_threadsafe(_settle, future, outcome, error)
            del function, arguments, future, outcome, error  # not kept until the next job comes


def _settle(future: asyncio.Future[Any], outcome: Any, error: BaseException | None) -> None:
    if future.done():  # nobody waits any more
        return
    if error is None:
        future.set_result(outcome)
    else:
        future.set_exception(error)
