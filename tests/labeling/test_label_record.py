"""Recording what people say: what stands, what is retired, what cannot happen."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from labeling.errors import InvalidInput, NotFound
from labeling.labels.selectors import current_labels_of
from labeling.labels.services import Word, label_record, labels_record, source_for_person
from labeling.models import Item, Label, LabelClass, Project, Retirement, Source, SourceKind, Split
from tests.labeling.makers import publish, record
from tests.makers import make_items, make_project


@pytest.fixture
def classes(project: Project) -> dict[str, LabelClass]:
    return {label_class.name: label_class for label_class in project.classes.all()}


def test_second_answer_replaces_the_first(
    project: Project, ada: User, ben: User, classes: dict[str, Any]
) -> None:
    (item,) = make_items(project, 1)

    first = record(project, item, classes["cat"], ben)
    second = record(project, item, classes["dog"], ada)

    first.refresh_from_db()
    assert first.retired_reason == Retirement.REPLACED
    assert first.retired_by == ada
    assert first.retired_at == second.created_at
    assert current_labels_of([item.pk]) == {item.pk: second}


@pytest.mark.parametrize(("said", "reason"), [("cat", "confirmed"), ("dog", "corrected")])
def test_person_retires_the_published_machine_label(
    project: Project, ben: User, classes: dict[str, Any], said: str, reason: str
) -> None:
    item, other = make_items(project, 2)
    publish(project, {item: classes["cat"], other: classes["cat"]})

    label = record(project, item, classes[said], ben)

    machine = Label.objects.get(item=item, is_human=False)
    assert (machine.retired_reason, machine.retired_by) == (reason, ben)
    assert current_labels_of([item.pk, other.pk])[item.pk] == label
    assert not current_labels_of([item.pk, other.pk])[other.pk].is_human


def test_word_on_an_item_of_another_project_is_refused(
    project: Project, ada: User, classes: dict[str, Any]
) -> None:
    (foreign,) = make_items(make_project(owner=ada), 1)

    with pytest.raises(NotFound):
        record(project, foreign, classes["cat"], ada)

    assert not Label.objects.exists()


def test_class_of_another_project_is_refused_and_nothing_is_written(
    project: Project, ada: User, classes: dict[str, Any]
) -> None:
    item, other = make_items(project, 2)
    standing = record(project, item, classes["cat"], ada)
    foreign = make_project(owner=ada).classes.all()[0]
    words = [Word(item.pk, classes["dog"].pk), Word(other.pk, foreign.pk)]

    with pytest.raises(InvalidInput):
        labels_record(project=project, words=words, source=standing.source, by=ada)

    assert current_labels_of([item.pk, other.pk]) == {item.pk: standing}


def test_machine_source_cannot_record_a_persons_word(project: Project, classes: dict[str, Any]) -> None:
    item, other = make_items(project, 2)
    source = publish(project, {other: classes["cat"]}).source

    with pytest.raises(ValueError, match="no human source"):
        label_record(project=project, word=Word(item.pk, classes["cat"].pk), source=source)


def test_random_draws_fill_the_holdout_and_other_answers_never_do(
    project: Project, ben: User, classes: dict[str, Any]
) -> None:
    drawn, chosen = make_items(project, 2)

    record(project, drawn, classes["cat"], ben, is_random_draw=True)
    record(project, chosen, classes["cat"], ben)

    drawn.refresh_from_db()
    chosen.refresh_from_db()
    assert (drawn.split, chosen.split) == (Split.HOLDOUT, Split.POOL)


def test_item_that_a_person_labeled_before_is_never_drawn_into_the_holdout(
    project: Project, ada: User, ben: User, classes: dict[str, Any]
) -> None:
    (item,) = make_items(project, 1)
    record(project, item, classes["cat"], ada)

    record(project, item, classes["dog"], ben, is_random_draw=True)

    item.refresh_from_db()
    assert item.split == Split.POOL


def test_after_the_first_hundred_the_share_decides(ada: User) -> None:
    project = make_project(owner=ada, holdout_share=0.5)
    make_items(project, 100, prefix="held", split=Split.HOLDOUT)
    items = make_items(project, 200)
    source = source_for_person(project=project, user=ada)
    cat = project.classes.all()[0]

    words = [Word(item.pk, cat.pk, is_random_draw=True) for item in items]
    recorded = labels_record(project=project, words=words, source=source, by=ada)

    assert 60 < sum(one.became_holdout for one in recorded) < 140
    assert Item.objects.filter(project=project, split=Split.HOLDOUT).count() == 100 + sum(
        one.became_holdout for one in recorded
    )


def test_one_answer_takes_at_most_five_statements(
    project: Project, ben: User, classes: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    item, other = make_items(project, 2)
    publish(project, {item: classes["cat"], other: classes["cat"]})
    source = source_for_person(project=project, user=ben)

    with django_assert_max_num_queries(6):  # one of them is the test's savepoint, one its release
        label_record(project=project, word=Word(item.pk, classes["dog"].pk), source=source, by=ben)


# What the database itself refuses


def insert(item: Item, label_class: LabelClass, source: Source, *, is_human: bool) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO labeling_label (project_id, item_id, label_class_id, source_id, is_human,"
            " created_at, retired_reason) VALUES (%s, %s, %s, %s, %s, now(), '')",
            [item.project_id, item.pk, label_class.pk, source.pk, is_human],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else foreign keys wait for the end


def test_two_standing_human_labels_are_impossible(
    project: Project, ada: User, ben: User, classes: dict[str, Any]
) -> None:
    (item,) = make_items(project, 1)
    record(project, item, classes["cat"], ada)
    source = source_for_person(project=project, user=ben)

    with pytest.raises(IntegrityError, match="label_one_human"):
        insert(item, classes["dog"], source, is_human=True)


@pytest.mark.parametrize("is_human", [True, False])
def test_label_cannot_lie_about_who_said_it(
    project: Project, ada: User, classes: dict[str, Any], is_human: bool
) -> None:
    item, other = make_items(project, 2)
    machine = publish(project, {other: classes["cat"]}).source
    person = source_for_person(project=project, user=ada)
    liar = machine if is_human else person

    with pytest.raises(IntegrityError, match="does not have"):
        insert(item, classes["cat"], liar, is_human=is_human)


def test_retiring_without_a_reason_is_impossible(
    project: Project, ada: User, classes: dict[str, Any]
) -> None:
    (item,) = make_items(project, 1)
    label = record(project, item, classes["cat"], ada)

    with pytest.raises(IntegrityError, match="label_retired_with_reason"), transaction.atomic():
        Label.objects.filter(pk=label.pk).update(retired_at=label.created_at)


def test_model_cannot_be_a_human_source(project: Project) -> None:
    with pytest.raises(IntegrityError, match="source_kind_human"), transaction.atomic():
        Source.objects.create(project=project, kind=SourceKind.MODEL, is_human=True, name="run 1, round 1")
