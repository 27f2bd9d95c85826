"""Adding, renaming and removing the allowed answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.labels.services import label_retire
from labeling.models import Label, LabelClass, Project, SealedTruth
from tests.labeling.makers import record
from tests.makers import make_items

Classes = dict[str, LabelClass]


def test_class_in_use_cannot_be_removed_and_says_by_how_many(
    project: Project, ada: User, ada_client: APIClient, classes: Classes
) -> None:
    items = make_items(project, 2)
    labels = [record(project, item, classes["cat"], ada) for item in items]
    label_retire(label=labels[0], by=ada)  # retired ones are history too

    response = ada_client.delete(f"/api/classes/{classes['cat'].pk}")

    assert (response.status_code, response.data["code"]) == (409, "class_in_use")
    assert "2 labels" in response.data["message"]
    assert LabelClass.objects.filter(pk=classes["cat"].pk).exists()
    assert Label.objects.count() == 2


def test_class_of_the_sealed_truth_is_in_use(
    project: Project, ada_client: APIClient, classes: Classes
) -> None:
    (item,) = make_items(project, 1)
    SealedTruth.objects.create(item=item, label_class=classes["owl"])

    assert ada_client.delete(f"/api/classes/{classes['owl'].pk}").status_code == 409


def test_unused_class_is_removed(project: Project, ada_client: APIClient, classes: Classes) -> None:
    assert ada_client.delete(f"/api/classes/{classes['owl'].pk}").status_code == 204
    listed = ada_client.get(f"/api/projects/{project.pk}/classes").data["results"]
    assert [one["name"] for one in listed] == ["cat", "dog"]


def test_labels_follow_a_renamed_class(
    project: Project, ada: User, ada_client: APIClient, classes: Classes
) -> None:
    (item,) = make_items(project, 1)
    record(project, item, classes["cat"], ada)

    response = ada_client.patch(f"/api/classes/{classes['cat'].pk}", {"name": "tiger"}, format="json")

    assert response.data["name"] == "tiger"
    assert Label.objects.get().label_class.name == "tiger"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "dog"}, 409),
        ({"hotkey": "2"}, 409),
        ({"hotkey": "z"}, 400),
        ({"colour": "red"}, 400),
        ({"name": ""}, 400),
        ({"position": -1}, 400),
        ({"hotkey": ""}, 200),
        ({"hotkey": "c", "colour": "#ABCDEF", "position": 7}, 200),
        ({}, 200),
    ],
)
def test_change_is_checked(
    project: Project, ada_client: APIClient, classes: Classes, change: dict[str, Any], status: int
) -> None:
    response = ada_client.patch(f"/api/classes/{classes['cat'].pk}", change, format="json")

    assert response.status_code == status, response.data


def test_added_class_comes_last_with_a_free_key(project: Project, ada_client: APIClient) -> None:
    response = ada_client.post(f"/api/projects/{project.pk}/classes", {"name": "fox"}, format="json")

    assert response.status_code == 201
    assert (response.data["hotkey"], response.data["position"]) == ("4", 3)


def test_annotator_does_not_change_classes(project: Project, ben_client: APIClient, classes: Classes) -> None:
    assert ben_client.delete(f"/api/classes/{classes['owl'].pk}").status_code == 403
    assert ben_client.patch(f"/api/classes/{classes['owl'].pk}", {}, format="json").status_code == 403
