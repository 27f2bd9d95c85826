"""What must hold before a run exists: everything that can be known to fail is refused here, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from labeling.errors import AssayError, InvalidInput
from labeling.item_types import form_of
from labeling.models import Item, ItemType, Project
from training.errors import NoItems, NotEnoughLabels
from training.learners.catalogue import DEFAULT_LEARNER, check_params
from training.rules.policies import DEFAULT_POLICY, check_policy, policy_json
from training.runs.selectors import IMAGE_SIZE, class_counts

N_ROUNDS_DEFAULT = 5
N_ROUNDS_MAX = 50
SEED_MAX = 2**31 - 1


@dataclass(frozen=True)
class RunSettings:
    """How a run is to work, checked and complete."""

    learner: str
    params: dict[str, Any]
    policy: dict[str, Any]
    n_rounds: int
    seed: int

    def columns(self) -> dict[str, Any]:
        return asdict(self)


def check_settings(
    *,
    item_type: str,
    learner: str,
    params: Mapping[str, Any],
    policy: Mapping[str, Any],
    n_rounds: int = N_ROUNDS_DEFAULT,
    seed: int = 0,
) -> RunSettings:
    """The settings with every default filled in. Raises InvalidInput with all problems, field by field."""
    problems: list[AssayError] = []
    checked_params: dict[str, Any] = {}
    checked_policy: dict[str, Any] = {}
    try:
        checked_params = _check_params(form_of(item_type), learner, params)
    except InvalidInput as error:
        problems.append(error)
    try:
        checked_policy = policy_json(check_policy(policy))
    except InvalidInput as error:
        problems.append(error)
    problems += _range_problems("n_rounds", n_rounds, 1, N_ROUNDS_MAX, "Use 5 to begin with.")
    problems += _range_problems("seed", seed, 0, SEED_MAX, "The same seed gives the same labels again.")
    if len(problems) == 1:
        raise problems[0]
    if problems:
        fields = {name: sentences for error in problems for name, sentences in error.fields.items()}
        raise InvalidInput(" ".join(error.message for error in problems), fields=fields)
    return RunSettings(learner, checked_params, checked_policy, n_rounds, seed)


def default_settings(item_type: str) -> RunSettings:
    """What a project's first run does if nobody says anything."""
    return check_settings(
        item_type=item_type,
        learner=DEFAULT_LEARNER,
        params={},
        policy=policy_json(DEFAULT_POLICY),
    )


def check_items(project: Project) -> None:
    """There is an item. Raises NoItems."""
    if not Item.objects.filter(project=project).exists():
        raise NoItems("The project has no items yet. Import a file with the items to label first.")


def check_labels(project: Project) -> None:
    """There are enough human labels, of enough classes, to train on. Raises NotEnoughLabels."""
    counts = class_counts(project)
    seen = {label_class.name: n for label_class, n in counts if n}
    n_labels = sum(seen.values())
    if n_labels == 0:
        raise NotEnoughLabels(
            "There are no human labels to train on; the holdout and the test set do not count, "
            "and neither do a machine's. Label at least two items of two classes each, or import a labeled file."
        )
    if len(seen) == 1:
        raise NotEnoughLabels(
            f"All {n_labels} labels are of one class, {next(iter(seen))}; a learner needs two at least. "
            "Label some items of another class."
        )
    n_wanted = max(2 * len(seen), len(counts))
    if n_labels < n_wanted:
        raise NotEnoughLabels(
            f"There are {n_labels} human labels to train on, and {len(counts)} classes; at least {n_wanted} "
            f"are needed: one per class, and two for each class that has any. Label {n_wanted - n_labels} more."
        )


def _check_params(form: str, learner: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The learner's parameters and, for images, the size that they are scaled to."""
    own = {name: value for name, value in params.items() if name != IMAGE_SIZE.name}
    if form != ItemType.IMAGE:
        return dict(check_params(learner, item_type=form, params=params))
    size = params.get(IMAGE_SIZE.name, IMAGE_SIZE.default)
    problem = IMAGE_SIZE.problem(size)
    if problem is None and 0 < size < 8:
        problem = f"image_size is {size}; use 8 to 256 pixels, or 0 for the images' own size."
    if problem:
        raise InvalidInput(problem, fields={f"params.{IMAGE_SIZE.name}": [problem]})
    return {**check_params(learner, item_type=form, params=own), IMAGE_SIZE.name: int(size)}


def _range_problems(name: str, value: int, low: int, high: int, advice: str) -> list[AssayError]:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return []
    sentence = f"{name} is {value!r:.40}; it must be a whole number from {low} to {high:,}. {advice}"
    return [InvalidInput(sentence, fields={name: [sentence]})]
