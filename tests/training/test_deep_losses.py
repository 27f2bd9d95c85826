"""The parts that deep learners' losses are made of, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from training.learners.deep.data import Rows
from training.learners.deep.losses import (
    decay_for,
    linear_ramp,
    mean_entropy,
    mix,
    mixup_shares,
    one_hot,
    sharpen,
    sigmoid_ramp,
    soft_cross_entropy,
)
from training.learners.deep.noisy_student import equal_quota
from training.learners.deep.vat import (
    adversarial_direction,
    divergence,
    neighbour_distance,
    unit,
    virtual_adversarial_loss,
)


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("done", "expected"), [(0.0, 0.0), (0.1, 0.0), (0.2, 0.25), (0.3, 0.5), (0.5, 1.0), (1.0, 1.0)]
)
def test_the_linear_ramp_waits_rises_and_stays(done: float, expected: float) -> None:
    assert linear_ramp(done, start=0.1, end=0.5) == pytest.approx(expected)


def test_the_sigmoid_ramp_starts_near_nothing_and_ends_at_one() -> None:
    assert sigmoid_ramp(0.0, end=0.4) == pytest.approx(math.exp(-5))
    assert sigmoid_ramp(0.2, end=0.4) == pytest.approx(math.exp(-5 / 4))
    assert sigmoid_ramp(0.4, end=0.4) == sigmoid_ramp(1.0, end=0.4) == 1.0


def test_averages_remember_a_twentieth_of_the_fit() -> None:
    assert decay_for(2_000) == pytest.approx(0.99)
    assert decay_for(10) == 0.9
    assert decay_for(1_000_000) == 0.999


def test_sharpening_squares_at_one_half_and_keeps_the_order() -> None:
    p = torch.tensor([[0.6, 0.3, 0.1], [1 / 3, 1 / 3, 1 / 3]])

    sharp = sharpen(p, 0.5)

    assert sharp[0].tolist() == pytest.approx([0.36 / 0.46, 0.09 / 0.46, 0.01 / 0.46])
    assert sharp[1].tolist() == pytest.approx([1 / 3] * 3)
    assert torch.allclose(sharpen(p, 1.0), p)


def test_soft_cross_entropy_is_the_hard_one_for_certain_targets() -> None:
    logits, columns = torch.randn(5, 3), torch.tensor([0, 1, 2, 1, 0])

    soft = soft_cross_entropy(logits, one_hot(columns, 3))

    assert torch.allclose(soft, nn.functional.cross_entropy(logits, columns, reduction="none"))


def test_entropy_is_log_k_for_a_guess_and_nothing_for_certainty() -> None:
    assert mean_entropy(torch.zeros(4, 3)).item() == pytest.approx(math.log(3))
    assert mean_entropy(torch.tensor([[200.0, 0.0, 0.0]])).item() == pytest.approx(0)


def test_in_mixmatch_the_first_partner_keeps_at_least_half() -> None:
    major = mixup_shares(2_000, 0.75, is_first_major=True)
    either = mixup_shares(2_000, 0.75, is_first_major=False)

    assert major.min() >= 0.5
    assert 0.45 < either.mean() < 0.55
    assert either.min() < 0.1


def test_mixing_goes_row_by_row_and_keeps_targets_probabilities() -> None:
    first, second = torch.ones(2, 1, 2, 2), torch.zeros(2, 1, 2, 2)
    shares = torch.tensor([0.75, 0.5])

    mixed = mix(first, second, shares)
    targets = mix(one_hot(torch.tensor([0, 0]), 2), one_hot(torch.tensor([1, 0]), 2), shares)

    assert mixed[:, 0, 0, 0].tolist() == [0.75, 0.5]
    assert targets.tolist() == [[0.75, 0.25], [1.0, 0.0]]


def test_the_adversarial_direction_of_a_linear_network_is_that_of_its_weights() -> None:
    net = nn.Linear(6, 2)
    x = torch.randn(4, 6)
    logs = nn.functional.log_softmax(net(x), dim=1).detach()

    direction = adversarial_direction(net, x, logs, first_push=1e-2)

    # Only the difference of both rows of weights moves the answer.
    across = unit((net.weight[0] - net.weight[1]).detach()[None])
    assert torch.allclose((direction * across).sum(dim=1).abs(), torch.ones(4), atol=1e-4)
    assert torch.allclose(direction.norm(dim=1), torch.ones(4), atol=1e-5)


def test_the_adversarial_push_moves_the_answer_more_than_random_ones() -> None:
    net = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 3))
    x = torch.randn(200, 20)

    worst = virtual_adversarial_loss(net, x, reach=0.5)
    with torch.no_grad():
        logs = nn.functional.log_softmax(net(x), dim=1)
        pushed = nn.functional.log_softmax(net(x + 0.5 * unit(torch.randn_like(x))), dim=1)

    assert worst.item() > 2 * divergence(logs, pushed).item()
    worst.backward()
    assert all(weight.grad is not None for weight in net.parameters())


def test_the_adversarial_passes_leave_no_trace_in_running_statistics() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2)).train()
    before = {name: value.clone() for name, value in net.state_dict().items() if "running" in name}

    virtual_adversarial_loss(net, torch.randn(16, 4) + 5, reach=0.1)

    assert all(torch.equal(net.state_dict()[name], value) for name, value in before.items())
    assert net[1].momentum == 0.1
    assert net[2].training


def test_the_distance_of_neighbours_is_a_median_and_passes_over_copies() -> None:
    line = np.array([[0.0], [1.0], [3.0], [6.0], [6.0]], dtype=np.float32)

    assert neighbour_distance(Rows(line), np.arange(4), seed=0) == pytest.approx(1.0)  # of 1, 1, 2, 3
    assert neighbour_distance(Rows(line), np.array([3, 4]), seed=0) == 1.0  # only copies: any size will do
    assert neighbour_distance(Rows(line), np.array([2]), seed=0) == 1.0


def test_a_quota_takes_the_surest_and_repeats_rare_classes() -> None:
    answers = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.55, 0.45], [0.1, 0.9]])

    chosen = equal_quota(answers, 0.58, is_balanced=True)

    assert chosen.tolist() == [0, 1, 5, 5]  # five are sure: two for each of two classes
    assert equal_quota(answers, 0.58, is_balanced=False).tolist() == [0, 1, 2, 3, 5]
    assert equal_quota(answers, 0.95, is_balanced=True).tolist() == []
