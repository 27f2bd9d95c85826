"""Which pseudo-labels count: every rule of FixMatch's kin against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from training.learners.deep.weighting import AdaMatch, Fixed, FlexMatch, FreeMatch, SoftMatch, make_weighting

LABELED = torch.tensor([[0.9, 0.1], [0.5, 0.5]])
UNLABELED = torch.tensor([[0.97, 0.03], [0.80, 0.20], [0.30, 0.70], [0.45, 0.55]])
ROWS = torch.arange(4)


def test_fixed_takes_what_reaches_the_threshold() -> None:
    columns, weights = Fixed(0.8)(LABELED, UNLABELED, ROWS)

    assert columns.tolist() == [0, 0, 1, 1]
    assert weights.tolist() == [1, 1, 0, 0]


def test_flexmatch_lowers_the_threshold_of_classes_that_are_seldom_sure() -> None:
    rule = FlexMatch(0.95, n_rows=8, n_classes=2)
    sure = torch.tensor([[0.96, 0.04]] * 4 + [[0.02, 0.98]] * 2)

    rule(LABELED, sure, torch.arange(6))  # class 0 four times, class 1 twice, two rows never

    assert rule.thresholds().tolist() == pytest.approx([0.95, 0.95 * 0.5 / 1.5])
    columns, weights = rule(LABELED, torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6]]), torch.arange(3))
    assert columns.tolist() == [0, 0, 1]
    assert weights.tolist() == [0, 0, 1]  # 0.6 for class 1 is above 0.317


def test_flexmatch_warms_up_while_most_rows_were_never_sure() -> None:
    rule = FlexMatch(0.95, n_rows=10, n_classes=2)
    assert rule.thresholds().tolist() == [0, 0]

    rule(LABELED, torch.tensor([[0.99, 0.01]]), torch.tensor([3]))

    beta = 1 / 9  # against the nine that were never sure
    assert rule.thresholds().tolist() == pytest.approx([0.95 * beta / (2 - beta), 0])


def test_flexmatch_forgets_what_a_row_was_seen_as_before() -> None:
    rule = FlexMatch(0.95, n_rows=2, n_classes=2)
    rule(LABELED, torch.tensor([[0.99, 0.01]]), torch.tensor([0]))

    rule(LABELED, torch.tensor([[0.01, 0.99]]), torch.tensor([0]))

    assert rule.seen_as.tolist() == [1, 2]


def test_freematch_follows_mean_confidence_and_the_share_of_each_class() -> None:
    rule = FreeMatch(n_classes=2, decay=0.5)

    _, weights = rule(LABELED, UNLABELED, ROWS)

    confidence = (0.97 + 0.80 + 0.70 + 0.55) / 4  # 0.755
    tau = 0.5 * 0.5 + 0.5 * confidence  # 0.6275
    p = [0.5 * 0.5 + 0.5 * 0.63, 0.5 * 0.5 + 0.5 * 0.37]  # 0.565 and 0.435
    assert rule.thresholds().tolist() == pytest.approx([tau, tau * p[1] / p[0]])  # 0.6275 and 0.483
    assert weights.tolist() == [1, 1, 1, 1]


def test_softmatch_weighs_by_a_truncated_gaussian_and_drops_nothing() -> None:
    rule = SoftMatch(n_classes=2, decay=0.0)  # no memory: aligned by this very batch

    columns, weights = rule(LABELED, UNLABELED, ROWS)

    aligned = [[a / 0.63, b / 0.37] for a, b in UNLABELED.tolist()]
    confidence = torch.tensor([max(pair) / sum(pair) for pair in aligned])
    mu, variance = confidence.mean(), confidence.var()
    below = (confidence - mu).clamp(max=0)
    assert torch.allclose(weights, torch.exp(-2 * below**2 / variance), atol=1e-5)
    assert (weights > 0).all()
    assert weights[0] == 1
    assert columns.tolist() == [0, 0, 1, 1]


def test_adamatch_aligns_to_the_labeled_classes_and_measures_by_labeled_confidence() -> None:
    rule = AdaMatch(n_classes=2, decay=0.0, share=0.95)

    columns, weights = rule(LABELED, UNLABELED, ROWS)

    ratio = [0.7 / 0.63, 0.3 / 0.37]  # mean of labeled by mean of unlabeled rows
    last = [0.45 * ratio[0], 0.55 * ratio[1]]
    assert last[0] > last[1]
    assert columns.tolist() == [0, 0, 1, 0]  # alignment turned the last one
    threshold = 0.95 * (0.9 + 0.5) / 2  # 0.665
    aligned = [max(a * ratio[0], b * ratio[1]) / (a * ratio[0] + b * ratio[1]) for a, b in UNLABELED.tolist()]
    assert weights.tolist() == [float(confidence >= threshold) for confidence in aligned] == [1, 1, 0, 0]


@pytest.mark.parametrize("rule", ["fixed", "flexmatch", "freematch", "softmatch", "adamatch"])
def test_every_rule_gives_columns_and_weights_from_0_to_1_and_no_gradient(rule: str) -> None:
    torch.manual_seed(0)
    judge = make_weighting(rule, threshold=0.9, n_rows=50, n_classes=4, n_steps=100, device="cpu")  # type: ignore[arg-type]

    for _ in range(5):
        columns, weights = judge(answers(8), answers(20), torch.randperm(50)[:20])

    assert columns.shape == weights.shape == (20,)
    assert ((weights >= 0) & (weights <= 1)).all()
    assert not weights.requires_grad
    assert math.isfinite(weights.sum())


def answers(n: int) -> Tensor:
    return (torch.randn(n, 4) * 3).softmax(dim=1)
