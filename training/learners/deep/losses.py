"""What several methods' losses are made of: ramps, sharpening, mixup, soft targets. Pure functions."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def linear_ramp(done: float, *, start: float, end: float) -> float:
    """0 until `start`, 1 from `end`, a straight line between; all three are shares of the steps."""
    return min(1.0, max(0.0, (done - start) / (end - start)))


def sigmoid_ramp(done: float, *, end: float) -> float:
    """exp(-5 (1 - t)^2) with t = done / end, 1 from `end` on (Laine and Aila 2017)."""
    t = min(1.0, done / end)
    return math.exp(-5 * (1 - t) ** 2)


def decay_for(n_steps: int) -> float:
    """Of a moving average that remembers a twentieth of the fit; 0.9 at least and 0.999 at most.

    Papers have 0.999 for hundreds of thousands of steps. In a fit of 2,000 that would be half of it.
    """
    return min(0.999, max(0.9, 1 - 20 / n_steps))


def sharpen(p: Tensor, temperature: float) -> Tensor:
    """(B, K) probabilities to the power 1 / temperature, summing to 1 again (MixMatch 2019, equation 7)."""
    powers = p ** (1 / temperature)
    return powers / powers.sum(dim=1, keepdim=True)


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """(B,) cross-entropy of (B, K) logits against (B, K) probabilities, no mean taken."""
    return -(targets * functional.log_softmax(logits, dim=1)).sum(dim=1)


def mean_entropy(logits: Tensor) -> Tensor:
    """Mean entropy of (B, K) logits; low where the network is sure."""
    logs = functional.log_softmax(logits, dim=1)
    return -(logs.exp() * logs).sum(dim=1).mean()


def one_hot(columns: Tensor, n_classes: int) -> Tensor:
    """(B,) columns -> (B, K) float32."""
    return functional.one_hot(columns, n_classes).float()


def mixup_shares(n: int, alpha: float, *, is_first_major: bool) -> Tensor:
    """(n,) shares of the first partner, drawn from Beta(alpha, alpha); `is_first_major`: at least a half.

    mixup 2018, section 2; the major first partner is MixMatch 2019, equation 9. Draws from torch's
    random state on the CPU.
    """
    shares = torch.distributions.Beta(alpha, alpha).sample((n,))
    return torch.maximum(shares, 1 - shares) if is_first_major else shares


def mix(first: Tensor, second: Tensor, shares: Tensor) -> Tensor:
    """share * first + (1 - share) * second, for each of (B, ...) rows by its own of (B,) shares."""
    shares = shares.to(first.device).view(-1, *[1] * (first.ndim - 1))
    return torch.lerp(second, first, shares)
