"""Scores of a trial, and what several trials say about a learner, or about two: mean and interval.

Two things make a score uncertain: which rows happened to measure it, and which seed drew the labels
and started the learner. Rows and seeds are crossed (every seed is measured on the same rows), so a
mean over both has the variance

    rows / n_rows + seeds / n_seeds + rest / (n_rows n_seeds)

The first is estimated by leaving out groups of rows (delete-a-group jackknife: Efron 1982, The
Jackknife, the Bootstrap and Other Resampling Plans, chapter 2; Kott 2001), the second by the
spread between seeds. Each holds the rest too, so their sum errs on the safe side. Degrees of freedom
follow Satterthwaite 1946. Cross-validated scores share training rows between folds, for which there
is no unbiased variance (Bengio and Grandvalet 2004): take those intervals as somewhat too narrow.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from training.rules.calibration import calibration_error, log_loss
from training.rules.intervals import clopper_pearson
from training.rules.metrics import confusion_matrix

N_GROUPS = 20
METRICS = ("accuracy", "macro_f1", "log_loss", "ece")
HIGHER_IS_BETTER = {"accuracy": True, "macro_f1": True, "log_loss": False, "ece": False}

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval. One seed only: the interval is of the rows alone."""

    mean: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def scores_of(
    probabilities: npt.ArrayLike, truth: npt.ArrayLike
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """(scores, jackknife) of (n, n_classes) probabilities against (n,) columns of the truth.

    Groups are drawn, always in the same way, so that they are the same for every learner.
    """
    given, columns = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=np.int64)
    group = np.random.default_rng(0).permutation(len(columns)) % min(N_GROUPS, len(columns))
    left_out = [_scores(given[group != g], columns[group != g]) for g in range(int(group.max()) + 1)]
    return _scores(given, columns), {name: [part[name] for part in left_out] for name in METRICS}


def _scores(probabilities: FloatArray, truth: IntArray) -> dict[str, float]:
    answers = probabilities.argmax(axis=1)
    is_right = answers == truth
    confusion = confusion_matrix(truth, answers, probabilities.shape[1])
    right, n_answered, n_true = np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    occurs = (n_answered + n_true) > 0
    return {
        "accuracy": float(is_right.mean()),
        "macro_f1": float((2 * right[occurs] / (n_answered + n_true)[occurs]).mean()),
        "log_loss": log_loss(probabilities, truth),
        "ece": calibration_error(probabilities.max(axis=1), is_right),
    }


def estimate(values: npt.ArrayLike, jackknife: npt.ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """The mean over seeds with its interval, for a score or for a difference of two.

    values     (n_seeds,)
    jackknife  (n_seeds, n_groups) the same score with each group of rows left out
    """
    scores, parts = np.asarray(values, dtype=np.float64), np.asarray(jackknife, dtype=np.float64)
    mean, n_seeds, n_groups = float(scores.mean()), len(scores), parts.shape[1]
    of_group = parts.mean(axis=0)  # (n_groups,)
    variances = [(n_groups - 1) / n_groups * float(((of_group - of_group.mean()) ** 2).sum())]
    freedoms = [n_groups - 1]
    if n_seeds > 1:
        variances.append(float(scores.var(ddof=1)) / n_seeds)
        freedoms.append(n_seeds - 1)
    total = sum(variances)
    if total == 0 or n_groups < 2:
        return Estimate(mean, mean, mean)
    freedom = total**2 / sum(v**2 / f for v, f in zip(variances, freedoms, strict=True))
    half = float(student.ppf((1 + confidence) / 2, freedom)) * total**0.5
    return Estimate(mean, mean - half, mean + half)


def score_estimate(metric: str, values: npt.ArrayLike, jackknife: npt.ArrayLike, *, n_test: int) -> Estimate:
    """`estimate` of a score, kept within its range.

    An accuracy is never surer than the exact interval of so many rows: without a single error the
    jackknife sees no spread at all.
    """
    found = estimate(values, jackknife)
    low, high = found.low, found.high
    if metric == "accuracy":
        exact_low, exact_high = clopper_pearson(round(found.mean * n_test), n_test)
        low, high = min(low, exact_low), max(high, exact_high)
    top = np.inf if metric == "log_loss" else 1.0
    return Estimate(found.mean, max(0.0, low), min(top, high))


def spread_estimate(values: npt.ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Mean and interval over seeds alone, for seconds and bytes; no interval from one seed. Not below 0."""
    numbers = np.asarray(values, dtype=np.float64)
    mean = float(numbers.mean())
    if len(numbers) < 2:
        return Estimate(mean, mean, mean)
    half = float(
        student.ppf((1 + confidence) / 2, len(numbers) - 1) * numbers.std(ddof=1) / len(numbers) ** 0.5
    )
    return Estimate(mean, max(0.0, mean - half), mean + half)


def best_of(metric: str, learners: dict[str, tuple[Any, Any]]) -> dict[str, dict[str, Any]]:
    """Learner -> how far it lies behind the best mean, and whether the best is the best beyond noise.

    `learners`: name -> (values (n_seeds,), jackknife (n_seeds, n_groups)), paired: the same seeds and
    rows. behind: how much worse than the best, 0 or more, with the interval of the paired difference.
    is_level: that interval holds 0, so the two cannot be told apart. is_best: the best mean, and no
    other is level with it. Intervals share the risk of 5% between all pairs with the best (Bonferroni).
    """
    sign = 1.0 if HIGHER_IS_BETTER[metric] else -1.0
    means = {name: sign * float(np.mean(values)) for name, (values, _) in learners.items()}
    top = max(means, key=lambda name: means[name])
    confidence = 1 - 0.05 / max(1, len(learners) - 1)
    found: dict[str, dict[str, Any]] = {}
    for name, (values, jackknife) in learners.items():
        if name == top:
            continue
        best_values, best_jackknife = learners[top]
        behind = estimate(
            sign * (np.asarray(best_values) - np.asarray(values)),
            sign * (np.asarray(best_jackknife) - np.asarray(jackknife)),
            confidence=confidence,
        )
        found[name] = {"behind": behind.as_json(), "is_level": behind.low <= 0, "is_best": False}
    is_alone = len(learners) > 1 and not any(other["is_level"] for other in found.values())
    found[top] = {"behind": None, "is_level": True, "is_best": is_alone}
    return found
