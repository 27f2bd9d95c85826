"""What to ask people next: (n_items, n_classes) probabilities -> (n_items,) scores, higher = ask sooner."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def margin(probabilities: FloatArray) -> FloatArray:
    """1 minus the gap between the two best classes, 0 to 1: the model wavers between two answers."""
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    top = np.partition(probabilities, -2, axis=1)[:, -2:]  # (n, 2): second, first
    scores: FloatArray = 1.0 - (top[:, 1] - top[:, 0])
    return scores


def entropy(probabilities: FloatArray) -> FloatArray:
    """Entropy in nats, 0 to ln(n_classes): the model has no idea."""
    logs = np.log(np.clip(probabilities, 1e-12, None))
    scores: FloatArray = -(probabilities * logs).sum(axis=1)
    return scores


def least_confident(probabilities: FloatArray) -> FloatArray:
    """1 minus the probability of the best class, 0 to 1 - 1/n_classes."""
    scores: FloatArray = 1.0 - probabilities.max(axis=1)
    return scores


def random(probabilities: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Uniform in [0, 1): an unbiased sample."""
    return generator.random(len(probabilities))


SCORES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "margin": margin,
    "entropy": entropy,
    "least_confident": least_confident,
}


def scores(name: str, probabilities: npt.ArrayLike, *, generator: np.random.Generator) -> FloatArray:
    """Scores by name: margin, entropy, least_confident or random."""
    given = np.asarray(probabilities, dtype=np.float64)
    return random(given, generator) if name == "random" else SCORES[name](given)
