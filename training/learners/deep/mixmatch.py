"""MixMatch (Berthelot 2019): sharpened guesses, and everything mixed with everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.deep.base import Batch, DeepLearner
from training.learners.deep.losses import (
    linear_ramp,
    mix,
    mixup_shares,
    one_hot,
    sharpen,
    soft_cross_entropy,
)
from training.learners.deep.nets import probabilities


class MixMatch(DeepLearner):
    """Cross-entropy of mixed labeled rows, plus squared error of mixed unlabeled rows against sharpened guesses.

    An unlabeled row's guess is the mean answer to two weak views, sharpened. Labeled rows and both
    views are then mixed with a shuffle of all of them, each row keeping the larger share, and so
    are labels and guesses. Nothing in it is about images, so it suits tables and series.
    Berthelot et al.: MixMatch, NeurIPS 2019, equations 2 to 11 and algorithm 1.

    weight      of the squared error (mean over rows and classes), after a rise over the first 40% of
                the steps; the paper has 75 for CIFAR-10, 250 for SVHN
    alpha       of Beta(alpha, alpha), the shares: more mixes more
    temperature of the sharpening: 1 leaves guesses alone, towards 0 makes them certain
    The others are those of DeepLearner.
    """

    def __init__(
        self,
        weight: float = 25.0,
        alpha: float = 0.75,
        temperature: float = 0.5,
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
        self.alpha = alpha
        self.temperature = temperature

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        n, n_classes = len(batch.x), len(self.classes_)
        first, second = self._weak(batch.u), self._weak(batch.u)  # (U, *S)
        guesses = sharpen((probabilities(net, first) + probabilities(net, second)) / 2, self.temperature)

        inputs = torch.cat([self._weak(batch.x), first, second])  # (B + 2U, *S)
        targets = torch.cat([one_hot(batch.y, n_classes), guesses, guesses])  # (B + 2U, K)
        partners = torch.randperm(len(inputs)).to(inputs.device)
        shares = mixup_shares(len(inputs), self.alpha, is_first_major=True)
        inputs = mix(inputs, inputs[partners], shares)
        targets = mix(targets, targets[partners], shares)

        logits: Tensor = net(inputs).float()  # (B + 2U, K)
        labeled = (soft_cross_entropy(logits[:n], targets[:n]) * batch.weight).sum() / batch.weight.sum()
        unlabeled = (logits[n:].softmax(dim=1) - targets[n:]).square().mean()
        return labeled + self.weight * linear_ramp(batch.done, start=0.0, end=0.4) * unlabeled
