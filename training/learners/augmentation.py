"""Random views of a batch of images, made on the device that trains."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

Augmentation = Literal["none", "shift", "affine"]


class Reach(NamedTuple):
    """How far a random map may go; 0 leaves it out."""

    shift: float = 0.0  # of the side
    degrees: float = 0.0
    scale: float = 0.0
    shear: float = 0.0


REACHES: dict[Augmentation, Reach] = {
    "none": Reach(),
    "shift": Reach(shift=0.1),
    "affine": Reach(shift=0.1, degrees=15.0, scale=0.1, shear=0.15),
}


def augment(x: Tensor, kind: Augmentation, *, is_flipped: bool) -> Tensor:
    """(B, C, H, W) float -> the same shape, each image moved by its own random affine map.

    Pixels from outside take the value of the nearest edge. Draws from torch's random state.
    """
    if kind == "none" and not is_flipped:
        return x
    return move(x, random_maps(len(x), REACHES[kind], is_flipped=is_flipped))


def move(x: Tensor, maps: Tensor) -> Tensor:
    """(B, C, H, W) images, each by its own of (B, 2, 3) maps."""
    grid = functional.affine_grid(maps.to(x.device), list(x.shape), align_corners=False)  # (B, H, W, 2)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def random_maps(n: int, reach: Reach, *, is_flipped: bool) -> Tensor:
    """(n, 2, 3) maps from output to input places, both in [-1, 1]."""
    angle = uniform(n, math.radians(reach.degrees))
    scale = 1 + uniform(n, reach.scale)
    shear = uniform(n, reach.shear)
    # A side is 2 long in these units.
    shift = 2 * uniform(2 * n, reach.shift).view(n, 2)
    mirror = 1 - 2.0 * torch.randint(0, 2, (n,)) if is_flipped else torch.ones(n)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    first = torch.stack([cos * mirror, -sin + shear, shift[:, 0]], dim=1)  # (n, 3)
    second = torch.stack([sin * mirror, cos, shift[:, 1]], dim=1)
    return torch.stack([first, second], dim=1)


def uniform(n: int, reach: float) -> Tensor:
    """(n,) uniform in [-reach, reach]; nothing is drawn where reach is 0."""
    return (torch.rand(n) * 2 - 1) * reach if reach else torch.zeros(n)
