"""After release: audits go on, a breach retires, revokes, asks people, trains and certifies again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User

from labeling.errors import Conflict
from labeling.models import Item, Label, Membership, Project, Publication, Role
from review.adjudication.relabeling import entry_decide
from review.certificates.monitor_pipeline import attempt_follow_breach, monitor_settle, monitor_trickle
from review.certificates.monitoring import monitor_ask, n_audits_due
from review.models import Attempt, Certificate, Entry, MonitorAudit
from review.publishing.candidates import paired
from review.publishing.publish import round_publish
from review.publishing.revoking import certificate_revoke
from review.sweep import certificates_to_look_at
from tests.makers import make_human_label
from tests.review.certifying import World, make_world
from tests.review.makers import let_stand, make_round
from training.models import Round, Run, Trigger
from training.rounds.standing import standing_of


@pytest.fixture
def world(project: Project, ada: User, ben: User) -> World:
    return make_world(project, owner=ada, person=ben, n_items=600)


@pytest.fixture
def certificate(world: World) -> Certificate:
    return world.certify(n_audits=60, eps=0.05)


def settle(certificate: Certificate) -> Certificate:
    let_stand(certificate.project)
    monitor_settle(certificate.pk)
    certificate.refresh_from_db()
    return certificate


def test_audits_of_labels_that_are_right_raise_no_alarm(world: World, certificate: Certificate) -> None:
    asked = monitor_ask(certificate=certificate, n=300)
    assert asked == 300
    world.answer_queue()
    settle(certificate)

    assert certificate.revoked_at is None
    assert (certificate.monitor["n_answered"], certificate.monitor["n_wrong"]) == (300, 0)
    assert {watch["class_id"] for watch in certificate.monitor["watches"]} == {
        None,
        *(each.pk for each in world.classes),
    }


def test_monitoring_audits_are_blind_and_never_asked_twice(world: World, certificate: Certificate) -> None:
    monitor_ask(certificate=certificate, n=50)
    monitor_ask(certificate=certificate, n=50)
    rows = list(certificate.monitor_audits.order_by("position").values_list("position", "item_id"))

    assert [position for position, _ in rows] == list(range(1, 101))
    assert len({item_id for _, item_id in rows}) == 100
    world.shown.clear()
    world.answer_queue()
    assert {(entry["reason"], entry["suggestion"], entry["is_blind"]) for entry in world.shown} == {
        ("blind", None, True)
    }


def test_only_answers_without_a_gap_before_them_are_counted(world: World, certificate: Certificate) -> None:
    monitor_ask(certificate=certificate, n=30)
    world.answer_queue(at_most=15)
    settle(certificate)

    answered = MonitorAudit.objects.filter(certificate=certificate, answered_at__isnull=True)
    first_gap = answered.order_by("position").values_list("position", flat=True).first()
    assert certificate.monitor["n_answered"] == first_gap - 1


def test_a_breach_retires_the_class_revokes_and_starts_over(world: World, certificate: Certificate) -> None:
    changed = world.classes[1]
    now_true = world.classes[2]
    for item_id, label_class in world.truth.items():  # the world moves on: a class is another one now
        if label_class == changed:
            world.truth[item_id] = now_true
    before = Label.objects.filter(source=certificate.source_id, retired_at__isnull=True)
    n_before = before.filter(label_class=changed).count()
    others = before.exclude(label_class=changed).count()
    monitor_ask(certificate=certificate, n=60)
    world.answer_queue()
    settle(certificate)

    assert certificate.is_breach
    assert "audits" in certificate.revoked_reason
    n_left = before.filter(label_class=changed).count()
    assert n_left == 0 < n_before
    assert before.exclude(label_class=changed).count() <= others
    assert Label.objects.filter(source=certificate.source_id, retired_reason="breach").exists()
    # A run answers it, once; again if it failed, but not for ever.
    runs = Run.objects.filter(project=world.project, trigger=Trigger.BREACH)
    attempt_follow_breach(certificate.pk)
    attempt_follow_breach(certificate.pk)
    assert runs.count() == 1
    for _ in range(5):
        runs.update(state="failed")
        attempt_follow_breach(certificate.pk)
    assert runs.count() == 3
    assert Attempt.objects.filter(project=world.project).count() == 1
    assert certificate.pk in certificates_to_look_at()


def test_the_next_attempt_follows_the_published_run_and_pays_a_smaller_share(
    world: World, certificate: Certificate
) -> None:
    certificate_revoke(certificate=certificate, reason="drift", is_breach=True)
    attempt_follow_breach(certificate.pk)
    run = Run.objects.get(trigger=Trigger.BREACH)
    Run.objects.filter(pk=run.pk).update(state="done")
    labeled = set(
        Label.objects.filter(is_human=True, retired_at__isnull=True).values_list("item_id", flat=True)
    )
    rows = [(item, world.truth[item.pk], 0.9) for item in world.items if item.pk not in labeled]
    round = make_round(world.project, rows, threshold=0.5)
    type(round).objects.filter(pk=round.pk).update(run=run, number=1)
    round_publish(round_id=round.pk)
    attempt_follow_breach(certificate.pk)
    attempt_follow_breach(certificate.pk)

    following = Attempt.objects.filter(project=world.project).order_by("pk").last()
    assert Attempt.objects.filter(project=world.project).count() == 2
    assert (following.eps, following.promise) == (certificate.attempt.eps, certificate.attempt.promise)


def test_the_trickle_keeps_pace_and_asks_no_more(
    world: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert n_audits_due(certificate) == 0
    three_weeks_later = certificate.issued_at + dt.timedelta(weeks=3, hours=1)
    monkeypatch.setattr("review.certificates.monitoring.timezone.now", lambda: three_weeks_later)
    monitor_trickle(certificate.pk)
    monitor_trickle(certificate.pk)

    assert certificate.monitor_audits.count() == 3 * world.project.monitor_per_week


def test_a_revoked_certificate_is_not_watched(world: World, certificate: Certificate) -> None:
    monitor_ask(certificate=certificate, n=10)
    certificate_revoke(certificate=certificate, reason="by hand")

    assert not Entry.objects.filter(monitor_audit__certificate=certificate, state="open").exists()
    with pytest.raises(Conflict, match="revoked"):
        monitor_ask(certificate=certificate, n=1)
    with pytest.raises(Conflict, match="revoked before"):
        certificate_revoke(certificate=certificate, reason="again")
    assert Publication.objects.filter(source=certificate.source_id, ended_at__isnull=True).exists()


def test_people_correcting_certified_labels_past_the_queue_is_no_alarm(
    world: World, certificate: Certificate
) -> None:
    """What somebody goes and looks for is no draw: only monitoring audits count."""
    from review.adjudication.relabeling import Relabel, items_relabel

    machine = Label.objects.filter(source=certificate.source_id, retired_at__isnull=True)[:50]
    changes = [
        Relabel(item_id=label.item_id, class_id=world.classes[0].pk)
        for label in machine
        if label.label_class_id != world.classes[0].pk
    ]
    items_relabel(project=world.project, person=world.owner, changes=changes)
    settle(certificate)

    assert certificate.revoked_at is None


# Several people for each item


@pytest.fixture
def of_two(project: Project, ada: User, ben: User) -> World:
    """A world in which each item wants the answers of two people."""
    Project.objects.filter(pk=project.pk).update(answers_wanted=2)
    project.refresh_from_db()
    return make_world(project, owner=ada, person=ben, n_items=600)


def certify_by_two(world: World) -> Certificate:
    attempt = world.ask(n_audits=60, eps=0.05)
    for person in (world.owner, world.person):
        world.answer_queue(person=person)
    world.settle(attempt)
    if attempt.state == "reviewing":
        for person in (world.owner, world.person):
            world.answer_queue(person=person)
        world.settle(attempt)
    return Certificate.objects.get(attempt=attempt)


def dispute_all(world: World, certificate: Certificate, *, n: int) -> list[MonitorAudit]:
    """Of all audits asked one person says what is true and the other something else."""
    monitor_ask(certificate=certificate, n=n)
    world.answer_queue(person=world.owner)
    others = dict(zip(world.classes, [*world.classes[1:], world.classes[0]], strict=True))
    world.answer_queue(person=world.person, say=lambda item_id: others[world.truth[item_id]])
    audits = list(certificate.monitor_audits.select_related("entry", "item").order_by("position"))
    assert {audit.entry.state for audit in audits} == {"disputed"}
    return audits


def test_a_dispute_decided_for_the_machine_is_no_error_of_the_machine(of_two: World) -> None:
    certificate = certify_by_two(of_two)
    for audit in dispute_all(of_two, certificate, n=60):
        assert audit.entry is not None
        entry_decide(entry=audit.entry, person=of_two.owner, class_id=audit.label_class_id)

    settle(certificate)

    assert (certificate.monitor["n_answered"], certificate.monitor["n_wrong"]) == (60, 0)
    assert certificate.revoked_at is None


def test_a_dispute_decided_against_the_machine_is_one(of_two: World) -> None:
    certificate = certify_by_two(of_two)
    others = dict(zip(of_two.classes, [*of_two.classes[1:], of_two.classes[0]], strict=True))
    for audit in dispute_all(of_two, certificate, n=60):
        assert audit.entry is not None
        entry_decide(entry=audit.entry, person=of_two.owner, class_id=others[audit.label_class].pk)

    settle(certificate)

    assert certificate.monitor["n_wrong"] == 60
    assert certificate.is_breach


def test_an_undecided_dispute_is_waited_for(of_two: World) -> None:
    certificate = certify_by_two(of_two)
    dispute_all(of_two, certificate, n=20)

    settle(certificate)

    assert (certificate.monitor["n_answered"], certificate.revoked_at) == (0, None)


def test_the_majority_is_what_people_said_whoever_answered_first(
    project: Project, ada: User, ben: User, cy: User
) -> None:
    Membership.objects.create(project=project, user=cy, role=Role.ANNOTATOR)
    Project.objects.filter(pk=project.pk).update(answers_wanted=3)
    project.refresh_from_db()
    world = make_world(project, owner=ada, person=ben)
    others = dict(zip(world.classes, [*world.classes[1:], world.classes[0]], strict=True))
    attempt = world.ask(n_audits=20)

    world.answer_queue(person=cy, say=lambda item_id: others[world.truth[item_id]])  # the first, and outvoted
    world.answer_queue(person=ada)
    world.answer_queue(person=ben)
    world.settle(attempt)

    said = attempt.audits.filter(position__lte=attempt.n_audits)
    assert {audit.answered_class for audit in said} <= set(world.classes)
    assert all(audit.answered_class == world.truth[audit.item_id] for audit in said)


def test_the_attempt_after_a_breach_waits_until_somebody_publishes_the_run_that_answers_it(
    world: World, certificate: Certificate
) -> None:
    certificate_revoke(certificate=certificate, reason="drift", is_breach=True)
    attempt_follow_breach(certificate.pk)
    run = Run.objects.get(trigger=Trigger.BREACH)
    Run.objects.filter(pk=run.pk).update(state="done")
    round = make_round(
        world.project, [(item, world.truth[item.pk], 0.9) for item in world.items], threshold=0.5
    )
    Round.objects.filter(pk=round.pk).update(run=run, number=1)

    attempt_follow_breach(certificate.pk)
    assert Attempt.objects.count() == 1
    round_publish(round_id=round.pk, by=world.owner)
    attempt_follow_breach(certificate.pk)
    assert Attempt.objects.count() == 2


@pytest.mark.parametrize("n_classes", [1, 3])
def test_what_a_breach_took_back_counts_for_nothing_in_the_next_comparison(
    world: World, certificate: Certificate, n_classes: int
) -> None:
    """By the holdout of old the certified model looks better than the one that answers the breach."""
    held = world.items[20:50]
    Item.objects.filter(pk__in=[item.pk for item in held]).update(split="holdout")
    for item in held:
        if not Label.objects.filter(item=item, is_human=True, retired_at__isnull=True).exists():
            make_human_label(item, world.truth[item.pk], user=world.owner)
    certificate_revoke(certificate=certificate, reason="drift", is_breach=True)
    taken_back = [each.pk for each in world.classes[:n_classes]]
    Label.objects.filter(
        source=certificate.source_id, label_class__in=taken_back, retired_at__isnull=True
    ).update(retired_at=certificate.revoked_at, retired_reason="breach")
    others = dict(zip(world.classes, [*world.classes[1:], world.classes[0]], strict=True))
    round = make_round(world.project, [(item, others[world.truth[item.pk]], 0.9) for item in held])

    standing = standing_of(world.project)
    assert standing is not None
    both = paired(round, standing)

    assert (both.n, both.n_candidate) == (30, 0)
    assert both.n_standing == (20 if n_classes == 1 else 0)
    assert both.is_worse == (n_classes == 1)
