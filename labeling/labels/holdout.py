"""Which human labels become the holdout: a draw that anybody can repeat. Pure.

The draw depends on the project's salt and the item's id alone, so it is uniform over items, the same
however often it is asked, and independent of what the item holds and of who answers it.
"""

from __future__ import annotations

import hashlib


def is_holdout_draw(salt: str, item_id: int, share: float) -> bool:
    """True for a share of all item ids (0: none, 1: all), chosen by a hash of salt and id.

    An id drawn at one share is drawn at every higher share as well.
    """
    digest = hashlib.blake2b(f"{salt}:{item_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2.0**64
