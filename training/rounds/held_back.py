"""Why a round that would have published itself was held back: what is stored with it, and the sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models


class HeldBecause(models.TextChoices):
    WORSE = "worse", "The holdout says that it is worse"  # n, n_fewer, p_value
    CERTIFICATE = "certificate", "A certificate is valid"  # certificate
    LATER_ACT = "later_act", "Somebody decided after it was made what stands"
    NOT_COMPARED = "not_compared", "One of the two came with a file, and nothing held out compares them"
    NOTHING = "nothing", "It is sure of nothing"


def held_sentence(held: Mapping[str, Any]) -> str:
    """What HeldBackOutput says in words."""
    match held["reason"]:
        case HeldBecause.WORSE:
            return (
                f"Held back: on the same {held['n']:,} held-out items it is right on {held['n_fewer']:,} fewer than "
                f"what stands (p {p_text(held['p_value'])})."
            )
        case HeldBecause.CERTIFICATE:
            return (
                f"Held back: certificate {held['certificate']} is valid, and only a person publishes over it."
            )
        case HeldBecause.LATER_ACT:
            return "Held back: somebody decided after it was made what stands."
        case HeldBecause.NOT_COMPARED:
            return "Held back: its labels, or those that stand, came with a file, and no held-out item says which are better."
        case _:
            return "Held back: it is sure of no item, so no machine label would be left."


def p_text(p: float) -> str:
    """Two digits that count, and no more zeros than anybody reads."""
    return "< 0.0001" if p < 0.0001 else f"= {p:.2g}"
