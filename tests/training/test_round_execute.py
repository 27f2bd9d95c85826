"""A round from labels to a model version, and the rounds of a run."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db.models import F, Sum
from django.utils import timezone

from labeling.jobs.work import WorkState
from labeling.models import Item, LabelClass, Project, Publication, SealedTruth, Source, SourceKind, Split
from tests.makers import make_human_labels, make_project
from tests.training.makers import class_of, make_labeled_project, make_run, make_texts
from tests.training.test_packed_open import make_feature_items, make_image_items
from training.fitting.pipeline import run_execute
from training.learners.graph import LabelPropagation
from training.learners.saving import load
from training.models import Prediction, Round, RoundState, Run
from training.rounds.predictions import Predictions, other_classes, predictions_read, predictions_store
from training.rounds.pruning import predictions_prune
from training.rounds.rows import round_open, round_ready
from training.rules.other_classes import others_unpack

# A learner that draws at random, and does it quickly.
FOREST: dict[str, Any] = {"learner": "random_forest", "params": {"n_estimators": 10}}


def execute(run: Run) -> list[Round]:
    run_execute(run)
    run.refresh_from_db()
    assert run.state == WorkState.DONE
    return list(run.rounds.order_by("number"))


def test_a_learner_that_uses_unlabeled_items_is_given_the_pool_and_no_pseudo_labels(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[list[Any]] = []
    fit = LabelPropagation.fit

    def watch(self: LabelPropagation, X: Any, y: np.ndarray, *rest: Any) -> LabelPropagation:
        given.append(y.tolist())
        return fit(self, X, y, *rest)

    monkeypatch.setattr(LabelPropagation, "fit", watch)
    run = make_run(make_labeled_project(owner=ada), is_running=True, learner="label_propagation")

    rounds = execute(run)

    assert len(given) == len(rounds) == 1
    for labels in given:
        assert sum(label is None for label in labels) == 120 - 24
        assert sum(label is not None for label in labels) == 24
    assert {round.metrics["n_train_pseudo"] for round in rounds} == {0}
    assert any("96 unlabeled items" in line.message for line in run.log_lines.all())


def test_what_the_automatic_learner_chose_stands_in_the_log(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True, learner="auto")

    execute(run)

    told = [line.message for line in run.log_lines.all()]
    assert any("on" in line and "held-out labels" in line for line in told)
    assert any(line.startswith("Predictions come from ") for line in told)


def test_a_run_leaves_one_candidate_and_rounds_with_a_prediction_for_every_unlabeled_item(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)

    rounds = execute(run)

    assert run.stop_reason
    assert len(rounds) > 1
    for round in rounds:
        round.refresh_from_db()
        assert round.state == (RoundState.READY if round == rounds[-1] else RoundState.SKIPPED)
        assert Prediction.objects.filter(round=round).count() == 120 - 24
        assert round.source.kind == SourceKind.MODEL
        assert not round.source.is_human
        assert round.n_human == 24
        assert round.code_version
        assert round.metrics["holdout"]["n"] == 30
        assert set(round.seconds) == {
            "snapshot",
            "fit",
            "calibrate",
            "evaluate",
            "predict",
            "decide",
            "store",
        }
    assert rounds[0].metrics["n_train_pseudo"] == 0
    assert rounds[1].metrics["n_train_pseudo"] == rounds[0].metrics["n_accepted"]
    assert rounds[0].metrics["agreement"] is None
    assert 0 <= rounds[1].metrics["agreement"] <= 1
    assert 0 <= rounds[1].metrics["cleanliness"] <= 1


def test_neither_people_s_items_nor_the_measures_are_predicted(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    run = make_run(project, is_running=True, n_rounds=1)

    (round,) = execute(run)

    predicted = set(Prediction.objects.filter(round=round).values_list("item_id", flat=True))
    labeled = set(Item.objects.filter(project=project, labels__is_human=True).values_list("id", flat=True))
    measured = set(
        Item.objects.filter(project=project).exclude(split=Split.POOL).values_list("id", flat=True)
    )
    assert not predicted & (labeled | measured)


def test_accepted_is_what_passed_the_threshold(ada: User) -> None:
    run = make_run(
        make_labeled_project(owner=ada),
        is_running=True,
        n_rounds=1,
        policy={"kind": "fixed", "threshold": 0.97},
    )

    (round,) = execute(run)

    for prediction in Prediction.objects.filter(round=round):
        assert prediction.threshold == 0.97
        assert prediction.is_accepted == (prediction.confidence >= 0.97)
        assert 0 <= prediction.margin <= 1
        assert prediction.entropy >= 0
    assert round.threshold == {"all": 0.97}
    n_accepted = Prediction.objects.filter(round=round, is_accepted=True).count()
    assert round.metrics["n_accepted"] == n_accepted
    doubts = Prediction.objects.filter(round=round, is_accepted=True).aggregate(all=Sum(1 - F("confidence")))
    assert round.metrics["expected_wrong"] == pytest.approx(doubts["all"])
    assert sum(round.metrics["label_counts"]["pseudo"].values()) == n_accepted


def test_the_same_labels_and_seed_give_the_same_predictions(ada: User) -> None:
    outcomes = []
    for _ in range(2):
        project = make_labeled_project(owner=ada)
        round = execute(make_run(project, is_running=True, **FOREST, seed=5, n_rounds=2))[-1]
        rows = Prediction.objects.filter(round=round).order_by("item_id")
        outcomes.append(
            (
                round.labels_hash,
                list(rows.values_list("item__key", "label_class__name", "confidence", "is_accepted")),
            )
        )

    assert outcomes[0] == outcomes[1]


def test_another_seed_gives_another_model(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    confidences = []
    for seed in (1, 2):
        round = execute(make_run(project, is_running=True, **FOREST, seed=seed, n_rounds=1))[-1]
        rows = Prediction.objects.filter(round=round).order_by("item_id")
        confidences.append(list(rows.values_list("raw_confidence", flat=True)))

    assert confidences[0] != confidences[1]


def test_a_threshold_that_nothing_passes_ends_the_run_after_its_round(ada: User) -> None:
    policy: dict[str, Any] = {"kind": "fixed", "threshold": 1.0}
    run = make_run(make_labeled_project(owner=ada, n_holdout=0), is_running=True, policy=policy)

    rounds = execute(run)

    assert len(rounds) == 1
    assert rounds[0].metrics["n_accepted"] == 0
    assert "threshold" in run.stop_reason


def test_with_everything_labeled_a_run_measures_once_and_stops(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada, n_items=24, n_labeled=24), is_running=True)

    (round,) = execute(run)

    assert round.metrics["n_pool"] == 0
    assert round.metrics["holdout"]["n"] == 30
    assert "human label" in run.stop_reason


def test_a_test_set_is_measured_apart(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    classes = list(project.classes.all())
    make_human_labels(
        [
            (item, class_of(item, classes))
            for item in make_texts(project, 12, prefix="exam", split=Split.TEST)
        ],
        user=ada,
    )

    (round,) = execute(make_run(project, is_running=True, n_rounds=1))

    assert round.metrics["test"]["n"] == 12
    assert round.metrics["holdout"]["n"] == 30
    assert round.metrics["n_pool"] == 96


def seal(project: Project, classes: list[LabelClass]) -> None:
    unlabeled = Item.objects.filter(project=project, split=Split.POOL, labels__isnull=True)
    SealedTruth.objects.bulk_create(
        SealedTruth(item=item, label_class=class_of(item, classes)) for item in unlabeled
    )


def test_sealed_truth_measures_and_changes_nothing_else(ada: User) -> None:
    """Permuting the hidden labels must change the true precision, and not one prediction."""
    outcomes = []
    for shift in (0, 1):
        project = make_labeled_project(owner=ada)
        classes = list(project.classes.all())
        seal(project, classes[shift:] + classes[:shift])
        round = execute(make_run(project, is_running=True, n_rounds=2))[-1]
        rows = Prediction.objects.filter(round=round).order_by("item_id")
        outcomes.append((round.metrics["true_precision"], list(rows.values_list("item__key", "confidence"))))

    (right, predictions), (wrong, same_predictions) = outcomes
    assert right["accepted"] > 0.9
    assert wrong["accepted"] < 0.1
    assert right["pool_accuracy"] > 0.9
    assert predictions == same_predictions


def test_a_class_without_labels_is_never_predicted_and_does_not_hurt(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    unseen = LabelClass.objects.create(project=project, name="bat", position=0)

    (round,) = execute(make_run(project, is_running=True, n_rounds=1))

    assert unseen.pk in round.metrics["class_ids"]
    assert not Prediction.objects.filter(round=round, label_class=unseen).exists()


def test_the_saved_model_predicts_as_the_round_did(ada: User, tmp_path: Any) -> None:
    project = make_labeled_project(owner=ada)
    (round,) = execute(make_run(project, is_running=True, n_rounds=1))
    folder = tmp_path / "model"
    folder.mkdir()
    for name in default_storage.listdir(round.artifact)[1]:
        with default_storage.open(f"{round.artifact}/{name}") as file:
            (folder / name).write_bytes(file.read())

    card = json.loads((folder / "assay.json").read_text())
    predictions = list(Prediction.objects.filter(round=round).order_by("item_id").select_related("item"))
    given = load(folder).predict_proba([prediction.item.text for prediction in predictions])

    assert np.allclose(given.max(axis=1), [prediction.raw_confidence for prediction in predictions])
    assert card["labels_hash"] == round.labels_hash
    assert card["classes"] == ["cat", "dog", "owl"]


@pytest.mark.parametrize("item_type", ["image", "table", "series"])
def test_every_item_type_goes_through_a_round(ada: User, item_type: str) -> None:
    project = make_project(owner=ada, item_type=item_type)
    draw = np.random.default_rng(0)
    kinds = [i % 3 for i in range(60)]
    if item_type == "image":
        items = make_image_items(
            project, [np.full((8, 8), 80 * kind + draw.integers(0, 20), dtype=np.uint8) for kind in kinds]
        )
    elif item_type == "table":
        rows = [{"size": 10 * kind + draw.random(), "coat": "abc"[kind]} for kind in kinds]
        items = make_feature_items(project, rows)
    else:
        items = make_feature_items(project, [list(kind + draw.random(12)) for kind in kinds])
    classes = list(project.classes.all())
    make_human_labels(
        [(item, classes[kind]) for item, kind in zip(items[:30], kinds, strict=False)], user=ada
    )

    (round,) = execute(make_run(project, is_running=True, learner="naive_bayes", n_rounds=1))

    said = Prediction.objects.filter(round=round).order_by("item_id")
    assert [each.label_class_id for each in said] == [classes[kind].pk for kind in kinds[30:]]


# Predictions in bulk


def ready_round(run: Run, number: int, n_rows: int = 5) -> Round:
    round = round_open(run, number=number)
    predictions_store(round, Predictions.blank(np.arange(1, n_rows + 1)))
    round_ready(round, columns={"labels_hash": "0" * 64}, details={})
    return round


def test_predictions_come_back_as_they_went_in(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    round = round_open(run, number=1)
    draw = np.random.default_rng(0)
    n = 1_000
    given = Predictions(
        item_ids=np.sort(draw.choice(2**40, n, replace=False)),
        class_ids=draw.integers(1, 2**40, n),
        confidence=draw.random(n),
        raw_confidence=draw.random(n),
        margin=draw.random(n),
        entropy=draw.random(n) * 3,
        threshold=draw.random(n),
        is_accepted=draw.random(n) < 0.5,
    )

    predictions_store(round, given)

    past = predictions_read(round)
    assert np.array_equal(past.item_ids, given.item_ids)
    assert np.array_equal(past.class_ids, given.class_ids)
    assert np.array_equal(past.is_accepted, given.is_accepted)
    rows = Prediction.objects.filter(round=round).order_by("item_id")
    for name in ("confidence", "raw_confidence", "margin", "entropy", "threshold"):
        assert list(rows.values_list(name, flat=True)) == getattr(given, name).tolist()


def test_a_prediction_keeps_the_classes_likeliest_after_the_first(ada: User) -> None:
    draw = np.random.default_rng(0)
    calibrated = draw.dirichlet(np.full(7, 0.3), 500)
    calibrated[0] = [1.0, 0, 0, 0, 0, 0, 0]
    class_ids = np.array([70, 3, 2**31, 12, 9, 100, 41])
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    round = round_open(run, number=1)
    given = Predictions.blank(np.arange(1, 501), n_classes=7)
    given.others = other_classes(calibrated, class_ids, n=4)

    predictions_store(round, given)

    kept = Prediction.objects.filter(round=round).order_by("item_id").values_list("others", flat=True)
    assert {len(bytes(one or b"")) for one in kept} == {24}
    assert others_unpack(kept[0]) == []
    for one, row in list(zip(kept, calibrated, strict=True))[1:]:
        order = np.argsort(-row)[1:5]
        found = others_unpack(one)
        assert [each.class_id for each in found] == class_ids[order][: len(found)].tolist()
        assert [each.confidence for each in found] == pytest.approx(row[order][: len(found)], abs=1e-4)
        assert all(share < 1e-4 for share in row[order][len(found) :])


def test_a_round_says_of_each_item_how_likely_its_other_classes_are(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    n_classes = project.classes.count()

    (round,) = execute(make_run(project, is_running=True, n_rounds=1))

    for prediction in Prediction.objects.filter(round=round):
        others = others_unpack(prediction.others)
        assert prediction.label_class_id not in {one.class_id for one in others}
        assert len(others) <= n_classes - 1
        shares = [prediction.confidence, *(one.confidence for one in others)]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1.0, abs=1e-3)


def test_a_round_without_predictions_reads_as_empty(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)

    assert len(predictions_read(round_open(run, number=1)).item_ids) == 0


def test_a_run_leaves_one_candidate_and_runs_that_nobody_started_leave_one_in_all(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    left = {}
    for name, trigger in {"mine": "person", "due": "labels", "breach": "breach", "next": "person"}.items():
        run = make_run(project, is_running=True)
        Run.objects.filter(pk=run.pk).update(trigger=trigger)
        run.refresh_from_db()
        left[name] = [ready_round(run, number) for number in (1, 2)][-1].pk
        Run.objects.filter(pk=run.pk).update(state="done")

    candidates = Round.objects.filter(state=RoundState.READY).values_list("pk", flat=True)
    assert set(candidates) == {left["mine"], left["breach"], left["next"]}


def test_candidates_and_what_a_certificate_took_its_labels_from_keep_their_predictions(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True, n_rounds=20)
    rounds = [ready_round(run, number) for number in range(1, 15)]
    Round.objects.filter(run=run).update(state=RoundState.SKIPPED)
    Round.objects.filter(pk=rounds[0].pk).update(state=RoundState.READY)
    certified = Source.objects.create(
        project=run.project, kind="model", is_human=False, name="certificate 1", taken_from=rounds[2].source
    )
    Publication.objects.create(project=run.project, source=certified, started_at=timezone.now())

    predictions_prune(run.project_id)

    assert set(Prediction.objects.values_list("round__number", flat=True)) == {1, 3, *range(5, 15)}


def test_only_the_newest_ten_rounds_and_the_standing_one_keep_their_predictions(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True, n_rounds=20)
    rounds = [ready_round(run, number) for number in range(1, 14)]
    Round.objects.filter(run=run).update(state=RoundState.PUBLISHED)
    assert rounds[1].source is not None
    Publication.objects.create(project=run.project, source=rounds[1].source, started_at=timezone.now())

    predictions_prune(run.project_id)

    kept = set(Prediction.objects.values_list("round__number", flat=True))
    pruned = set(Round.objects.filter(pruned_at__isnull=False).values_list("number", flat=True))
    assert kept == {2, *range(4, 14)}
    assert pruned == {1, 3}
