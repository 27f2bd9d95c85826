"""Answers wanted per item: what the project says holds for the entries that are open."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import Count, F, Q
from rest_framework.test import APIClient

from labeling.errors import Conflict
from labeling.models import Item, Label, LabelClass, Membership, Project, Role, SourceKind
from review.answering.answers import answers_submit
from review.answering.facts import NewAnswer
from review.answering.grid import grid_claim
from review.answering.undoing import answer_undo
from review.models import Answer, Entry, EntryState, Lease, LeaseState
from review.queue.answers_wanted import project_change
from review.queue.claims import entries_claim
from review.queue.filling.refill import Candidate, RefillPlan, refill_carry_out
from review.reasons import Reason
from tests.makers import make_items
from tests.review.makers import answer, claim, make_entries, make_round, stand

WANTED = {"answers_wanted": 2}


@pytest.fixture
def classes(project: Project) -> list[LabelClass]:
    return list(project.classes.order_by("position"))


@pytest.fixture
def dan(project: Project) -> User:
    user = User.objects.create_user("dan")
    Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    return user


def guessed(project: Project, items: list[Item], label_class: LabelClass, **fields: object) -> list[Entry]:
    return make_entries(project, items, suggested_class=label_class, suggested_confidence=0.6, **fields)


def want(project: Project, ada: User, n: int) -> None:
    project_change(project=project, settings={"answers_wanted": n}, by=ada)


def state_of(entry: Entry) -> tuple[str, int, int, bool]:
    entry.refresh_from_db()
    return entry.state, entry.n_wanted, entry.n_free, entry.is_blind


def test_open_entries_want_the_second_answer_too_and_ask_it_blind(
    ada_client: APIClient, project: Project, ada: User, ben: User, dan: User, classes: list[LabelClass]
) -> None:
    [entry] = guessed(project, make_items(project, 1), classes[0])

    response = ada_client.patch(f"/api/projects/{project.pk}", WANTED, format="json")

    assert response.status_code == 200
    assert response.data["answers_wanted"] == 2
    assert state_of(entry) == ("open", 2, 2, True)
    for person in (ben, dan):
        [shown] = claim(project, person)
        assert (shown["is_blind"], shown["suggestion"]) == (True, None)
        answer(project, person, shown["id"], classes[1])
    assert state_of(entry)[0] == EntryState.DONE
    assert Label.objects.get(item=entry.item).source.kind == SourceKind.CONSENSUS


def test_who_holds_an_entry_meanwhile_keeps_it_and_the_answer_says_what_was_shown(
    project: Project, ada: User, ben: User, dan: User, classes: list[LabelClass]
) -> None:
    [entry] = guessed(project, make_items(project, 1), classes[0])
    claim(project, ben)

    want(project, ada, 2)

    assert state_of(entry) == ("open", 2, 1, True)
    [still] = claim(project, ben)
    assert still["suggestion"]["class_id"] == classes[0].pk  # seen is seen
    [blind] = claim(project, dan)
    assert blind["suggestion"] is None
    answer(project, ben, entry.pk, classes[0])
    assert not Label.objects.exists()
    answer(project, dan, entry.pk, classes[0])
    seen = {one.person_id: one.seen["is_blind"] for one in Answer.objects.all()}
    assert seen == {ben.pk: False, dan.pk: True}
    assert Label.objects.filter(item=entry.item, retired_at=None).count() == 1


def test_fewer_answers_close_what_has_as_many_and_keep_the_rest_open(
    project: Project, ada: User, ben: User, dan: User, classes: list[LabelClass]
) -> None:
    project_change(project=project, settings={"answers_wanted": 3}, by=ada)
    agreed, split, single, none = guessed(project, make_items(project, 4), classes[0], is_blind=True)
    claim(project, ben, 4)
    claim(project, dan, 4)
    for person, said in ((ben, {agreed: 1, split: 1, single: 1}), (dan, {agreed: 1, split: 2})):
        for entry, place in said.items():
            answer(project, person, entry.pk, classes[place])

    want(project, ada, 2)

    assert state_of(agreed)[:3] == ("done", 3, 0)
    assert Label.objects.get(item=agreed.item).label_class == classes[1]
    assert Answer.objects.filter(entry=agreed, label__isnull=False).count() == 2
    assert state_of(split)[:3] == ("disputed", 3, 0)
    assert state_of(single) == ("open", 2, 0, True)  # dan holds it
    assert state_of(none) == ("open", 2, 0, True)

    want(project, ada, 1)

    label = Label.objects.get(item=single.item)
    assert (label.source.kind, label.source.user) == (SourceKind.PERSON, ben)
    assert state_of(none) == ("open", 1, 0, False)
    assert set(Lease.objects.filter(entry=none, state=LeaseState.HELD).values_list("person", flat=True)) == {
        ben.pk
    }  # who had it first


def test_what_measures_people_and_what_a_reviewer_decides_keep_their_number(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 5)
    reasons = [Reason.SECOND, Reason.GOLD, Reason.FLAGGED, Reason.AUDIT, Reason.RANDOM]
    entries = [
        make_entries(project, [item], reason=reason, is_blind=reason != Reason.FLAGGED)[0]
        for item, reason in zip(items, reasons, strict=True)
    ]
    [disputed] = make_entries(project, make_items(project, 1, prefix="x"), state=EntryState.DISPUTED)

    want(project, ada, 2)

    assert [state_of(entry)[1] for entry in entries] == [1, 1, 1, 2, 2]
    assert state_of(disputed)[:2] == ("disputed", 1)

    want(project, ada, 1)

    assert [state_of(entry)[3] for entry in entries] == [True, True, False, True, True]


def test_a_grid_ends_when_answers_are_to_be_blind_and_what_it_showed_waits_for_another_person(
    project: Project, ada: User, ben: User, dan: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 2)
    stand(make_round(project, [(item, classes[0], 0.7) for item in items]))
    shown = grid_claim(project=project, person_id=ben.pk, class_id=classes[0].pk, n=2)

    want(project, ada, 2)

    with pytest.raises(Conflict, match="blind"):
        grid_claim(project=project, person_id=ben.pk, class_id=classes[0].pk, n=2)
    answer(project, ben, shown[0]["id"], classes[0])
    entry = Entry.objects.get(pk=shown[0]["id"])
    assert (entry.state, entry.reason, entry.n_free) == ("open", Reason.UNCERTAIN, 1)
    assert Answer.objects.get().seen["in_grid"] is True
    assert not Label.objects.human().exists()
    assert shown[0]["id"] in {one["id"] for one in claim(project, dan, 2)}


def test_a_refill_worked_out_before_the_change_makes_entries_as_wanted_now(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    stale = Project.objects.get(pk=project.pk)
    [item] = make_items(project, 1)
    plan = RefillPlan(
        round_id=None, withdraws=False, n_asked=1, candidates=[candidate(item.pk, classes[0].pk)]
    )

    want(project, ada, 3)
    refill_carry_out(project=stale, plan=plan)

    assert state_of(Entry.objects.get()) == ("open", 3, 3, True)


def candidate(item_id: int, class_id: int) -> Candidate:
    return Candidate(item_id, Reason.UNCERTAIN, 0.5, class_id, 0.6)


def test_an_undone_answer_is_asked_of_as_many_as_are_wanted_now(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    [entry] = guessed(project, make_items(project, 1), classes[0])
    claim(project, ben)
    answer(project, ben, entry.pk, classes[0])
    want(project, ada, 2)

    shown = answer_undo(answer=Answer.objects.get(), person=ben)

    assert state_of(entry) == ("open", 2, 1, True)
    assert shown["suggestion"] is not None  # ben has seen it


def test_answers_wanted_do_not_change_while_an_attempt_relies_on_them(
    ada_client: APIClient, project: Project, classes: list[LabelClass]
) -> None:
    [entry] = guessed(project, make_items(project, 1), classes[0])
    Project.objects.filter(pk=project.pk).update(locked_because="an attempt to certify is open.")

    response = ada_client.patch(f"/api/projects/{project.pk}", WANTED, format="json")

    assert response.status_code == 409
    assert state_of(entry) == ("open", 1, 1, False)


N_PEOPLE = 8
N_ITEMS = 120


@pytest.mark.django_db(transaction=True)
def test_answers_wanted_change_beside_people_who_claim_and_answer(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    people = User.objects.bulk_create(User(username=f"person-{i}") for i in range(N_PEOPLE))
    Membership.objects.bulk_create(
        Membership(project=project, user=user, role=Role.ANNOTATOR) for user in people
    )
    guessed(project, make_items(project, N_ITEMS), classes[0])
    begun = threading.Barrier(N_PEOPLE + 1)

    def work(person: User) -> int:
        begun.wait()
        return work_until_empty(person)

    def work_until_empty(person: User) -> int:
        try:
            n_stored = 0
            while entries := entries_claim(
                project=project, person_id=person.pk, role=Role.ANNOTATOR, n=4
            )["entries"]:  # fmt: skip
                said = [
                    NewAnswer(key=uuid.uuid4(), entry_id=one["id"], kind="label", class_id=classes[0].pk)
                    for one in entries
                ]
                results = answers_submit(project=project, person=person, role=Role.ANNOTATOR, answers=said)
                # A holder whose place went with a lower number is told so; nothing else is refused.
                assert {one["outcome"] for one in results} <= {"stored", "refused"}
                assert {one["code"] for one in results} <= {"", "entry_closed", "already_labeled"}
                n_stored += sum(one["outcome"] == "stored" for one in results)
            return n_stored
        finally:
            connections.close_all()

    def change() -> None:
        try:
            mine = Project.objects.get(pk=project.pk)
            begun.wait()
            for n in (2, 3, 1, 2):
                project_change(project=mine, settings={"answers_wanted": n}, by=ada)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(N_PEOPLE + 1) as pool:
        changed = pool.submit(change)
        stored = [pool.submit(work, person) for person in people]
        changed.result(timeout=60)
        n_stored = sum(each.result(timeout=60) for each in stored)
        # Whoever found nothing while others held it all, or before more were wanted, comes back.
        n_stored += sum(pool.submit(work_until_empty, person).result(timeout=60) for person in people)

    assert Answer.objects.count() == n_stored  # every answer that was heard is there
    assert not Entry.objects.filter(state=EntryState.OPEN).exists()
    assert Label.objects.human().filter(retired_at=None).count() == N_ITEMS
    votes = Count("answers", filter=Q(answers__kind="label"))
    assert not Entry.objects.annotate(n=votes).filter(n__gt=F("n_wanted")).exists()
    twice = Answer.objects.values("entry", "person").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice.exists()


@pytest.mark.django_db(transaction=True)
def test_an_answer_under_way_is_counted_before_the_number_changes(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    """Two connections: the answer has its locks, and the change waits for it."""
    from django.db import transaction

    [entry] = guessed(project, make_items(project, 1), classes[0])
    claim(project, ben)
    done = threading.Event()

    def change() -> None:
        try:
            project_change(project=Project.objects.get(pk=project.pk), settings=WANTED, by=ada)
            done.set()
        finally:
            connections.close_all()

    thread = threading.Thread(target=change)
    with transaction.atomic():
        answer(project, ben, entry.pk, classes[0])
        thread.start()
        assert not done.wait(0.3)
    thread.join(timeout=30)

    assert done.is_set()
    assert state_of(entry)[:2] == ("done", 1)  # it had all its answers when the number changed
