"""What the generative learners share: pixels as vectors, and drawing images of each class."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from training.learners.deep.base import N_CHECKS, DeepLearner
from training.learners.errors import LearnerError

MAX_SIDE = 32  # of the images that are modelled; larger ones are averaged down and drawn enlarged
Images = npt.NDArray[np.uint8]


class ImageGenerator(DeepLearner):
    """A classifier of images that can also draw them. Subclasses write `_train`, `_make_net` and `sample`."""

    item_type = "image"

    def sample(self, n_per_class: int = 10, random_state: int = 0) -> tuple[Images, npt.NDArray[Any]]:
        """Images as uint8 in the shape of the training images, and their classes (m,).

        At most n_per_class of each class, in the order of `classes_`. Same seed, same images.
        """
        raise NotImplementedError

    @contextmanager
    def _seeded(self, random_state: int) -> Iterator[None]:
        """Draws of torch start from this seed within, and the caller's random state is left as it was."""
        devices = [] if self.device == "cpu" else [torch.device(self.device)]
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(random_state)
            yield

    def _look(self, step: int, n_steps: int, loss: Tensor, start: int = 0, **parts: Tensor) -> None:
        """Twenty times in n_steps: the loss and its parts into `history_`. `start`: steps that went before.

        Raises LearnerError where the loss is no longer finite.
        """
        if (step + 1) % max(1, n_steps // N_CHECKS) and step + 1 < n_steps:
            return
        entry = {"step": start + step + 1, "train_loss": loss.item()}
        self.history_.append(entry | {name: value.item() for name, value in parts.items()})
        if not math.isfinite(entry["train_loss"]):
            raise LearnerError(
                f"The loss is no longer a finite number at step {start + step + 1} of {self.n_steps}. "
                f"Lower learning_rate, which is {self.learning_rate}."
            )


def pixel_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(C, H, W) of images -> (C, h, w) of what is modelled, both sides 32 at most."""
    n_channels, height, width = shape
    return n_channels, min(height, MAX_SIDE), min(width, MAX_SIDE)


def to_pixels(x: Tensor) -> Tensor:
    """(B, C, H, W) about -1 to 1, as batches are -> (B, C * h * w) in [0, 1]."""
    shape = pixel_shape(tuple(x.shape[1:]))
    if shape[1:] != tuple(x.shape[2:]):
        x = functional.adaptive_avg_pool2d(x, shape[1:])
    return ((x + 1) / 2).flatten(1)


def to_images(pixels: Tensor, shape: tuple[int, ...]) -> Images:
    """(B, C * h * w) in [0, 1] -> uint8 (B, H, W) or (B, H, W, 3) for images of `shape` (C, H, W)."""
    n_channels, height, width = shape
    x = pixels.view(-1, *pixel_shape(shape))
    if len(x) and tuple(x.shape[2:]) != (height, width):
        x = functional.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)
    images: Images = (x * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    return images[..., 0] if n_channels == 1 else images
