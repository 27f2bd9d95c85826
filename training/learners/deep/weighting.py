"""Which pseudo-labels count in FixMatch, and how much: one small class for each rule.

Each is called once a step with

    labeled     (B, K) probabilities of the weak views of labeled rows
    unlabeled   (U, K) probabilities of the weak views of unlabeled rows, of the same pass
    rows        (U,) places of the latter among the unlabeled rows

and returns the pseudo-labels, (U,) columns, and their weights, (U,) from 0 to 1. K is the number of
classes. None of it carries a gradient. Memory: a few times K, and in FlexMatch 8 bytes x unlabeled rows.

`decay` is that of the moving averages. The papers have 0.999 for a million steps; a fit of
thousands needs a shorter memory, see decay_for in losses.py.
"""

from __future__ import annotations

from typing import Literal, Protocol

import torch
from torch import Tensor

from training.learners.deep.losses import decay_for

Rule = Literal["fixed", "flexmatch", "freematch", "softmatch", "adamatch"]


class Weighting(Protocol):
    """The rule, with whatever it remembers from step to step."""

    def __call__(self, labeled: Tensor, unlabeled: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]: ...


def make_weighting(
    rule: Rule, *, threshold: float, n_rows: int, n_classes: int, n_steps: int, device: str
) -> Weighting:
    """The rule at its start. n_rows: unlabeled ones; n_steps: of the fit."""
    decay = decay_for(n_steps)
    if rule == "flexmatch":
        return FlexMatch(threshold, n_rows, n_classes, device)
    if rule == "freematch":
        return FreeMatch(n_classes, decay, device)
    if rule == "softmatch":
        return SoftMatch(n_classes, decay, device)
    if rule == "adamatch":
        return AdaMatch(n_classes, decay, threshold, device)
    return Fixed(threshold)


class Fixed:
    """Those with a confidence of `threshold` or more (FixMatch, Sohn 2020, equation 4)."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def __call__(self, labeled: Tensor, unlabeled: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        confidence, columns = unlabeled.max(dim=1)
        return columns, (confidence >= self.threshold).float()


class FlexMatch:
    """A lower threshold for classes that the network is seldom sure of (Zhang 2021, with its warm-up and its convex map).

    count_c   rows of the pool that were last seen with `threshold` or more as class c
    beta_c    count_c / max(largest count, rows never seen so)
    tau_c     threshold * beta_c / (2 - beta_c)

    A step is judged by the counts before it, so that at the very first everything counts.
    """

    def __init__(self, threshold: float, n_rows: int, n_classes: int, device: str = "cpu") -> None:
        self.threshold = threshold
        self.seen_as = torch.full((n_rows,), n_classes, device=device)  # n_classes: never
        self.n_classes = n_classes

    def thresholds(self) -> Tensor:
        """(K,)"""
        counts = torch.bincount(self.seen_as, minlength=self.n_classes + 1)
        beta = counts[: self.n_classes] / counts.max()
        return self.threshold * beta / (2 - beta)

    def __call__(self, labeled: Tensor, unlabeled: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        confidence, columns = unlabeled.max(dim=1)
        weights = (confidence >= self.thresholds()[columns]).float()
        is_sure = confidence >= self.threshold
        self.seen_as[rows[is_sure]] = columns[is_sure]
        return columns, weights


class FreeMatch:
    """Thresholds that rise as the network grows sure (Wang 2023, self-adaptive thresholding).

    tau     moving average of the mean confidence, from 1 / K
    p_c     moving average of the mean probability of class c, from 1 / K
    tau_c   tau * p_c / max p

    Its fairness term, weight 0.001 to 0.05 in the paper, is left out.
    """

    def __init__(self, n_classes: int, decay: float, device: str = "cpu") -> None:
        self.decay = decay
        self.tau = torch.tensor(1 / n_classes, device=device)
        self.p = torch.full((n_classes,), 1 / n_classes, device=device)

    def thresholds(self) -> Tensor:
        """(K,)"""
        return self.tau * self.p / self.p.max()

    def __call__(self, labeled: Tensor, unlabeled: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        confidence, columns = unlabeled.max(dim=1)
        self.tau = torch.lerp(confidence.mean(), self.tau, self.decay)
        self.p = torch.lerp(unlabeled.mean(dim=0), self.p, self.decay)
        return columns, (confidence >= self.thresholds()[columns]).float()


class SoftMatch:
    """Nothing is dropped: the less sure, the lighter (Chen 2023).

    mu, var   moving averages of mean and variance of the confidence, from 1 / K and 1
    weight    1 from mu on; exp(-(confidence - mu)^2 / (2 var / n_sigma^2)) below, n_sigma = 2

    Confidence is that of probabilities aligned to equal classes (p_c / moving average of p_c, summing
    to 1 again), so that rare classes do not get lighter; labels are those of p itself.
    """

    n_sigma = 2.0

    def __init__(self, n_classes: int, decay: float, device: str = "cpu") -> None:
        self.decay = decay
        self.mu = torch.tensor(1 / n_classes, device=device)
        self.variance = torch.tensor(1.0, device=device)
        self.p = torch.full((n_classes,), 1 / n_classes, device=device)

    def __call__(self, labeled: Tensor, unlabeled: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        self.p = torch.lerp(unlabeled.mean(dim=0), self.p, self.decay)
        confidence = align(unlabeled, 1 / self.p).max(dim=1).values
        if len(confidence) > 1:
            self.mu = torch.lerp(confidence.mean(), self.mu, self.decay)
            self.variance = torch.lerp(confidence.var(), self.variance, self.decay)
        below = (confidence - self.mu).clamp(max=0)
        weights = torch.exp(-(below**2) * self.n_sigma**2 / (2 * self.variance))
        return unlabeled.argmax(dim=1), weights


class AdaMatch:
    """A threshold that follows the confidence on labeled rows, and alignment to their classes (Roelofs 2022).

    Probabilities become p_c * (labeled mean of c / unlabeled mean of c), summing to 1 again
    ; those count whose aligned confidence is at least `share` of the mean confidence of
    labeled rows. Both means over classes are moving averages here, because a batch of
    tens is too small for them; in the paper they are the batch's own.
    Right where the labels are a random sample of the pool: their class mix becomes that of the answers.
    """

    def __init__(self, n_classes: int, decay: float, share: float = 0.9, device: str = "cpu") -> None:
        self.decay = decay
        self.share = share
        self.labeled = torch.full((n_classes,), 1 / n_classes, device=device)
        self.unlabeled = torch.full((n_classes,), 1 / n_classes, device=device)

    def __call__(self, labeled: Tensor, unlabeled: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        self.labeled = torch.lerp(labeled.mean(dim=0), self.labeled, self.decay)
        self.unlabeled = torch.lerp(unlabeled.mean(dim=0), self.unlabeled, self.decay)
        aligned = align(unlabeled, self.labeled / self.unlabeled)
        confidence, columns = aligned.max(dim=1)
        threshold = self.share * labeled.max(dim=1).values.mean()
        return columns, (confidence >= threshold).float()


def align(p: Tensor, ratio: Tensor) -> Tensor:
    """(U, K) probabilities times (K,), each row summing to 1 again."""
    scaled = p * ratio
    return scaled / scaled.sum(dim=1, keepdim=True)
