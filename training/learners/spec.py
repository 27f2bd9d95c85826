"""What a learner says of itself: its name, its parameters and what they may be. Pure and light."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from labeling.item_types import FORMS
from training.rules.params import Param, Value

__all__ = ["ITEM_TYPES", "LearnerSpec", "Param", "Value"]

ITEM_TYPES = FORMS  # what a learner says it takes: forms of items, each served as what it is


@dataclass(frozen=True)
class LearnerSpec:
    """A name that `create` knows.

    `factory` is "module:attribute", imported only when a worker creates the learner. With
    `takes="vectors"` it makes any scikit-learn classifier: Assay turns items into vectors, drops
    unlabeled rows and saves it. With `takes="items"` it makes a learner by the convention of
    training/learners/base.py, which sees items as they are and unlabeled rows too.
    Of item_type, random_state, device, progress, classes, shape it is handed those it names.
    """

    name: str
    title: str
    description: str
    item_types: tuple[str, ...]
    factory: str
    params: tuple[Param, ...] = ()
    takes: Literal["vectors", "items"] = "vectors"
    # Learns from unlabeled rows: a run hands it people's labels and the whole pool, and leaves out the
    # pseudo-labels of the round before, which it makes better by itself.
    uses_unlabeled: bool = False
    # What the classifier asks of its vectors; dense ones are reduced to max_dimensions where needed.
    is_dense: bool = False
    max_dimensions: int | None = None
    # Types of this learner's own that a saved model may hold, as "module.Class"; see saving.py.
    trusted_types: tuple[str, ...] = ()

    def for_item_type(self, item_type: str | None) -> LearnerSpec:
        """The same with the defaults that suit this item type."""
        params = tuple(replace(param, default=param.default_for(item_type)) for param in self.params)
        return replace(self, params=params)
