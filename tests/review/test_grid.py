"""The grid: many of one class at once, never what is asked blind, and recorded as what it is."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.errors import Conflict
from labeling.models import Item, Label, LabelClass, Project, Split
from review.answering.answers import answers_submit
from review.answering.facts import NewAnswer
from review.answering.grid import grid_claim
from review.answering.undoing import answer_undo, answers_undo
from review.models import Answer, Attempt, AttemptState, Entry, EntryState, Lease, LeaseState
from review.people.history import item_history
from review.queue.claims import entries_release, leases_expire
from review.queue.filling.refill import refill_carry_out, refill_plan
from review.queue.selectors import queue_summary
from review.reasons import Reason
from tests.labeling.makers import publish, record
from tests.makers import make_items
from tests.review.makers import answer, claim, make_entries, make_round, role_of, stand
from training.models import Round


@pytest.fixture
def classes(project: Project) -> list[LabelClass]:
    return list(project.classes.all())


def guess(project: Project, items: Sequence[Item], label_class: LabelClass, *, low: float = 0.5) -> Round:
    """A published round that says the class of all items, and is the surer the later the item."""
    sure = [(item, label_class, low + (1 - low) * rank / len(items)) for rank, item in enumerate(items)]
    return stand(make_round(project, sure))


def show(project: Project, person: User, label_class: LabelClass, n: int = 12) -> list[dict[str, Any]]:
    return grid_claim(project=project, person_id=person.pk, class_id=label_class.pk, n=n)


def keys(entries: Sequence[dict[str, Any]]) -> list[str]:
    return [entry["item"]["key"] for entry in entries]


def confirm(project: Project, person: User, entries: Sequence[dict[str, Any]]) -> list[NewAnswer]:
    answers = [
        NewAnswer(key=uuid.uuid4(), entry_id=e["id"], kind="label", class_id=e["suggestion"]["class_id"])
        for e in entries
    ]
    results = answers_submit(project=project, person=person, role=role_of(project, person), answers=answers)
    assert {result["outcome"] for result in results} == {"stored"}
    return answers


def test_the_most_doubtful_of_the_class_come_first(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 6)
    sure = [(item, classes[rank % 2], 0.9 - rank / 10) for rank, item in enumerate(items)]
    stand(make_round(project, sure))

    shown = show(project, ada, classes[0], 2)

    assert keys(shown) == ["item-4", "item-2"]
    assert [e["suggestion"] for e in shown] == [
        {"class_id": classes[0].pk, "confidence": pytest.approx(sure), "others": []} for sure in (0.5, 0.7)
    ]


def test_confirmed_items_have_a_human_label_that_says_it_was_given_in_a_grid(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 4)
    publish(project, dict.fromkeys(items, classes[1]))

    confirm(project, ada, show(project, ada, classes[1]))

    standing = Label.objects.filter(item__in=items, retired_at__isnull=True)
    assert set(standing.values_list("is_human", "label_class")) == {(True, classes[1].pk)}
    assert Label.objects.filter(retired_reason="confirmed").count() == 4
    for seen in Answer.objects.values_list("seen", flat=True):
        assert seen["in_grid"] is True
        assert seen["is_blind"] is False
        assert seen["suggestion"]["class_id"] == classes[1].pk
    told = [e for e in item_history(item=items[0], person=ada, role="owner") if e["kind"] == "answer"]
    assert told[0]["seen"]["in_grid"] is True
    assert show(project, ada, classes[1]) == []


def test_an_answer_of_the_review_page_is_not_said_to_be_of_a_grid(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    (entry,) = make_entries(project, make_items(project, 1))
    claim(project, ada)

    answer(project, ada, entry.pk, classes[0])

    assert Answer.objects.get().seen["in_grid"] is False


def test_a_class_key_says_what_the_item_is_instead(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 2)
    guess(project, items, classes[0])
    wrong, right = show(project, ada, classes[0])

    answer(project, ada, wrong["id"], classes[2])
    answer(project, ada, right["id"], classes[0])

    said = dict(Label.objects.values_list("item__key", "label_class"))
    assert said == {"item-0": classes[2].pk, "item-1": classes[0].pk}


def test_an_item_marked_wrong_waits_in_the_queue_without_the_suggestion(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 1)
    guess(project, items, classes[0])
    (shown,) = show(project, ada, classes[0])

    result = answer(project, ada, shown["id"], kind="not_this")

    assert result["outcome"] == "stored"
    assert not Label.objects.exists()
    assert show(project, ada, classes[0]) == []  # it is not confirmed by the next page either
    (queued,) = claim(project, ben)
    assert queued["item"]["key"] == "item-0"
    assert (queued["reason"], queued["suggestion"]) == ("doubted", None)
    answer(project, ben, queued["id"], classes[1])
    assert Answer.objects.get(person=ben).seen == {
        "reason": "doubted",
        "is_blind": False,
        "suggestion": None,
        "in_grid": False,
    }


def test_who_marked_an_item_wrong_may_be_asked_what_it_is(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    guess(project, make_items(project, 1), classes[0])
    (shown,) = show(project, ada, classes[0])
    answer(project, ada, shown["id"], kind="not_this")

    (queued,) = claim(project, ada)

    assert answer(project, ada, queued["id"], classes[1])["outcome"] == "stored"


def test_a_refill_leaves_alone_what_was_marked_wrong(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 5)
    round = guess(project, items, classes[0])
    (shown,) = show(project, ada, classes[0], 1)
    answer(project, ada, shown["id"], kind="not_this")

    refill_carry_out(project=project, plan=refill_plan(project=project, round_id=round.pk))

    entry = Entry.objects.get(pk=shown["id"])
    assert (entry.state, entry.reason) == (EntryState.OPEN, Reason.DOUBTED)
    assert Entry.objects.filter(state=EntryState.OPEN).count() == 5


def test_only_an_item_of_a_grid_can_be_marked_as_not_of_its_class(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    (entry,) = make_entries(project, make_items(project, 1), suggested_class=classes[0])
    claim(project, ada)

    result = answer(project, ada, entry.pk, kind="not_this")

    assert (result["outcome"], result["code"]) == ("refused", "not_in_grid")
    assert not Answer.objects.exists()


def test_answers_sent_twice_are_stored_once(project: Project, ada: User, classes: list[LabelClass]) -> None:
    guess(project, make_items(project, 3), classes[0])
    *rest, doubted = show(project, ada, classes[0])
    sent = confirm(project, ada, rest)
    key = uuid.uuid4()
    answer(project, ada, doubted["id"], kind="not_this", key=key)

    again = answers_submit(project=project, person=ada, role="owner", answers=sent)
    once_more = answer(project, ada, doubted["id"], kind="not_this", key=key)

    assert [result["outcome"] for result in (*again, once_more)] == ["repeated"] * 3
    assert Answer.objects.count() == 3
    assert Label.objects.count() == 2


def test_blind_entries_and_what_others_hold_are_never_shown(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 9)
    guess(project, items, classes[0])
    suggested = {"suggested_class": classes[0], "suggested_confidence": 0.9}
    make_entries(project, items[0:1], reason="audit", is_blind=True)
    make_entries(project, items[1:2], reason="second", is_blind=True)
    make_entries(project, items[2:3], reason="random", is_blind=True, **suggested)
    make_entries(project, items[3:4], reason="uncertain", n_wanted=2, **suggested)
    make_entries(project, items[4:5], reason="flagged", **suggested)
    make_entries(project, items[5:6], reason="uncertain", n_free=0, **suggested)
    make_entries(project, items[6:7], state="disputed", n_free=0)
    Item.objects.filter(pk=items[7].pk).update(split=Split.HOLDOUT)

    assert keys(show(project, ada, classes[0])) == ["item-8"]
    assert show(project, ben, classes[0]) == []


def test_an_entry_of_the_queue_that_shows_its_suggestion_is_taken_over_and_given_back(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 2)
    guess(project, items, classes[0])
    (entry,) = make_entries(project, items[:1])

    shown = show(project, ada, classes[0])
    assert entry.pk in [e["id"] for e in shown]
    assert claim(project, ben, 5) == []
    entries_release(project=project, person_id=ada.pk, entry_ids=[e["id"] for e in shown])

    assert keys(claim(project, ben, 5)) == ["item-0"]  # the other one never waited in the queue
    assert Entry.objects.get(item=items[1]).state == EntryState.WITHDRAWN


def test_the_review_page_and_the_grid_do_not_show_each_others_items(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 4)
    guess(project, items, classes[0])
    make_entries(project, items[:2])

    in_grid = show(project, ada, classes[0], 3)
    on_page = claim(project, ada, 5)

    assert keys(in_grid) == ["item-0", "item-1", "item-2"]
    assert on_page == []
    assert keys(show(project, ada, classes[0], 3)) == keys(in_grid)


def test_a_lease_of_the_grid_that_ran_out_leaves_no_entry_in_the_queue_and_its_answer_still_counts(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    guess(project, make_items(project, 2), classes[0])
    first, second = show(project, ada, classes[0])
    Lease.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    leases_expire()

    assert claim(project, ben, 5) == []
    assert queue_summary(project=project, person=ben, role="owner")["n_open"] == 0
    confirm(project, ada, [first])
    assert answer(project, ada, second["id"], kind="not_this")["outcome"] == "stored"
    assert keys(claim(project, ben, 5)) == ["item-1"]


def test_choosing_another_class_gives_the_first_one_back(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 4)
    sure = [(item, classes[rank % 2], 0.6) for rank, item in enumerate(items)]
    stand(make_round(project, sure))
    show(project, ada, classes[0])

    assert keys(show(project, ada, classes[1])) == ["item-1", "item-3"]
    assert keys(show(project, ben, classes[0])) == ["item-0", "item-2"]


def test_machine_labels_of_a_file_can_be_confirmed_too(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 3)
    publish(project, dict.fromkeys(items, classes[0]), confidences={items[0]: 0.9, items[2]: 0.4})

    assert keys(show(project, ada, classes[0], 2)) == ["item-2", "item-0"]


def test_items_that_a_person_has_labeled_are_not_shown(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 2)
    guess(project, items, classes[0])
    record(project, items[0], classes[1], ada)

    assert keys(show(project, ada, classes[0])) == ["item-1"]


@pytest.mark.parametrize("state", [AttemptState.QUEUED, AttemptState.AUDITING, AttemptState.REVIEWING])
def test_the_grid_rests_while_an_attempt_to_certify_is_open(
    project: Project, ada: User, classes: list[LabelClass], state: str
) -> None:
    guess(project, make_items(project, 2), classes[0])
    Attempt.objects.create(project=project, promise="dataset", eps=0.1, confidence=0.9, state=state)

    with pytest.raises(Conflict, match="opens again when it has ended"):
        show(project, ada, classes[0])

    assert not Entry.objects.exists()


def test_the_grid_rests_where_several_people_answer_each_item(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    guess(project, make_items(project, 2), classes[0])
    Project.objects.filter(pk=project.pk).update(answers_wanted=3)
    project.refresh_from_db()

    with pytest.raises(Conflict, match="all of them blind"):
        show(project, ada, classes[0])


def test_a_whole_page_is_undone_and_held_again(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    items = make_items(project, 3)
    guess(project, items, classes[0])
    make_entries(project, items[:1])
    page = show(project, ada, classes[0])
    before = dict(Entry.objects.values_list("pk", "reason"))
    sent = confirm(project, ada, page[1:])
    doubted = uuid.uuid4()
    answer(project, ada, page[0]["id"], kind="not_this", key=doubted)

    keys_sent = [*(one.key for one in sent), doubted]
    results = answers_undo(project=project, person=ada, keys=keys_sent)
    again = answers_undo(project=project, person=ada, keys=[keys_sent[0], uuid.uuid4()])

    assert [result["outcome"] for result in results] == ["stored"] * 3
    assert [(result["outcome"], result["code"]) for result in again] == [
        ("repeated", ""),
        ("refused", "not_found"),
    ]
    assert not Label.objects.filter(retired_at__isnull=True).exists()
    assert dict(Entry.objects.values_list("pk", "reason")) == before
    assert keys(show(project, ada, classes[0])) == keys(page)
    assert claim(project, ben, 5) == []
    assert set(Lease.objects.values_list("state", "in_grid")) == {(LeaseState.HELD, True)}


def test_what_somebody_else_took_since_cannot_be_taken_back(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    guess(project, make_items(project, 1), classes[0])
    (shown,) = show(project, ada, classes[0])
    answer(project, ada, shown["id"], kind="not_this")
    claim(project, ben)

    with pytest.raises(Conflict, match="Somebody else has this entry now"):
        answer_undo(answer=Answer.objects.get(), person=ada)


def test_the_api_says_what_is_wrong_with_a_request(
    project: Project, ada_client: APIClient, cy_client: APIClient, classes: list[LabelClass]
) -> None:
    address = f"/api/projects/{project.pk}/grid/claim"

    assert cy_client.post(address, {"class_id": classes[0].pk}).status_code == 404
    assert ada_client.post(address, {}).data["fields"].keys() == {"class_id"}
    too_many = ada_client.post(address, {"class_id": classes[0].pk, "n": 401})
    assert (too_many.status_code, list(too_many.data["fields"])) == (400, ["n"])
    stranger = ada_client.post(address, {"class_id": 10**9})
    assert (stranger.status_code, list(stranger.data["fields"])) == (400, ["class_id"])
    no_model = ada_client.post(address, {"class_id": classes[0].pk})
    assert (no_model.status_code, no_model.data["code"]) == (409, "nothing_predicted")
    guess(project, make_items(project, 2), classes[0])
    assert len(ada_client.post(address, {"class_id": classes[0].pk}).data["entries"]) == 2
