"""Each worker looks after the caches of its host: those of projects that were deleted go.

No queue does this, since a message goes to one worker, and every host has caches of its own.
"""

from __future__ import annotations

import logging
import threading
import time

from django.db import Error, connections

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0


def begin() -> None:
    """This process sweeps from now on, from a thread of its own."""
    threading.Thread(target=_sweep_for_ever, name="caches", daemon=True).start()


def sweep() -> None:
    """One look. A database that is away is waited for until the next."""
    # Here: it loads numpy and pyarrow.
    from training.data.packed import packed_sweep

    try:
        for name in packed_sweep():
            logger.info("The cache of project %s is gone, as its project is.", name.partition("-")[0])
    except (Error, OSError) as error:
        logger.warning("Caches are looked after later: %s", error)
    finally:
        connections.close_all()  # one kept open here would be shared with the processes that a worker forks


def _sweep_for_ever() -> None:
    while True:
        sweep()
        time.sleep(SWEEP_SECONDS)
