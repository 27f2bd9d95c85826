"""Gold: items whose answer is known measure people, blind, and label nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Item, Label, LabelClass, Membership, Project, Role
from review.models import Entry, EntryState
from review.people.gold import gold_ask, gold_end
from review.people.selectors import people_work
from tests.labeling.makers import record
from tests.makers import make_items
from tests.review.makers import answer, claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(project: Project) -> User:
    user = User.objects.create_user("dora")
    Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    return user


@pytest.fixture
def classes(project: Project) -> list[LabelClass]:
    return list(project.classes.all())


@pytest.fixture
def known(project: Project, classes: list[LabelClass], ada: User, ben: User) -> list[Item]:
    """Four items that Ada, who may review, has labeled with the first class; Ben only answers."""
    project.memberships.filter(user=ben).update(role=Role.ANNOTATOR)
    items = make_items(project, 4)
    for item in items:
        record(project, item, classes[0], ada)
    return items


def gold_of(project: Project) -> dict[str, tuple[int, int]]:
    people, _, _ = people_work(project)
    return {one.username: (one.n_gold_right, one.n_gold) for one in people}


def test_each_person_is_asked_once_blind_and_the_answers_label_nothing(
    project: Project, known: list[Item], classes: list[LabelClass], ada: User, ben: User, dora: User
) -> None:
    gold = gold_ask(project=project, n=4)
    before = list(Label.objects.order_by("pk").values())

    for person, said in ((ben, [0, 0, 0, 1]), (dora, [0, 1, 1, 1]), (ada, [0, 0, 0, 0])):
        entries = claim(project, person, n=10)
        assert len(entries) == 4
        assert {(one["reason"], one["is_blind"]) for one in entries} == {("blind", True)}
        assert {one["suggestion"] for one in entries} == {None}
        for entry, place in zip(entries, said, strict=True):
            assert answer(project, person, entry["id"], classes[place])["outcome"] == "stored"
        assert claim(project, person, n=10) == [], "nobody is asked twice"

    assert (gold.n_asked, gold.n_people) == (4, 3)
    assert list(Label.objects.order_by("pk").values()) == before
    assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.DONE}
    # Ada gave the labels herself: that she agrees with herself says nothing.
    assert gold_of(project) == {"ada": (0, 0), "ben": (3, 4), "dora": (1, 4)}


def test_gold_is_judged_by_the_label_that_stands_when_somebody_looks(
    project: Project, known: list[Item], classes: list[LabelClass], ada: User, ben: User
) -> None:
    gold_ask(project=project, item_ids=[known[0].pk])
    (entry,) = claim(project, ben, n=1)
    answer(project, ben, entry["id"], classes[1])
    assert gold_of(project)["ben"] == (0, 1)

    record(project, known[0], classes[1], ada)

    assert gold_of(project)["ben"] == (1, 1)


def test_a_correction_meanwhile_leaves_the_gold_waiting(
    project: Project, known: list[Item], classes: list[LabelClass], ada_client: APIClient, ben: User
) -> None:
    gold_ask(project=project, item_ids=[known[0].pk])
    change = [{"item_id": known[0].pk, "class_id": classes[1].pk}]
    assert ada_client.post(f"/api/projects/{project.pk}/labels", change, format="json").status_code == 200

    (entry,) = claim(project, ben, n=1)
    assert answer(project, ben, entry["id"], classes[1])["outcome"] == "stored"
    assert gold_of(project)["ben"] == (1, 1)


def test_only_trusted_labels_are_drawn_and_no_item_that_waits_or_is_tested_on(
    project: Project, known: list[Item], classes: list[LabelClass], ben: User, ada_client: APIClient
) -> None:
    (by_annotator, unlabeled) = make_items(project, 2, prefix="other")
    record(project, by_annotator, classes[0], ben)
    Item.objects.filter(pk=known[0].pk).update(split="test")
    Entry.objects.create(project=project, item=known[1], reason="second", priority=1, is_blind=True)

    drawn = ada_client.post(f"/api/projects/{project.pk}/gold", {"n": 1000}, format="json")
    named = ada_client.post(
        f"/api/projects/{project.pk}/gold",
        {"item_ids": [by_annotator.pk, unlabeled.pk, known[0].pk, known[2].pk]},
        format="json",
    )

    assert drawn.data["n_asked"] == 2
    asked = set(Entry.objects.filter(reason="gold").values_list("item", flat=True))
    assert asked == {known[2].pk, known[3].pk, by_annotator.pk}
    assert (named.data["n_asked"], named.data["n_left_out"]) == (1, 3)


def test_a_project_without_trusted_labels_is_told_what_would_help(
    project: Project, ada_client: APIClient
) -> None:
    make_items(project, 3)

    response = ada_client.post(f"/api/projects/{project.pk}/gold", {"n": 2}, format="json")

    assert (response.status_code, response.data["code"]) == (409, "no_gold")
    assert "label some items as a reviewer first" in response.data["message"]


def test_gold_that_is_ended_leaves_the_queue_and_its_answers_stay(
    project: Project, known: list[Item], classes: list[LabelClass], ben: User, ada_client: APIClient
) -> None:
    gold_ask(project=project, n=4)
    held = claim(project, ben, n=2)
    answer(project, ben, held[0]["id"], classes[0])

    ended = ada_client.delete(f"/api/projects/{project.pk}/gold")

    assert ended.data == {"n_withdrawn": 4}
    assert claim(project, ben, n=10) == []
    assert gold_of(project)["ben"] == (1, 1)
    assert gold_end(project=project) == 0


@pytest.mark.parametrize("body", [{}, {"n": 0}, {"n": 1001}, {"n": 2, "item_ids": [1]}, {"item_ids": []}])
def test_a_request_that_names_neither_or_both_is_refused(
    project: Project, ada_client: APIClient, body: dict[str, Any]
) -> None:
    assert ada_client.post(f"/api/projects/{project.pk}/gold", body, format="json").status_code == 400


def test_who_only_answers_asks_for_no_gold(
    project: Project, known: list[Item], ben_client: APIClient, ben: User
) -> None:
    assert ben_client.post(f"/api/projects/{project.pk}/gold", {"n": 2}, format="json").status_code == 403
    assert ben_client.delete(f"/api/projects/{project.pk}/gold").status_code == 403
