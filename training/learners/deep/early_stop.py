"""When a fit has learned what it can: by labels that it is not trained on."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learners.deep.data import IntArray, Rows

MIN_LABELS = 200  # below, a tenth held out is too few to measure by, and missed in training
MAX_HELD = 1_000  # more would take longer than they tell
ROWS_PER_BATCH = 1_024


class Held(NamedTuple):
    """Labeled rows that are not trained on."""

    rows: IntArray  # (n_held,) row numbers
    y: Tensor  # (n_held,) columns, on the device


class EarlyStop:
    """Keeps the weights that do best on held-out labels, and counts the checks since.

    Best are fewest errors, and of equals the least log-loss: a network that learns from its own answers
    grows surer of all of them, so that its log-loss may rise while it still gets better.
    """

    def __init__(self, rows: Rows, held: Held) -> None:
        self.rows = rows
        self.held = held
        self.best = (float("inf"), float("inf"))  # share of errors, log-loss
        self.best_weights: dict[str, Tensor] = {}
        self.n_without_gain = 0

    def check(self, net: nn.Module) -> dict[str, float]:
        """{"validation_error", "validation_loss"} of this network, which must be in eval mode."""
        rows = self.held.rows
        parts = [rows[start : start + ROWS_PER_BATCH] for start in range(0, len(rows), ROWS_PER_BATCH)]
        with torch.inference_mode():
            logits = torch.cat([net(self.rows.take(part)) for part in parts]).float()  # (n_held, K)
        error = (logits.argmax(dim=1) != self.held.y).double().mean().item()
        loss = functional.cross_entropy(logits, self.held.y).item()
        if (error, loss) < self.best:
            self.best, self.n_without_gain = (error, loss), 0
            self.best_weights = {name: value.clone() for name, value in net.state_dict().items()}
        else:
            self.n_without_gain += 1
        return {"validation_error": error, "validation_loss": loss}

    def restore(self, net: nn.Module) -> None:
        """The network has the best weights that were seen."""
        net.load_state_dict(self.best_weights)
