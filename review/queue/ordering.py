"""The order of the queue: the only place that orders, beside the priority of each reason (review/reasons). Pure.

Every entry has a priority, and people are handed the highest first. Within a refill each kind of entry
is ranked by its own measure (the uncertain by the acquisition score, the random by a salted hash), and
the ranks of each kind are spread evenly over the same span. So whoever stops after a tenth of the queue
has answered a tenth of each kind, and the random sample keeps pace with the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

# Of the entries that a score would choose, one in this many is taken, at random: a batch that is doubtful
# but not all of one kind (margin_random). 1: the score decides alone.
POOL_OF_PICKS = {"margin_random": 2}

# How the claim hands out, the oldest first where priorities are the same. The index entry_next has the same order.
HANDING_ORDER = "priority DESC, created_at, id"

# Prediction columns by acquisition, the most worth asking first.
ACQUISITION_ORDERS = {
    "margin": "margin",
    "margin_random": "margin",
    "entropy": "entropy DESC",
    "least_confident": "confidence",
}


def priority(*, rank: int, n_ranked: int) -> float:
    """The priority, between 0 and 1 (higher: sooner), of the `rank`-th (from 0) of `n_ranked` of a kind."""
    return 1.0 - (rank + 0.5) / n_ranked


def random_share_count(*, n_entries: int, share: float) -> int:
    """How many of `n_entries` are drawn uniformly: the share, rounded to the nearest, halves up."""
    return int(n_entries * share + 0.5)


def pick(names: Sequence[int], *, n: int, salt: str) -> list[int]:
    """Places (ascending) of `n` of the doubtful, chosen by a salted hash of their names: a uniform draw.

    All of them if there are no more than n.
    """
    if len(names) <= n:
        return list(range(len(names)))
    by_hash = sorted(
        range(len(names)), key=lambda place: hashlib.blake2b(f"{salt}:{names[place]}".encode()).digest()
    )
    return sorted(by_hash[:n])
