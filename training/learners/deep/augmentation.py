"""Strong views of a batch of images: far moves, other light, a square cut out; made on the device that trains."""

from __future__ import annotations

import torch
from torch import Tensor

from training.learners.augmentation import Reach, move, random_maps, uniform

FAR = Reach(shift=0.125, degrees=20.0, scale=0.2, shear=0.2)
BRIGHTNESS = 0.2  # of the range of pixels, which is 2 long here
CONTRAST = 0.4
SATURATION = 0.6
HUE = 0.15  # how far each channel's gain goes
CUTOUT = 0.4  # longest side of the square, as a share of the image's shorter side


def strong_view(x: Tensor, *, is_flipped: bool, is_coloured: bool) -> Tensor:
    """(B, C, H, W) in [-1, 1] -> the same shape and range, each image with its own draws.

    An affine map to +-20 degrees, +-20% size, shear 0.2 and an eighth of the side; brightness and
    contrast; a grey square of up to 0.4 of the shorter side (DeVries and Taylor 2017). In the
    manner of FixMatch 2020, section 2.3, where two of fourteen such changes are drawn for an image.
    `is_flipped`: mirror at random. `is_coloured`: saturation and the gain of each channel too.
    Draws from torch's random state. Memory: four times x.
    """
    x = move(x, random_maps(len(x), FAR, is_flipped=is_flipped))
    if is_coloured and x.shape[1] == 3:
        x = shift_colours(x)
    gain = 1 + _for_each(x, CONTRAST)  # (B, 1, 1, 1)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = mean + (x - mean) * gain + 2 * _for_each(x, BRIGHTNESS)
    return cut_out(x.clamp(-1, 1))


def shift_colours(x: Tensor) -> Tensor:
    """(B, 3, H, W) with more or less saturation, and each channel with a gain of its own."""
    grey = x.mean(dim=1, keepdim=True)  # (B, 1, H, W)
    gain = 1 + uniform(3 * len(x), HUE).view(-1, 3, 1, 1).to(x.device)
    return (grey + (x - grey) * (1 + _for_each(x, SATURATION))) * gain


def cut_out(x: Tensor) -> Tensor:
    """(B, C, H, W) with a square of 0 (mid-grey) in each image, its middle anywhere, partly outside perhaps."""
    n, _, height, width = x.shape
    half = torch.rand(n, 1, 1) * CUTOUT * min(height, width) / 2
    row, column = torch.rand(n, 1, 1) * height, torch.rand(n, 1, 1) * width
    is_row = (torch.arange(height)[None, :, None] + 0.5 - row).abs() < half  # (B, H, 1)
    is_column = (torch.arange(width)[None, None, :] + 0.5 - column).abs() < half  # (B, 1, W)
    return x.masked_fill((is_row & is_column)[:, None].to(x.device), 0.0)


def _for_each(x: Tensor, reach: float) -> Tensor:
    return uniform(len(x), reach).view(-1, 1, 1, 1).to(x.device)
