"""Explanations of a queue: by the model that filled it, for nothing that is asked blind."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Label, LabelClass, Project
from review.help.pipeline import queue_explain
from review.models import Entry, Explanation, Refill
from review.queue.filling.kept_full import queue_refill
from review.queue.filling.refill import diverse_plan, refill_carry_out
from review.sweep import publish_ready, refills_to_explain
from tests.makers import make_human_label
from tests.training.makers import WORDS, class_of, make_labeled_project, make_run
from training.fitting.pipeline import run_execute
from training.rounds.artifacts import artifact_delete

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(ada: User) -> Project:
    """A text project whose model has filled the queue."""
    project = make_labeled_project(owner=ada, n_items=60, n_labeled=24)
    project.review_budget = 20  # of which 2 at random, blind
    project.publishing = "by_itself"
    project.save(update_fields=["review_budget", "publishing"])
    run_execute(make_run(project, is_running=True, n_rounds=1))
    publish_ready()
    return project


@pytest.fixture
def explained(project: Project) -> Project:
    (refill_id,) = refills_to_explain()
    queue_explain(refill_id)
    return project


def shown(client: APIClient, project: Project, item_ids: list[int]) -> dict[int, dict[str, Any]]:
    response = client.get(
        f"/api/projects/{project.pk}/queue/explanations", {"items": ",".join(map(str, item_ids))}
    )
    assert response.status_code == 200, response.data
    return {one["item_id"]: one for one in response.data}


def entries(project: Project, **filters: object) -> list[Entry]:
    return list(Entry.objects.filter(project=project, state="open", **filters).select_related("item"))


def test_each_entry_that_is_not_blind_gets_labeled_neighbours_of_its_kind_and_its_weighty_words(
    explained: Project, ada_client: APIClient
) -> None:
    asked = entries(explained, is_blind=False)
    classes = list(explained.classes.all())

    found = shown(ada_client, explained, [entry.item_id for entry in asked])

    assert len(found) == len(asked) > 10
    n_right = n_words = 0
    for entry in asked:
        own = class_of(entry.item, classes)
        near = found[entry.item_id]["nearest"]
        assert len(near) == 4
        assert all(one["item"]["label"]["source"]["kind"] == "person" for one in near)
        assert [one["similarity"] for one in near] == sorted(
            (one["similarity"] for one in near), reverse=True
        )
        n_right += sum(one["item"]["label"]["class_id"] == own.pk for one in near)
        words = [one["word"] for one in found[entry.item_id]["words"]]
        assert set(words) <= set(entry.item.text.split())
        [suggested] = [one for one in classes if one.pk == entry.suggested_class_id]
        n_words += bool(words) and words[0] in WORDS[suggested.name]
    assert n_right >= 0.8 * 4 * len(asked)
    assert n_words >= 0.9 * len(asked)


def test_what_is_asked_blind_has_no_explanation_and_shows_none_that_was_made_before(
    explained: Project, ada_client: APIClient
) -> None:
    blind = entries(explained, is_blind=True)
    assert blind
    assert shown(ada_client, explained, [entry.item_id for entry in blind]) == {}
    assert not Explanation.objects.filter(item__in=[entry.item_id for entry in blind]).exists()

    (known, *_) = entries(explained, is_blind=False)
    assert shown(ada_client, explained, [known.item_id])
    Entry.objects.filter(pk=known.pk).update(is_blind=True)
    assert shown(ada_client, explained, [known.item_id]) == {}


@pytest.mark.parametrize("change", [{"state": "done"}, {"reason": "doubted"}])
def test_an_item_that_does_not_wait_or_is_doubted_shows_none(
    explained: Project, ada_client: APIClient, change: dict[str, str]
) -> None:
    (known, *_) = entries(explained, is_blind=False)
    Entry.objects.filter(pk=known.pk).update(**change)

    assert shown(ada_client, explained, [known.item_id]) == {}


def test_neighbours_show_the_label_that_stands_now_and_none_that_somebody_is_asked_about(
    explained: Project, ada: User, ada_client: APIClient
) -> None:
    (entry, *_) = entries(explained, is_blind=False)
    first, second, *rest = shown(ada_client, explained, [entry.item_id])[entry.item_id]["nearest"]
    other = explained.classes.exclude(pk=first["item"]["label"]["class_id"]).first()
    ada_client.post(
        f"/api/projects/{explained.pk}/labels",
        [{"item_id": first["item"]["id"], "class_id": other.pk}],
        format="json",
    )
    Entry.objects.create(
        project=explained, item_id=second["item"]["id"], reason="second", priority=1, is_blind=True
    )

    now = shown(ada_client, explained, [entry.item_id])[entry.item_id]["nearest"]

    assert [one["item"]["id"] for one in now] == [one["item"]["id"] for one in [first, *rest]]
    assert now[0]["item"]["label"]["class_id"] == other.pk


def test_neighbours_are_never_held_out_or_tested_on(explained: Project) -> None:
    splits = Label.objects.filter(
        item__in={near_id for one in Explanation.objects.all() for near_id, _ in one.nearest}
    ).values_list("item__split", flat=True)

    assert set(splits) == {"pool"}


def test_a_rounds_queue_is_explained_although_a_refill_without_a_round_came_after_it(
    explained: Project, project: Project
) -> None:
    project.review_budget = 1
    project.save(update_fields=["review_budget"])
    refill = queue_refill(project=project)
    refill_carry_out(project=project, plan=diverse_plan(item_ids=[], n_asked=1))

    assert refills_to_explain() == [refill.pk]


def test_a_queue_is_explained_once_and_what_comes_later_by_the_next_refill(
    explained: Project, project: Project
) -> None:
    assert refills_to_explain() == []
    before = set(Explanation.objects.values_list("pk", flat=True))

    project.review_budget = 1
    project.save(update_fields=["review_budget"])
    refill = queue_refill(project=project)
    assert refills_to_explain() == [refill.pk]
    queue_explain(refill.pk)

    assert set(Explanation.objects.values_list("pk", flat=True)) >= before, "the same round's stay"
    assert refills_to_explain() == []


def test_the_next_rounds_explanations_take_the_place_of_the_last(explained: Project, ada: User) -> None:
    first = Explanation.objects.first().round_id
    run_execute(make_run(explained, is_running=True, n_rounds=1))
    publish_ready()
    (refill_id,) = refills_to_explain()

    queue_explain(refill_id)

    rounds = set(Explanation.objects.values_list("round", flat=True))
    assert len(rounds) == 1
    assert first not in rounds


def test_a_model_whose_files_are_gone_leaves_the_queue_without_and_is_not_tried_again(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    (refill_id,) = refills_to_explain()
    artifact_delete(Refill.objects.get(pk=refill_id).round.artifact)

    queue_explain(refill_id)

    assert not Explanation.objects.exists()
    assert "has no explanations" in caplog.text
    assert refills_to_explain() == []


def test_the_words_of_many_texts_take_a_bounded_time(
    project: Project, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review.help.pipeline.WORDS_SECONDS", 0.0)
    (refill_id,) = refills_to_explain()

    queue_explain(refill_id)

    asked = [entry.item_id for entry in entries(project, is_blind=False)]
    found = shown(ada_client, project, asked)
    assert sum(one["words"] is not None for one in found.values()) <= 1
    assert all(one["nearest"] for one in found.values())


@pytest.mark.parametrize("items", ["", "a", "1,,2", "1;2", ",".join(["1"] * 101), "9" * 19])
def test_a_list_of_items_that_is_none_is_refused(project: Project, ada_client: APIClient, items: str) -> None:
    response = ada_client.get(f"/api/projects/{project.pk}/queue/explanations", {"items": items})

    assert response.status_code == 400
    assert "items" in response.data["fields"]


def test_an_item_labeled_since_is_not_its_own_neighbour(project: Project, ada: User) -> None:
    (entry, *_) = entries(project, is_blind=False)
    label_class: LabelClass = project.classes.all()[0]
    make_human_label(entry.item, label_class, user=ada)
    (refill_id,) = refills_to_explain()

    queue_explain(refill_id)

    near = Explanation.objects.get(item=entry.item).nearest
    assert entry.item_id not in [near_id for near_id, _ in near]
    assert len(near) == 4
