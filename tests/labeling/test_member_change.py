"""Who may do what, and who says so."""

from __future__ import annotations

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Membership, Project


def members(project: Project) -> str:
    return f"/api/projects/{project.pk}/members"


def member_of(project: Project, user: User) -> str:
    return f"/api/members/{Membership.objects.get(project=project, user=user).pk}"


def test_owner_adds_a_member_who_then_sees_the_project(
    project: Project, ada_client: APIClient, cy: User, cy_client: APIClient
) -> None:
    added = ada_client.post(members(project), {"username": "cy", "role": "viewer"}, format="json")

    assert added.status_code == 201
    assert cy_client.get(f"/api/projects/{project.pk}").data["role"] == "viewer"
    names = [member["username"] for member in ada_client.get(members(project)).data["results"]]
    assert names == ["ada", "ben", "cy"]


def test_adding_twice_conflicts_and_unknown_names_are_told(project: Project, ada_client: APIClient) -> None:
    again = ada_client.post(members(project), {"username": "ben", "role": "viewer"}, format="json")
    unknown = ada_client.post(members(project), {"username": "dan", "role": "viewer"}, format="json")

    assert (again.status_code, unknown.status_code) == (409, 404)
    assert "assay user" in unknown.data["message"]


def test_only_an_owner_changes_members(project: Project, ben: User, ada: User, ben_client: APIClient) -> None:
    for role in ("annotator", "reviewer", "engineer"):
        Membership.objects.filter(project=project, user=ben).update(role=role)
        body = {"role": "owner"}
        assert ben_client.patch(member_of(project, ben), body, format="json").status_code == 403
        assert ben_client.delete(member_of(project, ada)).status_code == 403


def test_member_may_leave(project: Project, ben: User, ben_client: APIClient) -> None:
    assert ben_client.delete(member_of(project, ben)).status_code == 204
    assert ben_client.get(f"/api/projects/{project.pk}").status_code == 404


def test_last_owner_can_neither_leave_nor_step_down(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    left = ada_client.delete(member_of(project, ada))
    stepped_down = ada_client.patch(member_of(project, ada), {"role": "viewer"}, format="json")
    assert (left.data["code"], stepped_down.data["code"]) == ("last_owner", "last_owner")

    ada_client.patch(member_of(project, ben), {"role": "owner"}, format="json")

    assert ada_client.delete(member_of(project, ada)).status_code == 204
