"""The history of an item: everything in order, and nothing that would sway a blind answer."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import User

from labeling.models import Project
from review.answering.undoing import answer_undo
from review.models import Answer, Entry
from review.people.history import item_history
from review.publishing.publish import round_publish
from review.queue.flagging import flag_add
from tests.makers import make_items
from tests.review.makers import answer, claim, make_entries, make_round


def test_the_history_tells_everything_in_order(project: Project, ada: User) -> None:
    cat, dog, _ = project.classes.all()
    project.random_share = 0
    project.save(update_fields=["random_share"])
    (item,) = make_items(project, 1)
    round_publish(round_id=make_round(project, [(item, cat, 0.95)]).pk)
    key = uuid.uuid4()
    (entry,) = claim(project, ada)
    answer(project, ada, entry["id"], dog, key=key)
    answer_undo(answer=Answer.objects.get(pk=key), person=ada)
    flag_add(item=item, person=ada, note="blurred")
    claim(project, ada)
    answer(project, ada, entry["id"], cat)

    events = item_history(item=item, person=ada, role="owner")

    told = [(event["kind"], event.get("reason")) for event in events]
    assert (
        told
        == [
            ("prediction", None),
            ("label", None),
            ("published", ""),
            ("answer", None),
            ("retired", "corrected"),
            ("label", None),
            ("undone", None),
            ("retired", "withdrawn"),
            ("flag", None),
            ("answer", None),
            ("label", None),
        ]
        or told
    )
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    span = next(event for event in events if event["kind"] == "published")
    assert span["until"] == next(event["at"] for event in events if event["kind"] == "retired")


def test_the_first_random_answer_tells_of_the_holdout(project: Project, ada: User) -> None:
    (item,) = make_items(project, 1)
    (entry,) = make_entries(project, [item], reason="random")
    claim(project, ada)
    answer(project, ada, entry.pk, project.classes.all()[0])
    item.refresh_from_db()

    events = item_history(item=item, person=ada, role="owner")

    assert [event["kind"] for event in events] == ["answer", "label", "split"]
    assert events[-1]["split"] == "holdout"


def test_an_annotator_is_not_told_what_others_said_while_the_entry_is_open(
    project: Project, ada: User, ben: User
) -> None:
    (item,) = make_items(project, 1)
    (entry,) = make_entries(project, [item], n_wanted=2)
    claim(project, ada)
    answer(project, ada, entry.pk, project.classes.all()[0])

    assert item_history(item=item, person=ben, role="annotator") == []
    assert len(item_history(item=item, person=ada, role="annotator")) == 1
    assert len(item_history(item=item, person=ben, role="reviewer")) == 1


def test_who_may_be_asked_is_not_told_what_the_machine_says_of_what_is_asked_blind(
    project: Project, ben: User
) -> None:
    (item,) = make_items(project, 1)
    project.random_share = 1
    project.save(update_fields=["random_share"])
    round_publish(round_id=make_round(project, [(item, project.classes.all()[0], 0.95)]).pk)
    assert len(item_history(item=item, person=ben, role="viewer")) == 3
    claim(project, ben)
    assert Entry.objects.get().is_blind

    for role in ("annotator", "owner", "engineer", "reviewer"):
        assert item_history(item=item, person=ben, role=role) == []
    assert len(item_history(item=item, person=ben, role="viewer")) == 3
