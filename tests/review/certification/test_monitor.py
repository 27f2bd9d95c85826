"""The monitor: false alarms over whole paths with a look after every answer, and that it does raise true ones."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from review.certification.exact import p_value
from review.certification.monitor import Monitor, breach_values, running

TOLERANCE = 3.0  # standard deviations of a binomial share


def answers(population: int, n_bad: int, n: int, n_paths: int, seed: int) -> np.ndarray:
    """(n_paths, n) outcomes of audits drawn without replacement."""
    random = np.random.default_rng(seed)
    return np.stack([random.permutation(population)[:n] < n_bad for _ in range(n_paths)])


@pytest.mark.parametrize("n_bad", [0, 2, 3])
def test_the_chance_of_a_false_alarm_is_exactly_at_most_delta_on_a_small_set(n_bad: int) -> None:
    """Every order of the audits of ten labels, to the last one."""
    paths = np.array([np.isin(np.arange(10), places) for places in combinations(range(10), n_bad)])
    values = breach_values(population=10, allowed=3, **counted(paths))
    for delta in (0.5, 0.2, 0.05):
        assert (values.max(axis=1) >= 1 / delta).mean() <= delta


def counted(paths: np.ndarray) -> dict[str, np.ndarray]:
    n, n_wrong = running(paths)
    return {"n": n, "n_wrong": n_wrong}


def test_false_alarms_at_the_boundary_stay_within_delta_where_a_test_read_again_and_again_does_not() -> None:
    population, allowed, delta = 2000, 100, 0.05
    paths = answers(population, allowed, 800, 500, seed=1)
    n, n_wrong = running(paths)
    alarms = (breach_values(population=population, allowed=allowed, n=n, n_wrong=n_wrong) >= 1 / delta).any(
        axis=1
    )
    looks = slice(19, None, 20)
    peeked = p_value(population, population - allowed - 1, n[:, looks], (n - n_wrong)[:, looks]) <= delta
    assert alarms.mean() <= delta + TOLERANCE * np.sqrt(delta * (1 - delta) / 500)
    assert peeked.any(axis=1).mean() > 2 * delta


def test_a_breach_is_found_and_the_worse_it_is_the_sooner() -> None:
    population, allowed, delta = 5000, 100, 0.05
    first = []
    for n_bad in (250, 500):
        values = breach_values(
            population=population, allowed=allowed, **counted(answers(population, n_bad, 1500, 100, seed=2))
        )
        is_alarm = values >= 1 / delta
        assert is_alarm.any(axis=1).mean() > 0.95
        first.append(np.median(np.where(is_alarm.any(axis=1), is_alarm.argmax(axis=1), 1500)))
    assert first[1] < first[0] / 2


def test_more_wrong_than_allowed_are_an_alarm_and_all_audited_clean_are_not() -> None:
    assert breach_values(population=50, allowed=2, n=50, n_wrong=3) == np.inf
    assert breach_values(population=50, allowed=2, n=50, n_wrong=2) == 0
    assert breach_values(population=50, allowed=2, n=50, n_wrong=0) == 0
    assert breach_values(population=5, allowed=5, n=5, n_wrong=5) == 1


def test_answer_by_answer_it_is_the_same_as_at_once_and_an_alarm_stays() -> None:
    path = np.array([1, 1, 1, 1, *[0] * 200])
    monitor = Monitor(1000, 10, 0.05)
    assert monitor.value == breach_values(population=1000, allowed=10, n=0, n_wrong=0) == 1
    values = []
    for outcome in path:
        monitor.add(bool(outcome))
        values.append(monitor.value)
    assert values == pytest.approx(breach_values(population=1000, allowed=10, **counted(path)))
    assert max(values) >= 20 > values[-1]
    assert monitor.is_alarm
    assert (monitor.n, monitor.n_wrong) == (204, 4)


def test_what_cannot_be_is_refused() -> None:
    monitor = Monitor(2, 0, 0.1)
    monitor.add(False)
    monitor.add(False)
    with pytest.raises(ValueError, match="All 2"):
        monitor.add(False)
    with pytest.raises(ValueError, match="delta"):
        Monitor(10, 1, 1.0)
    with pytest.raises(ValueError, match="n_wrong"):
        breach_values(population=10, allowed=1, n=3, n_wrong=4)
    with pytest.raises(ValueError, match="allowed"):
        breach_values(population=10, allowed=-1, n=3, n_wrong=1)
