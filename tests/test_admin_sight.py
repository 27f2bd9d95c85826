"""Whoever may be asked learns from no page of the admin what anybody or anything else says of an item, or why it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from labeling.admin import SightAdmin
from labeling.models import Membership, Project
from review.models import Entry
from tests.review.blind import Scene, make_scene, otherwise

# Pages that say nothing of single items: accounts, tokens, members, classes, files as such.
OF_NO_ITEM = {
    "auth.Group", "auth.User", "knox.AuthToken", "labeling.ApiToken", "labeling.Blob", "labeling.LabelClass",
    "labeling.LoginFailure", "labeling.Membership", "labeling.Project", "labeling.Upload", "labeling.WorkerPulse",
}  # fmt: skip
CHANGING = re.compile(rb'csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"')


@pytest.fixture
def scene(project: Project, ada: User, ben: User, settings: Any, tmp_path: Any) -> Scene:
    settings.MEDIA_ROOT = str(tmp_path)
    return make_scene(project, ada, ben)


def staff(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def registered() -> Iterator[tuple[str, type[Model], admin.ModelAdmin[Model]]]:
    for model, page in admin.site._registry.items():
        yield model._meta.label, model, page


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def pages_of(model: type[Model], pk: object) -> list[str]:
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=[pk])
        for view in ("change", "history", "delete")
    ]


def test_every_page_of_the_admin_is_of_a_project_or_of_no_item() -> None:
    for label, model, page in registered():
        if label in OF_NO_ITEM:
            assert not getattr(page, "project_path", ""), label
        else:
            assert isinstance(page, SightAdmin), f"What may {label} tell of an item, and to whom?"
            model._default_manager.filter(**{f"{page.project_path}__name": ""})  # it leads to a project


@pytest.mark.parametrize("name", ["ben", "ada", "eng", "rev"])
def test_staff_who_may_be_asked_find_nothing_of_the_projects_items(scene: Scene, name: str) -> None:
    client = staff(scene.people[name])
    n_tried = 0
    for label, model, page in registered():
        if label in OF_NO_ITEM:
            continue
        assert isinstance(page, SightAdmin)
        listed = client.get(list_of(model))
        assert listed.status_code == 200
        assert listed.context["cl"].result_count == 0, label
        rows = model._default_manager.filter(**{page.project_path: scene.project})
        for pk in rows.values_list("pk", flat=True)[:3]:
            for address in pages_of(model, pk):
                assert client.get(address).status_code in (302, 403, 404), address
            n_tried += 1
    assert n_tried > 20


@pytest.mark.parametrize("name", ["ben", "ada"])
def test_the_pages_that_they_see_are_the_same_whatever_is_said_of_items(scene: Scene, name: str) -> None:
    client = staff(scene.people[name])

    def look() -> dict[str, bytes]:
        looked = {}
        for label, model, _ in registered():
            if label not in OF_NO_ITEM:
                continue
            addresses = [list_of(model)]
            for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)[:3]:
                addresses += pages_of(model, pk)
            for address in addresses:
                looked[address] = CHANGING.sub(b"", client.get(address).content)
        return looked

    look()  # the first look signs in
    as_it_is = look()
    assert len(as_it_is) > 20
    with otherwise(scene, {item.pk for item in scene.world.items}, not_of=scene.people[name]):
        assert look() == as_it_is
    salt = Project.objects.get(pk=scene.project.pk).salt.encode()
    assert not [address for address, said in as_it_is.items() if salt in said]
    entries = Entry.objects.filter(project=scene.project).values_list("pk", flat=True)
    assert not [address for address, said in as_it_is.items() for pk in entries if str(pk).encode() in said]


def test_staff_who_are_never_asked_see_all_of_it(scene: Scene) -> None:
    for user in (scene.people["vic"], User.objects.create_user("root")):
        client = staff(user)
        listed = client.get(reverse("admin:review_entry_changelist"))
        assert listed.context["cl"].result_count == Entry.objects.filter(project=scene.project).count()
        assert b"A blind check of an accepted label" in listed.content
        assert client.get(reverse("admin:labeling_label_changelist")).context["cl"].result_count > 0


def test_the_admin_changes_nothing_that_a_certificate_names(scene: Scene) -> None:
    client = staff(User.objects.create_user("root"))
    label_class = scene.world.classes[0]
    address = reverse("admin:labeling_labelclass_change", args=[label_class.pk])
    form = {"name": "tmp", "description": "x", "colour": "#123456", "hotkey": "", "position": 0}
    assert client.post(address, form).status_code == 302
    was = label_class.name
    label_class.refresh_from_db()
    assert (label_class.name, label_class.colour) == (was, "#123456")
    page = client.get(reverse("admin:labeling_project_change", args=[scene.project.pk]))
    assert b'name="question"' not in page.content
    assert client.get(reverse("admin:labeling_labelclass_add")).status_code == 403
    assert Membership.objects.filter(project=scene.project).exists()
