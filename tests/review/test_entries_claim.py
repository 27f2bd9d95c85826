"""Claiming: in one order, to no more people than wanted, for a while."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from labeling.models import Membership, Project, Role
from review.models import Entry, Lease, LeaseState
from review.queue.claims import entries_claim, entries_release, leases_expire
from tests.makers import make_items
from tests.review.makers import answer, claim, make_entries


def let_leases_run_out(**of: object) -> None:
    Lease.objects.filter(state=LeaseState.HELD, **of).update(until=timezone.now() - dt.timedelta(seconds=1))


def ids(entries: list[dict[str, Any]]) -> list[int]:
    return [entry["id"] for entry in entries]


def test_two_people_together_get_the_queue_in_its_one_order(project: Project, ada: User, ben: User) -> None:
    entries = make_entries(project, make_items(project, 10))
    in_order = [entry.pk for entry in entries]

    handed_out = [
        *ids(claim(project, ada, 2)),
        *ids(claim(project, ben, 3)),
    ]
    for entry_id in handed_out:
        answer(project, ada if entry_id in handed_out[:2] else ben, entry_id, project.classes.all()[0])
    handed_out += ids(claim(project, ben, 2)) + ids(claim(project, ada, 3))

    assert handed_out == in_order


def test_equal_priorities_are_handed_out_by_id(project: Project, ada: User) -> None:
    entries = make_entries(project, make_items(project, 4), priority=0.5)

    assert ids(claim(project, ada, 4)) == [entry.pk for entry in entries]


def test_an_entry_that_wants_one_answer_goes_to_one_person(project: Project, ada: User, ben: User) -> None:
    make_entries(project, make_items(project, 1))

    assert len(claim(project, ada)) == 1
    assert claim(project, ben) == []


def test_claiming_again_gives_back_what_the_person_holds_first_and_renews_it(
    project: Project, ada: User
) -> None:
    make_entries(project, make_items(project, 5))
    first = claim(project, ada, 2)
    Lease.objects.update(until=timezone.now() + dt.timedelta(seconds=3))

    second = claim(project, ada, 3)

    assert ids(second)[:2] == ids(first)
    assert len(second) == 3
    assert all(entry["lease_until"] > timezone.now() + dt.timedelta(minutes=10) for entry in second)


def test_held_entries_come_first_even_when_better_ones_have_come(project: Project, ada: User) -> None:
    items = make_items(project, 2)
    make_entries(project, items[:1], priority=0.2)
    held = claim(project, ada)
    make_entries(project, items[1:], priority=0.9)

    assert ids(claim(project, ada, 2))[0] == held[0]["id"]


def test_a_lease_that_ran_out_goes_to_the_next_who_claims(project: Project, ada: User, ben: User) -> None:
    make_entries(project, make_items(project, 1))
    claim(project, ada)
    let_leases_run_out()

    claimed = claim(project, ben)

    assert len(claimed) == 1
    assert Lease.objects.get(person=ada).state == LeaseState.EXPIRED


def test_the_sweep_takes_back_leases_that_ran_out(project: Project, ada: User) -> None:
    make_entries(project, make_items(project, 3))
    claim(project, ada, 3)
    let_leases_run_out()

    assert leases_expire() == 3
    assert leases_expire() == 0
    assert set(Entry.objects.values_list("n_free", flat=True)) == {1}


def test_the_owner_of_a_lease_that_ran_out_keeps_it_if_nobody_took_it(project: Project, ada: User) -> None:
    make_entries(project, make_items(project, 1))
    first = claim(project, ada)
    let_leases_run_out()

    assert ids(claim(project, ada)) == ids(first)
    assert Lease.objects.count() == 1


def test_released_entries_go_to_others_at_once(project: Project, ada: User, ben: User) -> None:
    make_entries(project, make_items(project, 2))
    held = claim(project, ada, 2)

    n_released = entries_release(project=project, person_id=ada.pk, entry_ids=ids(held))

    assert n_released == 2
    assert ids(claim(project, ben, 2)) == ids(held)
    assert entries_release(project=project, person_id=ada.pk, entry_ids=ids(held)) == 0


def test_what_others_hold_cannot_be_released(project: Project, ada: User, ben: User) -> None:
    make_entries(project, make_items(project, 1))
    (held,) = claim(project, ada)

    assert entries_release(project=project, person_id=ben.pk, entry_ids=[held["id"]]) == 0
    assert claim(project, ben) == []


def test_an_entry_that_wants_three_goes_to_three_people_and_not_to_a_fourth(
    project: Project, ada: User, ben: User, cy: User
) -> None:
    make_entries(project, make_items(project, 1), n_wanted=3)
    dot = User.objects.create_user("dot")
    for user in (cy, dot):
        Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)

    counts = [len(claim(project, person)) for person in (ada, ben, cy, dot)]

    assert counts == [1, 1, 1, 0]


def test_flagged_entries_are_handed_to_reviewers_only(project: Project, ada: User, ben: User) -> None:
    make_entries(project, make_items(project, 1), reason="flagged")

    assert claim(project, ben) == []
    assert len(claim(project, ada)) == 1


@pytest.mark.parametrize("is_blind", [True, False])
def test_a_blind_entry_shows_no_suggestion(project: Project, ada: User, is_blind: bool) -> None:
    cat = project.classes.get(name="cat")
    make_entries(
        project,
        make_items(project, 1),
        is_blind=is_blind,
        suggested_class=cat,
        suggested_confidence=0.7,
    )

    (entry,) = claim(project, ada)

    assert entry["suggestion"] == (
        None if is_blind else {"class_id": cat.pk, "confidence": 0.7, "others": []}
    )
    assert entry["item"]["label"] is None


def test_a_claim_says_whether_more_are_open(project: Project, ada: User) -> None:
    make_entries(project, make_items(project, 5))

    said = [
        entries_claim(project=project, person_id=ada.pk, role="owner", n=n)["has_more"] for n in (2, 2, 5)
    ]

    assert said == [True, True, False]


def test_entries_of_another_project_are_never_handed_out(project: Project, ada: User) -> None:
    from tests.makers import make_project

    other = make_project(owner=ada)
    make_entries(other, make_items(other, 2))

    assert claim(project, ada, 5) == []
