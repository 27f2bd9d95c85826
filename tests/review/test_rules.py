"""Pure rules of the queue: order, consensus, and what may be stored."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from labeling.labels.consensus import majority_class
from review.answering.acceptance import REPEATED, STORED, Answered, Facts, judge
from review.queue.ordering import pick, priority, random_share_count
from review.reasons import queue_reasons

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
SAID = Answered(person_id=1, entry_id=2, kind="label", class_id=3)
GOOD = Facts(
    prior=None,
    entry_state="open",
    is_class_known=True,
    lease_state="held",
    lease_created_at=NOW,
    human_label_at=None,
)


@pytest.mark.parametrize(
    ("votes", "decided"),
    [([1], 1), ([1, 1, 2], 1), ([1, 2], None), ([1, 1, 2, 2], None), ([1, 2, 3], None), ([2, 2, 2, 1], 2)],
)
def test_only_a_strict_majority_decides(votes: list[int], decided: int | None) -> None:
    assert majority_class(votes) == decided


def test_no_votes_decide_nothing() -> None:
    with pytest.raises(ValueError, match="No answers"):
        majority_class([])


def test_priorities_fall_within_one_kind_and_lie_below_a_flag() -> None:
    ranked = [priority(rank=rank, n_ranked=50) for rank in range(50)]

    assert ranked == sorted(ranked, reverse=True)
    assert 0 < ranked[-1] < ranked[0] < 1 < queue_reasons()["flagged"].priority


@pytest.mark.parametrize("n_random", [1, 10, 100])
def test_any_beginning_of_the_queue_has_its_share_of_random_entries(n_random: int) -> None:
    n_scored = 900
    kinds = sorted(
        [(priority(rank=rank, n_ranked=n_scored), "scored") for rank in range(n_scored)]
        + [(priority(rank=rank, n_ranked=n_random), "random") for rank in range(n_random)],
        reverse=True,
    )

    for n_answered in range(1, len(kinds) + 1):
        n_seen = sum(kind == "random" for _, kind in kinds[:n_answered])
        assert abs(n_seen - n_answered * n_random / len(kinds)) <= 1


def test_the_random_share_is_rounded_to_the_nearest_entry() -> None:
    assert [random_share_count(n_entries=10, share=share) for share in (0, 0.04, 0.05, 1)] == [0, 0, 1, 10]


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, STORED),
        ({"lease_state": "expired"}, STORED),
        ({"lease_state": "released"}, STORED),
        ({"lease_state": "expired", "entry_state": "withdrawn"}, STORED),
        ({"prior": SAID}, REPEATED),
        ({"prior": SAID, "entry_state": "done", "lease_state": "answered"}, REPEATED),
        ({"human_label_at": NOW - dt.timedelta(days=1)}, STORED),
    ],
)
def test_what_is_stored(changed: dict[str, Any], outcome: str) -> None:
    assert judge(SAID, uuid.uuid4(), Facts(**{**vars(GOOD), **changed})) == outcome


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"prior": Answered(1, 2, "label", 4)}, "key_taken"),
        ({"prior": Answered(9, 2, "label", 3)}, "key_taken"),
        ({"entry_state": None}, "no_entry"),
        ({"is_class_known": False}, "unknown_class"),
        ({"lease_state": None}, "not_claimed"),
        ({"lease_state": "answered"}, "already_answered"),
        ({"lease_state": "skipped"}, "already_skipped"),
        ({"entry_state": "done"}, "entry_closed"),
        ({"entry_state": "disputed"}, "entry_closed"),
        ({"entry_state": "skipped"}, "entry_closed"),
        ({"entry_state": "withdrawn", "human_label_at": NOW - dt.timedelta(days=1)}, "already_labeled"),
        ({"human_label_at": NOW + dt.timedelta(seconds=1)}, "already_labeled"),
    ],
)
def test_what_is_refused_says_why(changed: dict[str, Any], code: str) -> None:
    refusal = judge(SAID, uuid.uuid4(), Facts(**{**vars(GOOD), **changed}))

    assert not isinstance(refusal, str)
    assert refusal.code == code
    assert refusal.message.endswith(".")


def test_a_pick_is_a_uniform_draw_that_only_the_salt_decides() -> None:
    names = list(range(100, 120))
    counts = [0] * 20
    for seed in range(2_000):
        for place in pick(names, n=10, salt=str(seed)):
            counts[place] += 1

    assert pick(names, n=10, salt="a") == pick(names, n=10, salt="a")
    assert pick(names, n=30, salt="a") == list(range(20))
    # 2,000 draws at one half: four standard deviations are 89.
    assert all(abs(count - 1_000) < 100 for count in counts)
