"""Mean Teacher (Tarvainen and Valpola 2017): agree with the average of your own past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.deep.base import Batch, DeepLearner, labeled_loss
from training.learners.deep.losses import sigmoid_ramp
from training.learners.deep.nets import probabilities


class MeanTeacher(DeepLearner):
    """Cross-entropy of the labels, plus `weight` times the squared distance to a teacher on all rows.

    The teacher is the moving average of the network, the same that predicts in the end. It sees
    another weak view and has no dropout; the student has. Noise on the input is all that the method
    needs, so it works on tables and series too. The weight rises over the first 40% of the steps as
    exp(-5 (1 - t)^2). Tarvainen and Valpola: Mean teachers are better role models, NeurIPS 2017,
    section 2; their weight of 100 is of the mean over 10 classes, 10 of the sum that is taken here.

    weight      of the consistency loss, after the rise
    The others are those of DeepLearner.
    """

    def __init__(
        self,
        weight: float = 3.0,
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
        self.weight = weight

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        rows = torch.cat([batch.x, batch.u])  # (B + U, *S)
        logits: Tensor = net(self._weak(rows)).float()  # (B + U, K)
        teacher = probabilities(self.net_, self._weak(rows))  # (B + U, K)

        distance = (logits.softmax(dim=1) - teacher).square().sum(dim=1).mean()
        rise = self.weight * sigmoid_ramp(batch.done, end=0.4)
        return labeled_loss(logits[: len(batch.x)], batch) + rise * distance
