"""Policies: what is read, what is refused, and which predictions they let pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training.rules.policies import InvalidPolicy, check_policy, policy, policy_json
from training.rules.thresholds import class_thresholds, decide, threshold_table

CONFIDENCE = np.array([0.99, 0.95, 0.94, 0.50, 0.97])
PREDICTED = np.array(["a", "a", "b", "b", "a"])


def decided(
    policy: Any, *, round_number: int = 1, n_rounds: int = 1, n_human: int = 10
) -> tuple[list[bool], Any]:
    is_accepted, threshold = decide(
        policy,
        round_number=round_number,
        n_rounds=n_rounds,
        confidence=CONFIDENCE,
        predicted=PREDICTED,
        n_human=n_human,
    )
    return is_accepted.tolist(), threshold


def test_a_fixed_threshold_accepts_what_reaches_it() -> None:
    is_accepted, threshold = decided(policy("fixed", threshold=0.95))

    assert is_accepted == [True, True, False, False, True]
    assert class_thresholds(PREDICTED, threshold) == {"all": 0.95}


def test_a_schedule_goes_straight_from_start_to_end() -> None:
    given = policy("scheduled", start=0.99, end=0.93)

    thresholds = [decided(given, round_number=number, n_rounds=4)[1][0] for number in (1, 2, 3, 4)]

    assert thresholds == pytest.approx([0.99, 0.97, 0.95, 0.93])
    assert decided(given, round_number=1, n_rounds=1)[1][0] == 0.99


@pytest.mark.parametrize(
    ("share", "n_human", "n_accepted"), [(0.25, 9, 3), (0.5, 2, 2), (0.3, 7, 3), (0.1, 8, 0)]
)
def test_best_share_makes_pseudo_labels_that_share_of_the_mix(
    share: float, n_human: int, n_accepted: int
) -> None:
    is_accepted, threshold = decided(policy("best_share", share=share), n_human=n_human)

    assert sum(is_accepted) == n_accepted
    assert all(CONFIDENCE[is_accepted] >= threshold[is_accepted])
    if n_accepted:
        assert CONFIDENCE[is_accepted].min() >= CONFIDENCE[~np.array(is_accepted)].max()


def test_best_share_stops_at_its_count_where_all_tie() -> None:
    is_accepted, _ = decide(
        policy("best_share", share=0.5),
        round_number=1,
        n_rounds=1,
        confidence=np.ones(100),
        predicted=np.zeros(100, dtype=int),
        n_human=7,
    )

    assert np.flatnonzero(is_accepted).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_balanced_share_takes_as_many_of_each_class() -> None:
    is_accepted, threshold = decided(policy("best_share", share=0.5, balanced=True), n_human=4)

    assert is_accepted == [True, False, True, True, True]
    assert class_thresholds(PREDICTED, threshold) == {"a": 0.97, "b": 0.5}


def test_an_empty_pool_accepts_nothing() -> None:
    for given in (*map(policy, ("fixed", "scheduled", "best_share")), policy("best_share", balanced=True)):
        is_accepted, threshold = decide(
            given, round_number=1, n_rounds=2, confidence=[], predicted=np.array([], dtype=int), n_human=5
        )
        assert len(is_accepted) == len(threshold) == 0
        assert class_thresholds([], threshold) == {}


@pytest.mark.parametrize(
    "given",
    [
        policy("fixed", threshold=0.9),
        policy("scheduled", start=0.9, end=0.7),
        policy("best_share", share=0.25, balanced=True),
    ],
)
def test_a_policy_reads_back_from_its_json(given: Any) -> None:
    assert check_policy(policy_json(given)) == given


def test_what_a_policy_leaves_out_takes_its_default() -> None:
    assert check_policy({"kind": "scheduled", "end": 0.9}) == policy("scheduled", start=0.99, end=0.9)


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        (
            {"kind": "fixed", "threshold": 1.4},
            "policy.threshold",
            "threshold is 1.4; it must be a number from 0 to 1. The default is 0.95.",
        ),
        (
            {"kind": "fixed", "threshold": True},
            "policy.threshold",
            "threshold is True; it must be a number from 0 to 1.",
        ),
        ({"kind": "fixed", "threshold": float("nan")}, "policy.threshold", "threshold is nan"),
        (
            {"kind": "scheduled", "start": "high"},
            "policy.start",
            "start is 'high'; it must be a number from 0 to 1.",
        ),
        (
            {"kind": "best_share", "share": 0},
            "policy.share",
            "share is 0; it must be a number above 0 and at most 0.9. The default is 0.3.",
        ),
        (
            {"kind": "best_share", "balanced": 1},
            "policy.balanced",
            "balanced is 1; it must be true or false.",
        ),
        (
            {"kind": "fixed", "share": 0.3},
            "policy.share",
            "A fixed policy has no 'share'. It has: threshold.",
        ),
        ({"kind": "luck"}, "policy.kind", "kind is 'luck'; it must be one of fixed, scheduled, best_share."),
        ({"kind": ["fixed"]}, "policy.kind", "kind is ['fixed']; it must be one of"),
        ({}, "policy.kind", "kind is None"),
        ([], "policy", "The policy is []; it must be an object such as"),
    ],
)
def test_a_wrong_policy_is_refused_with_the_cure(given: Any, field: str, sentence: str) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        check_policy(given)

    assert list(caught.value.fields) == [field]
    assert caught.value.fields[field][0].startswith(sentence)


def test_the_table_counts_the_pool_and_the_holdout_at_each_threshold() -> None:
    rows = threshold_table(
        confidence=[0.5, 0.9, 0.95, 0.99],
        holdout_confidence=[0.6, 0.9, 0.97],
        holdout_is_right=[False, True, True],
    )

    assert [row["threshold"] for row in rows] == [step / 100 for step in range(50, 100)]
    assert rows[0]["n_accepted"] == 4
    assert rows[0]["holdout_precision"] == pytest.approx(2 / 3)
    at_90 = rows[40]
    assert (at_90["threshold"], at_90["n_accepted"], at_90["share"]) == (0.9, 3, 0.75)
    assert (at_90["holdout_n"], at_90["holdout_precision"], at_90["holdout_high"]) == (2, 1.0, 1.0)
    assert at_90["holdout_low"] == pytest.approx(0.025**0.5)  # both of 2 right: low solves p^2 = 0.025
    assert rows[-1]["holdout_precision"] is None
    assert (rows[-1]["holdout_low"], rows[-1]["holdout_high"]) == (0.0, 1.0)
