"""Answering: stored once, late or not, and never lost without a word."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from labeling.models import Item, Label, Membership, Project, Role, SourceKind, Split
from review.answering.answers import answers_submit
from review.answering.facts import NewAnswer
from review.models import Answer, Entry, EntryState, Lease, LeaseState
from review.publishing.publish import round_publish
from review.queue.claims import leases_expire
from tests.makers import make_human_label, make_items
from tests.review.makers import answer, claim, make_entries, make_round
from tests.review.test_entries_claim import let_leases_run_out


@pytest.fixture
def entry(project: Project) -> Entry:
    return make_entries(project, make_items(project, 1))[0]


def test_an_answer_becomes_the_persons_label_and_closes_the_entry(
    project: Project, ada: User, entry: Entry
) -> None:
    cat = project.classes.get(name="cat")
    claim(project, ada)

    result = answer(project, ada, entry.pk, cat, seconds=1.5)

    assert result["outcome"] == "stored"
    entry.refresh_from_db()
    assert (entry.state, entry.n_free) == (EntryState.DONE, 0)
    label = Label.objects.get(item=entry.item)
    assert (label.label_class, label.is_human, label.source.user) == (cat, True, ada)
    stored = Answer.objects.get()
    assert (stored.label, stored.person, stored.seconds) == (label, ada, 1.5)
    assert Lease.objects.get().state == LeaseState.ANSWERED


def test_the_same_answer_twice_is_stored_once(project: Project, ada: User, entry: Entry) -> None:
    cat, key = project.classes.get(name="cat"), uuid.uuid4()
    claim(project, ada)

    outcomes = [answer(project, ada, entry.pk, cat, key=key)["outcome"] for _ in range(3)]

    assert outcomes == ["stored", "repeated", "repeated"]
    assert Answer.objects.count() == Label.objects.count() == 1


def test_a_key_with_another_content_is_refused_with_a_sentence(
    project: Project, ada: User, entry: Entry
) -> None:
    cat, dog = project.classes.get(name="cat"), project.classes.get(name="dog")
    key = uuid.uuid4()
    claim(project, ada)
    answer(project, ada, entry.pk, cat, key=key)

    result = answer(project, ada, entry.pk, dog, key=key)

    assert (result["outcome"], result["code"]) == ("refused", "key_taken")
    assert str(key) in result["message"]
    assert Label.objects.get().label_class == cat


def test_a_key_of_another_person_is_refused(project: Project, ada: User, ben: User) -> None:
    cat, key = project.classes.get(name="cat"), uuid.uuid4()
    make_entries(project, make_items(project, 2))
    (first,) = claim(project, ada)
    answer(project, ada, first["id"], cat, key=key)
    claim(project, ben)

    assert answer(project, ben, first["id"], cat, key=key)["code"] == "key_taken"


def test_one_bad_answer_does_not_undo_the_others(project: Project, ada: User) -> None:
    cat = project.classes.get(name="cat")
    entries = make_entries(project, make_items(project, 3))
    claim(project, ada, 3)
    said = [
        NewAnswer(key=uuid.uuid4(), entry_id=entries[0].pk, kind="label", class_id=cat.pk),
        NewAnswer(key=uuid.uuid4(), entry_id=entries[1].pk, kind="label", class_id=10**9),
        NewAnswer(key=uuid.uuid4(), entry_id=10**9, kind="skip_me"),
        NewAnswer(key=uuid.uuid4(), entry_id=entries[2].pk, kind="label", class_id=cat.pk),
    ]

    results = answers_submit(project=project, person=ada, role=Role.OWNER, answers=said)

    assert [result["code"] for result in results] == ["", "unknown_class", "no_entry", ""]
    assert Label.objects.count() == 2


def test_within_one_request_a_repeated_key_is_repeated_and_a_second_opinion_refused(
    project: Project, ada: User, entry: Entry
) -> None:
    cat, dog = project.classes.get(name="cat"), project.classes.get(name="dog")
    claim(project, ada)
    first = NewAnswer(key=uuid.uuid4(), entry_id=entry.pk, kind="label", class_id=cat.pk)
    second = NewAnswer(key=uuid.uuid4(), entry_id=entry.pk, kind="label", class_id=dog.pk)

    results = answers_submit(project=project, person=ada, role=Role.OWNER, answers=[first, first, second])

    assert [result["outcome"] for result in results] == ["stored", "repeated", "refused"]
    assert Label.objects.get().label_class == cat


def test_an_entry_never_handed_to_a_person_cannot_be_answered(
    project: Project, ben: User, entry: Entry
) -> None:
    assert answer(project, ben, entry.pk, project.classes.first())["code"] == "not_claimed"


def test_a_late_answer_is_stored_if_the_entry_still_wants_it(
    project: Project, ada: User, entry: Entry
) -> None:
    claim(project, ada)
    let_leases_run_out()
    leases_expire()

    result = answer(project, ada, entry.pk, project.classes.first())

    assert result["outcome"] == "stored"
    entry.refresh_from_db()
    assert (entry.state, entry.n_free) == (EntryState.DONE, 0)


def test_a_late_answer_ends_the_lease_of_who_has_the_entry_now(
    project: Project, ada: User, ben: User, entry: Entry
) -> None:
    cat, dog = project.classes.get(name="cat"), project.classes.get(name="dog")
    claim(project, ada)
    let_leases_run_out()
    assert len(claim(project, ben)) == 1

    assert answer(project, ada, entry.pk, cat)["outcome"] == "stored"
    result = answer(project, ben, entry.pk, dog)

    assert (result["outcome"], result["code"]) == ("refused", "entry_closed")
    assert Label.objects.get().label_class == cat


def test_a_late_answer_to_an_answered_entry_is_refused_with_the_reason(
    project: Project, ada: User, ben: User, entry: Entry
) -> None:
    claim(project, ada)
    let_leases_run_out()
    claim(project, ben)
    answer(project, ben, entry.pk, project.classes.first())

    result = answer(project, ada, entry.pk, project.classes.first())

    assert result["code"] == "entry_closed"
    assert "all the answers" in result["message"]


def test_an_answer_does_not_replace_a_newer_label_of_another_person(
    project: Project, ada: User, ben: User, entry: Entry
) -> None:
    claim(project, ben)
    Lease.objects.update(created_at=timezone.now() - dt.timedelta(minutes=5))
    make_human_label(entry.item, project.classes.get(name="owl"), user=ada)

    result = answer(project, ben, entry.pk, project.classes.get(name="cat"))

    assert result["code"] == "already_labeled"
    assert Label.objects.get(retired_at=None).label_class.name == "owl"


def test_skipping_for_me_gives_the_entry_to_others_and_not_to_me(
    project: Project, ada: User, ben: User, entry: Entry
) -> None:
    claim(project, ada)

    assert answer(project, ada, entry.pk, kind="skip_me")["outcome"] == "stored"

    assert claim(project, ada) == []
    assert len(claim(project, ben)) == 1


def test_skipping_for_all_closes_the_entry(project: Project, ada: User, ben: User, entry: Entry) -> None:
    claim(project, ada)

    answer(project, ada, entry.pk, kind="skip_all", note="no animal on it")

    entry.refresh_from_db()
    assert entry.state == EntryState.SKIPPED
    assert claim(project, ben) == []
    assert Answer.objects.get().note == "no animal on it"


def test_what_was_shown_is_kept_from_the_servers_own_row(project: Project, ada: User) -> None:
    cat = project.classes.get(name="cat")
    make_entries(project, make_items(project, 1), suggested_class=cat, suggested_confidence=0.6)
    (claimed,) = claim(project, ada)

    answer(project, ada, claimed["id"], cat)

    assert Answer.objects.get().seen == {
        "reason": "uncertain",
        "is_blind": False,
        "suggestion": {"class_id": cat.pk, "confidence": 0.6, "others": []},
        "in_grid": False,
    }


def test_a_random_draw_goes_to_the_holdout_and_an_uncertain_item_does_not(
    project: Project, ada: User
) -> None:
    items = make_items(project, 2)
    make_entries(project, items[:1], reason="random")
    make_entries(project, items[1:], reason="uncertain")

    for entry in claim(project, ada, 2):
        answer(project, ada, entry["id"], project.classes.first())

    splits = dict(Item.objects.values_list("pk", "split"))
    assert splits == {items[0].pk: Split.HOLDOUT, items[1].pk: Split.POOL}


@pytest.mark.parametrize(("said", "reason"), [("dog", "corrected"), ("cat", "confirmed")])
def test_an_answer_retires_the_pseudo_label_at_once(
    project: Project, ada: User, said: str, reason: str
) -> None:
    (item,) = make_items(project, 1)
    round_publish(round_id=make_round(project, [(item, project.classes.get(name="cat"), 0.95)]).pk)
    (entry,) = claim(project, ada)

    answer(project, ada, entry["id"], project.classes.get(name=said))

    machine = Label.objects.get(item=item, is_human=False)
    assert (machine.retired_reason, machine.retired_by) == (reason, ada)
    assert Label.objects.current().get(item=item).label_class.name == said


@pytest.fixture
def three(project: Project, ada: User, ben: User, cy: User) -> list[User]:
    Membership.objects.create(project=project, user=cy, role=Role.ANNOTATOR)
    return [ada, ben, cy]


def test_three_people_agree_by_majority(project: Project, three: list[User]) -> None:
    cat, dog = project.classes.get(name="cat"), project.classes.get(name="dog")
    (entry,) = make_entries(project, make_items(project, 1), n_wanted=3)

    for person, label_class in zip(three, (cat, dog, cat), strict=True):
        assert Label.objects.count() == 0
        claim(project, person)
        assert answer(project, person, entry.pk, label_class)["outcome"] == "stored"

    label = Label.objects.get()
    assert (label.label_class, label.source.kind, label.is_human) == (cat, SourceKind.CONSENSUS, True)
    assert set(Answer.objects.values_list("label", flat=True)) == {label.pk}
    entry.refresh_from_db()
    assert entry.state == EntryState.DONE


def test_three_people_without_a_majority_leave_a_dispute(project: Project, three: list[User]) -> None:
    (entry,) = make_entries(project, make_items(project, 1), n_wanted=3)

    for person, label_class in zip(three, project.classes.all(), strict=True):
        claim(project, person)
        answer(project, person, entry.pk, label_class)

    entry.refresh_from_db()
    assert entry.state == EntryState.DISPUTED
    assert Label.objects.count() == 0


def test_a_person_answers_an_entry_once_however_many_answers_it_wants(project: Project, ada: User) -> None:
    (entry,) = make_entries(project, make_items(project, 1), n_wanted=3)
    claim(project, ada)
    answer(project, ada, entry.pk, project.classes.first())

    assert claim(project, ada) == []
    assert answer(project, ada, entry.pk, project.classes.last())["code"] == "already_answered"


def test_a_late_answer_to_an_entry_that_a_publish_withdrew_is_stored(project: Project, ben: User) -> None:
    [item] = make_items(project, 1)
    make_entries(project, [item])
    [held] = claim(project, ben)
    Lease.objects.update(state=LeaseState.EXPIRED)
    Entry.objects.update(state=EntryState.WITHDRAWN, n_free=0)

    result = answer(project, ben, held["id"], project.classes.first())

    assert result["outcome"] == "stored"
    assert Label.objects.current().get().item == item
    assert Entry.objects.get().state == EntryState.DONE
