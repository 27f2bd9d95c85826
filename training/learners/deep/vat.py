"""Virtual adversarial training (Miyato 2018): the answer must not turn in the direction where it would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.deep.base import Batch, Data, DeepLearner, labeled_loss
from training.learners.deep.data import IntArray, Rows
from training.learners.deep.losses import mean_entropy
from training.learners.deep.nets import quiet

N_NEIGHBOURS_FROM = 1_000  # rows by which the distance between neighbours is measured
FIRST_PUSH = 0.1  # of epsilon: the small step from which the worst direction is found


class VirtualAdversarial(DeepLearner):
    """Cross-entropy of the labels, plus how far the worst small push moves the answer on unlabeled rows.

    For each unlabeled row the direction in which the answer changes most is found by one step of
    the power method; the loss is KL(answer || answer after a push of `epsilon` that way), plus the
    entropy of the answers. No augmentation is needed, so it suits tables and series. Miyato, Maeda,
    Koyama and Ishii: Virtual Adversarial Training, TPAMI 2018, section 3.

    epsilon     length of the push, in median distances from a row to its nearest neighbour among 1,000
                rows of the pool: a size that means the same for pixels and for columns of a table
    weight      of the adversarial loss
    entropy     weight of the entropy of the answers on unlabeled rows; 0 leaves it out
    The others are those of DeepLearner. A step takes about three times that of a plain network.
    """

    def __init__(
        self,
        epsilon: float = 0.5,
        weight: float = 1.0,
        entropy: float = 1.0,
        n_steps: int = 2_000,
        batch_size: int = 128,
        labeled_share: float = 0.25,
        learning_rate: float = 0.003,
        dropout: float = 0.4,
        augmentation: Augmentation = "shift",
        flip: bool = False,
        noise: float = 0.1,
        patience: int = 0,
        item_type: str = "image",
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(
            n_steps=n_steps,
            batch_size=batch_size,
            labeled_share=labeled_share,
            learning_rate=learning_rate,
            dropout=dropout,
            augmentation=augmentation,
            flip=flip,
            noise=noise,
            patience=patience,
            item_type=item_type,
            random_state=random_state,
            device=device,
            progress=progress,
            classes=classes,
        )
        self.epsilon = epsilon
        self.weight = weight
        self.entropy = entropy

    def _begin(self, data: Data) -> None:
        self.reach_ = self.epsilon * neighbour_distance(data.rows, data.pool, self.random_state)

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        views = self._weak(torch.cat([batch.x, batch.u]))  # (B + U, *S)
        logits: Tensor = net(views).float()  # (B + U, K)
        n = len(batch.x)
        adversarial = virtual_adversarial_loss(net, views[n:], self.reach_)
        return (
            labeled_loss(logits[:n], batch)
            + self.weight * adversarial
            + self.entropy * mean_entropy(logits[n:])
        )


def virtual_adversarial_loss(net: nn.Module, x: Tensor, reach: float) -> Tensor:
    """Mean KL(p(x) || p(x + r)), r the push of length `reach` that moves p most. x: (U, *S)."""
    # Small differences of nearly equal numbers: half precision would drown them.
    with quiet(net), torch.autocast(x.device.type, enabled=False):
        with torch.no_grad():
            logs = functional.log_softmax(net(x), dim=1)  # (U, K)
        push = reach * adversarial_direction(net, x, logs, FIRST_PUSH * reach)
        return divergence(logs, functional.log_softmax(net(x + push), dim=1))


def adversarial_direction(net: nn.Module, x: Tensor, logs: Tensor, first_push: float) -> Tensor:
    """(U, *S) directions of length 1: the gradient of the divergence at a small random push (algorithm 1)."""
    direction = unit(torch.randn_like(x)).requires_grad_()
    moved = functional.log_softmax(net(x + first_push * direction), dim=1)
    (gradient,) = torch.autograd.grad(divergence(logs, moved), direction)
    return unit(gradient)


def divergence(logs: Tensor, other_logs: Tensor) -> Tensor:
    """Mean KL(p || q) from (U, K) logarithms of p and q."""
    return (logs.exp() * (logs - other_logs)).sum(dim=1).mean()


def unit(x: Tensor) -> Tensor:
    """(U, *S), each row scaled to length 1; a row of zeros stays."""
    lengths = torch.linalg.vector_norm(x.flatten(1), dim=1).clamp(min=1e-20)
    scaled: Tensor = x / lengths.view(-1, *[1] * (x.ndim - 1))
    return scaled


def neighbour_distance(rows: Rows, pool: IntArray, seed: int) -> float:
    """The median distance from a row to its nearest other row, among 1,000 of the pool."""
    picked = np.random.default_rng(seed).permutation(pool)[:N_NEIGHBOURS_FROM]
    x = rows.take(picked).flatten(1).double()  # (n, D)
    distances = torch.cdist(x, x).fill_diagonal_(torch.inf).min(dim=1).values  # (n,)
    positive = distances[(distances > 0) & distances.isfinite()]
    return positive.median().item() if len(positive) else 1.0
