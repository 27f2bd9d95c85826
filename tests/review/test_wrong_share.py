"""How many machine labels are wrong, by blind answers to random items: right on average, and of nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.models import Item, LabelClass, Project, Publication
from review.models import Entry
from review.people.wrong_share import wrong_share
from review.publishing.publish import publication_discard, round_publish
from review.queue.filling.refill import refill_carry_out, refill_plan
from review.reasons import Reason
from tests.makers import make_human_labels, make_items, make_project
from tests.review.makers import answer, claim, make_entries, make_round

DOUBT = 0.1  # of each label that is accepted


def make_published(project: Project, items: list[Item], *, n_accepted: int) -> Publication:
    """A round that calls everything a cat, and is sure enough of the first so many."""
    cat = project.classes.all()[0]
    round = make_round(
        project,
        [(item, cat, 1 - DOUBT if place < n_accepted else 0.5) for place, item in enumerate(items)],
        threshold=0.8,
    )
    round.metrics = {"n_accepted": n_accepted, "expected_wrong": DOUBT * n_accepted}
    round.save()
    return round_publish(round_id=round.pk)


def answer_open(project: Project, person: User, truth: dict[int, LabelClass]) -> None:
    for entry in claim(project, person, n=1000):
        item_id = Entry.objects.get(pk=entry["id"]).item_id
        assert answer(project, person, entry["id"], truth[item_id])["outcome"] != "refused"


def test_on_average_it_is_the_share_that_is_wrong(ada: User) -> None:
    """Forty projects, each with its own draw: half of what is drawn is answered."""
    plain, assisted = [], []
    for seed in range(40):
        project = make_project(owner=ada, random_share=1.0, review_budget=40, acquisition="random")
        cat, dog, _ = project.classes.all()
        items = make_items(project, 120, prefix=f"of {seed}")
        truth = {item.pk: dog if place % 5 == 0 else cat for place, item in enumerate(items)}
        make_published(project, items, n_accepted=80)
        done = list(Entry.objects.filter(project=project).order_by("-priority").select_related("item")[:20])
        make_human_labels([(entry.item, truth[entry.item_id]) for entry in done], user=ada)
        Entry.objects.filter(pk__in=[entry.pk for entry in done]).update(state="done")
        found = wrong_share(project)
        assert found is not None
        assert found.assisted is not None
        plain.append(found.weighted.share)
        assisted.append(found.assisted.share)
    for shares in (plain, assisted):
        assert abs(np.mean(shares) - 0.2) < 4 * np.std(shares) / np.sqrt(40)


def test_a_second_refill_of_the_round_doubles_the_chance_and_not_the_share(ada: User) -> None:
    project = make_project(owner=ada, random_share=1.0, review_budget=30, acquisition="random")
    cat, dog, _ = project.classes.all()
    items = make_items(project, 300)
    truth = {item.pk: dog if place % 3 == 0 else cat for place, item in enumerate(items)}
    make_published(project, items, n_accepted=300)
    answer_open(project, ada, truth)
    round_id = Entry.objects.values_list("round_id", flat=True).first()
    refill_carry_out(project=project, plan=refill_plan(project=project, round_id=round_id))
    answer_open(project, ada, truth)

    found = wrong_share(project)

    wrong = Entry.objects.filter(state="done", item_id__in=[pk for pk, said in truth.items() if said == dog])
    assert found is not None
    assert found.n == 60
    assert found.weighted.share == pytest.approx(wrong.count() / 60, rel=0.06)


def test_only_blind_answers_to_random_items_among_the_labels_count(project: Project, ada: User) -> None:
    cat, dog, _ = project.classes.all()
    items = make_items(project, 20)
    publication = make_published(project, items, n_accepted=10)
    Entry.objects.all().delete()
    of_round = {"round": publication.source.round, "suggested_class": cat, "probability": 0.5}
    make_entries(project, items[:4], reason=Reason.RANDOM, is_blind=True, **of_round)
    make_entries(project, items[10:12], reason=Reason.RANDOM, is_blind=True, **of_round)  # were not accepted
    make_entries(project, items[4:6], reason=Reason.UNCERTAIN, **of_round)
    make_entries(project, items[6:7], reason=Reason.AUDIT, is_blind=True, **of_round)
    Entry.objects.update(created_at=timezone.now())  # as those of one refill are
    truth = {item.pk: dog for item in items}
    truth[items[0].pk] = cat
    answer_open(project, ada, truth)

    found = wrong_share(project)

    assert found is not None
    assert found.n == 4
    # Three wrong of four, each drawn with a chance of 1/2: six of ten.
    assert found.weighted.share == pytest.approx(0.6)
    assert found.assisted is not None
    assert found.assisted.share == pytest.approx((1 + (3 * 0.9 - 0.1) / 0.5) / 10)


def test_without_answers_nothing_is_known_and_without_a_round_nothing_is_said(
    project: Project, ada: User, ada_client: APIClient
) -> None:
    def said() -> dict[str, Any] | None:
        return ada_client.get(f"/api/projects/{project.pk}/people").data["machine_wrong"]

    assert said() is None
    make_published(project, make_items(project, 20), n_accepted=10)
    found = said()
    assert found is not None
    assert (found["n"], found["weighted"]["low"], found["weighted"]["high"]) == (0, 0.0, 1.0)
    assert found["weighted"]["is_approximate"] is True
    publication_discard(project=project, by=ada)
    assert said() is None
