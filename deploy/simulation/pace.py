"""Waiting for a service that works on: for how long, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.simulation.client import Client
from deploy.simulation.plan import Row
from labeling.errors import Unavailable

LOOK_SECONDS = 0.3
STALL_SECONDS = (
    600.0  # nothing moves: a worker is down, or the queue has nothing that these people may answer
)
RUN_SECONDS = 24 * 3600.0


class Stalled(Unavailable):
    """The service does not move on."""

    code = "stalled"


@dataclass(frozen=True, slots=True)
class Pace:
    """Waits, and counts into `seconds` what for."""

    client: Client
    seconds: dict[str, float]

    def finished(self, path: str) -> Row:
        """A resource of background work, once it is done. Raises Stalled if it failed or never ends."""
        began = time.monotonic()
        while (work := self.client.get(path))["is_open"]:
            self.pause(began, f"{path} is {work['state']}", RUN_SECONDS)
        if work["state"] != "done":
            raise Stalled(f"{path} is {work['state']}: {work['error_message']}")
        return dict(work)

    def pause(self, began: float, what: str, most: float = STALL_SECONDS) -> None:
        """A moment's rest. Raises Stalled if nothing has moved for too long."""
        if time.monotonic() - began > most:
            raise Stalled(
                f"For {most:.0f} s nothing has moved: {what}. Look at `assay status`, and at the project."
            )
        time.sleep(LOOK_SECONDS)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[what] += time.monotonic() - began
