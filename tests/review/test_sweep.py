"""The sweep does what should have happened and has not."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from labeling.models import Import, Project, Publication, Publishing
from review.models import Entry, EntryState, Refill
from review.publishing.publish import round_publish
from review.queue.filling.kept_full import queue_diversify, queue_refill
from review.sweep import publish_ready, sweep
from tests.makers import make_human_labels, make_items
from tests.review.makers import claim, make_entries, make_round
from training.models import RoundState


@pytest.fixture
def budget_of_ten(project: Project) -> Project:
    project.review_budget = 10
    project.save(update_fields=["review_budget"])
    return project


def publish_by_itself(project: Project) -> None:
    project.publishing = Publishing.BY_ITSELF
    project.save(update_fields=["publishing"])


def test_the_newest_candidate_of_a_project_that_publishes_by_itself_is_published_once(
    project: Project,
) -> None:
    publish_by_itself(project)
    (item,) = make_items(project, 1)
    make_round(project, [(item, project.classes.all()[0], 0.99)])
    newest = make_round(project, [(item, project.classes.order_by("-position", "-pk")[0], 0.99)])

    publish_ready()
    publish_ready()

    assert Publication.objects.get().source == newest.source
    newest.refresh_from_db()
    assert newest.state == RoundState.PUBLISHED


def test_a_project_with_items_and_no_model_gets_random_entries(budget_of_ten: Project) -> None:
    make_items(budget_of_ten, 30)

    sweep()
    sweep()

    entries = Entry.objects.filter(state=EntryState.OPEN)
    assert list(entries.values_list("reason", "is_blind")) == [("random", True)] * 5


def test_a_training_worker_adds_the_diverse_part(budget_of_ten: Project) -> None:
    make_items(budget_of_ten, 30)
    assert sweep() == [budget_of_ten.pk]

    queue_diversify(budget_of_ten.pk)
    queue_diversify(budget_of_ten.pk)

    entries = Entry.objects.filter(state=EntryState.OPEN)
    assert entries.filter(reason="random", is_blind=True).count() == 5
    assert entries.filter(reason="diverse", is_blind=False).count() == 5
    assert sweep() == []


def test_beyond_ten_diverse_entries_of_each_class_the_first_labels_are_random(project: Project) -> None:
    project.review_budget = 100
    project.save(update_fields=["review_budget"])
    n_diverse = 10 * project.classes.count()
    make_items(project, 400)

    counts = []
    for _ in range(3):
        queue_refill(project=project)
        queue_diversify(project.pk)
        open_now = Entry.objects.filter(state=EntryState.OPEN)
        counts.append(open_now.filter(reason="diverse").count())
        assert open_now.count() == 100
        open_now.update(state=EntryState.DONE, n_free=0)

    assert n_diverse == 30
    assert counts == [30, 0, 0]


def test_diverse_entries_that_a_refill_withdraws_are_chosen_anew(project: Project) -> None:
    project.review_budget = 100
    project.save(update_fields=["review_budget"])
    make_items(project, 400)

    for _ in range(2):
        queue_refill(project=project)
        queue_diversify(project.pk)

    reasons = Entry.objects.filter(state=EntryState.OPEN).values_list("reason", flat=True)
    assert sorted(reasons).count("diverse") == 30
    assert len(reasons) == 100


def test_items_that_make_no_vectors_are_drawn_at_random(budget_of_ten: Project) -> None:
    make_items(budget_of_ten, 30)
    budget_of_ten.items.update(text="")
    sweep()

    queue_diversify(budget_of_ten.pk)

    assert Entry.objects.filter(state=EntryState.OPEN, reason="random").count() == 10


def test_the_random_part_is_spread_over_the_whole_queue(budget_of_ten: Project) -> None:
    make_items(budget_of_ten, 30)
    sweep()
    queue_diversify(budget_of_ten.pk)

    reasons = list(Entry.objects.order_by("-priority", "pk").values_list("reason", flat=True))

    for start in range(0, 10, 2):
        assert set(reasons[start : start + 2]) == {"random", "diverse"}


def test_a_project_whose_pool_is_used_up_is_not_searched_again_and_again(budget_of_ten: Project) -> None:
    make_items(budget_of_ten, 2)

    for _ in range(3):
        sweep()
    n_refills = Refill.objects.count()
    make_items(budget_of_ten, 1, prefix="late")
    sweep()

    assert n_refills == 1
    assert Refill.objects.count() == 2
    assert Entry.objects.count() == 3


def test_a_project_whose_import_still_runs_waits(budget_of_ten: Project) -> None:
    make_items(budget_of_ten, 30)
    Import.objects.create(project=budget_of_ten, file_name="more.csv", state="running")

    sweep()

    assert Entry.objects.count() == 0


def test_entries_that_a_file_has_answered_are_withdrawn(project: Project, ada: User, ben: User) -> None:
    items = make_items(project, 3)
    held, labeled, untouched = make_entries(project, items)
    claim(project, ben)
    make_human_labels([(item, project.classes.all()[0]) for item in items[:2]], user=ada)
    Import.objects.create(
        project=project, file_name="labels.csv", state="done", finished_at=timezone.now(), n_labels_added=2
    )

    sweep()

    states = dict(Entry.objects.values_list("pk", "state"))
    assert states[labeled.pk] == EntryState.WITHDRAWN
    assert states[held.pk] == states[untouched.pk] == EntryState.OPEN


def test_a_refill_by_hand_follows_the_published_round(budget_of_ten: Project) -> None:
    cat = budget_of_ten.classes.all()[0]
    items = make_items(budget_of_ten, 20)
    round_publish(round_id=make_round(budget_of_ten, [(item, cat, 0.6) for item in items]).pk)
    Entry.objects.filter(state=EntryState.OPEN).update(state=EntryState.SKIPPED)

    refill = queue_refill(project=budget_of_ten)

    assert (refill.n_added, refill.n_asked) == (10, 10)
    assert Entry.objects.filter(state=EntryState.OPEN, suggested_class=cat).count() == 10
