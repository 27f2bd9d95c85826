"""FixMatch (Sohn 2020): sure answers to a weak view are the labels of a strong one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.deep.augmentation import strong_view
from training.learners.deep.base import Batch, Data, DeepLearner, labeled_loss
from training.learners.deep.weighting import Rule, make_weighting


class FixMatch(DeepLearner):
    """Cross-entropy of the labels, plus that of strong views of unlabeled images against sure answers to weak ones.

    All three views go through the network in one pass, and the unlabeled loss is divided by all
    unlabeled rows, not by those that count. Sohn et al.: FixMatch, NeurIPS 2020, equations 3 and 4;
    there 7 unlabeled rows to a labeled one and 2^20 steps. Images only: without views that are
    strong and yet leave the class alone there is nothing to learn from.

    weighting   which answers count: "fixed", "flexmatch", "freematch", "softmatch" or "adamatch";
                see weighting.py
    threshold   of fixed and flexmatch, a confidence; of adamatch, a share of the confidence on labels
    weight      of the unlabeled loss
    colour      strong views also change colours
    The others are those of DeepLearner.
    """

    def __init__(
        self,
        weighting: Rule = "adamatch",
        threshold: float = 0.95,
        weight: float = 1.0,
        colour: bool = False,
        n_steps: int = 2_000,
        batch_size: int = 128,
        labeled_share: float = 0.25,
        learning_rate: float = 0.003,
        dropout: float = 0.4,
        augmentation: Augmentation = "shift",
        flip: bool = False,
        patience: int = 0,
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
            patience=patience,
            random_state=random_state,
            device=device,
            progress=progress,
            classes=classes,
        )
        self.weighting = weighting
        self.threshold = threshold
        self.weight = weight
        self.colour = colour

    def _begin(self, data: Data) -> None:
        self._judge = make_weighting(
            self.weighting,
            threshold=self.threshold,
            n_rows=len(data.pool),
            n_classes=len(self.classes_),
            n_steps=self.n_steps,
            device=self.device,
        )

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        n, n_unlabeled = len(batch.x), len(batch.u)
        strong = strong_view(batch.u, is_flipped=self.flip, is_coloured=self.colour)
        logits: Tensor = net(torch.cat([self._weak(batch.x), self._weak(batch.u), strong])).float()

        answers = logits.detach().softmax(dim=1)  # (B + 2U, K)
        rows = torch.from_numpy(batch.rows).to(logits.device)
        columns, weights = self._judge(answers[:n], answers[n : n + n_unlabeled], rows)  # (U,), (U,)
        losses = functional.cross_entropy(logits[n + n_unlabeled :], columns, reduction="none")  # (U,)
        return labeled_loss(logits[:n], batch) + self.weight * (losses * weights).mean()
