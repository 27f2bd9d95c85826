"""Noisy Student (Xie 2020): a fresh, noisy network learns from the calm answers of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.clock import Clock
from training.learners.deep.augmentation import strong_view
from training.learners.deep.base import ROWS_PER_BATCH, Batch, Data, DeepLearner, labeled_loss
from training.learners.deep.data import IntArray
from training.learners.deep.losses import soft_cross_entropy


class NoisyStudent(DeepLearner):
    """A teacher on the labels alone, then `n_rounds` students, each from fresh weights and teacher of the next.

    A teacher answers without noise: no dropout, rows as they are. Its soft answers above
    `threshold` are the targets of the student, which learns with noise: strong views of images,
    noise on vectors, dropout. With `balanced` every class has equally many of them, the surest
    first, rare ones repeated. Xie, Luong, Hovy and Le: Self-training with Noisy Student, CVPR 2020,
    algorithm 1; there the students are larger, with stochastic depth, and 3 rounds.

    n_rounds    of students
    threshold   least confidence of a pseudo-label
    balanced    equally many pseudo-labels for each class
    colour      strong views also change colours
    n_steps     of each network: (n_rounds + 1) x n_steps in all
    The others are those of DeepLearner. After fit also `n_rounds_`, less than n_rounds where a teacher
    was sure of nothing. Memory also: 4 bytes x unlabeled rows x classes.
    """

    def __init__(
        self,
        n_rounds: int = 2,
        threshold: float = 0.3,
        balanced: bool = True,
        colour: bool = False,
        n_steps: int = 800,
        batch_size: int = 128,
        labeled_share: float = 0.25,
        learning_rate: float = 0.003,
        dropout: float = 0.5,
        augmentation: Augmentation = "shift",
        flip: bool = False,
        noise: float = 0.2,
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
        self.n_rounds = n_rounds
        self.threshold = threshold
        self.balanced = balanced
        self.colour = colour

    def _n_steps_in_all(self) -> int:
        return self.n_steps * (self.n_rounds + 1)

    def _train(self, data: Data, clock: Clock) -> None:
        self._loop(data._replace(pool=data.pool[:0]), self._labels_alone, clock)
        self.n_rounds_ = 0
        while len(data.pool) and self.n_rounds_ < self.n_rounds:
            answers = self._answers(data, clock)  # (n_unlabeled, K)
            chosen = equal_quota(answers, self.threshold, is_balanced=self.balanced)
            if not len(chosen):
                break
            self._targets = torch.from_numpy(answers[chosen]).to(self.device)
            self.n_rounds_ += 1
            student = data._replace(pool=data.pool[chosen])
            self._loop(student, self._loss, clock, start=self.n_rounds_ * self.n_steps)

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        n = len(batch.x)
        logits: Tensor = net(self._noisy(torch.cat([batch.x, batch.u]))).float()  # (B + U, K)
        targets = self._targets[torch.from_numpy(batch.rows).to(logits.device)]  # (U, K)
        return labeled_loss(logits[:n], batch) + soft_cross_entropy(logits[n:], targets).mean()

    def _noisy(self, x: Tensor) -> Tensor:
        if x.ndim == 2:
            return self._weak(x)
        return strong_view(x, is_flipped=self.flip, is_coloured=self.colour)

    def _answers(self, data: Data, clock: Clock) -> npt.NDArray[np.float32]:
        """(n_unlabeled, K) probabilities of the teacher, rows as they are."""
        answers = np.empty((len(data.pool), len(self.classes_)), dtype=np.float32)
        for start in range(0, len(answers), ROWS_PER_BATCH):
            clock.tick((self.n_rounds_ + 1) * self.n_steps)
            batch = slice(start, start + ROWS_PER_BATCH)
            answers[batch] = self._predicted(data.rows, data.pool[batch])
        return answers


def equal_quota(answers: npt.NDArray[np.float32], threshold: float, *, is_balanced: bool) -> IntArray:
    """Row numbers of (n, K) answers that are at least `threshold` sure.

    `is_balanced`: as many for each class that has any, namely their mean number; the surest first,
    and again from the start where a class has fewer.
    """
    confidence, columns = answers.max(axis=1), answers.argmax(axis=1)
    sure = np.flatnonzero(confidence >= threshold)
    if not is_balanced or not len(sure):
        return sure
    surest_first = sure[np.argsort(-confidence[sure], kind="stable")]
    groups = [surest_first[columns[surest_first] == column] for column in np.unique(columns[sure])]
    quota = len(sure) // len(groups)
    return np.concatenate([np.resize(group, quota) for group in groups])
