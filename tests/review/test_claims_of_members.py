"""Whoever may no longer be asked holds nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Membership, Project, Role
from review.models import Entry, Lease
from tests.makers import make_items
from tests.review.makers import claim, make_entries


def member(project: Project, user: User) -> Membership:
    return Membership.objects.get(project=project, user=user)


def held_by(user: User) -> int:
    return Lease.objects.filter(person=user, state="held").count()


@pytest.mark.parametrize("how", ["removed", "viewer", "admin", "switched off"])
def test_what_somebody_holds_who_may_answer_no_longer_is_free_at_once(
    project: Project, ada: User, ben: User, ada_client: APIClient, how: str
) -> None:
    Membership.objects.filter(project=project, user=ben).update(role=Role.ANNOTATOR)
    entries = make_entries(project, make_items(project, 5))
    assert len(claim(project, ben, 5)) == 5
    assert claim(project, ada, 5) == []
    address = f"/api/members/{member(project, ben).pk}"

    if how == "removed":
        assert ada_client.delete(address).status_code == 204
    elif how == "viewer":
        assert ada_client.patch(address, {"role": "viewer"}, format="json").status_code == 200
    elif how == "admin":  # whose forms save and delete rows
        member(project, ben).delete()
    else:
        ben.is_active = False
        ben.save()

    assert held_by(ben) == 0
    assert {each["id"] for each in claim(project, ada, 5)} == {entry.pk for entry in entries}


def test_who_reviews_no_longer_keeps_what_everybody_may_be_asked(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    Membership.objects.filter(project=project, user=ben).update(role=Role.REVIEWER)
    items = make_items(project, 3)
    make_entries(project, items[:2])
    (flagged,) = make_entries(project, items[2:], reason="flagged")
    assert len(claim(project, ben, 5)) == 3

    ada_client.patch(f"/api/members/{member(project, ben).pk}", {"role": "annotator"}, format="json")

    assert held_by(ben) == 2
    assert [each["id"] for each in claim(project, ada, 5)] == [flagged.pk]


def test_who_may_do_more_keeps_what_they_hold(project: Project, ben: User, ada_client: APIClient) -> None:
    Membership.objects.filter(project=project, user=ben).update(role=Role.ANNOTATOR)
    make_entries(project, make_items(project, 2))
    claim(project, ben, 2)

    ada_client.patch(f"/api/members/{member(project, ben).pk}", {"role": "reviewer"}, format="json")

    assert held_by(ben) == 2
    assert Entry.objects.filter(n_free=0).count() == 2
