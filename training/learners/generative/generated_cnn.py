"""Generated images beside labeled ones in training, with a stated weight; they are drawn and used within one fit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.clock import Clock
from training.learners.deep.base import Batch, Data, labeled_loss
from training.learners.deep.data import Batches, Rows
from training.learners.errors import LearnerError
from training.learners.generative.base import ImageGenerator, Images
from training.learners.generative.vae import VaeM1M2


class Drawn(NamedTuple):
    """Generated images, the classes that were asked for, and their order."""

    rows: Rows
    columns: Tensor  # (m,) on the device
    batches: Batches


class GeneratedCNN(ImageGenerator):
    """The convolutional network, trained on the labels and on images that an autoencoder draws of each class.

    First VaeM1M2 learns from labeled and unlabeled images for `n_generator_steps`, and draws `n_generated`
    images of each class. Then the network learns for `n_steps`: labeled_share of each batch are labeled
    images, the rest are generated ones of the class that was asked for. The loss is the mean cross-entropy
    of the labeled images plus `generated_weight` times that of the generated ones, however many there are.
    Kingma, Mohamed, Rezende and Welling 2014 for the drawing; the sum is ours.

    Generated images stay apart from X and y and end with the fit; `sample` draws them again.

    n_generated          images drawn of each class
    generated_weight     of all of them beside all labels; 0 is the network on the labels alone
    n_generator_steps    of VaeM1M2, at its other defaults; 2 at least
    The others are those of DeepLearner. Without unlabeled rows it is the network on the labels alone.

    After fit: `generator_` (VaeM1M2, or None where nothing was drawn), `n_generated_` in all,
    `report_` (a sentence on them). Memory: that of VaeM1M2, then of DeepLearner, and a byte for each
    generated pixel. Raises as DeepLearner.
    """

    def __init__(
        self,
        n_generated: int = 100,
        generated_weight: float = 0.1,
        n_generator_steps: int = 3_000,
        n_steps: int = 1_000,
        batch_size: int = 128,
        labeled_share: float = 0.5,
        learning_rate: float = 0.003,
        dropout: float = 0.4,
        augmentation: Augmentation = "shift",
        flip: bool = False,
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
            random_state=random_state,
            device=device,
            progress=progress,
            classes=classes,
        )
        self.n_generated = n_generated
        self.generated_weight = generated_weight
        self.n_generator_steps = n_generator_steps

    def _n_steps_in_all(self) -> int:
        return self.n_generator_steps + self.n_steps

    def _train(self, data: Data, clock: Clock) -> None:
        self.generator_: VaeM1M2 | None = None
        self.n_generated_ = 0
        loss = self._labels_alone
        if len(data.pool) and self.generated_weight > 0:
            self._generate(data, clock)
            loss = self._loss
        # The pool has gone into the generator.
        labels = data._replace(pool=data.pool[:0])
        self._loop(labels, loss, clock, start=self.n_generator_steps)
        self.__dict__.pop("_drawn", None)  # they end with the fit

    def _generate(self, data: Data, clock: Clock) -> None:
        """Fits the generator on all rows, and draws what the network is to learn from."""
        generator = VaeM1M2(
            n_steps=self.n_generator_steps, random_state=self.random_state, device=self.device
        )
        generator.classes_, generator.input_shape_ = self.classes_, self.input_shape_
        generator._train(data, clock)
        images, names = generator.sample(self.n_generated, self.random_state)
        n_in_batch = max(1, self.batch_size - round(self.batch_size * self.labeled_share))
        self._drawn = Drawn(
            Rows(images, self.device),
            torch.from_numpy(np.searchsorted(self.classes_, names)).to(self.device),
            Batches(len(images), n_in_batch, self.random_state + 2),
        )
        self.generator_, self.n_generated_ = generator, len(images)
        sentence = (
            f"Trained on {len(data.labeled):,} labels and on {len(images):,} generated images, which counted "
            f"{self.generated_weight:g} beside the labels' 1. Generated images are no items."
        )
        self.report_.append(sentence)

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        picked = self._drawn.batches.next()  # (G,)
        columns = self._drawn.columns[torch.from_numpy(picked).to(batch.y.device)]  # (G,)
        n, drawn = len(batch.x), self._drawn.rows.take(picked)  # (G, C, H, W)
        logits: Tensor = net(self._weak(torch.cat([batch.x, drawn]))).float()  # (B + G, K)
        generated = functional.cross_entropy(logits[n:], columns)
        return labeled_loss(logits[:n], batch) + self.generated_weight * generated

    def sample(self, n_per_class: int = 10, random_state: int = 0) -> tuple[Images, npt.NDArray[Any]]:
        """Images as uint8 in the shape of the training images, n_per_class for each class, and the classes (m,).

        Raises LearnerError where the fit drew none.
        """
        if self.generator_ is None:
            raise LearnerError(
                "This learner was trained on the labels alone, so it has no generator. Fit it with unlabeled "
                "images, and with a generated_weight above 0, to draw from it."
            )
        return self.generator_.sample(n_per_class, random_state)

    def save_weights(self, folder: Path, name: str = "weights") -> dict[str, Any]:
        generator = self.generator_ and self.generator_.save_weights(folder, "generator")
        return super().save_weights(folder, name) | {"generator_": generator}

    @classmethod
    def load_weights(cls, folder: Path, settings: dict[str, Any], name: str = "weights") -> Self:
        learner = super().load_weights(folder, settings, name)
        saved = settings["generator_"]
        learner.generator_ = VaeM1M2.load_weights(folder, saved, "generator") if saved else None
        return learner
