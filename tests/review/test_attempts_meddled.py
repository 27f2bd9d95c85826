"""What people do to labels and answers while an attempt is open changes nothing that its certificate says."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, TypeVar

import pytest
from django.contrib.auth.models import User

from labeling.blindness import UNDO_SECONDS
from labeling.errors import Conflict
from labeling.models import Label, LabelClass, Membership, Project, Role
from review.adjudication.relabeling import Relabel, entry_decide, items_relabel, label_withdraw
from review.adjudication.services import NewVerdict, verdict_give, verdict_undo
from review.answering.undoing import answer_undo
from review.certificates.documents import certificate_write
from review.certificates.rows import certificate_rows
from review.certification.labels import labels_of
from review.certification.statement.verify import verify
from review.models import Answer, Attempt, Certificate, Entry, Verdict
from tests.conftest import client_of
from tests.review.certifying import World, make_world
from tests.review.makers import answer, answers_stand, claim, make_entries


@pytest.fixture
def world(project: Project, ada: User, ben: User) -> World:
    return make_world(project, owner=ada, person=ben)


@pytest.fixture
def pair(project: Project, ada: User, ben: User, cy: User) -> World:
    """Two answers are wanted of each item; ben and cy give them."""
    Project.objects.filter(pk=project.pk).update(answers_wanted=2)
    project.refresh_from_db()
    Membership.objects.create(project=project, user=cy, role=Role.ANNOTATOR)
    return make_world(project, owner=ada, person=ben)


@pytest.fixture
def dan(db: None) -> User:
    return User.objects.create_user("dan")


T = TypeVar("T")


def there(row: T | None) -> T:
    assert row is not None
    return row


def other(world: World, item_id: int) -> LabelClass:
    return world.classes[(world.classes.index(world.truth[item_id]) + 1) % 3]


def said_by(person: User, entry: Entry) -> Answer:
    return Answer.objects.get(entry=entry, person=person, withdrawn_at=None)


def certified(world: World, attempt: Attempt, *people: User) -> Certificate:
    """Everything that is still asked is answered; the certificate that comes of it is accepted."""
    for _ in range(4):
        if attempt.state == "certified":
            break
        for person in people:
            world.answer_queue(person=person)
        world.settle(attempt)
    assert attempt.state == "certified", (attempt.state, attempt.state_reason)
    certificate = Certificate.objects.get(attempt=attempt)
    certificate_write(certificate.pk)
    certificate.refresh_from_db()
    labels = labels_of(certificate_rows(certificate))
    assert [each for finding in verify(certificate.document, labels) for each in finding.problems] == []
    return certificate


# Answers that are taken back


def test_a_consensus_that_was_taken_back_is_nobodys_word(pair: World, cy: User) -> None:
    """Two agree on what is wrong, one takes it back and says the truth: the verdict counts, not what was agreed on."""
    attempt = pair.ask(n_audits=20)
    entry = attempt.audits.order_by("position").first().entry
    wrong, right = other(pair, entry.item_id), pair.truth[entry.item_id]
    for person in (pair.person, cy):
        claim(pair.project, person, 50)
        answer(pair.project, person, entry.pk, wrong)
    answer_undo(answer=said_by(cy, there(entry)), person=cy)
    answer(pair.project, cy, entry.pk, right)
    entry.refresh_from_db()
    assert entry.state == "disputed"
    entry_decide(entry=there(entry), person=pair.owner, class_id=right.pk)

    certified(pair, attempt, pair.person, cy)

    assert entry.audit.answered_class_id == right.pk


def test_a_verdict_that_was_taken_back_is_nobodys_word(pair: World, cy: User) -> None:
    attempt = pair.ask(n_audits=20)
    entry = attempt.audits.order_by("position").first().entry
    wrong, right = other(pair, entry.item_id), pair.truth[entry.item_id]
    for person, said in ((pair.person, wrong), (cy, right)):
        claim(pair.project, person, 50)
        answer(pair.project, person, entry.pk, said)
    first = NewVerdict(key=uuid.uuid4(), entry_id=entry.pk, class_id=wrong.pk)
    verdict_give(project=pair.project, person=pair.owner, new=first)
    verdict_undo(verdict=Verdict.objects.get(), person=pair.owner)
    second = NewVerdict(key=uuid.uuid4(), entry_id=entry.pk, class_id=right.pk)
    verdict_give(project=pair.project, person=pair.owner, new=second)

    certified(pair, attempt, pair.person, cy)

    entry.audit.refresh_from_db()
    assert entry.audit.answered_class_id == right.pk


@pytest.mark.parametrize(
    "is_asked_blind", [False, True], ids=["before there is a model", "while audits are asked"]
)
def test_nobody_learns_of_a_dispute_while_their_own_answer_can_be_changed(
    pair: World, cy: User, *, is_asked_blind: bool
) -> None:
    """Answer, look whether it is disputed, take it back, try the next class: that told what the other had said."""
    if is_asked_blind:
        attempt = pair.ask(n_audits=20)
        entry = attempt.audits.order_by("position").first().entry
    else:
        pair.project.publications.update(ended_at=dt.datetime.now(dt.UTC))
        (entry,) = make_entries(pair.project, pair.items[-1:], n_wanted=2, is_blind=True)
    Membership.objects.filter(project=pair.project, user=cy).update(role=Role.REVIEWER)
    for person in (pair.person, cy):
        claim(pair.project, person, 50)
    answer(pair.project, pair.person, entry.pk, pair.truth[entry.item_id])

    def look() -> Any:
        at, asks = f"/api/projects/{pair.project.pk}", client_of(cy)
        return (
            asks.get(f"{at}/queue").data["n_disputed"],
            asks.get(f"{at}/disputes").data["results"],
            asks.get(f"{at}/adjudication").data["n_people"],
        )

    before = look()
    answer(pair.project, cy, entry.pk, other(pair, entry.item_id))
    entry.refresh_from_db()
    assert entry.state == "disputed"
    assert look() == before

    answers_stand(there(entry))
    assert look()[0] == 1  # it may be known now,
    with pytest.raises(Conflict, match=f"for {UNDO_SECONDS} seconds"):  # as nothing follows from it
        answer_undo(answer=said_by(cy, there(entry)), person=cy)


def test_annotators_hear_of_no_fresh_dispute_by_way_of_each_other(pair: World, cy: User, dan: User) -> None:
    Membership.objects.create(project=pair.project, user=dan, role=Role.ANNOTATOR)
    attempt = pair.ask(n_audits=20)
    entry = attempt.audits.order_by("position").first().entry
    for person, said in ((pair.person, pair.truth[entry.item_id]), (cy, other(pair, entry.item_id))):
        claim(pair.project, person, 50)
        answer(pair.project, person, entry.pk, said)

    assert client_of(dan).get(f"/api/projects/{pair.project.pk}/queue").data["n_disputed"] == 0
    assert client_of(pair.owner).get(f"/api/projects/{pair.project.pk}/queue").data["n_disputed"] == 1


# Labels that people had given before


@pytest.mark.parametrize("way", ["withdrawn", "undone"])
def test_a_label_that_is_taken_away_meanwhile_is_asked_for_again(world: World, cy: User, way: str) -> None:
    label = Label.objects.human().filter(project=world.project).order_by("pk").first()
    attempt = world.ask(n_audits=30)
    if way == "withdrawn":
        label_withdraw(label=there(label), person=world.owner, role="owner")
    else:
        label.retired_at, label.retired_reason = dt.datetime.now(dt.UTC), "withdrawn"
        label.save()

    certificate = certified(world, attempt, world.person, world.owner)

    assert certificate.document["counts"]["human"] + certificate.document["counts"]["machine"] == 300
    assert Label.objects.human().filter(item=label.item_id, retired_at=None).exists()


def test_labels_whose_error_is_measured_stand_until_the_attempt_has_ended(
    world: World, cy: User, dan: User
) -> None:
    for person, role in ((cy, Role.ANNOTATOR), (dan, Role.REVIEWER)):
        Membership.objects.create(project=world.project, user=person, role=role)
    attempt = world.ask(n_audits=30, n_second=5)
    drawn = set(attempt.second_answers.values_list("item_id", flat=True))
    before = Label.objects.human().filter(project=world.project, retired_at=None)
    label = before.exclude(item__in=drawn).first()
    wrong = [Relabel(item_id=label.item_id, class_id=other(world, label.item_id).pk)]

    with pytest.raises(Conflict, match="second answers measure"):
        items_relabel(project=world.project, person=dan, changes=wrong)
    with pytest.raises(Conflict, match="second answers measure"):
        label_withdraw(label=there(label), person=dan, role="reviewer")
    certified(world, attempt, cy, world.person)
    items_relabel(project=world.project, person=dan, changes=wrong)


# What lies below the cut


def test_what_was_skipped_or_lost_its_label_below_the_cut_is_asked_again(
    project: Project, ada: User, ben: User
) -> None:
    world = make_world(project, owner=ada, person=ben, n_wrong=100)
    attempt = world.ask(n_audits=60)
    world.answer_queue()
    world.settle(attempt)
    assert attempt.state == "reviewing"
    below = claim(project, ben, 2)
    answer(project, ben, below[0]["id"], None, kind="skip_all")
    answer(project, ben, below[1]["id"], world.truth[below[1]["item"]["id"]])
    label_withdraw(
        label=Label.objects.human().get(item=below[1]["item"]["id"], retired_at=None),
        person=ben,
        role="annotator",
    )

    certified(world, attempt, ben, ada)
