"""Items by whose label stood for them, at any moment of a project's life."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.labels.selectors import progress
from labeling.models import Import, Item, Label, Project, Publication
from labeling.projects.timeline import timeline
from tests.labeling.makers import publish, record
from tests.makers import make_items


def long_ago(project: Project, days: float) -> None:
    Project.objects.filter(pk=project.pk).update(created_at=timezone.now() - dt.timedelta(days=days))
    project.refresh_from_db()


def test_the_last_moment_agrees_with_the_counts_of_now(project: Project, ada: User) -> None:
    cat, dog, _ = project.classes.all()
    items = make_items(project, 9)
    publish(project, dict.fromkeys(items[:6], cat))
    record(project, items[0], dog, ada)  # against the machine's word
    record(project, items[1], cat, ada)  # with it
    record(project, items[8], cat, ada)  # of which the machine said nothing
    long_ago(project, 1)

    last, now = timeline(project)[-1], progress(project)

    assert (last.n_items, last.n_human, last.n_machine, last.n_unlabeled) == (9, 3, 4, 2)
    assert (now.n_items, now.n_human, now.n_machine, now.n_unlabeled) == (9, 3, 4, 2)


def test_what_came_and_went_is_counted_when_it_stood(project: Project, ada: User) -> None:
    cat, dog, _ = project.classes.all()
    items = make_items(project, 10)
    now = timezone.now()

    def ago(days: float) -> dt.datetime:
        return now - dt.timedelta(days=days)

    long_ago(project, 60)
    Item.objects.filter(project=project).update(created_at=ago(50.5))
    first = publish(project, dict.fromkeys(items[:8], cat))
    record(project, items[0], dog, ada)
    second = publish(project, dict.fromkeys(items[1:4], cat), name="run 1, round 2")
    Publication.objects.filter(pk=first.pk).update(started_at=ago(40.5), ended_at=ago(20.5))
    Publication.objects.filter(pk=second.pk).update(started_at=ago(20.5))
    Label.objects.filter(item=items[0], is_human=True).update(created_at=ago(30.5))
    Label.objects.filter(item=items[0], is_human=False).update(retired_at=ago(30.5))
    taken_back = record(project, items[9], cat, ada)
    Label.objects.filter(pk=taken_back.pk).update(
        created_at=ago(35.5), retired_at=ago(10.5), retired_reason="withdrawn"
    )

    by_day = {round((now - moment.at).total_seconds() / 86_400): moment for moment in timeline(project)}

    def counts(days_ago: int) -> tuple[int, int, int]:
        moment = by_day[days_ago]
        return moment.n_items, moment.n_human, moment.n_machine

    assert counts(55) == (0, 0, 0)
    assert counts(45) == (10, 0, 0)
    assert counts(38) == (10, 0, 8)
    assert counts(33) == (10, 1, 8)
    assert counts(25) == (10, 2, 7)
    assert counts(15) == (10, 2, 3)
    assert counts(5) == (10, 1, 3)


def test_items_of_an_import_count_from_its_beginning(project: Project, ada: User) -> None:
    long_ago(project, 10)
    began = timezone.now() - dt.timedelta(days=5.5)
    Import.objects.create(
        project=project, file_name="a.csv", n_items_added=7, started_at=began, finished_at=timezone.now()
    )

    moments = timeline(project, n_moments=10)

    assert [moment.n_items for moment in moments] == [0, 0, 0, 0, 7, 7, 7, 7, 7, 7]


def test_members_but_annotators_read_it(
    project: Project, ada_client: APIClient, ben_client: APIClient
) -> None:
    make_items(project, 2)

    reply = ada_client.get(f"/api/projects/{project.pk}/timeline")

    assert (
        ben_client.get(f"/api/projects/{project.pk}/timeline").status_code == 403
    )  # its counts move by answers

    assert reply.status_code == 200
    assert len(reply.data) == 60
    assert reply.data[-1] | {"at": None} == {
        "at": None, "n_items": 2, "n_human": 0, "n_machine": 0, "n_unlabeled": 2,
    }  # fmt: skip


@pytest.mark.django_db
def test_another_projects_labels_are_no_part_of_it(project: Project, ada: User) -> None:
    from tests.makers import make_project

    other = make_project(owner=ada)
    cat = other.classes.all()[0]
    items = make_items(other, 3)
    publish(other, dict.fromkeys(items, cat))
    record(other, items[0], cat, ada)
    make_items(project, 1)

    last = timeline(project)[-1]

    assert (last.n_items, last.n_human, last.n_machine) == (1, 0, 0)
