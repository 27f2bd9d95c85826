"""Predictions that came by file are a round: explored, published, ordering the queue, certified, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.errors import Conflict
from labeling.jobs.supervision import job_inline
from labeling.jobs.work import WorkState, work_claim
from labeling.models import Import, Item, Project, Publication, Publishing, Split
from labeling.removals.pipeline import undo_run
from labeling.removals.services import undo_request
from review.certificates.rows import certificate_rows
from review.certification.labels import labels_of
from review.certification.statement.verify import verify
from review.models import Entry, Frozen
from review.publishing.publish import round_publish
from review.sweep import publish_ready, sweep
from tests.labeling.import_files import run_import, write_csv
from tests.makers import make_human_labels, make_project
from tests.review.certifying import World
from training.filed import pipeline as filed_pipeline
from training.filed.measure import filed_round_measure
from training.filed.pipeline import filed_execute
from training.filed.services import filed_rounds_take_back, filed_rounds_to_measure, runs_open_for_files
from training.models import MeasuredPrediction, Prediction, Round, RoundState, Run, Trigger
from training.rounds.predictions import predictions_store
from training.rounds.standing import standing_of, standing_round
from training.runs.rows import last_settings
from training.runs.selectors import is_due, last_run
from training.runs.supervision import RUN

pytestmark = pytest.mark.django_db

N = 300
NAMES = ("neg", "pos")


def truth_of(place: int) -> str:
    return NAMES[place * 7 % 10 < 5]


def said_of(place: int) -> str:
    """Wrong of each fifth of the forty that it is least sure of."""
    is_wrong = place < 40 and place % 5 == 0
    return NAMES[(truth_of(place) == "pos") != is_wrong]


def confidence_of(place: int) -> float:
    return round(0.5 + 0.499 * place / N, 4)


def predictions_file(path: Path, *, places: Sequence[int] = range(N), confidence: str | None = None) -> Path:
    lines = (
        f"{at},review number {at} with some words,{said_of(at)},{confidence_of(at) if confidence is None else confidence}"
        for at in places
    )
    return write_csv(path, "id,text,label,confidence", *lines)


@pytest.fixture
def texts(ada: User, ben: User) -> Project:
    project = make_project(
        owner=ada, annotators=[ben], classes=NAMES, holdout_share=0.0, review_budget=20, random_share=0.2
    )
    project.salt = "0123456789abcdef"
    project.save(update_fields=["salt"])
    return project


def bring(project: Project, path: Path, by: User, **options: Any) -> Import:
    work = run_import(project, path, user=by, **{"labels_from": "machine", **options})
    assert work.state == WorkState.DONE, work.error_message
    return work


def take_in() -> list[Run]:
    """What the workers do about imports that are done."""
    runs = runs_open_for_files()
    for run in runs:
        assert job_inline(RUN, run.pk, worker="test", compute=filed_execute)
        run.refresh_from_db()
        assert run.state == WorkState.DONE, run.error_message
    publish_ready()
    return runs


def made(run: Run) -> Round:
    return run.rounds.get()


@pytest.fixture
def predicted(texts: Project, ada: User, tmp_path: Path) -> Import:
    return bring(texts, predictions_file(tmp_path / "gpt.csv"), ada)


def test_predictions_of_a_file_go_from_the_import_to_a_certificate(
    texts: Project, predicted: Import, ada: User, ben: User, ada_client: APIClient
) -> None:
    assert standing_round(texts) is None
    (run,) = take_in()

    round = made(run)
    assert (run.trigger, run.learner, run.number, run.created_by) == (Trigger.FILE, "", 1, ada)
    assert (round.source, round.state) == (predicted.source, RoundState.PUBLISHED)
    assert standing_round(texts) == round
    assert Publication.objects.get().source == round.source
    assert (round.metrics["n_pool"], round.metrics["n_accepted"]) == (N, N)
    assert len(round.metrics["thresholds"]) == 50
    assert round.metrics["made_elsewhere"]["file"] == "gpt.csv"
    assert round.temperature is None
    counted = ada_client.get(f"/api/rounds/{round.pk}/confidences").json()
    assert (counted["n_pool"], len(counted["classes"])) == (N, 2)

    asked = Entry.objects.filter(reason="uncertain").order_by("-priority")
    keys = [int(key) for key in asked.values_list("item__key", flat=True)]
    assert keys == sorted(keys)  # what it is least sure of comes first
    assert max(keys) < 40
    assert asked.first().suggested_class.name in NAMES

    items = list(texts.items.all())
    by_name = {one.name: one for one in texts.classes.all()}
    truth = {item.pk: by_name[truth_of(int(item.key))] for item in items}
    world = World(texts, ada, ben, list(texts.classes.all()), items, truth, {}, round)
    world.empty_queue()
    certificate = world.certify(n_audits=60, eps=0.1, confidence=0.9)

    model = certificate.document["model"]
    assert (model["name"], model["learner"]) == ("gpt.csv", "")
    assert model["params"]["file"] == "gpt.csv"
    assert standing_of(texts).round == round
    assert Frozen.objects.filter(attempt=certificate.attempt).count() == N
    assert len(certificate.document["hashes"]["model"]) == 64
    findings = verify(certificate.document, labels_of(certificate_rows(certificate)))
    assert [problem for finding in findings for problem in finding.problems] == []
    for path in (
        f"runs/{run.pk}",
        f"rounds/{round.pk}",
        f"projects/{texts.pk}/rounds",
        f"projects/{texts.pk}/runs",
    ):
        assert ada_client.get(f"/api/{path}").status_code == 200
    assert ada_client.get(f"/api/rounds/{round.pk}/model").status_code in (404, 409, 410)


def test_a_round_of_a_file_is_measured_and_calibrated_on_the_holdout(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    held = [f"{at},review number {at} with some words,{truth_of(at)},holdout" for at in range(0, 60)]
    run_import(texts, write_csv(tmp_path / "people.csv", "id,text,label,split", *held), user=ada)
    assert Item.objects.filter(split=Split.HOLDOUT).count() == 60
    bring(texts, predictions_file(tmp_path / "gpt.csv", places=range(200)), ada)

    round = made(take_in()[0])

    holdout = round.metrics["holdout"]
    assert (holdout["n"], holdout["accuracy"]) == (60, pytest.approx(52 / 60))
    assert holdout["low"] < 52 / 60 < holdout["high"]
    assert round.temperature is not None
    assert holdout["ece_calibrated"] < holdout["ece_raw"]
    assert "log-loss" in round.metrics["calibration"]["why"]
    assert MeasuredPrediction.objects.filter(round=round, is_test=False).count() == 60
    of_pool = Prediction.objects.filter(round=round)
    assert set(of_pool.values_list("item__key", flat=True)) == {str(at) for at in range(60, 200)}
    one = of_pool.get(item__key="150")
    assert one.raw_confidence == confidence_of(150)
    assert one.confidence != one.raw_confidence
    assert sum(row["holdout_n"] for row in round.metrics["thresholds"]) > 0


def test_a_round_of_a_file_is_measured_again_as_people_answer(
    texts: Project, predicted: Import, ada: User
) -> None:
    round = made(take_in()[0])
    assert (round.metrics["holdout"], filed_rounds_to_measure()) == (None, [])
    by_name = {one.name: one for one in texts.classes.all()}
    held = texts.items.filter(key__in=[str(at) for at in range(30)])
    held.update(split=Split.HOLDOUT)
    make_human_labels([(item, by_name[truth_of(int(item.key))]) for item in held], user=ada)
    Project.objects.filter(pk=texts.pk).update(locked_because="an attempt is open")
    assert filed_rounds_to_measure() == []
    Project.objects.filter(pk=texts.pk).update(locked_because="")
    assert filed_rounds_to_measure() == [round.pk]
    before = round.metrics["thresholds"][0]

    filed_round_measure(round.pk)

    round.refresh_from_db()
    assert (round.metrics["holdout"]["n"], round.metrics["n_holdout"]) == (30, 30)
    assert round.metrics["holdout"]["accuracy"] == pytest.approx(24 / 30)
    row = round.metrics["thresholds"][0]
    assert (row["n_accepted"], row["holdout_n"]) == (before["n_accepted"], 30)
    assert (round.confidences["n_pool"], round.confidences["n_holdout"]) == (N, 30)
    assert MeasuredPrediction.objects.filter(round=round).count() == 30
    assert Prediction.objects.filter(round=round).count() == N
    assert filed_rounds_to_measure() == []


def test_a_file_killed_half_way_leaves_one_round(
    texts: Project, predicted: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = runs_open_for_files()
    assert runs_open_for_files() == []  # rung again meanwhile

    def die(*args: Any) -> None:
        predictions_store(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(filed_pipeline, "predictions_store", die)
    held = work_claim(Run, run.pk, worker="doomed")
    assert held is not None
    with pytest.raises(KeyboardInterrupt):
        filed_execute(held)
    assert Round.objects.get().state == RoundState.RUNNING
    assert standing_round(texts) is None
    monkeypatch.undo()
    Run.objects.filter(pk=run.pk).update(state=WorkState.QUEUED)

    assert job_inline(RUN, run.pk, worker="next", compute=filed_execute)
    publish_ready()

    assert Round.objects.get().state == RoundState.PUBLISHED
    assert Prediction.objects.count() == N


def test_the_same_predictions_twice_are_one_round(
    texts: Project, predicted: Import, ada: User, tmp_path: Path
) -> None:
    (first,) = take_in()
    bring(texts, predictions_file(tmp_path / "again.csv"), ada)

    (second,) = take_in()

    assert "round 1.1 already" in second.stop_reason
    assert list(Round.objects.all()) == [made(first)]
    assert take_in() == []
    assert standing_round(texts) == made(first)


def test_predictions_beside_what_stands_are_a_candidate_that_somebody_publishes(
    texts: Project, ada: User, ada_client: APIClient, tmp_path: Path
) -> None:
    bring(texts, predictions_file(tmp_path / "first.csv"), ada)
    first = made(take_in()[0])
    other = bring(texts, predictions_file(tmp_path / "second.csv", places=range(100, N)), ada)

    second = made(take_in()[0])

    assert "candidate" in " ".join(other.report["notes"])
    assert (second.state, standing_round(texts)) == (RoundState.READY, first)
    beside = ada_client.get(f"/api/rounds/{second.pk}/beside-standing").json()
    assert (beside["diff"]["kept"], beside["diff"]["dropped"]) == (N - 100, 100)
    assert not is_due(texts)
    answered = ada_client.post(f"/api/rounds/{second.pk}/publish", {}, format="json")
    assert answered.status_code == 201, answered.json()
    assert standing_round(texts) == second
    assert (
        min(
            int(key)
            for key in Entry.objects.filter(reason="uncertain", state="open").values_list(
                "item__key", flat=True
            )
        )
        >= 100
    )


def test_a_project_that_publishes_by_itself_compares_a_files_predictions_first(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    Project.objects.filter(pk=texts.pk).update(publishing=Publishing.BY_ITSELF)
    bring(texts, predictions_file(tmp_path / "first.csv"), ada)
    first = made(take_in()[0])
    assert first.state == RoundState.PUBLISHED
    bring(texts, predictions_file(tmp_path / "second.csv", confidence="0.9"), ada)

    second = made(take_in()[0])

    assert second.held_back == {"reason": "not_compared"}
    assert standing_round(texts) == first


def test_confidences_that_a_file_lacks_or_that_are_below_chance_are_said_to_be(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    lines = ("a,one review,neg,", "b,another review,pos,0.2", "c,a third review,pos,0.9")
    bring(texts, write_csv(tmp_path / "odd.csv", "id,text,label,confidence", *lines), ada)

    (run,) = take_in()

    of = {one.item.key: one for one in Prediction.objects.filter(round=made(run)).select_related("item")}
    assert [of[key].confidence for key in "abc"] == pytest.approx([0.5, 0.5, 0.9], abs=1e-5)
    assert [of[key].label_class.name for key in "abc"] == ["neg", "pos", "pos"]
    log = " ".join(run.log_lines.values_list("message", flat=True))
    assert "1 of 3 rows have no confidence" in log
    assert "1 of 3 confidences are below 0.5" in log
    assert "calibration needs 20" in log


def test_probabilities_of_all_classes_are_taken_where_the_file_has_them(
    ada: User, ben: User, tmp_path: Path
) -> None:
    project = make_project(owner=ada, annotators=[ben], classes=("cat", "dog", "owl"))
    rows = [
        {"id": "a", "text": "one pet", "label": "dog", "prob_cat": 0.3, "prob_dog": 0.6, "prob_owl": 0.1},
        {"id": "b", "text": "two pets", "label": "owl", "prob_cat": 0.2, "prob_dog": 0.0, "prob_owl": 0.8},
    ]
    path = tmp_path / "probabilities.csv"
    write_csv(path, ",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows))
    bring(project, path, ada, labels_from="auto")

    take_in()

    found = {one.item.key: one for one in Prediction.objects.select_related("item", "label_class")}
    assert found["a"].label_class.name == "dog"
    assert found["a"].confidence == pytest.approx(0.6)
    assert found["a"].margin == pytest.approx(0.3)
    assert found["b"].margin == pytest.approx(0.6)
    assert found["a"].others is not None


def test_a_run_that_learns_takes_no_settings_from_a_file(texts: Project, predicted: Import) -> None:
    take_in()

    assert last_run(texts.pk) is None
    assert last_settings(texts).learner
    assert not is_due(texts)


def test_an_undone_import_takes_its_round_back(
    texts: Project, predicted: Import, ada: User, ben: User
) -> None:
    round = made(take_in()[0])
    assert Entry.objects.filter(round=round).exists()
    undo = undo_request(work=predicted, by=ada)
    assert undo_run(undo.pk, worker="test")

    filed_rounds_take_back()
    sweep()

    round.refresh_from_db()
    assert round.pruned_at is not None
    assert not Prediction.objects.filter(round=round).exists()
    assert standing_of(texts) is None
    assert not Entry.objects.filter(round=round, state="open").exists()
    with pytest.raises(Conflict) as refused:
        round_publish(round_id=round.pk)
    assert refused.value.code == "import_undone"
    assert runs_open_for_files() == []


def test_an_undone_import_whose_predictions_are_certified_keeps_them(
    texts: Project, predicted: Import, ada: User, ben: User
) -> None:
    round = made(take_in()[0])
    by_name = {one.name: one for one in texts.classes.all()}
    items = list(texts.items.all())
    truth = {item.pk: by_name[truth_of(int(item.key))] for item in items}
    world = World(texts, ada, ben, list(texts.classes.all()), items, truth, {}, round)
    world.empty_queue()
    certificate = world.certify(n_audits=60, eps=0.1, confidence=0.9)
    undo = undo_request(work=predicted, by=ada)
    assert undo_run(undo.pk, worker="test")

    filed_rounds_take_back()
    sweep()

    round.refresh_from_db()
    undo.refresh_from_db()
    certificate.refresh_from_db()
    assert (certificate.revoked_at, round.pruned_at) == (None, None)
    assert undo.report["n_items_removed"] == 0
    assert standing_of(texts).round == round
    assert Item.objects.count() == N
    with pytest.raises(Conflict, match="undone"):
        round_publish(round_id=round.pk)


def test_labels_of_a_file_that_stood_before_rounds_of_files_were_known_become_one(
    texts: Project, predicted: Import
) -> None:
    source = predicted.source
    source.refresh_from_db()
    del source.details["predictions"]
    source.save(update_fields=["details"])
    assert runs_open_for_files() == []

    import_module("labeling.migrations.0024_predictions_of_files").mark_standing(apps, None)

    assert made(take_in()[0]).source == source
