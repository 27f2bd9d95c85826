"""The guide: instructions, and examples of each class that follow the labels."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.guide.services import MAX_CHOSEN, N_EXAMPLES
from labeling.labels.services import Word, label_record, source_for_consensus
from labeling.models import Item, Label, LabelClass, Project
from tests.labeling.makers import publish, record
from tests.makers import make_items

pytestmark = pytest.mark.django_db


def examples(client: APIClient, project: Project) -> dict[int, list[tuple[int, bool]]]:
    """Class id -> (item id, chosen?) as the page gets them."""
    classes = client.get(f"/api/projects/{project.pk}/guide").data["classes"]
    return {
        one["class_id"]: [(each["item"]["id"], each["is_chosen"]) for each in one["examples"]]
        for one in classes
    }


@pytest.fixture
def classes(project: Project) -> list[LabelClass]:
    return list(project.classes.all())


@pytest.fixture
def items(project: Project, classes: list[LabelClass], ada: User) -> list[Item]:
    """Six items of the first class in the order labeled, and one of the second, two days ago."""
    items = make_items(project, 7)
    for item in items[:6]:
        record(project, item, classes[0], ada)
    record(project, items[6], classes[1], ada)
    settle(project)
    return items


def settle(project: Project) -> None:
    """The labels of now have stood for two days."""
    Label.objects.filter(project=project).update(created_at=timezone.now() - dt.timedelta(days=2))


def test_classes_without_chosen_examples_show_the_newest_labels(
    project: Project, items: list[Item], classes: list[LabelClass], ada_client: APIClient
) -> None:
    shown = examples(ada_client, project)

    newest = [item.pk for item in items[5 : 5 - N_EXAMPLES : -1]]
    assert shown[classes[0].pk] == [(pk, False) for pk in newest]
    assert shown[classes[1].pk] == [(items[6].pk, False)]


def test_chosen_examples_come_first_and_follow_a_correction(
    project: Project, items: list[Item], classes: list[LabelClass], ada: User, ada_client: APIClient
) -> None:
    assert ada_client.put(f"/api/items/{items[0].pk}/example").status_code == 204
    assert ada_client.put(f"/api/items/{items[0].pk}/example").status_code == 204, "twice is once"
    assert examples(ada_client, project)[classes[0].pk][0] == (items[0].pk, True)

    record(project, items[0], classes[1], ada)

    shown = examples(ada_client, project)
    assert items[0].pk not in [pk for pk, _ in shown[classes[0].pk]]
    assert shown[classes[1].pk] == [(items[0].pk, True), (items[6].pk, False)]

    ada_client.delete(f"/api/items/{items[0].pk}/example")
    assert items[0].pk not in [pk for pk, _ in examples(ada_client, project)[classes[1].pk]], (
        "a fresh correction"
    )
    settle(project)
    assert (items[0].pk, False) in examples(ada_client, project)[classes[1].pk]


def test_only_what_a_person_labeled_can_be_an_example(
    project: Project, classes: list[LabelClass], ada_client: APIClient
) -> None:
    machine, nobody = make_items(project, 2)
    publish(project, {machine: classes[0]})

    for item in (machine, nobody):
        response = ada_client.put(f"/api/items/{item.pk}/example")
        assert (response.status_code, response.data["code"]) == (409, "not_labeled")
    assert all(not rows for rows in examples(ada_client, project).values())


def test_test_items_are_never_shown(
    project: Project, items: list[Item], classes: list[LabelClass], ada_client: APIClient
) -> None:
    ada_client.put(f"/api/items/{items[6].pk}/example")
    Item.objects.filter(pk=items[6].pk).update(split="test")

    assert examples(ada_client, project)[classes[1].pk] == []
    assert ada_client.put(f"/api/items/{items[6].pk}/example").data["code"] == "not_shown"


def test_a_class_has_a_bounded_number_of_chosen_examples(
    project: Project, classes: list[LabelClass], ada: User, ada_client: APIClient
) -> None:
    items = make_items(project, MAX_CHOSEN + 1)
    for item in items:
        record(project, item, classes[0], ada)
    replies = [ada_client.put(f"/api/items/{item.pk}/example").status_code for item in items]

    assert replies == [204] * MAX_CHOSEN + [409]


@pytest.mark.parametrize("role", ["annotator", "viewer"])
def test_who_only_answers_chooses_no_examples_but_reads_the_guide(
    project: Project, items: list[Item], ben: User, ben_client: APIClient, role: str
) -> None:
    project.memberships.filter(user=ben).update(role=role)

    assert ben_client.put(f"/api/items/{items[0].pk}/example").status_code == 403
    assert ben_client.delete(f"/api/items/{items[0].pk}/example").status_code == 403
    assert ben_client.get(f"/api/projects/{project.pk}/guide").status_code == 200


def test_instructions_and_descriptions_are_settings_and_rest_while_an_attempt_is_open(
    project: Project, classes: list[LabelClass], ada_client: APIClient
) -> None:
    address = f"/api/projects/{project.pk}"
    assert ada_client.patch(address, {"instructions": "Look twice."}, format="json").status_code == 200
    changed = ada_client.patch(f"/api/classes/{classes[0].pk}", {"description": " All cats. "}, format="json")
    assert changed.data["description"] == "All cats."

    Project.objects.filter(pk=project.pk).update(locked_because="an attempt is open.")

    locked = ada_client.patch(address, {"instructions": "Look once."}, format="json")
    assert (locked.status_code, locked.data["code"]) == (409, "locked")
    locked = ada_client.patch(f"/api/classes/{classes[0].pk}", {"description": "Dogs."}, format="json")
    assert (locked.status_code, locked.data["code"]) == (409, "locked")
    too_long = ada_client.patch(address, {"instructions": "x" * 20_001}, format="json")
    assert too_long.status_code == 400
    assert "instructions" in too_long.data["fields"]


def test_a_label_of_a_minute_ago_is_no_example_unless_somebody_chose_it(
    project: Project, classes: list[LabelClass], ada: User, ada_client: APIClient
) -> None:
    old, slip, chosen = make_items(project, 3)
    record(project, old, classes[0], ada)
    settle(project)
    record(project, slip, classes[0], ada)
    record(project, chosen, classes[0], ada)
    ada_client.put(f"/api/items/{chosen.pk}/example")

    assert examples(ada_client, project)[classes[0].pk] == [(chosen.pk, True), (old.pk, False)]


def test_a_label_that_people_agreed_on_is_an_example_at_once(
    project: Project, classes: list[LabelClass], ada: User, ada_client: APIClient
) -> None:
    (item,) = make_items(project, 1)
    label_record(
        project=project,
        word=Word(item.pk, classes[0].pk),
        source=source_for_consensus(project=project),
        by=ada,
    )

    assert examples(ada_client, project)[classes[0].pk] == [(item.pk, False)]
