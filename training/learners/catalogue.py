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

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Literal

from training.learners.errors import InvalidParams, UnknownLearner

logger = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "assay.learners"
ITEM_TYPES = ("image", "text", "table", "series")
Value = int | float | bool | str


@dataclass(frozen=True)
class Param:
    """One parameter that a user may set. `low` and `high` are allowed values themselves."""

    name: str
    type: Literal["int", "float", "bool", "choice"]
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    by_item_type: Mapping[str, Value] = field(default_factory=dict)  # defaults that differ from `default`

    def default_for(self, item_type: str | None) -> Value:
        return self.by_item_type.get(item_type or "", self.default)

    def problem(self, value: Any) -> str | None:
        """A sentence on why `value` is not allowed; None: it is."""
        if self.type == "bool":
            return None if isinstance(value, bool) else self._sentence(value, "true or false")
        if self.type == "choice":
            allowed = ", ".join(self.choices)
            return None if value in self.choices else self._sentence(value, f"one of {allowed}")
        kind = "a whole number" if self.type == "int" else "a number"
        allowed = f"{kind} from {_number(self.low)} to {_number(self.high)}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return self._sentence(value, allowed)
        if self.type == "int" and value != int(value):
            return self._sentence(value, allowed)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return self._sentence(value, allowed)
        return None

    def _sentence(self, value: Any, allowed: str) -> str:
        shown = f"{value!r:.60}"
        return f"{self.name} is {shown}; it must be {allowed}. The default is {self.default}."


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
    # What the classifier asks of its vectors; dense ones are reduced to max_dimensions where needed.
    is_dense: bool = False
    max_dimensions: int | None = None
    # Types of this learner's own that a saved model may hold, as "module.Class"; see saving.py.
    trusted_types: tuple[str, ...] = ()

    def for_item_type(self, item_type: str | None) -> LearnerSpec:
        """The same with the defaults that suit this item type."""
        params = tuple(replace(param, default=param.default_for(item_type)) for param in self.params)
        return replace(self, params=params)


_ALL = ITEM_TYPES

BUILT_IN = (
    LearnerSpec(
        name="logistic_regression",
        title="Logistic regression",
        description="A linear model. Fast, well calibrated, and the one to beat on text.",
        item_types=_ALL,
        factory="training.learners.classifiers:logistic_regression",
        params=(
            Param(
                "C",
                "float",
                1.0,
                1e-4,
                1e4,
                help="Inverse strength of regularization: smaller holds back more.",
                by_item_type={"text": 10.0},
            ),
            Param("balanced", "bool", False, help="Weigh rare classes up to the weight of frequent ones."),
        ),
    ),
    LearnerSpec(
        name="random_forest",
        title="Random forest",
        description="Many trees that vote. Needs no tuning; good on tables.",
        item_types=_ALL,
        factory="training.learners.classifiers:random_forest",
        params=(
            Param("n_estimators", "int", 300, 10, 2000, help="Number of trees: more is steadier and slower."),
            Param(
                "min_samples_leaf", "int", 1, 1, 100, help="Fewest rows in a leaf: more gives softer answers."
            ),
            Param("balanced", "bool", False, help="Weigh rare classes up to the weight of frequent ones."),
        ),
        max_dimensions=20_000,
    ),
    LearnerSpec(
        name="gradient_boosting",
        title="Gradient boosting",
        description="Trees that correct each other. Usually the best on tables with hundreds of labels or more.",
        item_types=_ALL,
        factory="training.learners.classifiers:gradient_boosting",
        params=(
            Param("learning_rate", "float", 0.1, 0.001, 1.0, help="How much each tree corrects."),
            Param("max_iter", "int", 100, 5, 1000, help="Number of trees per class, at most."),
            Param("max_leaf_nodes", "int", 31, 2, 255, help="Size of each tree."),
        ),
        is_dense=True,
        max_dimensions=100,
    ),
    LearnerSpec(
        name="knn",
        title="Nearest neighbours",
        description="Asks the most similar labeled items. Understands any shape of class, given enough labels.",
        item_types=_ALL,
        factory="training.learners.classifiers:knn",
        params=(
            Param("n_neighbors", "int", 5, 1, 200, help="How many neighbours vote."),
            Param(
                "weights", "choice", "distance", choices=("distance", "uniform"), help="Near ones count more?"
            ),
        ),
        is_dense=True,
        max_dimensions=64,
    ),
    LearnerSpec(
        name="svm",
        title="Support vector machine",
        description="A wide margin between classes, with probabilities fitted on held-out folds.",
        item_types=_ALL,
        factory="training.learners.classifiers:svm",
        params=(
            Param(
                "C",
                "float",
                1.0,
                1e-4,
                1e4,
                help="Inverse strength of regularization: smaller holds back more.",
                by_item_type={"image": 5.0},
            ),
            Param(
                "kernel",
                "choice",
                "rbf",
                choices=("linear", "rbf"),
                help="rbf bends around classes (approximated above 5,000 labels); linear is fast and suits text.",
                by_item_type={"text": "linear"},
            ),
        ),
    ),
    LearnerSpec(
        name="lda",
        title="Linear discriminant analysis",
        description="One Gaussian per class with a shared shape, shrunk as the data asks. Good with few labels.",
        item_types=_ALL,
        factory="training.learners.classifiers:lda",
        is_dense=True,
        max_dimensions=200,
    ),
    LearnerSpec(
        name="qda",
        title="Quadratic discriminant analysis",
        description="One Gaussian per class with its own shape. Gains from confident pseudo-labels.",
        item_types=_ALL,
        factory="training.learners.classifiers:qda",
        params=(
            Param(
                "reg_param",
                "float",
                0.1,
                0.001,
                1.0,
                help="How far each class's shape is drawn towards a ball: more for few labels.",
            ),
        ),
        is_dense=True,
        max_dimensions=40,
    ),
    LearnerSpec(
        name="naive_bayes",
        title="Naive Bayes",
        description="Counts each feature by itself: multinomial for text, Gaussian for numbers. Instant.",
        item_types=_ALL,
        factory="training.learners.classifiers:naive_bayes",
        params=(
            Param(
                "smoothing",
                "float",
                0.01,
                1e-9,
                10.0,
                help="Text: counts added to each word. Numbers: share of the largest variance added to all.",
                by_item_type={"text": 0.1},
            ),
        ),
    ),
    LearnerSpec(
        name="simple_cnn",
        title="Convolutional network",
        description="A small network of convolutions for images of any size, grey or colour.",
        item_types=("image",),
        factory="training.learners.network:SimpleCNN",
        takes="items",
        params=(
            Param("n_steps", "int", 1500, 1, 100_000, help="Training steps at most; each sees one batch."),
            Param("batch_size", "int", 128, 2, 1024, help="Images per step."),
            Param("learning_rate", "float", 0.003, 1e-5, 0.1, help="Of AdamW, at its peak."),
            Param(
                "dropout", "float", 0.4, 0.0, 0.9, help="Share of the dense units switched off in each step."
            ),
            Param(
                "augmentation",
                "choice",
                "none",
                choices=("none", "shift", "affine"),
                help="Random shifts, or shifts with rotation, scale and shear. Helps where few are labeled.",
            ),
            Param(
                "flip",
                "bool",
                False,
                help="Mirror at random. Right for photographs, wrong for digits and text.",
            ),
            Param(
                "patience", "int", 8, 1, 1000, help="Checks without gain on held-out labels before it stops."
            ),
        ),
    ),
)


@cache
def learners() -> Mapping[str, LearnerSpec]:
    """Name -> spec: ours, then those of installed packages. A package that cannot be read is logged, not fatal."""
    known = {spec.name: spec for spec in BUILT_IN}
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            spec = entry.load()
        except (ImportError, AttributeError) as error:
            logger.error("Learner %s (%s) cannot be loaded: %s", entry.name, entry.value, error)
            continue
        if not isinstance(spec, LearnerSpec) or spec.name != entry.name or spec.name in known:
            logger.error(
                "Learner %s (%s) is left out: it must be a LearnerSpec of that very name, and the name must be free.",
                entry.name,
                entry.value,
            )
            continue
        known[spec.name] = spec
    return known


# What a project starts with: quick, and hard to beat without tuning.
DEFAULT_LEARNER = {
    "image": "simple_cnn",
    "text": "logistic_regression",
    "table": "random_forest",
    "series": "random_forest",
}


def learners_for(item_type: str | None = None) -> list[LearnerSpec]:
    """Those that can learn this item type, the default one first, with the defaults that suit it."""
    specs = [spec for spec in learners().values() if item_type in (None, *spec.item_types)]
    if item_type is not None:
        specs.sort(key=lambda spec: spec.name != DEFAULT_LEARNER.get(item_type))
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
    return {key: _cast(param, params.get(key, param.default)) for key, param in by_name.items()}


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


def _cast(param: Param, value: Any) -> Value:
    if param.type == "int":
        return int(value)
    return float(value) if param.type == "float" else value


def _number(value: float | None) -> str:
    return "any" if value is None else f"{value:,.10g}"
