"""What the generative learners share: pixels as vectors, and drawing images of each class."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor
from torch.nn import functional

from training.learners.deep.base import DeepLearner

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
