"""The networks that the deep learners train: convolutions for images, two dense layers for vectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from training.learners.network import ConvNet

HIDDEN = 256


class DenseNet(nn.Module):
    """Two hidden layers of 256 units for vectors of D numbers, K classes."""

    def __init__(self, n_dimensions: int, n_classes: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_dimensions, HIDDEN, bias=False),
            nn.BatchNorm1d(HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, HIDDEN, bias=False),
            nn.BatchNorm1d(HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.head = nn.Linear(HIDDEN, n_classes)

    def forward(self, x: Tensor) -> Tensor:  # (B, D)
        return cast("Tensor", self.head(self.layers(x)))  # (B, K) logits


def make_net(shape: tuple[int, ...], n_classes: int, dropout: float) -> nn.Module:
    """The network for rows of this shape: (C, H, W) or (D,)."""
    if len(shape) == 1:
        return DenseNet(shape[0], n_classes, dropout)
    n_channels, height, width = shape
    net = ConvNet(n_channels, height, width, n_classes, dropout)
    # Channels last: half the time of a step on a CPU, and what tensor cores want.
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def probabilities(net: nn.Module, x: Tensor) -> Tensor:
    """(B, K) what the network thinks without dropout, on its running statistics, without gradient."""
    was_training = net.training
    net.eval()
    with torch.no_grad():
        found = net(x).float().softmax(dim=1)
    net.train(was_training)
    return cast("Tensor", found)


@contextmanager
def quiet(net: nn.Module) -> Iterator[None]:
    """Within: no dropout, and batches leave no trace in the running statistics.

    Normalization still goes by the batch, so that two passes differ by their input alone.
    """
    dropouts = [module for module in net.modules() if isinstance(module, nn.Dropout) and module.training]
    norms = [module for module in net.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for dropout in dropouts:
        dropout.eval()
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for dropout in dropouts:
            dropout.train()
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


class Average:
    """The moving average of a network's weights, which is what predicts in the end.

    After step t (from 0) each weight moves by 1 - min(decay, 1 - 1 / (t + 1)): the plain mean of
    all steps at first, so that a short fit is not held back by its random start (Tarvainen and
    Valpola 2017, their code). Running statistics are averaged like weights.
    """

    def __init__(self, net: nn.Module, average: nn.Module, decay: float) -> None:
        average.load_state_dict(net.state_dict())
        self.net = average.eval().requires_grad_(False)
        self.decay = decay
        self.pairs = list(zip(average.state_dict().values(), net.state_dict().values(), strict=True))
        self.n_steps = 0

    @torch.no_grad()
    def update(self) -> None:
        share = max(1 - self.decay, 1 / (self.n_steps + 1))
        self.n_steps += 1
        for mean, value in self.pairs:
            if mean.is_floating_point():
                mean.lerp_(value, share)
            else:
                mean.copy_(value)
