"""Soft pseudo-labels with mixup (Arazo 2020): what keeps pseudo-labels from confirming themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.deep.base import Batch, DeepLearner
from training.learners.deep.losses import (
    mean_entropy,
    mix,
    mixup_shares,
    one_hot,
    soft_cross_entropy,
)
from training.learners.deep.nets import probabilities

WARM_UP = 0.2  # share of the steps on labels alone


class SoftPseudoLabel(DeepLearner):
    """Cross-entropy of mixed rows against labels and soft pseudo-labels, with two regularizers.

    A pseudo-label is the whole answer of the averaged network to the row as it is, without dropout.
    Labeled and unlabeled rows are mixed with a shuffle of all of them, and each batch holds at least
    `labeled_share` of labeled rows. One regularizer draws the mean answer towards equal classes,
    the other asks for certain answers. Arazo et al.: Pseudo-Labeling and Confirmation Bias in Deep
    Semi-Supervised Learning, IJCNN 2020, section 3; there 16 of 100 rows are labeled and an answer
    is as old as the last pass over the pool. A fit of thousands of steps makes few passes, so here the
    memory is that of the average. Without any, answers of the step itself, it does not help: 8.9%
    error against 4.3% (MNIST, 100 labels, 1,000 steps, two draws; 9.4% on the labels alone).

    alpha       of Beta(alpha, alpha), the shares of the mix
    prior       weight of the pull towards equal classes; 0 where classes are far from equal
    entropy     weight of the entropy of the answers; 0.4 in the paper. With answers of the average, which
                are less certain, 1.2 was better on each of four draws of MNIST: docs/learners/deep.md
    The others are those of DeepLearner; the first fifth of the steps sees the labels alone.
    """

    def __init__(
        self,
        alpha: float = 1.0,
        prior: float = 0.8,
        entropy: float = 1.2,
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
        self.alpha = alpha
        self.prior = prior
        self.entropy = entropy

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        if batch.done < WARM_UP:
            return self._labels_alone(net, batch)
        n, n_classes = len(batch.x), len(self.classes_)
        inputs = self._weak(torch.cat([batch.x, batch.u]))  # (B + U, *S)
        targets = torch.cat([one_hot(batch.y, n_classes), probabilities(self.net_, batch.u)])  # (B + U, K)
        partners = torch.randperm(len(inputs)).to(inputs.device)
        shares = mixup_shares(len(inputs), self.alpha, is_first_major=False)
        logits: Tensor = net(mix(inputs, inputs[partners], shares)).float()  # (B + U, K)

        weights = torch.cat([batch.weight, torch.ones_like(targets[n:, 0])])  # (B + U,)
        losses = soft_cross_entropy(logits, mix(targets, targets[partners], shares))
        mean = logits.softmax(dim=1).mean(dim=0)  # (K,)
        imbalance = -mean.log().mean()  # least, log K, where all are equal
        return (
            (losses * weights).sum() / weights.sum()
            + self.prior * imbalance
            + self.entropy * mean_entropy(logits)
        )
