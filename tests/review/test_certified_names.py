"""A valid certificate says what its labels mean: the question, and the classes by their names."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.exports.rows import ExportRows
from labeling.items.selectors import ItemFilters
from labeling.models import LabelClass, Project
from review.models import Certificate
from review.publishing.revoking import certificate_revoke
from tests.review.certifying import World, make_world


@pytest.fixture
def world(project: Project, ada: User, ben: User) -> World:
    return make_world(project, owner=ada, person=ben)


@pytest.fixture
def certificate(world: World) -> Certificate:
    return world.certify(n_audits=60, eps=0.05)


def exported(world: World, *, as_of: datetime | None = None) -> list[dict[str, object]]:
    pages = ExportRows(world.project, ItemFilters(), as_of or timezone.now()).pages()
    return [row for page in pages for table in page.tables for row in table.to_pylist()]


def named_otherwise(world: World, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    certified = {pk: label_class.name for pk, label_class in world.predicted.items()}
    return [row for row in rows if row["certificate"] and row["label"] != certified[row["item_id"]]]  # type: ignore[index]


def test_what_a_valid_certificate_names_keeps_its_name(
    world: World, certificate: Certificate, ada_client: APIClient
) -> None:
    cat, dog, owl = world.classes
    question = f"/api/projects/{world.project.pk}"
    for address, change in (
        (f"/api/classes/{cat.pk}", {"name": "tmp"}),
        (f"/api/classes/{owl.pk}", {"name": "cat "}),
        (question, {"question": "Is this NOT it?"}),
    ):
        reply = ada_client.patch(address, change, format="json")
        assert (reply.status_code, reply.data["code"]) == (409, "certified"), reply.data
        assert f"Certificate {certificate.number} is valid" in reply.data["message"]
        assert "Revoke it first" in reply.data["message"]

    looks = {"colour": "#112233", "hotkey": "q", "position": 9, "description": "Purrs.", "name": dog.name}
    assert ada_client.patch(f"/api/classes/{dog.pk}", looks, format="json").status_code == 200
    same = {"question": world.project.question, "review_budget": 7}
    assert ada_client.patch(question, same, format="json").status_code == 200
    certificate.refresh_from_db()
    assert certificate.revoked_at is None
    assert named_otherwise(world, exported(world)) == []


def test_a_class_that_came_after_the_certificate_is_renamed(
    world: World, certificate: Certificate, ada_client: APIClient
) -> None:
    added = ada_client.post(f"/api/projects/{world.project.pk}/classes", {"name": "newt"}, format="json")

    changed = ada_client.patch(f"/api/classes/{added.data['id']}", {"name": "eft"}, format="json")

    assert (changed.status_code, changed.data["name"]) == (200, "eft")


def test_no_state_of_the_past_has_a_certificate_beside_another_name(
    world: World, certificate: Certificate, ada_client: APIClient
) -> None:
    cat, dog, _owl = world.classes
    valid_then = timezone.now()
    before = {row["item_id"]: row["certificate"] for row in exported(world)}
    assert certificate.number in before.values()
    certificate_revoke(certificate=certificate, reason="The classes were called wrongly.")

    for label_class, name in ((cat, "tmp"), (dog, "cat"), (cat, "dog")):
        reply = ada_client.patch(f"/api/classes/{label_class.pk}", {"name": name}, format="json")
        assert reply.status_code == 200

    then = exported(world, as_of=valid_then)
    assert named_otherwise(world, then) == []
    assert {row["label"] for row in then if row["certificate"]} == {"owl"}  # it was never renamed


def test_names_that_were_changed_under_a_certificate_by_earlier_versions_are_found(
    world: World, certificate: Certificate
) -> None:
    from importlib import import_module

    from django.db import connection

    LabelClass.objects.filter(pk=world.classes[0].pk).update(name="swapped")
    with connection.cursor() as cursor:
        cursor.execute(import_module("review.migrations.0021_certified_names").NOTE)

    rows = exported(world)
    assert named_otherwise(world, rows) == []
    assert any(row["certificate"] for row in rows)
