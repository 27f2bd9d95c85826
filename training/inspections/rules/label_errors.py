"""Human labels that are likely wrong, by confident learning.

Northcutt, Jiang and Chuang 2021, Confident Learning: Estimating Uncertainty in Dataset Labels,
Journal of Artificial Intelligence Research 70 (section 3: confident joint; section 3.2: pruning).

The probabilities must be out of sample (cross-validated): a model that was trained on a wrong label
agrees with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MIN_LABELS = 30  # below, the thresholds of the classes are noise
N_FOLDS = 5  # of the probabilities


@dataclass(frozen=True)
class LabelErrors:
    """What confident learning thinks of the labels; candidates the most suspicious first.

    rows         (m,) of the labels given
    suggested    (m,) column of the class that the model thinks it is
    self_confidence, suggested_confidence  (m,) probability of the label given, and of the suggested class
    joint        (n_classes, n_classes) estimated share of all labels that say row i and are truly j
    noise_share  1 minus the diagonal: the estimated share of labels that are wrong
    """

    rows: IntArray
    suggested: IntArray
    self_confidence: FloatArray
    suggested_confidence: FloatArray
    joint: FloatArray
    noise_share: float


def label_errors(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> LabelErrors:
    """Candidates among the labels.

    probabilities  (n, n_classes) out of sample, rows sum to 1
    labels         (n,) column of the class that a person gave

    A label counts as confidently of class j if p_j reaches the mean p_j of the labels of class j, the
    greatest such j if there are several. Of each pair (i, j) the estimated number of wrong labels is
    taken, those first in which p_j exceeds p_i the most (prune by noise rate). Memory: 8 bytes x n x
    n_classes x 3.
    """
    given, columns = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    n, n_classes = given.shape
    joint = confident_joint(given, columns)
    shares = joint / max(1, n)
    is_candidate = np.zeros(n, dtype=bool)
    suggested = columns.copy()
    best = np.full(n, -np.inf)  # the margin by which a row was taken
    for i in range(n_classes):
        rows = np.flatnonzero(columns == i)
        for j in range(n_classes):
            n_wrong = round(float(joint[i, j])) if i != j else 0
            margin = given[rows, j] - given[rows, i]
            n_wrong = min(n_wrong, int((margin > 0).sum()))
            if n_wrong == 0:
                continue
            taken = np.argsort(-margin, kind="stable")[:n_wrong]
            better = margin[taken] > best[rows[taken]]
            chosen = rows[taken][better]
            is_candidate[chosen], suggested[chosen], best[chosen] = True, j, margin[taken][better]
    rows = np.flatnonzero(is_candidate)
    rows = rows[np.argsort(-best[rows], kind="stable")]
    return LabelErrors(
        rows=rows,
        suggested=suggested[rows],
        self_confidence=given[rows, columns[rows]],
        suggested_confidence=given[rows, suggested[rows]],
        joint=shares,
        noise_share=float(1 - np.trace(shares)) if n else 0.0,
    )


def confident_joint(probabilities: FloatArray, labels: IntArray) -> FloatArray:
    """(n_classes, n_classes) estimated counts: labeled i, truly j. Rows sum to the labels of class i."""
    n_classes = probabilities.shape[1]
    counts = np.bincount(labels, minlength=n_classes)
    sums = np.bincount(labels, weights=probabilities[np.arange(len(labels)), labels], minlength=n_classes)
    # A class without labels is never confidently reached.
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    reached = np.where(probabilities >= thresholds - 1e-12, probabilities, -1.0)  # (n, n_classes)
    is_confident = reached.max(axis=1) >= 0
    joint = np.zeros((n_classes, n_classes))
    np.add.at(joint, (labels[is_confident], reached[is_confident].argmax(axis=1)), 1.0)
    sure = joint.sum(axis=1)
    joint[sure == 0] = np.eye(n_classes)[sure == 0]  # nothing confident is known of these
    scaled: FloatArray = joint / joint.sum(axis=1, keepdims=True) * counts[:, None]
    return scaled
