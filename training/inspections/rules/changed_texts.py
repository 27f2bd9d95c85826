"""Short texts that differ in one sign: too few words for a cosine to call them near duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MIN_LENGTH = 20  # shorter ones are words rather than texts, and one sign makes another word
MAX_LENGTH = 400  # longer ones have a cosine of 0.97 or more; see near_duplicates.py
BASE = np.uint64(0x9E3779B97F4A7C15)  # of the polynomial hash; odd, so that no power of it is 0

IntArray = npt.NDArray[np.int64]
HashArray = npt.NDArray[np.uint64]


def one_sign_apart(texts: Sequence[str]) -> IntArray:
    """(m, 2) links between rows that are equal once at most one sign, no digit, is left out of each.

    So a sign may be another, too many, too few, or at another place; case and the width of white space
    do not count. A changed digit makes another number, and does. Texts of 20 to 400 signs. Whatever hangs
    together hangs together by these links; not every pair is among them.

    Exact, by the deletion neighbourhood (Mor and Fraenkel 1982): all texts of a length at once, n x length
    hashes, each match checked. Memory: 40 bytes x the signs of the texts of one length and of the next.
    """
    plain = [" ".join(text.casefold().split()) for text in texts]
    by_length: dict[int, list[int]] = defaultdict(list)
    for row, text in enumerate(plain):
        if MIN_LENGTH <= len(text) <= MAX_LENGTH:
            by_length[len(text)].append(row)
    links: list[tuple[int, int]] = []
    for length, rows in by_length.items():
        links += _links(plain, rows, by_length.get(length - 1, []), length)
    return np.array(sorted(links), dtype=np.int64).reshape(-1, 2)


def _links(plain: list[str], rows: list[int], shorter: list[int], length: int) -> list[tuple[int, int]]:
    """Links among `rows`, all of this length, and from them to those that are one sign `shorter`."""
    signs = _signs(plain, rows)  # (n, length)
    whole, without = _hashes(signs)
    is_digit = (signs >= ord("0")) & (signs <= ord("9"))
    owner, place = np.nonzero(~is_digit)
    hashes = [whole, without[owner, place]]
    owners = [np.asarray(rows), np.asarray(rows)[owner]]
    places = [np.full(len(rows), length), place]  # a place beyond the end: nothing is left out
    if shorter:
        hashes.append(_hashes(_signs(plain, shorter))[0])
        owners.append(np.asarray(shorter))
        places.append(np.full(len(shorter), length))
    every, row_of, place_of = np.concatenate(hashes), np.concatenate(owners), np.concatenate(places)

    def variant(entry: int) -> str:
        text, left_out = plain[int(row_of[entry])], int(place_of[entry])
        return text[:left_out] + text[left_out + 1 :]

    order = np.argsort(every, kind="stable")
    same = np.flatnonzero(every[order][1:] == every[order][:-1])
    found = set()
    for first, second in zip(order[same], order[same + 1], strict=True):
        one, other = sorted((int(row_of[first]), int(row_of[second])))
        if one != other and variant(int(first)) == variant(int(second)):
            found.add((one, other))
    return list(found)


def _signs(plain: list[str], rows: list[int]) -> npt.NDArray[np.uint32]:
    """(n, length) code points of texts of one length."""
    joined = "".join(plain[row] for row in rows)
    return np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).reshape(len(rows), -1)


def _hashes(signs: npt.NDArray[np.uint32]) -> tuple[HashArray, HashArray]:
    """((n,) of each text, (n, length) of it without one sign) polynomial hashes modulo 2^64."""
    n, length = signs.shape
    powers = np.multiply.accumulate(np.concatenate([np.ones(1, np.uint64), np.full(length - 1, BASE)]))
    terms = signs * powers[::-1]  # (n, length), the last sign times 1
    total = terms.sum(axis=1)
    after = total[:, None] - np.cumsum(terms, axis=1)  # of the signs behind each
    moved = signs[:, :-1] * powers[-2::-1]  # as one sign less stands behind them
    before = np.concatenate([np.zeros((n, 1), np.uint64), np.cumsum(moved, axis=1)], axis=1)
    return total, before + after
