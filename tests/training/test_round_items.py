"""What a round counted for the threshold explorer, and the items behind its charts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Membership, Role, Split
from tests.conftest import client_of
from tests.makers import make_human_labels
from tests.training.makers import class_of, make_labeled_project, make_run, make_texts
from training.fitting.pipeline import run_execute
from training.models import MeasuredPrediction, Prediction, Round
from training.rules.thresholds import confidence_counts, threshold_table


def make_finished_round(owner: User) -> Round:
    project = make_labeled_project(owner=owner)
    classes = list(project.classes.all())
    make_human_labels(
        [
            (item, class_of(item, classes))
            for item in make_texts(project, 12, prefix="test", split=Split.TEST)
        ],
        user=owner,
    )
    run = make_run(project, is_running=True, n_rounds=1)
    run_execute(run)
    return run.rounds.get()


def accepted_by(counts: dict[str, Any], threshold_bin: int) -> tuple[int, int, int]:
    """(pool, holdout, right) at or above the bin, over all classes."""
    rows = counts["classes"]
    pool = sum(n for row in rows for k, n in row["pool"] if k >= threshold_bin)
    held = sum(n for row in rows for k, n, _ in row["holdout"] if k >= threshold_bin)
    right = sum(n for row in rows for k, _, n in row["holdout"] if k >= threshold_bin)
    return pool, held, right


def test_counts_from_a_bin_on_are_what_its_threshold_accepts() -> None:
    draw = np.random.default_rng(0)
    # Confidences that lie on the thresholds themselves are where rounding would show.
    pool = np.concatenate([draw.random(2_000), np.arange(1001) / 1000, [0.29, 0.57, 0.58]])
    held, right = draw.integers(400, 1001, 300) / 1000, draw.random(300) < 0.8
    counts = confidence_counts(
        predicted=draw.integers(7, 10, len(pool)),
        confidence=pool,
        holdout_predicted=draw.integers(7, 10, len(held)),
        holdout_confidence=held,
        holdout_is_right=right,
        class_ids=[7, 8, 9],
    )

    assert (counts["n_pool"], counts["n_holdout"]) == (len(pool), 300)
    for row in threshold_table(confidence=pool, holdout_confidence=held, holdout_is_right=right):
        n_pool, n_held, n_right = accepted_by(counts, round(row["threshold"] * 1000))
        assert n_pool == row["n_accepted"]
        assert n_held == row["holdout_n"]
        assert n_right == round((row["holdout_precision"] or 0) * n_held)


def test_a_round_keeps_counts_that_agree_with_its_predictions(ada: User, ada_client: APIClient) -> None:
    round = make_finished_round(ada)

    counts = ada_client.get(f"/api/rounds/{round.pk}/confidences").data

    assert counts["n_pool"] == Prediction.objects.filter(round=round).count()
    assert counts["n_holdout"] == round.metrics["n_holdout"]
    threshold = 800
    said = Prediction.objects.filter(round=round, confidence__gte=threshold / 1000)
    assert accepted_by(counts, threshold)[0] == said.count()
    for row in counts["classes"]:
        assert (
            sum(n for _, n in row["pool"])
            == Prediction.objects.filter(round=round, label_class=row["class_id"]).count()
        )
    assert "confidences" not in ada_client.get(f"/api/rounds/{round.pk}").data


@pytest.mark.parametrize("of", ["holdout", "test"])
def test_each_cell_of_the_confusion_matrix_lists_as_many_items_as_it_counts(
    ada: User, ada_client: APIClient, of: str
) -> None:
    round = make_finished_round(ada)
    measured, class_ids = round.metrics[of], round.metrics["class_ids"]
    seen = 0

    for row, truth in enumerate(class_ids):
        for column, predicted in enumerate(class_ids):
            found = ada_client.get(
                f"/api/rounds/{round.pk}/items", {"of": of, "truth": truth, "predicted": predicted}
            ).data["results"]
            assert len(found) == measured["confusion"][row][column]
            seen += len(found)
            for item in found:
                assert item["said"]["class_id"] == predicted
                assert item["said"]["truth_id"] == truth == item["label"]["class_id"]
                assert item["split"] == of
    assert seen == measured["n"] > 0


def test_the_bars_of_the_histogram_list_the_items_that_they_count(ada: User, ada_client: APIClient) -> None:
    round = make_finished_round(ada)
    histogram = round.metrics["confidence_histogram"]
    n_listed = 0

    for low, high, n in zip(histogram["edges"], histogram["edges"][1:], histogram["counts"], strict=False):
        if n == 0:
            continue
        bounds = {"confidence_min": low} | ({"confidence_below": high} if high < 1 else {})
        found = ada_client.get(f"/api/rounds/{round.pk}/items", {**bounds, "limit": 200}).data["results"]
        assert len(found) == n
        n_listed += n
    assert n_listed == round.metrics["n_pool"]


@pytest.mark.parametrize("order", ["confidence", "-confidence"])
def test_pages_walk_all_classes_in_order_and_miss_and_repeat_nothing(
    ada: User, ada_client: APIClient, order: str
) -> None:
    round = make_finished_round(ada)
    tied = Prediction.objects.filter(round=round).order_by("item_id")[:20]  # ties are where pages break
    Prediction.objects.filter(round=round, item_id__in=[one.item_id for one in tied]).update(confidence=0.5)
    seen, cursor = [], ""

    while cursor is not None:
        page = ada_client.get(
            f"/api/rounds/{round.pk}/items",
            {"limit": "7", "order": order} | ({"cursor": cursor} if cursor else {}),
        ).data
        seen += [(item["said"]["confidence"], item["id"]) for item in page["results"]]
        cursor = page["next"]

    assert seen == sorted(seen, reverse=order == "-confidence")
    assert {item for _, item in seen} == set(
        Prediction.objects.filter(round=round).values_list("item_id", flat=True)
    )
    assert len(seen) == len(set(seen))


def test_filters_that_contradict_one_another_are_refused_with_the_remedy(
    ada: User, ada_client: APIClient
) -> None:
    round = make_finished_round(ada)

    of_pool = ada_client.get(f"/api/rounds/{round.pk}/items", {"truth": 1})
    bounds = ada_client.get(f"/api/rounds/{round.pk}/items", {"confidence_min": 0.9, "confidence_below": 0.8})

    assert (of_pool.status_code, list(of_pool.data["fields"])) == (400, ["truth"])
    assert (bounds.status_code, list(bounds.data["fields"])) == (400, ["confidence_min"])


def test_an_annotator_cannot_look_up_what_the_model_says(ada: User, ben: User, ben_client: APIClient) -> None:
    round = make_finished_round(ada)
    Membership.objects.create(project=round.run.project, user=ben, role=Role.ANNOTATOR)

    assert ben_client.get(f"/api/rounds/{round.pk}/items").status_code == 403
    assert client_of(ada).get(f"/api/rounds/{round.pk}/items").status_code == 200


def test_what_was_said_of_the_holdout_goes_with_the_rounds_predictions(
    ada: User, ada_client: APIClient
) -> None:
    from django.utils import timezone

    from training.rounds.rows import rounds_remove_unfinished

    round = make_finished_round(ada)
    assert MeasuredPrediction.objects.filter(round=round).count() == 30 + 12
    Round.objects.filter(pk=round.pk).update(pruned_at=timezone.now())
    pruned = ada_client.get(f"/api/rounds/{round.pk}/items")
    assert (pruned.status_code, pruned.data["code"]) == (409, "predictions_gone")

    Round.objects.filter(pk=round.pk).update(state="running")
    rounds_remove_unfinished(round.run)

    assert not MeasuredPrediction.objects.filter(round_id=round.pk).exists()


def test_items_are_looked_up_by_their_ids_and_others_filters_do_not_go_with_them(
    ada: User, ada_client: APIClient
) -> None:
    project = make_labeled_project(owner=ada)
    ids = list(project.items.order_by("pk").values_list("pk", flat=True))
    stranger = make_labeled_project(owner=ada).items.first()
    address = f"/api/projects/{project.pk}/items"

    found = ada_client.get(address, {"ids": f"{ids[5]},{ids[2]},{stranger.pk},999999999"}).data["results"]
    mixed = ada_client.get(address, {"ids": str(ids[0]), "source": "human"})
    wrong = ada_client.get(address, {"ids": "1,x"})

    assert [item["id"] for item in found] == [ids[2], ids[5]]
    assert (mixed.status_code, list(mixed.data["fields"])) == (400, ["ids"])
    assert (wrong.status_code, list(wrong.data["fields"])) == (400, ["ids"])
