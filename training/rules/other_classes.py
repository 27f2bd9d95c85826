"""The classes that a prediction holds likeliest after its first, in a few bytes of one column.

Six bytes a class, the likeliest first: its id and its calibrated probability. Why so few:
docs/decisions/0012-other-classes-in-bytes.md. Without numpy, because web processes read them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

N_OTHERS = 4  # with the first: five bars
SCALE = 2**16 - 1  # 1.0; a probability is kept to 0.000008

_ONE = struct.Struct(">IH")  # class id, probability


@dataclass(frozen=True, slots=True)
class OtherClass:
    """A class that the model holds possible, and how likely: calibrated, 0 to 1."""

    class_id: int
    confidence: float


def others_unpack(kept: bytes | memoryview | None) -> list[OtherClass]:
    """The classes of one prediction, the likeliest first; those that were as good as impossible left out."""
    if not kept:
        return []
    pairs = _ONE.iter_unpack(bytes(kept))
    return [OtherClass(class_id, round(share / SCALE, 4)) for class_id, share in pairs if share]
