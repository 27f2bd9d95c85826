"""Pretraining on the unlabeled pool by contrasting views (SimCLR), then fine-tuning on the labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.clock import Clock
from training.learners.deep.augmentation import strong_view
from training.learners.deep.base import WEIGHT_DECAY, Data, DeepLearner
from training.learners.deep.data import Batches
from training.learners.deep.nets import make_net
from training.learners.errors import LearnerError

FEATURES = 128  # of ConvNet, before its head
PROJECTED = 64


class PretrainedCNN(DeepLearner):
    """The convolutional network, first taught which two views are of one image, then the labels.

    For `n_pretraining_steps` it sees two strong views (deep/augmentation.py) of each image of a batch,
    labeled or not, and learns to find the other view of an image among all 2B - 1 views of the batch:
    the normalized temperature-scaled cross-entropy of Chen et al. 2020, "A simple framework for
    contrastive learning of visual representations", equation 1, with a projection of two layers that
    is thrown away afterwards. Then the whole network is trained on the labels for `n_steps`.

    The views say what does not matter (place, angle, size, light); where that is wrong, so is the
    pretraining. Wants batches of 128 or more, as the other images of a batch are what it learns against.

    n_pretraining_steps  on all images; all of them are done
    pretraining_batch    images a step there, two views of each
    temperature          of equation 1: lower looks harder at the most similar images
    learning_rate        of fine-tuning, at its peak; of pretraining it is 0.002
    flip, colour         whether views are mirrored, and colours changed
    The others are those of DeepLearner. Without unlabeled rows it is the network on the labels alone.

    After fit: `pretraining_loss_`, of the last step in nats; log(2 pretraining_batch - 1) is guessing.
    Memory: that of DeepLearner with two views of pretraining_batch images. Raises as DeepLearner.
    """

    item_type = "image"

    def __init__(
        self,
        n_pretraining_steps: int = 2_000,
        pretraining_batch: int = 256,
        temperature: float = 0.5,
        n_steps: int = 1_000,
        batch_size: int = 128,
        learning_rate: float = 0.002,
        dropout: float = 0.4,
        augmentation: Augmentation = "shift",
        flip: bool = False,
        colour: bool = False,
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.n_pretraining_steps = n_pretraining_steps
        self.pretraining_batch = pretraining_batch
        self.temperature = temperature
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.augmentation = augmentation
        self.flip = flip
        self.colour = colour
        self.random_state = random_state
        self.device = device
        self.progress = progress
        self.classes = classes

    labeled_share = 1.0  # of a batch of fine-tuning

    def _n_steps_in_all(self) -> int:
        return self.n_pretraining_steps + self.n_steps

    def _train(self, data: Data, clock: Clock) -> None:
        self._body: dict[str, Tensor] = {}
        self.pretraining_loss_ = math.nan
        if len(data.pool):
            self._body = self._pretrained(data, clock)
        # Only the labels from here on: the pool has given what it can.
        labels_alone = data._replace(pool=data.pool[:0])
        self._loop(labels_alone, self._labels_alone, clock, start=self.n_pretraining_steps)

    def _pretrained(self, data: Data, clock: Clock) -> dict[str, Tensor]:
        """Weights of all layers but the last."""
        net = make_net(self.input_shape_, len(self.classes_), dropout=0.0)
        net.head = nn.Sequential(nn.Linear(FEATURES, FEATURES), nn.ReLU(), nn.Linear(FEATURES, PROJECTED))
        net = net.to(self.device).train()
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.002, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.002, total_steps=self.n_pretraining_steps + 1, pct_start=0.1
        )
        batches = Batches(len(data.rows), min(self.pretraining_batch, len(data.rows)), self.random_state)

        for step in range(self.n_pretraining_steps):
            clock.tick(step)
            x = data.rows.take(batches.next())  # (B, C, H, W)
            x = torch.cat([x, x])
            views = strong_view(x, is_flipped=self.flip, is_coloured=self.colour)  # (2B, C, H, W)
            with torch.autocast(self._device_type, dtype=torch.bfloat16, enabled=self._device_type == "cuda"):
                projected = net(views)  # (2B, 64)
            loss = contrast(projected.float(), self.temperature)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
        self.pretraining_loss_ = loss.item()
        if not math.isfinite(self.pretraining_loss_):
            raise LearnerError("The loss of pretraining is no longer a finite number. Raise temperature.")
        return {name: value for name, value in net.state_dict().items() if not name.startswith("head.")}

    def _make_net(self) -> nn.Module:
        net = super()._make_net()
        net.load_state_dict(getattr(self, "_body", {}), strict=False)
        return net


def contrast(projected: Tensor, temperature: float) -> Tensor:
    """Equation 1 of SimCLR, a scalar in nats. projected: (2B, D), row i and row B + i of one image."""
    n = len(projected) // 2
    unit = functional.normalize(projected, dim=1)
    similar = unit @ unit.T / temperature  # (2B, 2B)
    similar.fill_diagonal_(-torch.inf)  # a view is not compared with itself
    partner = torch.arange(2 * n, device=projected.device).roll(n)  # (2B,)
    return functional.cross_entropy(similar, partner)
