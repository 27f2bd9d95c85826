"""History cannot be edited: not through the admin, not through any endpoint."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import get_resolver, reverse

from labeling.labels.selectors import item_history
from labeling.labels.services import label_retire
from labeling.models import Item, Label, LabelClass, Project, Publication, Source
from tests.labeling.makers import publish, record
from tests.makers import make_items


@pytest.fixture
def root_client(db: None) -> Client:
    """Of no project: who may be asked is shown nothing of its items (tests/test_admin_sight.py)."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", [Label, Publication, Source, Item])
def test_admin_shows_history_and_writes_none(
    root_client: Client, project: Project, classes: dict[str, LabelClass], model: type[Model]
) -> None:
    items = make_items(project, 2)
    publish(project, dict.fromkeys(items, classes["cat"]))
    before = list(model._default_manager.values())
    name = model._meta.model_name
    row = model._default_manager.first()

    assert root_client.get(reverse(f"admin:labeling_{name}_changelist")).status_code == 200
    change = reverse(f"admin:labeling_{name}_change", args=[row.pk])
    assert root_client.get(change).status_code == 200
    assert root_client.post(change, {"is_human": "on"}).status_code == 403
    assert root_client.get(reverse(f"admin:labeling_{name}_add")).status_code == 403
    assert root_client.post(reverse(f"admin:labeling_{name}_delete", args=[row.pk])).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    root_client.post(reverse(f"admin:labeling_{name}_changelist"), action)
    assert list(model._default_manager.values()) == before


def test_admin_lists_every_table_of_labeling(root_client: Client, project: Project) -> None:
    for model in admin.site._registry:
        if model._meta.app_label == "labeling":
            address = reverse(f"admin:labeling_{model._meta.model_name}_changelist")
            assert root_client.get(address).status_code == 200, address


def test_project_cannot_be_deleted_from_the_admin(root_client: Client, project: Project) -> None:
    response = root_client.post(reverse("admin:labeling_project_delete", args=[project.pk]), {"post": "yes"})

    assert response.status_code == 403


def test_no_endpoint_takes_a_changed_label() -> None:
    (labels,) = [
        pattern
        for resolver in get_resolver().url_patterns
        for pattern in getattr(resolver, "url_patterns", [])
        if str(pattern.pattern) == "labels/<int:label_id>"
    ]

    methods = {
        method for method in ("get", "put", "patch", "post", "delete") if hasattr(labels.callback.cls, method)
    }

    assert methods == {"delete"}  # which retires


def test_withdrawn_label_stays_in_history_and_the_machine_label_does_not_come_back(
    project: Project, ben: User, classes: dict[str, LabelClass]
) -> None:
    (item,) = make_items(project, 1)
    publish(project, {item: classes["cat"]})
    label = record(project, item, classes["dog"], ben)

    label_retire(label=label, by=ben)

    assert not Label.objects.current().exists()
    told = [(event.kind, event.details.get("reason")) for event in item_history(item)]
    assert told == [
        ("label", None),
        ("published", None),
        ("retired", "corrected"),
        ("label", None),
        ("retired", "withdrawn"),
    ]


def test_withdrawing_gives_back_the_word_that_was_replaced(
    project: Project, ada: User, ben: User, classes: dict[str, LabelClass]
) -> None:
    (item,) = make_items(project, 1)
    bens = record(project, item, classes["dog"], ben)
    adas = record(project, item, classes["cat"], ada)

    restored = label_retire(label=adas, by=ada)

    assert (restored.label_class, restored.source) == (classes["dog"], bens.source)
    assert list(Label.objects.current()) == [restored]
    assert Label.objects.count() == 3
