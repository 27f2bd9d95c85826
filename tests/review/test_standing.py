"""Standing has one meaning, the labels of the open publication: also after an earlier round was put back, or all discarded."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from labeling.errors import Conflict
from labeling.models import LabelClass, Project
from review.adjudication.disagreements import opinions_of
from review.answering.grid import grid_claim
from review.certificates.attempts import attempt_ask
from review.certificates.forecasts import forecast_make
from review.certificates.pipeline.freezing import attempt_freeze
from review.models import Attempt, Entry, Forecast
from review.people.history import item_history
from review.people.wrong_share import wrong_share
from review.publishing.publish import publication_discard, round_publish
from review.queue.filling.kept_full import queue_refill
from review.sweep import projects_to_forecast, sweep
from tests.labeling.makers import publish
from tests.makers import make_items
from tests.review.certifying import World, make_world
from tests.review.makers import make_round
from training.models import Round
from training.rounds.standing import standing_of, standing_round


@pytest.fixture
def world(project: Project, ada: User, ben: User) -> World:
    """Its round has been replaced by one that swaps the classes, and been put back."""
    world = make_world(project, owner=ada, person=ben)
    swapped = dict(zip(world.classes, [*world.classes[1:], world.classes[0]], strict=True))
    rows = [(item, swapped[world.predicted[item.pk]], 0.99) for item in world.items[20:]]
    rejected = make_round(project, rows, threshold=0.5)
    round_publish(round_id=rejected.pk)
    Round.objects.update(metrics={"n_accepted": 280})
    round_publish(round_id=world.round.pk, by=ada)
    Project.objects.filter(pk=project.pk).update(review_budget=50)
    project.refresh_from_db()
    return world


def put_back_suggestions(world: World) -> bool:
    """Whether all that the queue suggests is what the round that was put back says."""
    entries = Entry.objects.filter(state="open", suggested_class__isnull=False)
    assert entries.exists()
    return all(entry.suggested_class == world.predicted[entry.item_id] for entry in entries)


def test_a_refill_follows_the_round_that_was_put_back(world: World) -> None:
    assert queue_refill(project=world.project).round == world.round
    assert put_back_suggestions(world)


def test_an_attempt_freezes_the_round_that_was_put_back(world: World, ada: User) -> None:
    attempt = world.ask(n_audits=10)

    assert attempt.round == world.round
    frozen = dict(attempt.frozen.filter(rank__gte=1).values_list("item_id", "label_class_id"))
    assert frozen == {item_id: label_class.pk for item_id, label_class in world.predicted.items()}


def test_a_grid_shows_what_the_round_that_was_put_back_says(world: World, ben: User) -> None:
    cat = world.classes[0]

    shown = grid_claim(project=world.project, person_id=ben.pk, class_id=cat.pk, n=20)

    assert len(shown) == 20
    assert all(world.predicted[entry["item"]["id"]] == cat for entry in shown)


def test_forecast_estimates_disagreements_and_history_are_of_the_round_that_was_put_back(
    world: World, ada: User
) -> None:
    assert projects_to_forecast() == [world.project.pk]
    forecast_make(world.project.pk)
    assert Forecast.objects.get().round == world.round
    assert projects_to_forecast() == []

    assert opinions_of(world.project).round == world.round
    assert wrong_share(world.project) is not None
    events = item_history(item=world.items[30], person=ada, role="owner")
    standing_now = [event for event in events if event["kind"] == "published" and event["until"] is None]
    assert [event["source"]["id"] for event in standing_now] == [world.round.source_id]


def test_after_all_is_discarded_nothing_stands_for_anybody(world: World, ada: User, ben: User) -> None:
    project = world.project
    queue_refill(project=project)
    forecast_make(project.pk)

    publication_discard(project=project, by=ada)

    assert (standing_of(project), standing_round(project), opinions_of(project).round) == (None, None, None)
    waiting = Entry.objects.filter(state="open")
    assert waiting.exists()
    assert not waiting.filter(suggested_class__isnull=False).exists()
    assert queue_refill(project=project).round is None
    with pytest.raises(Conflict, match="nothing to certify"):
        attempt_ask(project=project, user=ada)
    with pytest.raises(Conflict, match="No machine labels stand"):
        grid_claim(project=project, person_id=ben.pk, class_id=world.classes[0].pk, n=5)
    assert wrong_share(project) is None
    assert projects_to_forecast() == [project.pk]
    forecast_make(project.pk)
    assert Forecast.objects.order_by("-pk").first().round is None
    assert projects_to_forecast() == []


def test_an_attempt_whose_round_is_discarded_before_it_is_frozen_is_refused(world: World, ada: User) -> None:
    attempt = attempt_ask(project=world.project, user=ada)
    publication_discard(project=world.project, by=ada)

    attempt_freeze(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.number) == ("refused", None)
    assert "No round's labels stand" in attempt.state_reason


def test_under_a_certificate_the_round_that_it_was_taken_from_stands(world: World, ben: User) -> None:
    world.empty_queue()
    certificate = world.certify(n_audits=60)

    standing = standing_of(world.project)

    assert standing.publication.source == certificate.source
    assert (standing.round, standing.is_whole_round) == (world.round, False)
    assert queue_refill(project=world.project).round == world.round
    Entry.objects.filter(state="open").update(state="withdrawn", n_free=0)
    cat = world.classes[0]
    shown = grid_claim(project=world.project, person_id=ben.pk, class_id=cat.pk, n=500)
    assert shown
    assert {world.predicted[entry["item"]["id"]] for entry in shown} == {cat}
    assert wrong_share(world.project) is None
    second = world.ask(n_audits=10)
    assert second.round == world.round
    assert Attempt.objects.count() == 2


def test_a_files_labels_are_no_rounds(project: Project, ada: User) -> None:
    cat: LabelClass = project.classes.all()[0]
    items = make_items(project, 20)
    round_publish(round_id=make_round(project, [(item, cat, 0.99) for item in items]).pk)

    publish(project, dict.fromkeys(items, cat))

    assert standing_of(project).round is None
    assert queue_refill(project=project).round is None
    assert opinions_of(project).round is None
    with pytest.raises(Conflict, match="No round's labels stand"):
        attempt_ask(project=project, user=ada)


def test_a_project_whose_labels_were_discarded_is_filled_by_the_sweep_like_a_new_one(
    project: Project, ada: User
) -> None:
    project.review_budget = 10
    project.save(update_fields=["review_budget"])
    cat = project.classes.all()[0]
    items = make_items(project, 40)
    round_publish(round_id=make_round(project, [(item, cat, 0.99) for item in items]).pk)
    publication_discard(project=project, by=ada)
    Entry.objects.filter(state="open").update(state="skipped")
    project.refills.all().delete()

    assert sweep() == [project.pk]
    assert Entry.objects.filter(state="open", reason="random").exists()
