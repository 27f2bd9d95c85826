"""Several people's answers to one entry become one class, or a dispute. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def majority_class(class_ids: Sequence[int]) -> int | None:
    """The class that more than half of the answers name, or None if there is no such class.

    A strict majority, so 2 of 3 decide and 2 of 4 do not. Raises ValueError for no answers at all.
    """
    if not class_ids:
        raise ValueError("No answers, so there is nothing to decide; ask only when all have come.")
    ((class_id, n_votes), *_) = Counter(class_ids).most_common(1)
    return class_id if 2 * n_votes > len(class_ids) else None
