"""Rows as a network takes them, batch by batch: bytes stay bytes until a batch is on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

IntArray = npt.NDArray[np.int64]
SHARE_OF_DEVICE = 0.5  # of its free memory, that rows may take up; above, they stay where they are


class Rows:
    """Images, uint8 (n, height, width[, 3]), or vectors, float32 (n, D), behind one way to take a batch.

    On the CPU nothing is copied: `values` may be memory-mapped. On CUDA they are copied to the
    device once, if they fill at most half of its free memory.
    """

    def __init__(self, values: npt.NDArray[Any], device: str = "cpu") -> None:
        self.values = values
        self.device = device
        self.resident: Tensor | None = None
        if device != "cpu" and values.nbytes <= SHARE_OF_DEVICE * torch.cuda.mem_get_info(device)[0]:
            self.resident = torch.tensor(values, device=device)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row as the network sees it: (C, H, W) or (D,)."""
        shape = self.values.shape[1:]
        if len(shape) == 1:
            return shape
        return (shape[2] if len(shape) == 3 else 1, *shape[:2])

    def take(self, rows: IntArray) -> Tensor:
        """(B, C, H, W) about -1 to 1, or (B, D): float32 on the device."""
        if self.resident is not None:
            batch = self.resident[torch.from_numpy(rows).to(self.device)]
        else:
            batch = torch.from_numpy(np.asarray(self.values[rows])).to(self.device)
        return network_input(batch)


def network_input(batch: Tensor) -> Tensor:
    """uint8 (B, H, W[, 3]) -> float32 (B, C, H, W), channels last in memory; vectors stay as they are."""
    if batch.ndim == 2:
        return batch
    if batch.ndim == 3:
        batch = batch[..., None]
    pixels = batch.permute(0, 3, 1, 2).float().sub_(127.5).div_(127.5)
    return pixels.contiguous(memory_format=torch.channels_last)


class Batches:
    """Endless shuffled passes over the numbers 0 to n - 1, `size` at a time; the same seed, the same order.

    A pass is used up before the next begins, so every row comes equally often; where there are fewer
    rows than a batch holds, they come more than once in it.
    """

    def __init__(self, n: int, size: int, seed: int) -> None:
        self.n = n
        self.size = size
        self.generator = np.random.default_rng(seed)
        self.order: IntArray = np.empty(0, dtype=np.int64)

    def next(self) -> IntArray:
        """(size,) row numbers."""
        while len(self.order) < self.size:
            self.order = np.concatenate([self.order, self.generator.permutation(self.n)])
        batch, self.order = self.order[: self.size], self.order[self.size :]
        return batch
