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


def test_an_administrator_makes_the_account_of_a_new_member_whose_password_is_told_once(
    project: Project, ada: User, ada_client: APIClient
) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    ada.refresh_from_db()
    client = APIClient()
    client.force_authenticate(ada)
    body = {"username": "dan", "role": "annotator", "create": True}

    made = client.post(members(project), body, format="json")

    assert made.status_code == 201, made.data
    assert made["Cache-Control"] == "no-store"
    dan = User.objects.get(username="dan")
    assert (dan.is_staff, dan.is_superuser) == (False, False)
    assert dan.check_password(made.data["initial_password"])
    assert made.data["initial_password"] not in dan.password
    listed = client.get(members(project)).data["results"]
    assert all("initial_password" not in member for member in listed)
    again = client.post(members(project), body | {"username": "cyd"}, format="json")
    assert again.data["initial_password"] != made.data["initial_password"]


def test_an_owner_who_is_no_administrator_makes_no_accounts(
    project: Project, ada: User, ada_client: APIClient
) -> None:
    body = {"username": "dan", "role": "annotator", "create": True}
    assert ada_client.get("/api/session").data["may_create_accounts"] is False

    refused = ada_client.post(members(project), body, format="json")
    User.objects.filter(pk=ada.pk).update(
        is_staff=True
    )  # opens the admin, and has no right to add users there
    staff = APIClient()
    staff.force_authenticate(User.objects.get(pk=ada.pk))
    refused_too = staff.post(members(project), body, format="json")

    assert (refused.status_code, refused_too.status_code) == (403, 403)
    assert "administrator" in refused.data["message"]
    assert not User.objects.filter(username="dan").exists()


def test_an_account_that_is_there_keeps_its_password(
    project: Project, ada: User, cy: User, ada_client: APIClient
) -> None:
    body = {"username": "cy", "role": "viewer", "create": True}

    added = ada_client.post(members(project), body, format="json")

    assert (added.status_code, added.data["initial_password"]) == (201, None)
    assert User.objects.get(pk=cy.pk).password == cy.password


def test_a_name_that_no_account_may_have_is_refused(project: Project, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=ada.pk))

    refused = client.post(
        members(project), {"username": "d a n", "role": "viewer", "create": True}, format="json"
    )

    assert refused.status_code == 400
    assert "username" in refused.data["fields"]
    assert not User.objects.filter(username="d a n").exists()
