"""The monitor: seldom a false alarm however often one looks, and an alarm soon enough where there is cause."""

from __future__ import annotations

import math

import numpy as np
import pytest

from review.certification.monitor import Monitor


def alarmed_at(population: int, allowed: int, n_wrong: int, delta: float, seed: int, n: int) -> int | None:
    """After how many answers it alarms, looking after each; None if it does not."""
    is_wrong = np.zeros(population, dtype=bool)
    is_wrong[:n_wrong] = True
    np.random.default_rng(seed).shuffle(is_wrong)
    monitor = Monitor(population=population, allowed=allowed, delta=delta)
    for count, wrong in enumerate(is_wrong[:n].tolist(), start=1):
        monitor.add(wrong)
        if monitor.is_alarm:
            return count
    return None


@pytest.mark.parametrize(("population", "allowed"), [(400, 20), (2_000, 20), (300, 0)])
def test_with_as_many_wrong_as_allowed_it_seldom_alarms_though_one_looks_after_every_answer(
    population: int, allowed: int
) -> None:
    n_runs, delta = 300, 0.1
    n_alarms = sum(
        alarmed_at(population, allowed, allowed, delta, seed, population) is not None
        for seed in range(n_runs)
    )

    assert n_alarms <= delta * n_runs + 3 * math.sqrt(n_runs * delta * (1 - delta))


def test_a_whole_path_never_makes_more_evidence_than_there_is() -> None:
    """Enumerated: over every order of few answers the mean of the evidence is at most 1 at each step."""
    population, allowed = 8, 2
    evidence = np.zeros(population)
    n_paths = 0
    for code in range(2**population):
        bits = [bool(code >> place & 1) for place in range(population)]
        if sum(bits) != allowed:
            continue
        n_paths += 1
        monitor = Monitor(population=population, allowed=allowed, delta=0.05)
        for place, wrong in enumerate(bits):
            monitor.add(wrong)
            evidence[place] += monitor.value
    assert (evidence / n_paths <= 1 + 1e-9).all()


def test_three_times_too_many_are_found_within_few_hundred_answers() -> None:
    found = [alarmed_at(6_000, 60, 180, 0.0025, seed, 6_000) for seed in range(40)]

    assert all(count is not None for count in found)
    assert np.median(found) < 900


def test_one_more_wrong_than_allowed_is_certain() -> None:
    monitor = Monitor(population=100, allowed=1, delta=1e-6)
    for wrong in (True, False, True):
        monitor.add(wrong)

    assert monitor.is_alarm
    assert monitor.value == math.inf


def test_an_alarm_stays() -> None:
    monitor = Monitor(population=10_000, allowed=100, delta=0.05)
    for _ in range(5):
        monitor.add(True)
    assert monitor.is_alarm
    for _ in range(2_000):
        monitor.add(False)
    assert monitor.value < 20
    assert monitor.is_alarm


def test_where_everything_may_be_wrong_nothing_alarms() -> None:
    monitor = Monitor(population=5, allowed=5, delta=0.05)
    for _ in range(5):
        monitor.add(True)

    assert not monitor.is_alarm
    with pytest.raises(ValueError, match="counted before"):
        monitor.add(True)


def test_values_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="allowed"):
        Monitor(population=5, allowed=-1, delta=0.05)
    with pytest.raises(ValueError, match="delta"):
        Monitor(population=5, allowed=1, delta=0)
