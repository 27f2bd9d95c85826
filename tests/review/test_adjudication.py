"""Verdicts: where people disagree, and where a model says otherwise than people."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from rest_framework.test import APIClient

from labeling.database.hot import time_limit
from labeling.errors import Conflict, Unavailable
from labeling.models import Item, Label, LabelClass, Membership, Project, Role, Split
from review.adjudication.disagreements import disagreement_page
from review.adjudication.services import NewVerdict, verdict_give, verdict_undo
from review.certificates.attempts import attempt_abandon
from review.models import Audit, Entry, EntryState, Flag, SecondAnswer, Verdict
from review.queue.flagging import flag_add
from tests.conftest import client_of
from tests.makers import make_human_label, make_human_labels, make_items, make_project
from tests.review.certifying import make_world
from tests.review.makers import answer, answers_stand, claim, let_stand, make_entries, make_round, stand
from training.models import Inspection, MeasuredPrediction, Round


@pytest.fixture
def classes(project: Project) -> list[LabelClass]:
    return list(project.classes.all())


@pytest.fixture
def cat(classes: list[LabelClass]) -> LabelClass:
    return classes[0]


@pytest.fixture
def dog(classes: list[LabelClass]) -> LabelClass:
    return classes[1]


def contradict(
    project: Project, person: User, label_class: LabelClass, said: LabelClass, *sure: float
) -> list[Label]:
    """Items that a round said one thing of before a person said another; as sure as told."""
    items = make_items(project, len(sure), prefix=f"contradicted-{uuid.uuid4()}")
    stand(make_round(project, [(item, said, each) for item, each in zip(items, sure, strict=True)]))
    return make_human_labels([(item, label_class) for item in items], user=person)


def listed(project: Project, **options: Any) -> list[tuple[int, int, str]]:
    """(item, class that the model says, on what that rests)."""
    rows, _ = disagreement_page(project, after=None, limit=100, **options)
    return [(row.labeled.item.pk, row.class_id, row.basis) for row in rows]


def keep(project: Project, person: User, label: Label, said: LabelClass) -> Verdict:
    new = NewVerdict(key=uuid.uuid4(), label_id=label.pk, model_class_id=said.pk)
    return verdict_give(project=project, person=person, new=new)


def decide(project: Project, person: User, label: Label, said: LabelClass, is_class: LabelClass) -> Verdict:
    new = NewVerdict(key=uuid.uuid4(), label_id=label.pk, model_class_id=said.pk, class_id=is_class.pk)
    return verdict_give(project=project, person=person, new=new)


def standing(item_id: int) -> Label | None:
    return Label.objects.filter(item_id=item_id, is_human=True, retired_at=None).first()


def make_dispute(project: Project, ada: User, ben: User, *, key: str = "dispute") -> Entry:
    cat, dog, _ = project.classes.all()
    (entry,) = make_entries(project, make_items(project, 1, prefix=key), n_wanted=2)
    for person, label_class in ((ada, cat), (ben, dog)):
        claim(project, person)
        answer(project, person, entry.pk, label_class)
    entry.refresh_from_db()
    assert entry.state == EntryState.DISPUTED
    answers_stand(entry)
    return entry


# What is shown of the model


def test_what_the_model_is_surest_of_comes_first_and_pages_go_on(
    project: Project, ada: User, cat: LabelClass, dog: LabelClass, ada_client: APIClient
) -> None:
    labels = contradict(project, ada, cat, dog, 0.7, 0.99, 0.6, 0.2)

    at = f"/api/projects/{project.pk}/disagreements"
    first = ada_client.get(at, {"limit": 2}).json()
    second = ada_client.get(at, {"limit": 2, "cursor": first["next"]}).json()

    found = [row["item"]["id"] for row in first["results"] + second["results"]]
    assert found == [labels[place].item_id for place in (1, 0, 2)]  # 0.2 is no strong opinion
    assert second["next"] is None
    assert first["results"][0]["model"] == {"class_id": dog.pk, "confidence": 0.99, "basis": "before_label"}
    assert first["results"][0]["item"]["label"]["source"]["name"] == "ada"
    assert len(ada_client.get(at, {"confidence_min": 0.1}).json()["results"]) == 4


def test_a_label_that_the_round_learned_from_is_not_held_against_the_person(
    project: Project, ada: User, cat: LabelClass, dog: LabelClass
) -> None:
    (label,) = contradict(project, ada, cat, dog, 0.9)
    assert listed(project)

    Round.objects.update(last_human_label_id=label.pk)

    assert listed(project) == []


def test_the_holdout_is_judged_by_the_label_that_stands_now(
    project: Project, ada: User, cat: LabelClass, dog: LabelClass
) -> None:
    items = make_items(project, 3, split=Split.HOLDOUT)
    labels = make_human_labels([(item, cat) for item in items], user=ada)
    round = stand(make_round(project, []))
    Round.objects.filter(pk=round.pk).update(last_human_label_id=labels[-1].pk)
    for item, said in zip(items, (dog, dog, cat), strict=True):
        MeasuredPrediction.objects.create(
            round=round, item=item, is_test=False, truth=cat, label_class=said, confidence=0.8
        )
    assert listed(project) == [(items[1].pk, dog.pk, "held_out"), (items[0].pk, dog.pk, "held_out")]

    Label.objects.filter(item__in=items[1:]).update(retired_at=round.started_at, retired_reason="replaced")
    # the model is right after all, and wrong after all
    make_human_labels([(item, dog) for item in items[1:]], user=ada)

    assert listed(project) == [(items[2].pk, cat.pk, "held_out"), (items[0].pk, dog.pk, "held_out")]


def test_training_labels_are_judged_out_of_fold_while_they_stand(
    project: Project, ada: User, cat: LabelClass, dog: LabelClass
) -> None:
    items = make_items(project, 2)
    labels = make_human_labels([(item, cat) for item in items], user=ada)
    candidates = [
        {
            "item_id": item.pk,
            "class_id": cat.pk,
            "confidence": 0.1,
            "suggested_class_id": dog.pk,
            "suggested_confidence": 0.9,
        }
        for item in items
    ]
    Inspection.objects.create(
        project=project,
        number=1,
        learner="svm",
        state="done",
        last_human_label_id=labels[-1].pk,
        findings={"labels": {"candidates": candidates}},
    )
    assert [row[0] for row in listed(project)] == [items[1].pk, items[0].pk]
    assert {row[2] for row in listed(project)} == {"out_of_fold"}

    decide(project, ada, labels[1], dog, dog)

    assert [row[0] for row in listed(project)] == [items[0].pk]


def test_an_item_that_waits_in_the_queue_is_decided_there(
    project: Project, ada: User, cat: LabelClass, dog: LabelClass
) -> None:
    labels = contradict(project, ada, cat, dog, 0.9, 0.8)
    flag_add(item=labels[0].item, person=ada, note="odd")

    assert [row[0] for row in listed(project)] == [labels[1].item_id]


def test_nothing_of_the_model_is_shown_while_audits_are_asked(project: Project, ada: User, ben: User) -> None:
    world = make_world(project, owner=ada, person=ben, n_wrong=60)
    attempt = world.ask(n_audits=80, n_second=10)
    world.answer_queue(at_most=60)  # some of them contradict the model now
    assert Audit.objects.filter(entry__state="done").exists()

    client = client_of(ada)
    at = f"/api/projects/{project.pk}"
    assert client.get(f"{at}/disagreements", {"confidence_min": 0}).json()["results"] == []
    summary = client.get(f"{at}/adjudication").json()
    assert (summary["is_blind"], summary["n_model"]) == (True, 0)

    attempt_abandon(attempt=attempt, reason="")
    let_stand(project)
    assert listed(project, confidence_min=0) != []


def test_answered_audits_stay_hidden_while_people_continue_from_the_cut(
    project: Project, ada: User, ben: User
) -> None:
    world = make_world(project, owner=ada, person=ben, n_wrong=120)
    attempt = world.ask(n_audits=100)
    world.answer_queue()
    world.settle(attempt)
    assert attempt.state == "reviewing"
    audited = set(Audit.objects.values_list("item_id", flat=True))
    wrong = {item_id for item_id in audited if world.predicted[item_id] != world.truth[item_id]}
    assert wrong

    assert not {row[0] for row in listed(project, confidence_min=0)} & audited


def test_what_the_model_says_of_a_blind_dispute_is_kept_from_the_reviewer(
    project: Project, ada: User, ben: User, dog: LabelClass, ada_client: APIClient
) -> None:
    entry = make_dispute(project, ada, ben)
    suggested = {"suggested_class": dog, "suggested_confidence": 0.9}
    at = f"/api/projects/{project.pk}/disputes"
    Entry.objects.filter(pk=entry.pk).update(**suggested)
    assert ada_client.get(at).json()["results"][0]["suggestion"] == {
        "class_id": dog.pk,
        "confidence": 0.9,
        "others": [],
    }

    Entry.objects.filter(pk=entry.pk).update(is_blind=True, reason="audit")

    (dispute,) = ada_client.get(at).json()["results"]
    assert dispute["suggestion"] is None
    assert "audit" not in str({name: value for name, value in dispute.items() if name != "item"})


# Verdicts against a model


def test_a_label_that_was_kept_does_not_come_back_unless_the_model_says_something_else(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    cat, dog, owl = classes
    (label,) = contradict(project, ada, cat, dog, 0.9)

    verdict = keep(project, ada, label, dog)

    assert (verdict.kind, verdict.label_class, verdict.model_class) == ("keep", cat, dog)
    assert listed(project) == []
    assert standing(label.item_id) == label
    stand(make_round(project, [(label.item, dog, 0.99)]))
    assert listed(project) == []
    stand(make_round(project, [(label.item, owl, 0.8)]))
    assert listed(project) == [(label.item_id, owl.pk, "before_label")]


def test_a_kept_label_comes_back_when_it_has_changed(
    project: Project, ada: User, classes: list[LabelClass]
) -> None:
    cat, dog, owl = classes
    (label,) = contradict(project, ada, cat, dog, 0.9)
    keep(project, ada, label, dog)

    Label.objects.filter(pk=label.pk).update(retired_at=label.created_at, retired_reason="replaced")
    make_human_label(label.item, owl, user=ada)

    assert listed(project) == [(label.item_id, dog.pk, "before_label")]


def test_of_two_reviewers_the_first_decides_and_the_second_is_told(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    cat, dog, owl = classes
    first, second, third = contradict(project, ada, cat, dog, 0.9, 0.8, 0.7)
    keep(project, ben, first, dog)
    decide(project, ben, second, dog, dog)
    decide(project, ben, third, dog, owl)

    for label in (first, second, third):
        with pytest.raises(Conflict, match="Somebody else has decided"):
            keep(project, ada, label, dog)
    for label in (second, third):
        with pytest.raises(Conflict, match="Somebody else has decided"):
            decide(project, ada, label, dog, owl)

    assert Verdict.objects.count() == 3
    assert [standing(label.item_id).label_class for label in (first, second, third)] == [cat, dog, owl]


def test_a_verdict_sent_twice_is_given_once(
    project: Project, ada: User, ben: User, cat: LabelClass, dog: LabelClass
) -> None:
    (label,) = contradict(project, ada, cat, dog, 0.9)
    new = NewVerdict(key=uuid.uuid4(), label_id=label.pk, model_class_id=dog.pk, class_id=dog.pk)

    once = verdict_give(project=project, person=ada, new=new)
    again = verdict_give(project=project, person=ada, new=new)

    assert (once.pk, once.label_id) == (again.pk, again.label_id)
    assert Label.objects.filter(item=label.item).count() == 2
    with pytest.raises(Conflict, match="Another verdict has this key"):
        verdict_give(project=project, person=ben, new=new)


def test_undo_says_the_persons_label_again_and_shows_the_pair_again(
    project: Project, ada: User, cat: LabelClass, dog: LabelClass, ada_client: APIClient
) -> None:
    first, second = contradict(project, ada, cat, dog, 0.9, 0.8)
    changed, kept = decide(project, ada, first, dog, dog), keep(project, ada, second, dog)
    assert listed(project) == []

    for verdict in (kept, changed):
        reply = ada_client.post(f"/api/verdicts/{verdict.key}/undo").json()
        assert reply["disagreement"]["item"]["id"] == verdict.item_id
        assert reply["dispute"] is None

    assert standing(first.item_id).label_class == cat
    assert [row[0] for row in listed(project)] == [first.item_id, second.item_id]
    again = ada_client.post(f"/api/verdicts/{kept.key}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")
    mine = ada_client.get(f"/api/projects/{project.pk}/verdicts").json()
    assert [row["key"] for row in mine] == [str(kept.key), str(changed.key)]
    assert all(row["withdrawn_at"] for row in mine)


def test_undo_leaves_what_was_labeled_since(
    project: Project, ada: User, ben: User, classes: list[LabelClass]
) -> None:
    cat, dog, owl = classes
    (label,) = contradict(project, ada, cat, dog, 0.9)
    verdict = decide(project, ada, label, dog, dog)
    Label.objects.filter(verdicts=verdict).update(retired_at=label.created_at, retired_reason="replaced")
    make_human_label(label.item, owl, user=ben)

    with pytest.raises(Conflict, match="labeled this item since"):
        verdict_undo(verdict=verdict, person=ada)

    assert standing(label.item_id).label_class == owl
    assert Verdict.objects.get().withdrawn_at is None


def test_the_history_tells_what_was_kept_against_what(
    project: Project, ada: User, cat: LabelClass, dog: LabelClass, ada_client: APIClient
) -> None:
    (label,) = contradict(project, ada, cat, dog, 0.9)
    verdict_undo(verdict=keep(project, ada, label, dog), person=ada)

    events = ada_client.get(f"/api/items/{label.item_id}/history").json()["events"]

    told = [
        (one["kind"], one["by"], one["class_id"]) for one in events if one["kind"] in ("verdict", "undone")
    ]
    assert told == [("verdict", "ada", cat.pk), ("undone", "ada", cat.pk)]
    assert [one["model_class_id"] for one in events if one["kind"] == "verdict"] == [dog.pk]


# Verdicts on entries


def test_undo_opens_a_dispute_again_as_it_was(
    project: Project, ada: User, ben: User, dog: LabelClass, ada_client: APIClient
) -> None:
    entry = make_dispute(project, ada, ben)
    flag = Flag.objects.create(project=project, item=entry.item, person=ben, note="hard")
    settled_before = Flag.objects.create(
        project=project, item=entry.item, person=ben, resolved_at=flag.created_at
    )
    new = NewVerdict(key=uuid.uuid4(), entry_id=entry.pk, class_id=dog.pk)
    verdict_give(project=project, person=ada, new=new)
    flag.refresh_from_db()
    assert flag.resolved_at is not None

    reply = ada_client.post(f"/api/verdicts/{new.key}/undo").json()

    assert reply["dispute"]["id"] == entry.pk
    assert [one["note"] for one in reply["dispute"]["flags"]] == ["hard"]
    entry.refresh_from_db()
    flag.refresh_from_db()
    settled_before.refresh_from_db()
    assert (entry.state, entry.n_free, entry.closed_at) == (EntryState.DISPUTED, 0, None)
    assert flag.resolved_at is None
    assert settled_before.resolved_at == flag.created_at
    assert standing(entry.item_id) is None


def test_a_flag_is_settled_without_a_class_and_that_is_undone(
    project: Project, ada: User, ben: User, cat: LabelClass, ada_client: APIClient
) -> None:
    (item,) = make_items(project, 1)
    label = make_human_label(item, cat, user=ben)
    flag_add(item=item, person=ben, note="blurred")
    at = f"/api/projects/{project.pk}"
    (flagged,) = ada_client.get(f"{at}/disputes").json()["results"]
    assert (flagged["is_disputed"], flagged["flags"][0]["note"]) == (False, "blurred")
    assert flagged["item"]["label"]["id"] == label.pk
    key = str(uuid.uuid4())

    reply = ada_client.post(f"{at}/verdicts", {"key": key, "entry_id": flagged["id"]}, format="json")

    assert (reply.status_code, reply.json()["kind"], reply.json()["class_id"]) == (201, "keep", cat.pk)
    assert ada_client.get(f"{at}/disputes").json()["results"] == []
    assert Flag.objects.get().resolved_at is not None
    ada_client.post(f"/api/verdicts/{key}/undo")
    entry = Entry.objects.get()
    assert (entry.state, entry.reason, entry.n_free) == (EntryState.OPEN, "flagged", 1)
    assert Flag.objects.get().resolved_at is None
    assert standing(item.pk) == label


def test_a_dispute_is_not_settled_without_a_class(project: Project, ada: User, ben: User) -> None:
    entry = make_dispute(project, ada, ben)

    reply = client_of(ada).post(
        f"/api/projects/{project.pk}/verdicts",
        {"key": str(uuid.uuid4()), "entry_id": entry.pk},
        format="json",
    )

    assert (reply.status_code, list(reply.json()["fields"])) == (400, ["class_id"])
    entry.refresh_from_db()
    assert entry.state == EntryState.DISPUTED


def test_disputes_are_turned_page_by_page(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    disputes = [make_dispute(project, ada, ben, key=f"dispute-{place}").pk for place in range(3)]
    at = f"/api/projects/{project.pk}/disputes"
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 1}
    while True:
        page = ada_client.get(at, query)
        assert page.status_code == 200, page.content
        seen += [each["id"] for each in page.json()["results"]]
        if page.json()["next"] is None:
            break
        query["cursor"] = page.json()["next"]
    assert seen == disputes


def test_second_answers_of_an_audit_are_never_listed(project: Project, ada: User, ben: User) -> None:
    world = make_world(project, owner=ada, person=ben)
    world.ask(n_audits=40, n_second=10)
    drawn = SecondAnswer.objects.first()
    assert drawn is not None
    flag_add(item=drawn.item, person=ben, note="?")

    assert client_of(ada).get(f"/api/projects/{project.pk}/disputes").json()["results"] == []


# Who may, and what is refused


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.ANNOTATOR, Role.VIEWER])
def test_verdicts_are_for_reviewers(project: Project, ben: User, ben_client: APIClient, role: str) -> None:
    Membership.objects.filter(project=project, user=ben).update(role=role)

    for part in ("adjudication", "disagreements", "disputes", "verdicts"):
        assert ben_client.get(f"/api/projects/{project.pk}/{part}").status_code == 403
    assert ben_client.post(f"/api/projects/{project.pk}/verdicts", {}).status_code == 403


def test_another_reviewers_verdict_is_not_undone(
    project: Project, ada: User, ben: User, cat: LabelClass, dog: LabelClass, ben_client: APIClient
) -> None:
    Membership.objects.filter(project=project, user=ben).update(role=Role.REVIEWER)
    (label,) = contradict(project, ada, cat, dog, 0.9)
    verdict = keep(project, ada, label, dog)

    assert ben_client.post(f"/api/verdicts/{verdict.key}/undo").status_code == 403


def test_rows_of_another_project_are_not_found(project: Project, ada: User, ada_client: APIClient) -> None:
    cat, dog, _ = project.classes.all()
    (label,) = contradict(project, ada, cat, dog, 0.9)
    (entry,) = make_entries(project, make_items(project, 1), state="disputed", n_free=0)
    other = make_project(owner=ada)
    theirs = other.classes.all()[0]
    at = f"/api/projects/{other.pk}/verdicts"

    def given(**body: object) -> int:
        return ada_client.post(at, {"key": str(uuid.uuid4()), **body}, format="json").status_code

    assert given(label_id=label.pk, model_class_id=theirs.pk) == 404
    assert given(entry_id=entry.pk, class_id=theirs.pk) == 404
    here = f"/api/projects/{project.pk}/verdicts"
    foreign_class = {"key": str(uuid.uuid4()), "label_id": label.pk, "model_class_id": theirs.pk}
    assert ada_client.post(here, foreign_class, format="json").status_code == 400
    assert Verdict.objects.count() == 0


@pytest.mark.parametrize(
    "body", [{}, {"label_id": 1}, {"model_class_id": 1}, {"entry_id": 1, "label_id": 1, "model_class_id": 1}]
)
def test_a_verdict_names_an_entry_or_a_pair(
    project: Project, ada_client: APIClient, body: dict[str, int]
) -> None:
    at = f"/api/projects/{project.pk}/verdicts"
    reply = ada_client.post(at, {"key": str(uuid.uuid4()), **body}, format="json")

    assert (reply.status_code, list(reply.json()["fields"])) == (400, ["entry_id"])


def test_a_statement_past_its_time_is_stopped_with_a_remedy(project: Project) -> None:
    from django.db import connection

    with pytest.raises(Unavailable, match="Try again"), time_limit(0.05), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    with pytest.raises(OperationalError), time_limit(5):
        raise OperationalError("something else")
    assert Item.objects.count() == 0
