"""The audit draw from a salted hash, and the hashes that pin down what was frozen before it.

Whoever knows the salt and the keys can draw again and must find the same audits; nobody could steer the
draw, since the hash of the salt was stored with the frozen ranking and the salt is shown only afterwards.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring_ascii as _quoted


def salt_hash(salt: str) -> str:
    """SHA-256 of the salt in UTF-8; hex. What is stored before the draw, when the salt is still secret."""
    return hashlib.sha256(salt.encode()).hexdigest()


def draw(keys: Sequence[str], *, salt: str, n: int) -> list[int]:
    """Positions of the n keys with the smallest SHA-256(salt + ":" + key), the smallest first.

    Under a salt that was chosen at random the draw is uniform without replacement, whatever the keys.
    It is a prefix of any larger draw with the same salt. In PostgreSQL: ORDER BY
    sha256(convert_to(salt || ':' || key, 'UTF8')). Raises ValueError for keys that repeat, or if n does
    not lie from 0 to their number. Memory: 100 bytes for each key.
    """
    if not 0 <= n <= len(keys):
        raise ValueError(f"n is {n}; it must lie from 0 to the {len(keys)} keys.")
    if len(set(keys)) < len(keys):
        raise ValueError("A key repeats; each item has one key of its own.")
    salted = hashlib.sha256(f"{salt}:".encode())

    def digest(key: str) -> bytes:
        of_key = salted.copy()
        of_key.update(key.encode())
        return of_key.digest()

    smallest = heapq.nsmallest(n, ((digest(key), key, place) for place, key in enumerate(keys)))
    return [place for _, _, place in smallest]


def items_hash(keys: Iterable[str]) -> str:
    """SHA-256 over the keys, sorted by code point, each as a JSON string (ASCII only) and a newline; hex."""
    return _lines_hash(sorted(keys))


def ranking_hash(rows: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over (key, predicted class) in order of rank, each as a JSON pair and a newline; hex."""
    return _lines_hash(rows)


def labels_hash(rows: Iterable[tuple[str, str, str]]) -> str:
    """SHA-256 over (key, label, source), sorted by key, each as a JSON triple and a newline; hex.

    source is "person", "machine" or "" (unlabeled, and the label is empty).
    """
    return _lines_hash(sorted(rows))


def _lines_hash(rows: Iterable[str | tuple[str, ...]]) -> str:
    """Each row as json.dumps writes it, several times faster, since all that is written is text."""
    digest = hashlib.sha256()
    for row in rows:
        line = _quoted(row) if isinstance(row, str) else f"[{', '.join(map(_quoted, row))}]"
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()
