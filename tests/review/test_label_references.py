"""The database itself refuses labels that refer to nothing, and edits."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.models import Label, Project, Source
from tests.makers import make_human_label, make_items, make_project


@pytest.mark.parametrize(
    "wrong", ["item_id", "label_class_id", "source_id", "is_human", "item", "label_class", "source"]
)
def test_a_label_that_refers_to_nothing_of_its_project_is_refused(
    project: Project, ada: User, wrong: str
) -> None:
    source = Source.objects.create(project=project, kind="model", is_human=False, name="run 1, round 1")
    (item,) = make_items(project, 1)
    other = make_project(owner=ada)
    foreign = {
        "item": make_items(other, 1)[0],
        "label_class": other.classes.all()[0],
        "source": Source.objects.create(project=other, kind="model", is_human=False, name="theirs"),
    }
    said = {
        "project": project,
        "item": item,
        "label_class": project.classes.all()[0],
        "source": source,
        "is_human": False,
        "created_at": timezone.now(),
    }
    value = {"is_human": True, **foreign}.get(wrong, 10**12)
    said = {name: given for name, given in said.items() if f"{name}_id" != wrong} | {wrong: value}

    with pytest.raises(IntegrityError, match="does not have"), transaction.atomic():
        Label.objects.bulk_create([Label(**said)])

    assert Label.objects.count() == 0


def test_a_label_cannot_be_edited(project: Project, ada: User) -> None:
    (item,) = make_items(project, 1)
    label = make_human_label(item, project.classes.all()[0], user=ada)

    with pytest.raises(IntegrityError, match="cannot be edited"), transaction.atomic():
        Label.objects.filter(pk=label.pk).update(label_class=project.classes.last())

    Label.objects.filter(pk=label.pk).update(retired_at=timezone.now(), retired_reason="withdrawn")
    assert Label.objects.current().count() == 0
