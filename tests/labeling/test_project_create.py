"""Making a project over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from labeling.models import Project


def test_creator_owns_the_project_and_classes_get_keys_and_colours(ada_client: APIClient) -> None:
    response = ada_client.post(
        "/api/projects",
        {
            "name": "Birds",
            "item_type": "image",
            "classes": ["owl", {"name": "jay", "hotkey": "1", "colour": "#ABCDEF"}, "wren"],
        },
        format="json",
    )

    assert response.status_code == 201, response.data
    assert response.data["role"] == "owner"
    classes = [(c["name"], c["hotkey"], c["position"]) for c in response.data["classes"]]
    assert classes == [("owl", "2", 0), ("jay", "1", 1), ("wren", "3", 2)]
    assert response.data["classes"][1]["colour"] == "#abcdef"
    listed = ada_client.get("/api/projects").data
    assert listed == {"results": [response.data], "next": None}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"target_precision": 1.4}, "target_precision"),
        ({"holdout_share": 1.0}, "holdout_share"),
        ({"answers_wanted": 0}, "answers_wanted"),
        ({"item_type": "video"}, "item_type"),
        ({"name": " "}, "name"),
        ({"lease_seconds": 1}, "lease_seconds"),
        ({"acquisition": "luck"}, "acquisition"),
        ({"classes": ["owl", {"colour": "#abcdef"}]}, "classes.1.name"),
        ({"classes": ["owl", {"name": "jay", "colour": "blue"}]}, "colour"),
        ({"classes": [7]}, "classes.0"),
    ],
)
def test_bad_setting_is_named_and_nothing_is_made(
    ada_client: APIClient, wrong: dict[str, Any], field: str
) -> None:
    body = {"name": "Birds", "item_type": "image", **wrong}

    response = ada_client.post("/api/projects", body, format="json")

    assert response.status_code == 400
    assert field in response.data["fields"]
    assert not Project.objects.exists()


def test_two_classes_of_one_name_conflict(ada_client: APIClient) -> None:
    body = {"name": "Birds", "item_type": "image", "classes": ["owl", "owl"]}

    response = ada_client.post("/api/projects", body, format="json")

    assert response.status_code == 409
    assert not Project.objects.exists()
