"""Flags go to reviewers, on top of the queue; disputes too are theirs to decide."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from labeling.errors import Conflict, InvalidInput, NotAllowed, NotFound
from labeling.models import Label, Project
from review.adjudication.relabeling import Relabel, entry_decide, items_relabel, label_withdraw
from review.models import Entry, EntryState, Flag
from review.queue.flagging import flag_add, flag_resolve
from tests.makers import make_human_label, make_items
from tests.review.makers import answer, claim, make_entries


def test_a_flagged_entry_leaves_its_holder_and_goes_to_a_reviewer_first(
    project: Project, ada: User, ben: User
) -> None:
    items = make_items(project, 3)
    entries = make_entries(project, items)
    claim(project, ben)

    flag_add(item=items[0], person=ben, note="two animals")

    assert [entry["id"] for entry in claim(project, ben, 3)] == [entries[1].pk, entries[2].pk]
    (first,) = claim(project, ada)
    assert (first["id"], first["reason"]) == (entries[0].pk, "flagged")


def test_a_flag_on_a_labeled_item_makes_an_entry(project: Project, ada: User, ben: User) -> None:
    (item,) = make_items(project, 1, split="holdout")
    make_human_label(item, project.classes.all()[0], user=ada)

    flag_add(item=item, person=ben, note="wrong?")
    flag_add(item=item, person=ben, note="really")

    (entry,) = claim(project, ada, 5)
    answer(project, ada, entry["id"], project.classes.last())
    assert Label.objects.current().get().label_class == project.classes.last()
    assert Flag.objects.filter(resolved_at=None).count() == 0


def test_resolving_the_last_flag_takes_the_entry_out_of_the_queue(project: Project, ada: User) -> None:
    (item,) = make_items(project, 1)
    flags = [flag_add(item=item, person=ada, note=note) for note in ("one", "two")]

    flag_resolve(flag=flags[0])
    assert Entry.objects.get().state == EntryState.OPEN
    flag_resolve(flag=flags[1])

    assert Entry.objects.get().state == EntryState.WITHDRAWN
    with pytest.raises(Conflict, match="resolved before"):
        flag_resolve(flag=flags[1])


def test_a_verdict_ends_a_dispute(project: Project, ada: User) -> None:
    (entry,) = make_entries(project, make_items(project, 1), state="disputed", n_free=0)
    owl = project.classes.get(name="owl")

    label = entry_decide(entry=entry, person=ada, class_id=owl.pk)

    assert (label.label_class_id, label.source.user) == (owl.pk, ada)
    entry.refresh_from_db()
    assert entry.state == EntryState.DONE
    with pytest.raises(Conflict, match="nothing to decide"):
        entry_decide(entry=entry, person=ada, class_id=owl.pk)


def test_a_verdict_of_a_foreign_class_changes_nothing(project: Project, ada: User) -> None:
    (entry,) = make_entries(project, make_items(project, 1), state="disputed", n_free=0)

    with pytest.raises(InvalidInput):
        entry_decide(entry=entry, person=ada, class_id=10**9)

    entry.refresh_from_db()
    assert entry.state == EntryState.DISPUTED


def test_relabeling_closes_entries_and_the_holder_is_told(project: Project, ada: User, ben: User) -> None:
    items = make_items(project, 2)
    (held, _) = make_entries(project, items)
    claim(project, ben)

    labels = items_relabel(
        project=project,
        person=ada,
        changes=[
            Relabel(key="item-0", class_name="owl"),
            Relabel(item_id=items[1].pk, class_id=project.classes.all()[0].pk),
        ],
    )

    assert len(labels) == 2
    assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.DONE}
    assert answer(project, ben, held.pk, project.classes.all()[0])["outcome"] == "refused"


def test_relabeling_with_one_wrong_row_changes_nothing_and_names_the_row(project: Project, ada: User) -> None:
    make_items(project, 1)

    with pytest.raises(InvalidInput) as caught:
        items_relabel(
            project=project,
            person=ada,
            changes=[Relabel(key="item-0", class_name="owl"), Relabel(key="item-9", class_name="yak")],
        )

    assert list(caught.value.fields) == ["row 1"]
    assert len(caught.value.fields["row 1"]) == 2
    assert Label.objects.count() == 0


def test_a_label_is_withdrawn_by_its_author_or_a_reviewer(project: Project, ada: User, ben: User) -> None:
    mine, his = (
        make_human_label(item, project.classes.all()[0], user=user)
        for item, user in zip(make_items(project, 2), (ada, ben), strict=True)
    )

    with pytest.raises(NotFound):  # annotators do not learn which labels there are
        label_withdraw(label=mine, person=ben, role="annotator")
    with pytest.raises(NotAllowed):
        label_withdraw(label=mine, person=ben, role="engineer")
    label_withdraw(label=his, person=ben, role="annotator")
    label_withdraw(label=mine, person=ada, role="reviewer")

    assert Label.objects.current().count() == 0
    assert Label.objects.count() == 2
