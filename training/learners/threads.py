"""How many threads torch works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread_if(is_small: bool) -> Iterator[None]:
    """Within: one thread if the pieces of work are small, otherwise as many as before.

    After each piece threads wait for each other, and beside a busy neighbour that takes many times as
    long as the piece: 280 ms a training step where one thread took 33 (8 x 8 images, 2 cores), 9 ms a
    query of a graph of 300,000 rows where one took 0.5.
    """
    before = torch.get_num_threads()
    if is_small:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
