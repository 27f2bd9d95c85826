"""Which labels of a file are taken, where only the first so many are wanted. Pure."""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest


def choose_labels(
    labels: Iterable[tuple[int, str]], *, n_labels: int, balanced: bool, seed: int
) -> frozenset[int]:
    """Row numbers of `n_labels` rows (fewer if there are not so many), drawn at random.

    `labels` are (row number, class). Balanced: as many of each class as of every other, as far as
    they go. The draw depends on seed and row numbers alone, so it can be made again by whoever
    takes the import over. Keeps at most n_labels row numbers for each class.
    """
    best: dict[str, list[tuple[int, int]]] = defaultdict(list)  # class -> heap of (-rank, -row)
    for row, name in labels:
        heap = best[name if balanced else ""]
        entry = (-_rank(seed, row), -row)
        if len(heap) < n_labels:
            heapq.heappush(heap, entry)
        elif entry > heap[0]:
            heapq.heapreplace(heap, entry)
    by_class = [[-row for _, row in sorted(best[name], reverse=True)] for name in sorted(best)]
    in_turn = (row for turn in zip_longest(*by_class) for row in turn if row is not None)
    return frozenset(row for row, _ in zip(in_turn, range(n_labels), strict=False))


def _rank(seed: int, row: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}:{row}".encode(), digest_size=8).digest())
