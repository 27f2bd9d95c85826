"""Weak supervision: labeling functions that vote, and a classifier trained on what they agree on."""

from dataclasses import dataclass
from typing import Any

from training.learners.spec import LearnerSpec, Param


@dataclass(frozen=True)
class FunctionsParam(Param):
    """Labeling functions as JSON: its text, or the list itself."""

    def problem(self, value: Any) -> str | None:
        from training.learners.weak.functions import InvalidLabelingFunction, check_functions

        try:
            check_functions(value)
        except InvalidLabelingFunction as error:
            return str(error)
        return None


SPECS = (
    LearnerSpec(
        name="weak_supervision",
        title="Weak supervision",
        description="Rules that you write vote on unlabeled items; a linear model learns from their votes and from people.",
        item_types=("text", "table"),
        factory="training.learners.weak.learner:WeakSupervision",
        takes="items",
        uses_unlabeled=True,
        params=(
            FunctionsParam(
                "functions",
                "text",
                "",
                help="Labeling functions as JSON: keywords, patterns, expressions, columns of another model.",
            ),
            Param(
                "label_model",
                "choice",
                "one_coin",
                choices=("one_coin", "confusion", "majority"),
                help="How votes are combined: by an accuracy of each function, by its whole confusion matrix, or counted.",
            ),
            Param(
                "weak_weight",
                "float",
                1.0,
                0.0,
                1.0,
                help="What an item that only functions labeled counts for beside one that a person labeled.",
            ),
            Param(
                "C",
                "float",
                1.0,
                1e-4,
                1e4,
                help="Inverse strength of regularization: smaller holds back more.",
                by_item_type={"text": 10.0},
            ),
        ),
        trusted_types=(
            "training.learners.weak.label_model.LabelModel",
            "training.learners.weak.learner.WeakSupervision",
        ),
    ),
)
