"""What keeps an item from being taken away: what people did on it, and what a certificate rests on.

A model whose rows do so says it itself, as `keeps_item`, so that a new kind of work is never forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Keeps:
    """The rows of a model, with a foreign key `item`, that keep their item."""

    what: str  # as reports name it
    where: Q = field(default_factory=Q)  # not all rows of the model
    project: str = ""  # how to get from a row to its project, where the item alone has no index
    with_label: bool = False  # the label that stands is part of it, and stays as well
    is_evidence: bool = False  # a certificate rests on it: the item goes in no way but with its project
