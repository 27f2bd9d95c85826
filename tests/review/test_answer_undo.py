"""Undoing: the answer goes, the entry comes back, unless the world has moved on."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User

from labeling.errors import Conflict
from labeling.labels.services import label_retire
from labeling.models import Label, Project
from review.adjudication.relabeling import Relabel, items_relabel
from review.answering.undoing import answer_undo
from review.models import Answer, Entry, EntryState, Flag
from review.publishing.publish import round_publish
from tests.makers import make_items
from tests.review.makers import answer, claim, make_entries, make_round


def give(project: Project, person: User, entry_id: int, class_name: str = "", kind: str = "label") -> Answer:
    key = uuid.uuid4()
    label_class = project.classes.get(name=class_name) if class_name else None
    assert answer(project, person, entry_id, label_class, kind=kind, key=key)["outcome"] == "stored"
    return Answer.objects.get(pk=key)


def test_an_undone_answer_gives_the_entry_back_to_its_author(project: Project, ada: User, ben: User) -> None:
    (entry,) = make_entries(project, make_items(project, 1))
    claim(project, ada)
    given = give(project, ada, entry.pk, "cat")

    shown = answer_undo(answer=given, person=ada)

    assert shown["id"] == entry.pk
    assert Label.objects.current().count() == 0
    assert Label.objects.get().retired_reason == "withdrawn"
    assert claim(project, ben) == []
    assert give(project, ada, entry.pk, "dog").label.label_class.name == "dog"


def test_undoing_after_withdrawing_ones_own_label_says_that_it_was_withdrawn(
    project: Project, ada: User
) -> None:
    (entry,) = make_entries(project, make_items(project, 1))
    claim(project, ada)
    given = give(project, ada, entry.pk, "cat")
    assert given.label is not None
    label_retire(label=given.label, by=ada)

    with pytest.raises(Conflict, match="This label was withdrawn"):
        answer_undo(answer=given, person=ada)


def test_the_last_twenty_answers_can_be_walked_back(project: Project, ada: User) -> None:
    entries = make_entries(project, make_items(project, 20))
    claim(project, ada, 20)
    given = [give(project, ada, entry.pk, "cat") for entry in entries]

    for one in reversed(given):
        answer_undo(answer=one, person=ada)

    assert Label.objects.current().count() == 0
    assert len(claim(project, ada, 50)) == 20


def test_an_answer_is_undone_once(project: Project, ada: User) -> None:
    (entry,) = make_entries(project, make_items(project, 1))
    claim(project, ada)
    given = give(project, ada, entry.pk, "cat")
    answer_undo(answer=given, person=ada)

    with pytest.raises(Conflict, match="undone before"):
        answer_undo(answer=given, person=ada)


def test_an_answer_that_comes_again_after_its_undo_is_not_stored_again(project: Project, ada: User) -> None:
    (entry,) = make_entries(project, make_items(project, 1))
    claim(project, ada)
    given = give(project, ada, entry.pk, "cat")
    answer_undo(answer=given, person=ada)

    result = answer(project, ada, entry.pk, project.classes.get(name="cat"), key=given.key)

    assert result["outcome"] == "repeated"
    assert Label.objects.current().count() == 0


def test_after_a_publish_an_answer_cannot_be_undone(project: Project, ada: User) -> None:
    items = make_items(project, 2)
    (entry, _) = make_entries(project, items)
    claim(project, ada)
    given = give(project, ada, entry.pk, "cat")
    round_publish(round_id=make_round(project, [(items[1], project.classes.all()[0], 0.99)]).pk)

    with pytest.raises(Conflict, match="published"):
        answer_undo(answer=given, person=ada)

    assert Label.objects.filter(is_human=True, retired_at=None).count() == 1


def test_after_somebody_relabeled_an_answer_cannot_be_undone(project: Project, ada: User, ben: User) -> None:
    (item,) = make_items(project, 1)
    (entry,) = make_entries(project, [item])
    claim(project, ben)
    given = give(project, ben, entry.pk, "cat")
    dog = project.classes.get(name="dog")
    items_relabel(project=project, person=ada, changes=[Relabel(item_id=item.pk, class_id=dog.pk)])

    with pytest.raises(Conflict, match="labeled this item since"):
        answer_undo(answer=given, person=ben)

    assert Label.objects.current().get().label_class == dog


def test_a_skip_can_be_undone_until_somebody_else_has_the_entry(
    project: Project, ada: User, ben: User
) -> None:
    (entry,) = make_entries(project, make_items(project, 1))
    claim(project, ada)
    answer_undo(answer=give(project, ada, entry.pk, kind="skip_me"), person=ada)
    assert len(claim(project, ada)) == 1
    given = give(project, ada, entry.pk, kind="skip_me")
    claim(project, ben)

    with pytest.raises(Conflict, match="Somebody else"):
        answer_undo(answer=given, person=ada)


def test_a_skip_for_all_can_be_undone(project: Project, ada: User) -> None:
    (entry,) = make_entries(project, make_items(project, 1))
    claim(project, ada)

    answer_undo(answer=give(project, ada, entry.pk, kind="skip_all"), person=ada)

    entry.refresh_from_db()
    assert (entry.state, entry.closed_at, entry.n_free) == (EntryState.OPEN, None, 0)


def test_undoing_the_vote_that_decided_takes_the_consensus_back(
    project: Project, ada: User, ben: User
) -> None:
    (entry,) = make_entries(project, make_items(project, 1), n_wanted=2)
    for person in (ada, ben):
        claim(project, person)
    give(project, ada, entry.pk, "cat")
    given = give(project, ben, entry.pk, "cat")
    assert Label.objects.current().count() == 1

    answer_undo(answer=given, person=ben)

    assert Label.objects.current().count() == 0
    entry.refresh_from_db()
    assert (entry.state, entry.n_free) == (EntryState.OPEN, 0)
    give(project, ben, entry.pk, "dog")
    assert Entry.objects.get().state == EntryState.DISPUTED


def test_undoing_a_reviewers_answer_opens_the_flag_again(project: Project, ada: User) -> None:
    (item,) = make_items(project, 1)
    (entry,) = make_entries(project, [item], reason="flagged")
    Flag.objects.create(project=project, item=item, person=ada)
    claim(project, ada)
    given = give(project, ada, entry.pk, "cat")
    assert Flag.objects.get().resolved_at is not None

    answer_undo(answer=given, person=ada)

    assert Flag.objects.get().resolved_at is None
