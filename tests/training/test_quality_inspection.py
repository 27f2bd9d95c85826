"""Inspections of a project: what they find there, where candidates go, and who may ask."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.jobs.supervision import job_carry_out
from labeling.jobs.work import WorkState
from labeling.labels.services import publication_open
from labeling.models import Item, Label, Membership, Project, Role, Split
from review.adjudication.relabeling import Relabel, items_relabel
from review.models import Entry, Flag
from tests.makers import make_human_label, make_human_labels, make_project
from tests.training.makers import WORDS, class_of, make_labeled_project, make_run, make_texts
from training.fitting.pipeline import run_execute
from training.inspections.pipeline import inspection_execute
from training.inspections.rows import INSPECTION
from training.inspections.rules.features import item_features, learner_features
from training.inspections.services import inspection_request
from training.learners import create
from training.models import Inspection


def make_inspection(project: Project, *, is_running: bool = True) -> Inspection:
    inspection = inspection_request(project=project, user=None)
    if is_running:
        Inspection.objects.filter(pk=inspection.pk).update(state=WorkState.RUNNING, attempt=1)
        inspection.refresh_from_db()
    return inspection


class quick_places:  # noqa: N801
    """In place of t-SNE: the first two columns."""

    def __init__(self, **options: object) -> None:
        pass

    def fit_transform(self, features: np.ndarray) -> np.ndarray:
        return features[:, :2]


def read_map(inspection: Inspection) -> dict[str, Any]:
    assert inspection.map_points is not None
    return json.loads(gzip.decompress(inspection.map_points))


@pytest.fixture
def inspected(ada: User, monkeypatch: pytest.MonkeyPatch) -> Inspection:
    """90 labels, three of them wrong; two copies of an item, one of them under another class."""
    # Placing points and growing trees take most of the time, and are not what is looked at here.
    monkeypatch.setattr("training.inspections.rules.map.TSNE", quick_places)
    monkeypatch.setattr("training.inspections.map_pipeline.N_PLACED", 100)
    monkeypatch.setattr("training.inspections.rules.drift.N_TREES", 10)
    project = make_project(owner=ada)
    classes = list(project.classes.all())
    items = make_texts(project, 150)
    for item in items[:90]:
        wrong = item.key in ("item-7", "item-19", "item-33")
        make_human_label(item, classes[2] if wrong else class_of(item, classes), user=ada)
    items[100].text = items[101].text = items[0].text
    for item in (items[100], items[101]):
        item.save()
    make_human_label(items[100], classes[1], user=ada)
    inspection = make_inspection(project)
    inspection_execute(inspection)
    inspection.refresh_from_db()
    return inspection


def test_every_tool_finds_what_was_planted_and_says_what_to_do(inspected: Inspection) -> None:
    found = inspected.findings
    keys = dict(inspected.project.items.values_list("pk", "key"))

    assert inspected.state == WorkState.DONE
    assert set(found) == {"labels", "drift", "near_duplicates", "map"}
    assert all(tool["sentence"].endswith(".") for tool in found.values())
    likeliest = {keys[each["item_id"]] for each in found["labels"]["candidates"][:3]}
    assert {"item-7", "item-33"} <= likeliest <= {"item-7", "item-19", "item-33", "item-100"}
    assert found["labels"]["n_labels"] == 91
    assert found["labels"]["reliability"]["bins"]
    conflict = next(group for group in found["near_duplicates"]["groups"] if group["is_conflict"])
    assert {"item-0", "item-100", "item-101"} <= {keys[item_id] for item_id in conflict["item_ids"]}
    assert found["drift"]["two_sample"]["p_value"] > 0.001
    points = read_map(inspected)
    assert found["map"]["n_points"] == 150
    assert {len(points[name]) for name in points if name != "round_names"} == {150}
    assert points["item_ids"] == sorted(keys)
    assert points["sources"].count(2) == 91
    assert set(points["confidences"]) == {-1}  # there was no round
    assert "100 of them are placed by t-SNE" in found["map"]["sentence"]
    assert inspected.round is None
    assert inspected.labels_hash


def test_whoever_asks_is_told_key_and_text_of_what_was_found(
    inspected: Inspection, ada_client: APIClient
) -> None:
    found = inspected.findings
    named = {each["item_id"] for each in found["labels"]["candidates"]}
    named |= {item_id for group in found["near_duplicates"]["groups"] for item_id in group["item_ids"]}
    inspected.project.items.filter(key="item-0").update(text="whiskers " * 100)

    items = {each["id"]: each for each in ada_client.get(f"/api/inspections/{inspected.pk}").data["items"]}

    assert items.keys() == named
    by_key = {each["key"]: each for each in items.values()}
    assert by_key["item-7"]["text"] == inspected.project.items.get(key="item-7").text
    assert len(by_key["item-0"]["text"]) == 200
    assert by_key["item-0"]["thumbnail_url"] is None


def test_the_labeled_and_the_pool_are_told_apart_by_the_right_side(ada: User) -> None:
    project = make_project(owner=ada)
    classes = list(project.classes.all())
    items = make_texts(project, 60)
    for i, item in enumerate(items):  # labeled and unlabeled items take turns, so that order matters
        if i % 2:
            make_human_label(item, class_of(item, classes), user=ada)
        else:
            item.text = f"{item.text} hush hush hush"
            item.save()
    inspection = make_inspection(project)

    inspection_execute(inspection)

    inspection.refresh_from_db()
    words = next(each for each in inspection.findings["drift"]["features"] if each["name"] == "words")
    assert (words["labeled"], words["pool"]) == (8, 11)
    assert inspection.findings["drift"]["two_sample"]["accuracy"] > 0.9


def test_too_few_labels_are_said_and_the_rest_is_still_looked_at(ada: User) -> None:
    inspection = make_inspection(make_labeled_project(owner=ada, n_labeled=12))

    inspection_execute(inspection)

    inspection.refresh_from_db()
    assert inspection.state == WorkState.DONE
    assert "12 training labels" in inspection.findings["labels"]["sentence"]
    assert "too few" in inspection.findings["drift"]["sentence"]
    assert read_map(inspection)["item_ids"]


def test_a_project_without_items_has_nothing_to_inspect(ada: User, ada_client: APIClient) -> None:
    project = make_project(owner=ada)

    refused = ada_client.post(f"/api/projects/{project.pk}/inspections", {}, format="json")

    assert (refused.status_code, refused.data["code"]) == (409, "no_items")
    assert "Import a file" in refused.data["message"]
    assert not Inspection.objects.exists()


def test_a_shifted_pool_is_noticed(ada: User) -> None:
    project = make_project(owner=ada)
    classes = list(project.classes.all())
    make_human_labels([(item, class_of(item, classes)) for item in make_texts(project, 60)], user=ada)
    for item in make_texts(project, 80, prefix="new"):
        item.text = f"{item.text} " + " ".join(WORDS["owl"] * 3)
        item.save()
    inspection = make_inspection(project)

    inspection_execute(inspection)

    inspection.refresh_from_db()
    drift = inspection.findings["drift"]
    assert drift["two_sample"]["p_value"] < 1e-6
    assert "words" in {shift["name"] for shift in drift["features"] if shift["is_shifted"]}
    assert "the pool has changed" in drift["sentence"]


def test_the_map_is_of_the_last_models_features_and_tells_what_each_round_did(
    ada: User, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.inspections.rules.map.TSNE", quick_places)
    project = make_labeled_project(owner=ada)
    run = make_run(project, is_running=True, n_rounds=1)
    run_execute(run)
    round = run.rounds.get()
    late = project.items.filter(key="item-100").get()
    make_human_label(late, project.classes.all()[0], user=ada)
    assert round.source is not None
    publication_open(project=project, source=round.source, by=None, ended_reason="")
    said = dict(round.predictions.values_list("item_id", "confidence"))
    machine = project.items.get(key="item-90")
    Label.objects.create(
        project=project, item=machine, label_class=project.classes.order_by("-position", "-pk")[0], source=round.source,
        is_human=False, confidence=0.9, threshold=0.5, created_at=timezone.now(),
    )  # fmt: skip
    inspection = make_inspection(project)

    inspection_execute(inspection)

    inspection.refresh_from_db()
    assert inspection.round == round
    assert "the last model's features" in inspection.findings["map"]["sentence"]
    reply = ada_client.get(f"/api/inspections/{inspection.pk}/map", headers={"Accept-Encoding": "gzip"})
    plain = ada_client.get(f"/api/inspections/{inspection.pk}/map")
    assert gzip.decompress(reply.content) == plain.content
    points = json.loads(plain.content)
    assert points["round_names"] == ["1.1"]

    def told(item: Item) -> tuple[int, int, int]:
        at = points["item_ids"].index(item.pk)
        return points["sources"][at], points["rounds"][at], points["class_ids"][at]

    early = project.items.get(key="item-0")
    assert told(early) == (2, -1, project.classes.all()[0].pk)  # a person, before any round
    assert told(late) == (2, 0, project.classes.all()[0].pk)  # a person, after the first
    assert told(machine) == (1, 0, project.classes.order_by("-position", "-pk")[0].pk)
    for item_id, confidence in zip(points["item_ids"], points["confidences"], strict=True):
        expected = -1 if item_id == late.pk or item_id not in said else int(said[item_id] * 1000)
        assert confidence == expected


def test_an_inspection_without_a_map_says_so(ada: User, ada_client: APIClient) -> None:
    inspection = make_inspection(make_labeled_project(owner=ada))

    reply = ada_client.get(f"/api/inspections/{inspection.pk}/map")

    assert (reply.status_code, reply.data["code"]) == (404, "not_found")
    assert "inspect again" in reply.data["message"]


@pytest.mark.usefixtures("child_database")
def test_a_worker_carries_an_inspection_out_in_a_child(ada: User) -> None:
    project = make_project(owner=ada)
    make_texts(project, 6, split=Split.POOL)

    over = make_inspection(project, is_running=False)
    job_carry_out(INSPECTION, over.pk, worker="here")
    over.refresh_from_db()

    assert over.state == WorkState.DONE, over.error_message
    assert len(read_map(over)["item_ids"]) == 6


# To the queue


def test_candidates_go_to_the_queue_with_their_reason_and_only_once(
    inspected: Inspection, ada_client: APIClient
) -> None:
    wanted = [each["item_id"] for each in inspected.findings["labels"]["candidates"][:2]]

    sent = ada_client.post(f"/api/inspections/{inspected.pk}/flag", {"item_ids": wanted}, format="json")
    again = ada_client.post(f"/api/inspections/{inspected.pk}/flag", {"item_ids": wanted}, format="json")

    assert sent.status_code == 200
    assert {flag["item_id"] for flag in sent.data} == set(wanted)
    assert all("but the other labels suggest" in flag["note"] for flag in sent.data)
    assert again.data == []
    entries = Entry.objects.filter(item_id__in=wanted, state="open")
    assert {entry.reason for entry in entries} == {"flagged"}
    assert len(entries) == 2


def test_items_that_are_no_candidates_are_refused_and_changed_labels_left_alone(
    inspected: Inspection, ada: User, ada_client: APIClient
) -> None:
    candidate = inspected.findings["labels"]["candidates"][0]
    change = Relabel(item_id=candidate["item_id"], class_id=candidate["suggested_class_id"])
    items_relabel(project=inspected.project, person=ada, changes=[change])
    stranger = inspected.project.items.get(key="item-149").pk

    refused = ada_client.post(
        f"/api/inspections/{inspected.pk}/flag", {"item_ids": [stranger]}, format="json"
    )
    changed = ada_client.post(
        f"/api/inspections/{inspected.pk}/flag", {"item_ids": [candidate["item_id"]]}, format="json"
    )

    assert refused.status_code == 400
    assert changed.data == []
    assert not Flag.objects.exists()


def test_who_may_do_what(ada: User, ben: User, ada_client: APIClient, ben_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)
    Membership.objects.create(project=project, user=ben, role=Role.ANNOTATOR)

    started = ada_client.post(f"/api/projects/{project.pk}/inspections", {}, format="json")
    second = ada_client.post(f"/api/projects/{project.pk}/inspections", {}, format="json")
    address = f"/api/inspections/{started.data['id']}"

    assert started.status_code == 201
    assert started.data["learner"] == "logistic_regression"
    assert second.data["code"] == "already_open"
    assert ben_client.get(address).status_code == 403  # it tells of single items what a model thinks
    assert "findings" not in ada_client.get(f"/api/projects/{project.pk}/inspections").data["results"][0]
    assert ben_client.post(f"{address}/cancel").status_code == 403
    assert ben_client.post(f"{address}/flag", {"item_ids": [1]}, format="json").status_code == 403
    assert ada_client.post(f"{address}/cancel").data["state"] == "cancelled"
    wrong = ada_client.post(f"/api/projects/{project.pk}/inspections", {"learner": "svm2"}, format="json")
    assert wrong.status_code == 400
    assert list(wrong.data["fields"]) == ["learner"]


# Features


def test_a_networks_features_are_what_its_last_layer_is_given() -> None:
    draw = np.random.default_rng(0)
    images = draw.integers(0, 255, (24, 8, 8)).astype(np.uint8)
    learner = create("simple_cnn", item_type="image", n_steps=2, batch_size=8)
    learner.fit(images, np.arange(24) % 2)

    points = learner_features(learner, images, item_type="image")

    assert points is not None
    assert points.shape[0] == 24
    assert points.shape[1] > 2
    assert learner_features(object(), images, item_type="image") is None
    assert item_features(images, item_type="image").shape == (24, 64)
