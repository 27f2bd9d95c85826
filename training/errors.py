"""Errors of runs and rounds.

AssayError (labeling/errors.py)
├── Conflict
│   ├── RunAlreadyOpen      409  the project has a run that is not over
│   ├── AlreadyOpen         409  the same of a comparison or an inspection
│   ├── NotEnoughLabels     409  too few human labels to train on
│   ├── NoItems             409  the project has no item to look at
│   └── ModelGone           409  a round without an artifact was asked for its model
└── DataUnfit               400  items cannot be made into arrays; a run fails with this sentence
"""

from __future__ import annotations

from labeling.errors import AssayError, Conflict


class RunAlreadyOpen(Conflict):
    """A project has at most one run that is queued or running."""

    code = "run_open"


class AlreadyOpen(Conflict):
    """A project has at most one comparison, and one inspection, that is queued or running."""

    code = "already_open"


class NotEnoughLabels(Conflict):
    """There are too few human labels to train on; the sentence says how many are missing."""

    code = "not_enough_labels"


class NoItems(Conflict):
    """The project has no item yet, so there is nothing to look at."""

    code = "no_items"


class ModelGone(Conflict):
    """This round has no model that could be downloaded."""

    code = "no_model"


class DataUnfit(AssayError):
    """Some items cannot be made into arrays, and a learner cannot work around that."""

    code = "data_unfit"
