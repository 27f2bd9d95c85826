"""Nothing is replaced unasked: a finished round is a candidate, and the rule publishes none that the holdout calls worse."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.errors import Conflict
from labeling.jobs.work import WorkState
from labeling.models import Item, Label, LabelClass, Project, Publication, Publishing, Split
from review.models import Entry
from review.publishing.candidates import beside_standing
from review.publishing.publish import publication_discard, round_publish
from review.sweep import publish_ready
from tests.labeling.makers import publish
from tests.makers import make_human_label, make_human_labels, make_items
from tests.review.makers import make_round
from training.models import MeasuredPrediction, Round, RoundState, Run
from training.rounds.held_back import held_sentence
from training.rounds.standing import standing_of
from training.runs.selectors import is_due


@pytest.fixture
def cat(project: Project) -> LabelClass:
    return project.classes.get(name="cat")


@pytest.fixture
def dog(project: Project) -> LabelClass:
    return project.classes.get(name="dog")


@pytest.fixture
def by_itself(project: Project) -> Project:
    project.publishing = Publishing.BY_ITSELF
    project.save(update_fields=["publishing"])
    return project


@pytest.fixture
def held_out(project: Project, ada: User, cat: LabelClass) -> list[Item]:
    """Twenty items of the holdout, all of them cats."""
    items = make_items(project, 20, prefix="held", split=Split.HOLDOUT)
    make_human_labels([(item, cat) for item in items], user=ada)
    return items


@pytest.fixture
def pool(project: Project) -> list[Item]:
    return make_items(project, 10)


def round_right_on(n: int, pool: Sequence[Item], held_out: Sequence[Item]) -> Round:
    """A candidate that calls the pool cats, and the first n of the held-out items, too; the others dogs."""
    project = pool[0].project
    cat, dog = project.classes.all()[:2]
    round = make_round(project, [(item, cat, 0.99) for item in pool])
    MeasuredPrediction.objects.bulk_create(
        MeasuredPrediction(
            round=round,
            item=item,
            is_test=False,
            truth=cat,
            label_class=cat if place < n else dog,
            confidence=0.9,
        )
        for place, item in enumerate(held_out)
    )
    return round


def stands(project: Project) -> Round | None:
    standing = standing_of(project)
    return standing.round if standing is not None else None


def after_sweep(round: Round) -> Round:
    publish_ready()
    round.refresh_from_db()
    return round


# By hand


def test_a_new_project_publishes_by_hand_and_its_finished_round_waits(
    project: Project, pool: list[Item], held_out: list[Item]
) -> None:
    assert project.publishing == Publishing.BY_HAND

    candidate = after_sweep(round_right_on(20, pool, held_out))

    assert (candidate.state, candidate.held_back) == (RoundState.READY, {})
    assert Publication.objects.count() == Label.objects.filter(is_human=False).count() == 0


def test_a_candidate_stays_one_until_a_later_round_is_published(
    project: Project, pool: list[Item], held_out: list[Item]
) -> None:
    first, second, third = (round_right_on(n, pool, held_out) for n in (18, 19, 20))

    round_publish(round_id=second.pk)

    assert list(Round.objects.order_by("pk").values_list("state", flat=True)) == [
        "skipped",
        "published",
        "ready",
    ]
    assert stands(project) == second
    assert third.state == RoundState.READY
    assert first.state == RoundState.READY  # as it was


def test_a_candidate_is_shown_beside_what_stands(
    project: Project, pool: list[Item], held_out: list[Item], ada_client: APIClient, dog: LabelClass
) -> None:
    round_publish(round_id=round_right_on(18, pool[:8], held_out).pk)
    candidate = round_right_on(12, pool[2:], held_out)
    said = candidate.predictions.order_by("item_id")
    candidate.predictions.filter(item_id=said[0].item_id).update(label_class=dog)

    told = ada_client.get(f"/api/rounds/{candidate.pk}/beside-standing").json()

    assert (told["stands"], told["n_standing"], told["n_labels"]) == (False, 8, 8)
    assert told["diff"] == {"kept": 5, "changed": 1, "dropped": 2, "new": 2}
    assert told["standing"]["round_id"] == stands(project).pk
    pair = told["paired"]
    assert (pair["n"], pair["standing"]["n_right"], pair["candidate"]["n_right"]) == (20, 18, 12)
    assert (pair["n_lost"], pair["n_won"], pair["difference"]) == (6, 0, pytest.approx(-0.3))
    assert (pair["p_worse"], pair["is_worse"]) == (pytest.approx(1 / 64), True)
    assert pair["standing"]["low"] < 0.9 < pair["standing"]["high"]
    assert pair["difference_low"] < -0.3 < pair["difference_high"] < 0
    published = round_publish(round_id=candidate.pk)
    assert published.diff == told["diff"]


def test_where_nothing_stands_there_is_nothing_to_compare(
    pool: list[Item], held_out: list[Item], ada_client: APIClient
) -> None:
    candidate = round_right_on(20, pool, held_out)

    told = ada_client.get(f"/api/rounds/{candidate.pk}/beside-standing").json()

    assert (told["standing"], told["paired"], told["certificate_id"]) == (None, None, None)
    assert told["diff"] == {"kept": 0, "changed": 0, "dropped": 0, "new": 10}


def test_a_round_that_is_not_finished_is_beside_nothing(project: Project, pool: list[Item]) -> None:
    round = make_round(project, [])
    Round.objects.filter(pk=round.pk).update(state=RoundState.RUNNING, source=None)
    round.refresh_from_db()

    with pytest.raises(Conflict, match="not finished"):
        beside_standing(round)


def test_annotators_and_outsiders_see_no_candidate(
    pool: list[Item], held_out: list[Item], ben_client: APIClient, cy_client: APIClient
) -> None:
    path = f"/api/rounds/{round_right_on(20, pool, held_out).pk}"

    assert ben_client.get(f"{path}/beside-standing").status_code == 403
    assert ben_client.post(f"{path}/publish").status_code == 403
    assert cy_client.get(f"{path}/beside-standing").status_code == 404
    assert cy_client.post(f"{path}/publish").status_code == 404


def test_publishing_twice_is_publishing_once(
    pool: list[Item], held_out: list[Item], ada_client: APIClient
) -> None:
    path = f"/api/rounds/{round_right_on(20, pool, held_out).pk}/publish"

    first = ada_client.post(path, {"instead_of": None}, format="json")
    again = ada_client.post(path, {"instead_of": None}, format="json")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] == Publication.objects.get().pk


def test_what_was_not_seen_is_not_replaced(
    project: Project, pool: list[Item], held_out: list[Item], ada_client: APIClient
) -> None:
    seen = round_publish(round_id=round_right_on(17, pool, held_out).pk)
    mine, others = (round_right_on(n, pool, held_out) for n in (18, 19))
    round_publish(round_id=others.pk)

    refused = ada_client.post(f"/api/rounds/{mine.pk}/publish", {"instead_of": seen.pk}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (409, "stands_otherwise")
    assert stands(project) == others
    now = Publication.objects.get(ended_at__isnull=True)
    assert (
        ada_client.post(f"/api/rounds/{mine.pk}/publish", {"instead_of": now.pk}, format="json").status_code
        == 201
    )


# By itself


def test_the_first_round_is_published_and_one_that_is_no_worse_after_it(
    by_itself: Project, pool: list[Item], held_out: list[Item]
) -> None:
    first = after_sweep(round_right_on(15, pool, held_out))
    assert first.state == RoundState.PUBLISHED

    unclear = after_sweep(round_right_on(12, pool, held_out))  # three fewer: chance

    assert unclear.state == RoundState.PUBLISHED
    assert stands(by_itself) == unclear


def test_a_round_that_is_worse_beyond_chance_is_held_back_and_says_why(
    by_itself: Project, pool: list[Item], held_out: list[Item], ada_client: APIClient
) -> None:
    good = after_sweep(round_right_on(20, pool, held_out))

    bad = after_sweep(round_right_on(8, pool, held_out))

    assert (bad.state, stands(by_itself)) == (RoundState.READY, good)
    told = ada_client.get(f"/api/projects/{by_itself.pk}/rounds").json()["results"][-1]["held_back"]
    assert (told["reason"], told["n"], told["n_fewer"]) == ("worse", 20, 12)
    assert told["p_value"] == pytest.approx(2**-12)
    assert told["sentence"] == (
        "Held back: on the same 20 held-out items it is right on 12 fewer than what stands (p = 0.00024)."
    )
    # A person may publish it all the same.
    assert ada_client.post(f"/api/rounds/{bad.pk}/publish").status_code == 201
    bad.refresh_from_db()
    assert (bad.state, stands(by_itself)) == (RoundState.PUBLISHED, bad)


def test_what_was_held_back_is_not_tried_again_when_something_worse_stands(
    by_itself: Project, pool: list[Item], held_out: list[Item], ada: User
) -> None:
    good = after_sweep(round_right_on(20, pool, held_out))
    bad = after_sweep(round_right_on(8, pool, held_out))

    publication_discard(project=by_itself, by=ada)
    after_sweep(bad)

    assert (bad.state, stands(by_itself)) == (RoundState.READY, None)
    assert good.pk < bad.pk


@pytest.mark.parametrize("act", ["put_back", "discard"])
def test_what_a_person_decided_since_the_round_was_made_is_not_replaced(
    by_itself: Project, pool: list[Item], held_out: list[Item], ada: User, act: str
) -> None:
    first, second = (after_sweep(round_right_on(n, pool, held_out)) for n in (19, 20))
    made = round_right_on(20, pool, held_out)
    if act == "put_back":
        round_publish(round_id=first.pk, by=ada)
    else:
        publication_discard(project=by_itself, by=ada)

    after_sweep(made)

    assert made.held_back == {"reason": "later_act"}
    assert stands(by_itself) == (first if act == "put_back" else None)
    assert second.state == RoundState.PUBLISHED
    # A round made after that act is judged as any other.
    assert after_sweep(round_right_on(20, pool, held_out)).state == RoundState.PUBLISHED


def test_held_out_items_that_came_later_are_compared_by_what_was_predicted_of_them(
    by_itself: Project, pool: list[Item], ada: User, cat: LabelClass, dog: LabelClass
) -> None:
    good = after_sweep(make_round(by_itself, [(item, cat, 0.99) for item in pool]))
    for item in pool[:6]:  # they are asked at random, and become the holdout
        Item.objects.filter(pk=item.pk).update(split=Split.HOLDOUT)
        make_human_label(item, cat, user=ada)

    bad = make_round(by_itself, [(item, dog, 0.99) for item in pool[6:]])
    MeasuredPrediction.objects.bulk_create(
        MeasuredPrediction(round=bad, item=item, is_test=False, truth=cat, label_class=dog, confidence=0.9)
        for item in pool[:6]
    )
    after_sweep(bad)

    assert (bad.held_back["n"], bad.held_back["n_fewer"]) == (6, 6)
    assert stands(by_itself) == good


def test_both_are_held_against_what_people_say_now(
    by_itself: Project, pool: list[Item], held_out: list[Item], ada: User, cat: LabelClass, dog: LabelClass
) -> None:
    after_sweep(round_right_on(20, pool, held_out))
    candidate = round_right_on(8, pool, held_out)
    Label.objects.filter(item__in=held_out[8:]).update(retired_at=timezone.now(), retired_reason="replaced")
    # dogs after all, as the candidate says
    make_human_labels([(item, dog) for item in held_out[8:]], user=ada)

    assert after_sweep(candidate).state == RoundState.PUBLISHED


def test_rounds_of_a_run_that_goes_on_do_not_replace_another_runs(
    by_itself: Project, pool: list[Item], held_out: list[Item]
) -> None:
    first = round_right_on(15, pool, held_out)
    Run.objects.update(state=WorkState.RUNNING)
    assert after_sweep(first).state == RoundState.PUBLISHED  # nothing stood
    of_same_run = round_right_on(16, pool, held_out)
    assert after_sweep(of_same_run).state == RoundState.PUBLISHED
    Run.objects.update(state=WorkState.DONE)

    later = Run.objects.create(project=by_itself, number=2, learner="lda", state=WorkState.RUNNING)
    round = round_right_on(18, pool, held_out)
    Round.objects.filter(pk=round.pk).update(run=later, number=1)
    assert after_sweep(round).state == RoundState.READY
    assert round.held_back == {}

    Run.objects.filter(pk=later.pk).update(state=WorkState.DONE)
    assert after_sweep(round).state == RoundState.PUBLISHED


def test_a_round_that_is_sure_of_nothing_takes_nothing_away(
    by_itself: Project, pool: list[Item], held_out: list[Item]
) -> None:
    good = after_sweep(round_right_on(20, pool, held_out))
    unsure = round_right_on(20, pool, held_out)
    Round.objects.filter(pk=unsure.pk).update(metrics={"n_accepted": 0})

    assert after_sweep(unsure).held_back == {"reason": "nothing"}
    assert "sure of no item" in held_sentence(unsure.held_back)
    assert stands(by_itself) == good


def test_a_files_labels_are_compared_where_people_labeled_the_same_items(
    by_itself: Project, pool: list[Item], ada: User, cat: LabelClass, dog: LabelClass
) -> None:
    publish(by_itself, dict.fromkeys(pool, cat))
    for item in pool[:6]:
        Item.objects.filter(pk=item.pk).update(split=Split.HOLDOUT)
        make_human_label(item, cat, user=ada)
        Label.objects.filter(item=item, is_human=False).update(
            retired_at=timezone.now(), retired_reason="confirmed"
        )

    worse = after_sweep(make_round(by_itself, [(item, dog, 0.99) for item in pool]))
    assert (worse.held_back["reason"], worse.held_back["n_fewer"]) == ("worse", 6)

    right = after_sweep(make_round(by_itself, [(item, cat, 0.99) for item in pool]))
    assert right.state == RoundState.PUBLISHED


def test_a_files_labels_that_nothing_compares_with_wait_for_a_person(
    by_itself: Project, pool: list[Item], held_out: list[Item], cat: LabelClass
) -> None:
    publish(by_itself, dict.fromkeys(pool, cat))

    round = after_sweep(round_right_on(20, pool, held_out))

    assert round.held_back == {"reason": "not_compared"}
    assert stands(by_itself) is None
    assert standing_of(by_itself) is not None


def test_turning_the_rule_on_judges_the_candidate_that_waits(
    project: Project, pool: list[Item], held_out: list[Item], ada_client: APIClient
) -> None:
    candidate = after_sweep(round_right_on(20, pool, held_out))
    assert candidate.state == RoundState.READY

    changed = ada_client.patch(f"/api/projects/{project.pk}", {"publishing": "by_itself"}, format="json")

    assert changed.json()["publishing"] == "by_itself"
    assert after_sweep(candidate).state == RoundState.PUBLISHED
    refused = ada_client.patch(f"/api/projects/{project.pk}", {"publishing": "never"}, format="json")
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["publishing"])


def test_a_candidate_has_seen_the_labels_that_it_was_trained_on(
    project: Project, pool: list[Item], held_out: list[Item], ada: User, cat: LabelClass
) -> None:
    """What waits to be published starts no run again and again."""
    project.retrain_after = 1
    project.save(update_fields=["retrain_after"])
    assert is_due(project)
    candidate = round_right_on(20, pool, held_out)
    newest = Label.objects.filter(is_human=True).order_by("pk").last()
    Round.objects.filter(pk=candidate.pk).update(last_human_label_id=newest.pk)

    assert not is_due(project)
    make_human_label(pool[0], cat, user=ada)
    assert is_due(project)


def test_a_candidate_fills_no_queue(project: Project, pool: list[Item], held_out: list[Item]) -> None:
    from review.queue.filling.kept_full import queue_refill
    from review.sweep import sweep

    candidate = round_right_on(20, pool, held_out)
    sweep()
    queue_refill(project=project)

    waiting = Entry.objects.filter(state="open")
    assert waiting.exists()
    assert not waiting.filter(suggested_class__isnull=False).exists()
    round_publish(round_id=candidate.pk)
    assert waiting.filter(suggested_class__isnull=False).exists()
