"""Pseudo-Label (Lee 2013): the network's answers as labels, with a weight that rises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.deep.base import Batch, DeepLearner, labeled_loss
from training.learners.deep.losses import linear_ramp
from training.learners.deep.nets import probabilities

Answers = Literal["average", "own"]


class PseudoLabel(DeepLearner):
    """Cross-entropy of the labels, plus `weight` times that of unlabeled rows against the class they seem to be of.

    The pseudo-labels are drawn anew in every step. Their weight is 0 for the first tenth of the steps,
    rises in a straight line, and stays from the middle on. Lee, D.-H.: Pseudo-Label, ICML workshop 2013,
    equations 15 and 16; there weight 3, 32 labeled rows to 256 others.

    answers     "average": the class that the averaged network gives the row as it is, without dropout;
                "own", as in the paper: what the network says in the same pass that learns from it.
                Which is better when: docs/learners/deep.md
    weight      of the unlabeled loss in the end
    threshold   only rows with this confidence count; 0, as in the paper: all. The sum is divided by
                the whole batch, so that a strict threshold also means a small weight
    The others are those of DeepLearner.
    """

    def __init__(
        self,
        answers: Answers = "average",
        weight: float = 1.0,
        threshold: float = 0.0,
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
        self.answers = answers
        self.weight = weight
        self.threshold = threshold

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        views = self._weak(torch.cat([batch.x, batch.u]))  # (B + U, *S)
        logits: Tensor = net(views).float()
        labeled, unlabeled = logits[: len(batch.x)], logits[len(batch.x) :]  # (B, K), (U, K)

        is_own = self.answers == "own"
        answers = unlabeled.detach().softmax(dim=1) if is_own else probabilities(self.net_, batch.u)  # (U, K)
        confidence, columns = answers.max(dim=1)  # (U,), (U,)
        losses = functional.cross_entropy(unlabeled, columns, reduction="none")  # (U,)
        is_sure = (confidence >= self.threshold).float()
        rise = self.weight * linear_ramp(batch.done, start=0.1, end=0.5)
        return labeled_loss(labeled, batch) + rise * (losses * is_sure).mean()
