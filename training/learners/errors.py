"""What a learner may raise.

LearnerError (also a ValueError)   the base
├── UnknownLearner                 no such name in the checked list
├── InvalidParams                  a parameter is unknown or out of range; one sentence per field
├── TooFewLabels                   one class only, or a class without any label
├── InvalidRows                    X or y cannot be learned from: NaN, infinity, wrong shape
└── UnreadableModel                a saved model is missing, damaged, or from another version
"""

from __future__ import annotations

from labeling.errors import InvalidInput


class LearnerError(InvalidInput, ValueError):
    """A learner cannot work with what it was given."""

    code = "learner_error"


class UnknownLearner(LearnerError):
    """No learner has this name, or none for this item type."""

    code = "unknown_learner"


class InvalidParams(LearnerError):
    """Parameters that the learner does not have, or values that it does not allow."""

    code = "invalid_params"


class TooFewLabels(LearnerError):
    """Not enough labels to tell the classes apart."""

    code = "too_few_labels"


class InvalidRows(LearnerError):
    """Rows that cannot be learned from or predicted."""

    code = "invalid_rows"


class UnreadableModel(LearnerError):
    """A saved model is missing, damaged, or was written by a version that this one cannot read."""

    code = "unreadable_model"
