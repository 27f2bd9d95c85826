"""When a run has done enough rounds."""

from __future__ import annotations

from dataclasses import replace

from training.rules.stopping import RoundOutcome, stop_reason

GOOD = RoundOutcome(n_pool=100, n_accepted=60, is_same_as_before=False, accuracy=0.9, log_loss=0.3)


def _with(*accuracies: float | None) -> list[RoundOutcome]:
    return [replace(GOOD, accuracy=accuracy) for accuracy in accuracies]


def test_a_run_begins() -> None:
    assert stop_reason([], n_rounds=1) is None


def test_the_number_asked_for_is_the_end() -> None:
    assert stop_reason(_with(0.8), n_rounds=2) is None
    assert "2 rounds" in stop_reason(_with(0.8, 0.9), n_rounds=2)


def test_nothing_over_the_threshold_is_the_end() -> None:
    assert "threshold" in stop_reason([replace(GOOD, n_accepted=0)], n_rounds=5)


def test_nothing_new_is_the_end() -> None:
    assert "nothing new" in stop_reason([GOOD, replace(GOOD, is_same_as_before=True)], n_rounds=5)


def test_an_empty_pool_is_the_end() -> None:
    assert "nothing left" in stop_reason([replace(GOOD, n_pool=0, n_accepted=0)], n_rounds=5)


def test_two_rounds_without_gain_are_the_end() -> None:
    assert stop_reason(_with(0.90, 0.89), n_rounds=9) is None
    assert "no gain" in stop_reason(_with(0.90, 0.89, 0.88), n_rounds=9)


def test_one_gain_in_the_last_two_rounds_goes_on() -> None:
    assert stop_reason(_with(0.90, 0.91, 0.89), n_rounds=9) is None
    assert "no gain" in stop_reason(_with(0.90, 0.91, 0.89, 0.90), n_rounds=9)


def test_a_tie_that_is_surer_is_a_gain() -> None:
    first, second, third = _with(0.9, 0.9, 0.9)

    assert stop_reason([first, second, replace(third, log_loss=0.2)], n_rounds=9) is None


def test_without_a_holdout_nobody_can_tell_so_it_goes_on() -> None:
    assert stop_reason(_with(None, None, None, None), n_rounds=9) is None


def test_a_learner_that_learns_from_the_whole_pool_needs_no_second_round() -> None:
    assert stop_reason([], n_rounds=5, uses_unlabeled=True) is None
    assert "learn the same" in stop_reason(_with(0.9), n_rounds=5, uses_unlabeled=True)
