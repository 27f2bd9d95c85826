"""Pace and agreement of people, what the queue's order finds, and items that somebody picked."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Item, LabelClass, Membership, Project, Role, Split
from review.models import Entry
from review.people.selectors import median_interval, people_work
from review.queue.filling.refill import refill_carry_out, refill_plan
from review.queue.picking import items_pick
from review.reasons import Reason
from tests.makers import make_items
from tests.review.makers import answer, claim, make_entries


@pytest.fixture
def dora(project: Project) -> User:
    user = User.objects.create_user("dora")
    Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    return user


def answer_all(project: Project, person: User, classes: list[LabelClass], seconds: float = 1.0) -> None:
    """The person's answers to what the queue hands out, in its order."""
    for entry, label_class in zip(claim(project, person, n=len(classes)), classes, strict=True):
        assert answer(project, person, entry["id"], label_class, seconds=seconds)["outcome"] != "refused"


def test_people_are_compared_with_most_of_the_others_and_ties_say_nothing(
    project: Project, ada: User, ben: User, dora: User
) -> None:
    cat, dog, owl = project.classes.all()
    make_entries(project, make_items(project, 3), n_wanted=3)
    answer_all(project, ada, [cat, cat, cat])
    answer_all(project, ben, [cat, dog, dog])
    answer_all(project, dora, [cat, dog, owl])

    people, _, n_answers = people_work(project)

    assert n_answers == 9
    found = {one.username: (one.n_answers, one.n_compared, one.n_agreed) for one in people}
    # Item 1: all agree. Item 2: ada stands alone, and to ben and dora the others are tied. Item 3: all tied.
    assert found == {"ada": (3, 2, 1), "ben": (3, 1, 1), "dora": (3, 1, 1)}


def test_a_verdict_upholds_one_side_of_a_dispute(
    project: Project, ada: User, ben: User, dora: User, ada_client: APIClient
) -> None:
    cat, dog, _ = project.classes.all()
    make_entries(project, make_items(project, 1), n_wanted=2)
    answer_all(project, ben, [cat])
    answer_all(project, dora, [dog])
    entry = Entry.objects.get()
    assert entry.state == "disputed"
    assert ada_client.post(f"/api/entries/{entry.pk}/verdict", {"class_id": dog.pk}).status_code == 200

    people, _, _ = people_work(project)

    assert {one.username: (one.n_decided, one.n_upheld) for one in people} == {"ben": (1, 0), "dora": (1, 1)}


def test_the_yield_of_the_order_counts_answers_against_the_models_guess(project: Project, ada: User) -> None:
    cat, dog, _ = project.classes.all()
    items = make_items(project, 8)
    make_entries(project, items[:4], suggested_class=cat, reason=Reason.UNCERTAIN)
    make_entries(project, items[4:6], suggested_class=cat, reason=Reason.RANDOM, is_blind=True)
    make_entries(project, items[6:7], suggested_class=cat, reason=Reason.AUDIT, is_blind=True)
    make_entries(project, items[7:], reason=Reason.UNCERTAIN)  # nothing was guessed
    for entry in Entry.objects.order_by("pk"):
        claim(project, ada, n=8)
        is_doubtful = entry.reason == Reason.UNCERTAIN
        assert answer(project, ada, entry.pk, dog if is_doubtful else cat)["outcome"] != "refused"

    _, yields, _ = people_work(project)

    assert {one.reason: (one.n, one.n_changed) for one in yields} == {"uncertain": (4, 4), "random": (2, 0)}


def test_the_interval_of_a_median_holds_it_and_is_left_out_where_little_is_known() -> None:
    assert median_interval([]) == (None, None, None)
    assert median_interval([3.0, 1.0]) == (2.0, None, None)
    middle, low, high = median_interval([float(value) for value in range(1, 101)])
    assert middle == 50.5
    # Binomial(100, 1/2): ranks 40 and 61 leave 1.8% on either side.
    assert (low, high) == (40.0, 61.0)


def test_an_annotator_sees_no_other_persons_figures(
    project: Project, ada: User, ben: User, ada_client: APIClient, ben_client: APIClient
) -> None:
    cat, *_ = project.classes.all()
    make_entries(project, make_items(project, 2), n_wanted=2)
    answer_all(project, ada, [cat, cat], seconds=2.0)
    answer_all(project, ben, [cat], seconds=4.0)
    address = f"/api/projects/{project.pk}/people"

    assert [one["username"] for one in ada_client.get(address).data["people"]] == ["ada", "ben"]
    (mine,) = ben_client.get(address).data["people"]
    assert (mine["username"], mine["n_answers"], mine["median_seconds"], mine["median_low"]) == (
        "ben",
        1,
        4.0,
        None,
    )


def test_picked_items_are_asked_first_without_a_guess_and_a_refill_leaves_them(
    project: Project, ada: User, ben: User
) -> None:
    items = make_items(project, 6)
    Item.objects.filter(pk=items[5].pk).update(split=Split.HOLDOUT)
    cat, *_ = project.classes.all()
    doubtful, random = (
        make_entries(project, items[:1]),
        make_entries(project, items[1:2], reason=Reason.RANDOM),
    )
    make_entries(project, items[2:3])
    answer_all(project, ada, [cat])  # the first: it is labeled now

    picked = items_pick(project=project, item_ids=[item.pk for item in items])

    # Left out: the labeled item and the holdout's. Waiting as it was: the one drawn at random.
    assert (picked.n_queued, picked.n_waiting, picked.n_left_out) == (3, 1, 2)
    refill_carry_out(project=project, plan=refill_plan(project=project, round_id=None))
    assert set(Entry.objects.filter(reason="picked", state="open").values_list("item_id", flat=True)) == {
        item.pk for item in items[2:5]
    }
    first = claim(project, ben, n=3)
    assert {entry["item"]["id"] for entry in first} == {item.pk for item in items[2:5]}
    assert doubtful[0].pk != random[0].pk


def test_picking_is_for_those_who_lead_and_of_this_project_alone(
    project: Project, ada: User, ada_client: APIClient, ben_client: APIClient
) -> None:
    from tests.makers import make_project

    other = make_items(make_project(owner=ada), 1)[0]
    address = f"/api/projects/{project.pk}/queue/items"

    assert ben_client.post(address, {"item_ids": [1]}, format="json").status_code == 403
    foreign = ada_client.post(address, {"item_ids": [other.pk]}, format="json")
    assert foreign.data == {"n_queued": 0, "n_waiting": 0, "n_left_out": 1}
    nothing = ada_client.post(address, {"item_ids": []}, format="json")
    assert (nothing.status_code, list(nothing.data["fields"])) == (400, ["item_ids"])
    assert not Entry.objects.exists()
