"""Random views of a batch of images, made on the device that trains."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Augmentation = Literal["none", "shift", "affine"]

SHIFT = 0.1  # of the side
DEGREES = 15.0
SCALE = 0.1
SHEAR = 0.15


def augment(x: Tensor, kind: Augmentation, *, is_flipped: bool) -> Tensor:
    """(B, C, H, W) float -> the same shape, each image moved by its own random affine map.

    Pixels from outside take the value of the nearest edge. Draws from torch's random state.
    """
    if kind == "none" and not is_flipped:
        return x
    maps = random_maps(len(x), kind, is_flipped=is_flipped).to(x.device)  # (B, 2, 3)
    grid = functional.affine_grid(maps, list(x.shape), align_corners=False)  # (B, H, W, 2)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def random_maps(n: int, kind: Augmentation, *, is_flipped: bool) -> Tensor:
    """(n, 2, 3) maps from output to input places, both in [-1, 1]."""
    angle = _uniform(n, math.radians(DEGREES)) if kind == "affine" else torch.zeros(n)
    scale = 1 + _uniform(n, SCALE) if kind == "affine" else torch.ones(n)
    shear = _uniform(n, SHEAR) if kind == "affine" else torch.zeros(n)
    # A side is 2 long in these units.
    shift = 2 * _uniform(2 * n, SHIFT).view(n, 2) if kind != "none" else torch.zeros(n, 2)
    mirror = 1 - 2.0 * torch.randint(0, 2, (n,)) if is_flipped else torch.ones(n)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    first = torch.stack([cos * mirror, -sin + shear, shift[:, 0]], dim=1)  # (n, 3)
    second = torch.stack([sin * mirror, cos, shift[:, 1]], dim=1)
    return torch.stack([first, second], dim=1)


def _uniform(n: int, reach: float) -> Tensor:
    """(n,) uniform in [-reach, reach]."""
    return (torch.rand(n) * 2 - 1) * reach
