"""Attempts to certify: what they promise, and everybody who tries to get a certificate by other means."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.errors import Conflict
from labeling.models import Item, Label, LabelClass, Project, Split
from labeling.projects.services import (
    ClassDraft,
    class_remove,
    class_update,
    classes_add,
    project_update,
)
from review.adjudication.relabeling import Relabel, items_relabel, label_withdraw
from review.answering.undoing import answer_undo
from review.certificates.attempts import attempt_abandon, attempt_ask
from review.certificates.documents import certificate_write
from review.certificates.pipeline.freezing import attempt_freeze
from review.certificates.pipeline.settling import attempt_settle
from review.certificates.rows import _RETIRED, certificate_rows
from review.certification.draw import draw
from review.certification.labels import labels_of
from review.certification.statement.verify import verify
from review.models import Answer, Attempt, Audit, Certificate, Entry, Frozen
from review.publishing.publish import round_publish
from review.queue.filling.kept_full import queue_refill
from review.queue.flagging import flag_add
from review.sweep import attempts_to_settle, publish_ready
from tests.makers import make_human_label, make_items
from tests.review.certifying import World, make_world
from tests.review.makers import answer, claim, let_stand, make_round
from training.models import Round
from training.models.querysets import training_labels


@pytest.fixture
def world(project: Project, ada: User, ben: User) -> World:
    return make_world(project, owner=ada, person=ben)


def standing(project: Project) -> dict[int, tuple[int, bool]]:
    """item -> (class, is_human) of the current labels."""
    rows = Label.objects.filter(project=project).current()
    return {label.item_id: (label.label_class_id, label.is_human) for label in rows}


def findings(certificate: Certificate) -> list[str]:
    """What `verify` does not accept."""
    labels = labels_of(certificate_rows(certificate))
    return [problem for finding in verify(certificate.document, labels) for problem in finding.problems]


# The whole way


def test_people_who_answer_the_audits_get_a_certificate_that_verifies(world: World) -> None:
    certificate = world.certify(n_audits=60)

    assert findings(certificate) == []
    counts = certificate.document["counts"]
    assert (counts["items"], counts["human_before"], counts["candidates"]) == (300, 20, 280)
    assert counts["machine"] + counts["human"] == 300
    assert counts["wrong_in_cut"] == 0
    assert "90% confidence" in certificate.document["sentence"]
    labels = standing(world.project)
    assert len(labels) == 300
    assert sum(not is_human for _, is_human in labels.values()) == counts["machine"]


def test_what_the_cut_does_not_keep_goes_to_people_and_the_truth_keeps_the_promise(
    project: Project, ada: User, ben: User
) -> None:
    world = make_world(project, owner=ada, person=ben, n_wrong=120)

    attempt = world.ask(n_audits=100)
    world.answer_queue()
    world.settle(attempt)
    assert attempt.state == "reviewing"
    assert "people continue from the cut" in attempt.state_reason
    n_more = world.answer_queue()
    assert n_more > 0
    world.settle(attempt)

    assert attempt.state == "certified"
    labels = standing(project)
    n_wrong = sum(class_id != world.truth[item_id].pk for item_id, (class_id, _) in labels.items())
    assert len(labels) == 300
    assert n_wrong <= 30


def test_audits_come_in_stages_and_a_good_machine_needs_the_first_alone(world: World) -> None:
    attempt = world.ask()
    first, *later = attempt.stages
    assert later
    assert (attempt.stage, attempt.n_audits, attempt.audits.count()) == (1, first, attempt.stages[-1])
    assert attempt.audits.filter(entry__isnull=False).count() == first
    world.answer_queue()

    assert world.settle(attempt).cut == attempt.n_candidates
    assert attempt.stage == 1
    certificate = Certificate.objects.get(attempt=attempt)
    certificate_write(certificate.pk)
    certificate.refresh_from_db()
    assert findings(certificate) == []
    assert certificate.document["counts"]["audits"] == first
    assert certificate.document["attempt"]["stages"] == attempt.stages
    assert not Item.objects.filter(project=world.project, split=Split.AUDIT).exists()


def test_the_next_stage_is_asked_where_it_should_save_people_work(
    project: Project, ada: User, ben: User
) -> None:
    wrong = {place: (place + 1) % 3 for place in range(30, 900, 15)}  # the ranking knows nothing of it
    world = make_world(project, owner=ada, person=ben, n_items=900, wrong=wrong)
    attempt = world.ask(eps=0.1)
    first, second = attempt.stages[:2]
    world.answer_queue()
    assert world.settle(attempt).state == "auditing"
    assert (attempt.stage, attempt.n_audits, attempt.cut) == (2, second, None)
    assert world.settle(attempt).stage == 2  # the bell again: nothing is asked twice
    audited = set(attempt.audits.filter(position__lte=second).values_list("item_id", flat=True))
    assert attempt.audits.filter(entry__state="done").count() == first
    n_entries = Entry.objects.filter(item_id__in=audited, reason="audit").count()
    assert n_entries == second

    for _ in attempt.stages:
        world.answer_queue()
        world.settle(attempt)
    assert attempt.state == "certified"
    certificate = Certificate.objects.get(attempt=attempt)
    certificate_write(certificate.pk)
    certificate.refresh_from_db()
    assert findings(certificate) == []
    assert certificate.document["attempt"]["stage"] == attempt.stage >= 2
    labels = standing(project)
    assert len(labels) == 900
    n_wrong = sum(class_id != world.truth[item_id].pk for item_id, (class_id, _) in labels.items())
    assert n_wrong <= 90


def test_audits_of_later_stages_are_held_back_from_everybody(world: World) -> None:
    attempt = world.ask()
    later = attempt.audits.filter(position__gt=attempt.n_audits)
    decoys = attempt.decoys.filter(
        stage=1
    )  # the last stage reaches all: a few of its audits are among those of the first
    held = set(later.values_list("item_id", flat=True)) - set(decoys.values_list("item_id", flat=True))

    Project.objects.filter(pk=world.project.pk).update(review_budget=300)
    world.project.refresh_from_db()
    queue_refill(project=world.project)
    world.answer_queue()
    assert not held & {entry["item"]["id"] for entry in world.shown}
    assert set(Item.objects.filter(pk__in=held).values_list("split", flat=True)) == {Split.AUDIT}


def test_stages_neither_go_back_nor_beyond_the_last_nor_on_after_the_cut(world: World) -> None:
    attempt = world.ask()
    for stage in (0, 3, len(attempt.stages) + 1):
        with pytest.raises(IntegrityError, match="stages"), transaction.atomic():
            Attempt.objects.filter(pk=attempt.pk).update(stage=stage)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(stages=[10, 20])
    world.answer_queue()
    world.settle(attempt)
    with pytest.raises(IntegrityError, match="stages"), transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(stage=2)


def test_the_draw_can_be_made_again_from_the_salt(world: World) -> None:
    attempt = world.ask(n_audits=40)

    keys = list(
        Item.objects.filter(pk__in=attempt.frozen.filter(rank__gte=1).values("item_id")).values_list(
            "key", flat=True
        )
    )
    drawn = {keys[place] for place in draw(keys, salt=attempt.salt, n=40)}
    assert drawn == set(attempt.audits.values_list("item__key", flat=True))
    assert attempt.salt_hash
    assert attempt.salt_hash != attempt.salt


def test_an_attempt_with_a_skipped_audit_counts_it_as_wrong(world: World) -> None:
    attempt = world.ask(n_audits=30)
    audit = attempt.audits.first()
    while entries := claim(world.project, world.person, 50):
        for entry in entries:
            kind = "skip_all" if entry["item"]["id"] == audit.item_id else "label"
            said = None if kind == "skip_all" else world.truth[entry["item"]["id"]]
            answer(world.project, world.person, entry["id"], said, kind=kind)
    world.settle(attempt)

    audit.refresh_from_db()
    assert audit.answered_class_id is None
    ranks = attempt.audits.values_list("label_class_id", "answered_class_id")
    assert sum(a != b for a, b in ranks) == 1
    walked = attempt.result["walk"]
    assert walked["n_wrong"] == (1 if audit.rank <= walked["cut"] else 0)
    # Nobody has said what it is, so the machine's word for it does not stand either: people are asked again.
    assert attempt.state == "reviewing"
    world.answer_queue(person=world.owner)
    world.settle(attempt)
    assert attempt.state == "certified"
    certificate_write(attempt.certificate.pk)
    attempt.certificate.refresh_from_db()
    assert findings(attempt.certificate) == []
    assert standing(world.project)[audit.item_id] == (world.truth[audit.item_id].pk, True)


def test_nothing_is_worked_out_while_an_audit_waits(world: World) -> None:
    attempt = world.ask(n_audits=30)
    world.answer_queue(at_most=20)

    assert attempts_to_settle() == []
    assert world.settle(attempt).state == "auditing"
    assert attempt.cut is None


def test_several_people_answer_an_audit_by_consensus(project: Project, ada: User, ben: User) -> None:
    Project.objects.filter(pk=project.pk).update(answers_wanted=2)
    project.refresh_from_db()
    world = make_world(project, owner=ada, person=ben)
    attempt = world.ask(n_audits=20)
    world.answer_queue(person=ada)
    assert world.settle(attempt).state == "auditing"
    world.answer_queue(person=ben)

    assert world.settle(attempt).cut is not None
    assert attempt.audits.filter(answered_class__isnull=True).count() == 0


def test_a_promise_on_the_machines_part_leaves_the_rest_alone(project: Project, ada: User, ben: User) -> None:
    world = make_world(project, owner=ada, person=ben, n_wrong=100)

    certificate = world.certify(promise="machine", n_audits=140, eps=0.15)

    assert findings(certificate) == []
    counts = certificate.document["counts"]
    assert 0 < counts["cut"] < 280
    assert counts["unlabeled"] > 0


def test_a_promise_for_each_class_has_a_cut_for_each(world: World) -> None:
    certificate = world.certify(per_class=True, n_audits=150, eps=0.2)

    assert findings(certificate) == []
    assert set(certificate.document["per_class"]) == {"cat", "dog", "owl"}


def test_second_answers_measure_people_and_replace_nothing(world: World, cy: User) -> None:
    from labeling.models import Membership, Role

    Membership.objects.create(project=world.project, user=cy, role=Role.ANNOTATOR)
    before = {item_id: said for item_id, said in standing(world.project).items() if said[1]}
    attempt = world.ask(n_audits=60, n_second=10)
    doubtful = attempt.second_answers.first().item_id
    others = {
        item_id: world.classes[(world.classes.index(one) + 1) % 3] for item_id, one in world.truth.items()
    }
    world.answer_queue(person=cy, say=lambda item: others[item] if item == doubtful else world.truth[item])
    world.settle(attempt)
    if attempt.state == "reviewing":
        world.answer_queue()
        world.settle(attempt)

    now = standing(world.project)
    assert {item_id: now[item_id] for item_id in before} == before
    assert world.project.flags.filter(item_id=doubtful).exists()
    certificate_write(attempt.certificate.pk)
    attempt.certificate.refresh_from_db()
    error = attempt.certificate.document["people_error"]
    assert (error["n_second"], error["n_differ"]) == (10, 1)
    assert error["total_eps"] > attempt.eps
    assert findings(attempt.certificate) == []


# Blind


def test_nobody_can_tell_an_audit_by_what_is_handed_out(world: World) -> None:
    Project.objects.filter(pk=world.project.pk).update(review_budget=40)
    world.project.refresh_from_db()
    queue_refill(project=world.project)
    Item.objects.filter(pk__in=[item.pk for item in world.items[:20]]).update(split=Split.HOLDOUT)
    attempt = world.ask(n_audits=30, n_second=5)
    audited = set(attempt.audits.values_list("item_id", flat=True))
    world.answer_queue()

    looks = [
        {
            name: value
            for name, value in (entry | entry["item"]).items()
            if name not in ("id", "key", "text", "item", "lease_until")
        }
        for entry in world.shown
    ]
    assert len({repr(look) for look in looks}) == 1, {repr(look) for look in looks}
    assert len(audited & {entry["item"]["id"] for entry in world.shown}) == 30
    assert len(looks) > 30  # something is mixed in
    seen = Answer.objects.filter(item_id__in=audited).values_list("seen", flat=True)
    assert {repr(sorted(each.items())) for each in seen} == {
        "[('in_grid', False), ('is_blind', True), ('reason', 'blind'), ('suggestion', None)]"
    }


def test_the_split_of_an_audited_item_is_told_to_nobody(world: World, ada_client: APIClient) -> None:
    attempt = world.ask(n_audits=30)
    audited = attempt.audits.order_by("item").first().item

    assert Item.objects.get(pk=audited.pk).split == Split.AUDIT
    assert ada_client.get(f"/api/items/{audited.pk}").data["split"] == "pool"
    listed = ada_client.get(f"/api/projects/{world.project.pk}/items?split=pool&limit=200").data["results"]
    assert audited.pk in {row["id"] for row in listed}


def test_an_open_attempt_does_not_say_how_many_audits_failed(world: World, ada_client: APIClient) -> None:
    attempt = world.ask(n_audits=30)
    world.answer_queue(at_most=15)

    shown = ada_client.get(f"/api/attempts/{attempt.pk}").data
    assert shown["n_wrong"] is None
    assert (shown["n_asked"], shown["n_answered"], shown["n_audits_done"]) == (34, 15, 0)
    assert "salt" not in shown


def test_a_list_of_attempts_takes_as_many_queries_as_one(
    world: World, ada_client: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        attempt = world.ask(n_audits=10)
        attempt_abandon(attempt=attempt, reason="")

    with django_assert_max_num_queries(8):
        listed = ada_client.get(f"/api/projects/{world.project.pk}/attempts").data["results"]
    assert [each["n_audits"] for each in listed] == [10] * 4


# Those who try to cheat


def test_an_audited_item_is_trained_on_only_after_its_attempt_has_ended(world: World) -> None:
    attempt = world.ask(n_audits=30)
    world.answer_queue()
    audited = set(attempt.audits.values_list("item_id", flat=True))

    assert not audited & set(training_labels(world.project.pk).values_list("item_id", flat=True))
    with pytest.raises(IntegrityError, match="under audit"), transaction.atomic():
        Item.objects.filter(pk__in=audited).update(split=Split.POOL)
    world.settle(attempt)
    if attempt.state == "reviewing":
        world.answer_queue()
        world.settle(attempt)
    assert audited <= set(training_labels(world.project.pk).values_list("item_id", flat=True))


def test_nobody_draws_again(world: World) -> None:
    attempt = world.ask(n_audits=10)
    free = attempt.frozen.filter(rank__gte=1).exclude(item_id__in=attempt.audits.values("item_id")).first()

    with pytest.raises(IntegrityError, match="queued"), transaction.atomic():
        Audit.objects.create(
            attempt=attempt, item_id=free.item_id, rank=free.rank, label_class_id=free.label_class_id
        )
    with pytest.raises(Conflict, match="open"):
        attempt_ask(project=world.project, user=world.owner)
    before = list(attempt.audits.values_list("item_id", flat=True))
    attempt_freeze(attempt.pk)  # the bell again
    assert list(attempt.audits.values_list("item_id", flat=True)) == before


def test_an_unwelcome_audit_cannot_be_dropped(world: World) -> None:
    attempt = world.ask(n_audits=10)
    audit = attempt.audits.first()

    with pytest.raises(IntegrityError, match="kept"), transaction.atomic():
        Audit.objects.filter(pk=audit.pk).delete()
    with (
        pytest.raises(IntegrityError, match="under audit"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM labeling_item WHERE id = %s", [audit.item_id])
    # Flagged, relabeled past the queue, labeled by a refill's leave: it still waits for its blind answer.
    flag_add(item=audit.item, person=world.person, note="not this one")
    items_relabel(
        project=world.project,
        person=world.owner,
        changes=[Relabel(item_id=audit.item_id, class_id=audit.label_class_id)],
    )
    queue_refill(project=world.project)
    audit.refresh_from_db()
    assert (audit.entry.state, audit.entry.reason) == ("open", "audit")
    world.answer_queue()
    world.settle(attempt)
    audit.refresh_from_db()
    assert audit.answered_class_id == world.truth[audit.item_id].pk
    assert audit.answered_by == world.person.username


def test_what_an_audit_found_is_not_relabeled_before_the_attempt_has_ended(
    project: Project, ada: User, ben: User
) -> None:
    world = make_world(project, owner=ada, person=ben, n_wrong=280)
    attempt = world.ask(n_audits=10)
    world.answer_queue()
    audit = attempt.audits.first()
    said = Label.objects.get(item=audit.item_id, is_human=True, retired_at__isnull=True)
    agree = [Relabel(item_id=audit.item_id, class_id=audit.label_class_id)]

    with pytest.raises(
        Conflict, match="open attempt"
    ):  # the owner would agree with the machine, after the fact
        items_relabel(project=project, person=ada, changes=agree)
    with pytest.raises(Conflict, match="open attempt"):
        label_withdraw(label=said, person=ada, role="owner")
    world.settle(attempt)
    assert all(each.answered_class_id == world.truth[each.item_id].pk for each in attempt.audits.all())
    attempt_abandon(attempt=attempt, reason="")
    items_relabel(project=project, person=ada, changes=agree)


def test_an_audit_that_was_counted_is_not_undone(world: World) -> None:
    attempt = world.ask(n_audits=10)
    world.answer_queue()
    said = Answer.objects.filter(entry__audit__attempt=attempt).first()
    world.settle(attempt)

    assert said is not None
    with pytest.raises(Conflict):
        answer_undo(answer=said, person=world.person)


def test_goal_question_and_classes_stay_as_they_are_while_an_attempt_is_open(world: World) -> None:
    attempt = world.ask(n_audits=10)
    project, label_class = world.project, world.classes[0]

    for change in (
        lambda: classes_add(project=project, drafts=[ClassDraft("newt")]),
        lambda: class_update(label_class=LabelClass.objects.get(pk=label_class.pk), changes={"name": "lion"}),
        lambda: class_remove(label_class=LabelClass.objects.get(pk=label_class.pk)),
        lambda: project_update(project=Project.objects.get(pk=project.pk), settings={"question": "Other?"}),
    ):
        with pytest.raises(Conflict, match="attempt to certify is open"):
            change()
    for column, value in (
        ("eps", 0.3),
        ("confidence", 0.6),
        ("promise", "machine"),
        ("delta", 0.5),
        ("n_items", 1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Attempt.objects.filter(pk=attempt.pk).update(**{column: value})
    class_update(label_class=LabelClass.objects.get(pk=label_class.pk), changes={"colour": "#123456"})
    attempt_abandon(attempt=attempt, reason="")
    classes_add(project=project, drafts=[ClassDraft("newt")])


def test_ranking_result_and_document_cannot_be_rewritten(world: World) -> None:
    certificate = world.certify(n_audits=40)
    attempt = certificate.attempt

    for rows, change in (
        (Frozen.objects.filter(attempt=attempt), {"label_class": world.classes[0].pk}),
        (Attempt.objects.filter(pk=attempt.pk), {"cut": 1}),
        (Attempt.objects.filter(pk=attempt.pk), {"state": "abandoned"}),
        (Audit.objects.filter(attempt=attempt), {"answered_class": world.classes[0].pk}),
        (Certificate.objects.filter(pk=certificate.pk), {"document": {}}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Frozen.objects.filter(attempt=attempt)._raw_delete("default")


def test_items_added_after_the_freeze_are_not_covered(world: World) -> None:
    attempt = world.ask(n_audits=40)
    late = make_items(world.project, 5, prefix="late")
    world.answer_queue(say=lambda item: world.truth.get(item, world.classes[0]))
    world.settle(attempt)

    from review.certificates.documents import certificate_write

    certificate = Certificate.objects.get(attempt=attempt)
    certificate_write(certificate.pk)
    certificate.refresh_from_db()
    assert certificate.document["counts"]["items"] == 300
    assert not {item.key for item in late} & {key for key, *_ in certificate_rows(certificate)}
    assert not set(standing(world.project)) & {item.pk for item in late}


def test_answers_that_active_learning_chose_certify_nothing(world: World) -> None:
    Project.objects.filter(pk=world.project.pk).update(review_budget=100)
    world.project.refresh_from_db()
    queue_refill(project=world.project)
    world.answer_queue()  # a hundred answers about what the model is unsure of

    attempt = world.ask(n_audits=25)
    answered_before = set(Answer.objects.values_list("item_id", flat=True))
    assert not answered_before & set(attempt.audits.values_list("item_id", flat=True))
    assert world.settle(attempt).state == "auditing"


def test_each_attempt_has_a_smaller_share_of_delta_even_if_the_last_was_abandoned(world: World) -> None:
    first = world.ask(n_audits=10)
    attempt_abandon(attempt=first, reason="looked bad")
    second = world.ask(n_audits=10)

    assert (first.number, second.number) == (1, 2)
    assert second.delta < first.delta
    assert first.delta + second.delta <= 0.1
    drawn = [set(each.audits.values_list("item_id", flat=True)) for each in (first, second)]
    assert drawn[0] != drawn[1]
    assert Item.objects.filter(split=Split.AUDIT).count() == 10


def test_hidden_truth_plays_no_part_in_anything_that_is_frozen(
    project: Project, ada: User, ben: User, settings: object
) -> None:
    """The permutation test: shuffle the truth of items without a label, and nothing computed changes."""
    world = make_world(project, owner=ada, person=ben)
    frozen = []
    for shuffle in (False, True):
        if shuffle:
            hidden = [item.pk for item in world.items[20:]]
            classes = [world.truth[item_id] for item_id in hidden]
            random.Random(0).shuffle(classes)
            world.truth |= dict(zip(hidden, classes, strict=True))
        with transaction.atomic():
            attempt = world.ask()
            frozen.append(
                (
                    attempt.items_hash,
                    attempt.ranking_hash,
                    attempt.n_audits,
                    sorted(attempt.audits.values_list("item_id", "rank", "label_class_id")),
                    list(
                        Entry.objects.filter(state="open")
                        .order_by("-priority")
                        .values_list("item_id", flat=True)
                    ),
                )
            )
            transaction.set_rollback(True)
    assert frozen[0] == frozen[1]


def test_with_enough_answers_candidates_are_ranked_by_what_the_answers_say(
    project: Project, ada: User, ben: User
) -> None:
    """The model is sure of its owls, and they are wrong: answers say so, and owls go to the end."""
    owl = 2
    world = make_world(
        project,
        owner=ada,
        person=ben,
        n_items=600,
        wrong={place: owl for place in range(20, 600) if place % 3 == 0},
    )
    Round.objects.filter(pk=world.round.pk).update(finished_at=timezone.now())
    Project.objects.filter(pk=project.pk).update(review_budget=200, acquisition="random")
    project.refresh_from_db()
    queue_refill(project=project)
    world.answer_queue()
    world.empty_queue()
    attempt = world.ask(n_audits=50)

    assert attempt.ranked_by.startswith("learned")
    ranked = attempt.frozen.filter(rank__gte=1).order_by("rank").values_list("label_class_id", flat=True)
    n_owls = [
        sum(part == world.classes[owl].pk for part in third) for third in np.array_split(list(ranked), 3)
    ]
    assert n_owls[0] < n_owls[2] / 2
    confidences = [each.confidence or 0.0 for each in attempt.frozen.filter(rank__gte=1)]
    assert 0 <= min(confidences) < 0.8 < max(confidences) <= 1


# Around it


def test_certified_labels_stay_until_somebody_publishes_over_them_by_hand(world: World) -> None:
    Project.objects.filter(pk=world.project.pk).update(publishing="by_itself")
    certificate = world.certify(n_audits=60)
    later = make_round(world.project, [(world.items[-1], world.classes[0], 0.99)])
    publish_ready()
    certificate.refresh_from_db()
    later.refresh_from_db()
    assert certificate.revoked_at is None
    assert later.held_back == {"reason": "certificate", "certificate": certificate.number}

    round_publish(round_id=later.pk, by=world.owner)
    certificate.refresh_from_db()
    assert "published in place" in certificate.revoked_reason


def test_an_attempt_without_a_published_round_is_refused(project: Project, ada: User) -> None:
    with pytest.raises(Conflict, match="Train and publish"):
        attempt_ask(project=project, user=ada)


def test_an_abandoned_attempt_leaves_nothing_behind(world: World) -> None:
    attempt = world.ask(n_audits=20, n_second=3)
    attempt_abandon(attempt=attempt, reason="enough")

    open_now = Entry.objects.filter(project=world.project, state="open")
    assert not open_now.filter(reason__in=["audit", "second"]).exists()
    assert not Item.objects.filter(split=Split.AUDIT).exists()
    assert Project.objects.get(pk=world.project.pk).locked_because == ""
    attempt_settle(attempt.pk)
    attempt.refresh_from_db()
    assert attempt.state == "abandoned"
    with pytest.raises(Conflict, match="over"):
        attempt_abandon(attempt=attempt, reason="")


def test_labels_that_were_retired_since_are_counted_and_nothing_else(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    world = make_world(project, owner=ada, person=ben)
    certificate = world.certify(n_audits=60)
    let_stand(project)
    address = f"/api/certificates/{certificate.pk}"
    n_items = len(world.items)
    assert ada_client.get(address).data["retired"] == {"n_labels": n_items, "n_retired": 0, "n_confirmed": 0}
    # A test is one transaction: what comes after the certificate has a later moment.
    machine = list(Label.objects.filter(source=certificate.source, retired_at=None).order_by("pk")[:3])
    later = certificate.issued_at + dt.timedelta(seconds=1)
    for label, reason in zip(machine, ("corrected", "confirmed", "discarded"), strict=True):
        Label.objects.filter(pk=label.pk).update(retired_at=later, retired_reason=reason)
    human = Label.objects.filter(item=world.items[0], is_human=True, retired_at=None)
    human.update(retired_at=later, retired_reason="withdrawn")
    (added,) = make_items(project, 1, prefix="later")  # no part of the certificate
    new = make_human_label(added, world.classes[0], user=ada)
    Label.objects.filter(pk=new.pk).update(retired_at=later, retired_reason="withdrawn")

    told = {"n_labels": n_items, "n_retired": 4, "n_confirmed": 1}
    assert ada_client.get(address).data["retired"] == told
    listed = ada_client.get(f"/api/projects/{project.pk}/certificates").data["results"]
    assert [each["retired"] for each in listed] == [told]

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # what is planned for large tables
        cursor.execute("EXPLAIN " + _RETIRED, {
            "project": project.pk, "source": certificate.source_id, "attempt": certificate.attempt_id,
            "at": certificate.issued_at, "of_people": True, "hides": False,
        })  # fmt: skip
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "label_machine_retired" in plan
    assert "label_human_item" in plan or "label_human" in plan
    assert "Seq Scan on labeling_label" not in plan
