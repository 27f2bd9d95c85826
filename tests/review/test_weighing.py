"""Disputes settled by weight: by whom the answers of several people are, and with what the model says."""

from __future__ import annotations

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.errors import Conflict
from labeling.models import Item, Label, LabelClass, Membership, Project, Role, Source, SourceKind
from review.adjudication.services import verdict_undo
from review.adjudication.weighing import MIN_ENTRIES, disputes_settle, weigh
from review.models import Attempt, Certificate, Entry, EntryState, Flag, Verdict
from review.queue.flagging import flag_add
from review.reasons import MEASURING, Reason
from tests.makers import make_items, make_project
from tests.review.makers import answer, answers_stand, claim, make_entries

N = 45


@pytest.fixture
def dora(project: Project) -> User:
    user = User.objects.create_user("dora")
    Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    return user


def make_asked(
    project: Project, people: dict[User, float], *, n: int = N, **fields: object
) -> dict[int, LabelClass]:
    """Items that two people answered, who are right as often as told; a model is right nine times in ten."""
    classes = list(project.classes.all())
    random = np.random.default_rng(0)
    items = make_items(project, n, prefix=f"asked-{Item.objects.count()}")
    truth = {item.pk: classes[random.choice(3, p=[0.5, 0.3, 0.2])] for item in items}

    def said(item: Item, skill: float) -> LabelClass:
        others = [one for one in classes if one != truth[item.pk]]
        return truth[item.pk] if random.random() < skill else others[random.integers(2)]

    names = list(people)
    for number, item in enumerate(items):
        suggested = {"suggested_class": said(item, 0.9), "suggested_confidence": 0.9}
        (entry,) = make_entries(project, [item], n_wanted=2, **{"is_blind": True, **suggested, **fields})
        for person in [one for place, one in enumerate(names) if len(names) == 2 or place != number % 3]:
            claim(project, person, n=5)
            given = answer(project, person, entry.pk, said(item, people[person]))
            assert given["outcome"] != "refused", given
    answers_stand(*Entry.objects.filter(project=project))
    return truth


def disputed() -> list[Entry]:
    return list(Entry.objects.filter(state=EntryState.DISPUTED))


def test_what_is_settled_is_a_label_by_consensus_mostly_right_and_can_be_undone(
    project: Project, ada: User, ben: User, dora: User
) -> None:
    truth = make_asked(project, {ada: 0.97, ben: 0.9, dora: 0.4})
    before = disputed()
    assert len(before) > 10

    weighing = weigh(project, ada)
    n = disputes_settle(project=project, person=ada, min_quality=0.5)

    assert [one.username for one in weighing.people] == ["ada", "ben", "dora"]
    assert n == weighing.rows[0].n_waiting > 0.7 * len(before)
    assert len(disputed()) == len(before) - n
    labels = Label.objects.filter(verdicts__person=ada).select_related("source")
    assert {label.source.kind for label in labels} == {SourceKind.CONSENSUS}
    assert np.mean([truth[label.item_id].pk == label.label_class_id for label in labels]) > 0.8
    verdict_undo(verdict=Verdict.objects.earliest("pk"), person=ada)
    assert len(disputed()) == len(before) - n + 1
    assert Label.objects.filter(verdicts__person=ada, retired_at__isnull=True).count() == n - 1


def test_surer_disputes_are_fewer_and_reviewers_verdicts_say_how_right_weighing_is(
    project: Project, ada: User, ben: User, dora: User, ada_client: APIClient
) -> None:
    truth = make_asked(project, {ada: 0.97, ben: 0.9, dora: 0.4})
    for entry in disputed()[:6]:
        given = {"class_id": truth[entry.item_id].pk}
        assert ada_client.post(f"/api/entries/{entry.pk}/verdict", given).status_code == 200

    rows = ada_client.get(f"/api/projects/{project.pk}/weighing").data["rows"]

    assert [row["min_quality"] for row in rows] == [0.5, 0.6, 0.7, 0.8, 0.9]
    waiting = [row["n_waiting"] for row in rows]
    assert waiting == sorted(waiting, reverse=True)
    assert waiting[0] > waiting[-1]
    assert 4 <= rows[0]["n_upheld"] <= rows[0]["n_decided"] <= 6
    disputes_settle(project=project, person=ada, min_quality=0.5)
    again = weigh(project, ada).rows[0]
    assert again.n_decided == rows[0]["n_decided"], "what weighing has settled is no evidence for it"


def test_nothing_that_measures_is_settled_by_weight(project: Project, ada: User, ben: User) -> None:
    make_asked(project, {ada: 0.9, ben: 0.5}, n=MIN_ENTRIES)
    drawn = make_asked(project, {ada: 0.9, ben: 0.1}, n=10, reason=Reason.RANDOM)

    assert disputes_settle(project=project, person=ada, min_quality=0.5) > 0

    left = disputed()
    assert {entry.item_id for entry in left} <= set(drawn) | {
        entry.item_id for entry in left if entry.reason == Reason.UNCERTAIN
    }
    assert sum(entry.reason == Reason.RANDOM for entry in left) > 3


def test_flagged_items_are_left_to_reviewers(project: Project, ada: User, ben: User) -> None:
    make_asked(project, {ada: 0.9, ben: 0.3}, n=MIN_ENTRIES)
    one, *others = disputed()
    flag_add(item=one.item, person=ada, note="hard to tell")
    n_waiting = weigh(project, ada).rows[0].n_waiting

    assert disputes_settle(project=project, person=ada, min_quality=0.5) == n_waiting <= len(others)

    assert one in disputed()
    assert Flag.objects.get().resolved_at is None


def test_one_class_is_nothing_to_disagree_on(ada: User, ben: User) -> None:
    project = make_project(owner=ada, annotators=[ben], classes=["cat"])
    (cat,) = project.classes.all()
    entries = make_entries(project, make_items(project, MIN_ENTRIES), n_wanted=2, is_blind=True)
    for person in (ada, ben):
        claim(project, person, n=MIN_ENTRIES)
        for entry in entries:
            answer(project, person, entry.pk, cat)
    answers_stand(*entries)

    assert "one class" in weigh(project, ada).why_not


def test_nothing_is_settled_while_a_certificate_is_valid_whatever_waits(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    make_asked(project, {ada: 0.9, ben: 0.5}, n=MIN_ENTRIES)
    address = f"/api/projects/{project.pk}/weighing"
    before = ada_client.get(address).data
    for reason in MEASURING:
        make_entries(project, make_items(project, 1, prefix=reason), reason=reason, is_blind=True)
        assert ada_client.get(address).data == before, "that it is refused would tell that audits have come"
    assert before["why_not"] == ""

    source = Source.objects.create(project=project, kind="model", name="run 1, round 1", is_human=False)
    attempt = Attempt.objects.create(project=project, number=1, eps=0.1, confidence=0.9, state="certified")
    Certificate.objects.create(
        project=project, number=1, attempt=attempt, source=source, issued_at=timezone.now(), document={}
    )
    n = len(disputed())

    refused = ada_client.post(f"/api/projects/{project.pk}/weighing", {"min_quality": 0.5})
    shown = ada_client.get(f"/api/projects/{project.pk}/weighing").data

    assert (refused.status_code, refused.data["code"]) == (409, "measuring")
    assert shown["rows"] == [], "how many are left over would tell how many audits are among them"
    assert "valid certificate" in shown["why_not"]
    assert len(disputed()) == n


def test_nothing_is_settled_during_an_attempt_or_by_annotators_or_on_little_evidence(
    project: Project, ada: User, ben: User, ben_client: APIClient, ada_client: APIClient
) -> None:
    make_asked(project, {ada: 0.9, ben: 0.5}, n=MIN_ENTRIES - 1)
    with pytest.raises(Conflict, match="At least 20 items"):
        disputes_settle(project=project, person=ada, min_quality=0.5)
    assert "there are 19" in weigh(project, ada).why_not
    make_asked(project, {ada: 0.9, ben: 0.5}, n=5)
    for status in (
        ben_client.get(f"/api/projects/{project.pk}/weighing").status_code,
        ben_client.post(f"/api/projects/{project.pk}/weighing", {"min_quality": 0.5}).status_code,
    ):
        assert status == 403
    for wrong in (0.4, 1.1, "much"):
        given = ada_client.post(f"/api/projects/{project.pk}/weighing", {"min_quality": wrong})
        assert given.status_code == 400
    Attempt.objects.create(
        project=project, number=1, promise="dataset", eps=0.1, confidence=0.9, state="auditing"
    )
    with pytest.raises(Conflict, match="attempt to certify"):
        disputes_settle(project=project, person=ada, min_quality=0.5)


def test_a_project_with_nothing_asked_says_what_it_takes(project: Project, ada: User) -> None:
    weighing = weigh(project, ada)
    assert (weighing.n_entries, weighing.people, weighing.rows) == (0, [], [])
    assert "several answers are needed" in weighing.why_not


def test_weighing_tells_a_reviewer_nothing_of_answers_that_their_own_can_still_follow(
    project: Project, ada: User, ben: User, dora: User
) -> None:
    make_asked(project, {ada: 0.97, ben: 0.9, dora: 0.4})
    before = weigh(project, ada)
    (entry,) = make_entries(project, make_items(project, 1, prefix="fresh"), n_wanted=2, is_blind=True)
    cat, dog, _ = project.classes.all()
    for person, said in ((dora, cat), (ada, dog)):
        claim(project, person, n=5)
        answer(project, person, entry.pk, said)

    assert weigh(project, ada) == before
    answers_stand(entry)
    assert weigh(project, ada) != before
