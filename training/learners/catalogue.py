"""The checked list: which learners there are, and which values their parameters may take.

Pure data that the web processes read: importing it pulls in neither torch nor scikit-learn nor
numpy. The code behind a name is imported by `create`, on a worker.

A package adds its own learner with an entry point whose name is the learner's and whose value is
a LearnerSpec in a light module:

    [project.entry-points."assay.learners"]
    extra_trees = "assay_extra:SPEC"

    SPEC = LearnerSpec(
        name="extra_trees", title="Extra trees", description="...", item_types=("table",),
        params=(Param("n_estimators", "int", 200, low=1, high=2000, help="Number of trees."),),
        factory="sklearn.ensemble:ExtraTreesClassifier",
    )
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from labeling.kinds import kinds_of
from labeling.secrets import Secret
from training.learners.built_in import BUILT_IN
from training.learners.errors import InvalidParams, UnknownLearner
from training.learners.spec import ITEM_TYPES, LearnerSpec, Param, Value

__all__ = [
    "ITEM_TYPES",
    "LearnerSpec",
    "Param",
    "Secret",
    "Value",
    "check_params",
    "learner_named",
    "learners",
    "learners_for",
    "values_for_learner",
]

ENTRY_POINT_GROUP = "assay.learners"


@cache
def learners() -> Mapping[str, LearnerSpec]:
    """Name -> spec: ours, then those of installed packages. A package that cannot be read is logged, not fatal."""
    return kinds_of(ENTRY_POINT_GROUP, LearnerSpec, BUILT_IN)


DEFAULT_LEARNER = "auto"  # what a project starts with, of whatever items: it chooses by itself


def learners_for(item_type: str | None = None) -> list[LearnerSpec]:
    """Those that can learn this item type, the default one first, with the defaults that suit it."""
    specs = [spec for spec in learners().values() if item_type in (None, *spec.item_types)]
    if item_type is not None:
        specs.sort(key=lambda spec: spec.name != DEFAULT_LEARNER)
    return [spec.for_item_type(item_type) for spec in specs]


def check_params(name: str, *, item_type: str, params: Mapping[str, Any]) -> dict[str, Value]:
    """All parameters of the learner, the given ones checked and the others at their defaults.

    Raises UnknownLearner with field `learner`, InvalidParams with fields `params.<name>`.
    """
    spec = learner_named(name, item_type=item_type)
    by_name = {param.name: param for param in spec.params}
    fields: dict[str, list[str]] = {}
    for key, value in params.items():
        if key not in by_name:
            allowed = ", ".join(by_name) or "none"
            fields[f"params.{key}"] = [f"{spec.title} has no parameter {key!r}. It has: {allowed}."]
        elif problem := by_name[key].problem(value):
            fields[f"params.{key}"] = [problem]
    if fields:
        raise InvalidParams(" ".join(sentences[0] for sentences in fields.values()), fields=fields)
    return {key: param.cast(params.get(key, param.default)) for key, param in by_name.items()}


def values_for_learner(spec: LearnerSpec, values: Mapping[str, Value]) -> dict[str, Value | Secret]:
    """Checked values as the factory is handed them: a Secret where they hold a secret's name."""
    by_name = {param.name: param for param in spec.params}
    return {name: by_name[name].for_learner(value) for name, value in values.items()}


def learner_named(name: str, *, item_type: str) -> LearnerSpec:
    """Raises UnknownLearner if there is none, or none for this item type."""
    fitting = [spec.name for spec in learners_for(item_type)]
    if name in fitting:
        return learners()[name].for_item_type(item_type)
    known = (
        "does not learn from items of type" if name in learners() else "is not a learner for items of type"
    )
    message = f"{name!r:.60} {known} {item_type!r}. There are: {', '.join(fitting) or 'none'}."
    raise UnknownLearner(message, fields={"learner": [message]})
