"""Learners by name: `create("logistic_regression", item_type="text")` returns a scikit-learn classifier.

Importing this package is light; torch and scikit-learn come in when `create` is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from labeling.kinds import accepted, load_factory
from training.learners.catalogue import check_params, learner_named, values_for_learner

if TYPE_CHECKING:
    from training.learners.base import Learner, Progress

__all__ = ["accepted", "create", "load_factory"]


def create(
    name: str,
    *,
    item_type: str,
    random_state: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
    classes: Sequence[Any] | None = None,
    **params: Any,
) -> Learner:
    """A learner, not fitted.

    `item_type`: image, text, table or series; it says what X is, see training/learners/base.py.
    `device`: "cpu" or "cuda"; learners that know only the CPU ignore it.
    `progress`: called with (step, n_steps, seconds left or None); an error that it raises stops the fit.
    `classes`: every class that must have a label; `classes_` then holds exactly these, sorted.
    Raises UnknownLearner and InvalidParams.
    """
    spec = learner_named(name, item_type=item_type)
    values = check_params(name, item_type=item_type, params=params)
    if spec.takes == "vectors":
        from training.learners.vectors import VectorLearner

        return VectorLearner(
            learner=name,
            item_type=item_type,
            params=values,
            random_state=random_state,
            progress=progress,
            classes=classes,
        )
    factory = load_factory(spec.factory)
    settings = {
        "item_type": item_type,
        "random_state": random_state,
        "device": device,
        "progress": progress,
        "classes": classes,
    }
    return cast("Learner", factory(**accepted(factory, settings), **values_for_learner(spec, values)))
