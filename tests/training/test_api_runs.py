"""Runs and rounds over HTTP: what engineers may start, what others see, and what is refused."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.jobs.work import WorkState
from labeling.models import Membership, Project, Role
from tests.makers import make_human_labels, make_project
from tests.training.makers import make_labeled_project, make_run, make_texts
from training.fitting.pipeline import run_execute
from training.models import Comparison, Inspection, Run

START = {
    "learner": "logistic_regression",
    "params": {"C": 2.0},
    "policy": {"kind": "fixed", "threshold": 0.9},
    "n_rounds": 2,
    "seed": 7,
}


def test_an_engineer_starts_a_run_and_sees_it_queued(ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)

    started = ada_client.post(f"/api/projects/{project.pk}/runs", START, format="json")
    shown = ada_client.get(f"/api/runs/{started.data['id']}")

    assert started.status_code == 201
    assert shown.status_code == 200
    assert shown.data["state"] == "queued"
    assert shown.data["project_id"] == project.pk
    assert shown.data["number"] == 1
    assert shown.data["params"] == {"C": 2.0, "balanced": False}
    assert shown.data["policy"] == {"kind": "fixed", "threshold": 0.9}
    assert shown.data["created_by"] == "ada"
    assert shown.data["rounds"] == []


def test_a_run_that_waits_names_what_the_worker_does_in_its_own_project_first(
    ada: User, ada_client: APIClient
) -> None:
    project, other = make_labeled_project(owner=ada), make_project(owner=ada)
    run = make_run(project)
    busy = {"state": WorkState.RUNNING, "number": 7}

    def ahead() -> object:
        return ada_client.get(f"/api/runs/{run.pk}").data["ahead"]

    assert ahead() is None
    Inspection.objects.create(project=other, seconds_left=9.0, **busy)
    assert ahead() == {"kind": "inspection", "number": None, "seconds_left": 9.0}
    Comparison.objects.create(project=project, seconds_left=90.0, **busy)
    assert ahead() == {"kind": "comparison", "number": 7, "seconds_left": 90.0}
    Run.objects.filter(pk=run.pk).update(state=WorkState.RUNNING)
    assert ahead() is None


def test_what_is_left_out_takes_its_default(ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)

    started = ada_client.post(f"/api/projects/{project.pk}/runs", {"learner": "naive_bayes"}, format="json")

    assert started.status_code == 201
    assert started.data["policy"] == {"kind": "fixed", "threshold": 0.95}
    assert started.data["n_rounds"] == 5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"learner": "crystal_ball"}, "learner"),
        ({"learner": "simple_cnn", "params": {}}, "learner"),  # for images, and these are texts
        ({"params": {"C": -1}}, "params.C"),
        ({"params": {"depth": 3}}, "params.depth"),
        ({"policy": {"kind": "fixed", "threshold": 1.4}}, "policy.threshold"),
        ({"policy": {"kind": "hopeful"}}, "policy.kind"),
        ({"policy": "0.95"}, "policy"),
        ({"n_rounds": 0}, "n_rounds"),
        ({"n_rounds": 51}, "n_rounds"),
        ({"seed": -1}, "seed"),
        ({"seed": "dice"}, "seed"),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_field(
    ada: User, ada_client: APIClient, change: dict[str, Any], field: str
) -> None:
    project = make_labeled_project(owner=ada)

    answer = ada_client.post(f"/api/projects/{project.pk}/runs", START | change, format="json")

    assert answer.status_code == 400
    assert list(answer.data["fields"]) == [field]
    assert answer.data["message"]
    assert not Run.objects.exists()


def test_all_problems_come_at_once(ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)
    wrong = {"params": {"C": 0}, "policy": {"kind": "fixed", "threshold": 1.4}, "n_rounds": 99}

    answer = ada_client.post(f"/api/projects/{project.pk}/runs", START | wrong, format="json")

    assert set(answer.data["fields"]) == {"params.C", "policy.threshold", "n_rounds"}


def _labels_of(project: Project, user: User, positions: list[int]) -> None:
    classes = list(project.classes.all())
    make_human_labels(
        [
            (item, classes[position])
            for item, position in zip(make_texts(project, len(positions)), positions, strict=True)
        ],
        user=user,
    )


@pytest.mark.parametrize(
    ("positions", "words"),
    [([], "no human labels"), ([0, 0, 0, 0], "one class, cat"), ([0, 1], "Label 2 more")],
)
def test_too_few_labels_are_refused_with_what_is_missing(
    ada: User, ada_client: APIClient, positions: list[int], words: str
) -> None:
    project = make_project(owner=ada)
    _labels_of(project, ada, positions)

    answer = ada_client.post(f"/api/projects/{project.pk}/runs", START, format="json")

    assert answer.status_code == 409
    assert answer.data["code"] == "not_enough_labels"
    assert words in answer.data["message"]
    assert not Run.objects.exists()


def test_a_second_run_waits_for_the_first(ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)
    ada_client.post(f"/api/projects/{project.pk}/runs", START, format="json")

    second = ada_client.post(f"/api/projects/{project.pk}/runs", START, format="json")

    assert second.status_code == 409
    assert second.data["code"] == "run_open"
    assert "Run 1" in second.data["message"]


def test_a_queued_run_is_cancelled_at_once_and_only_once(ada: User, ada_client: APIClient) -> None:
    run = make_run(make_labeled_project(owner=ada))

    first = ada_client.post(f"/api/runs/{run.pk}/cancel")
    second = ada_client.post(f"/api/runs/{run.pk}/cancel")

    assert first.status_code == 200
    assert first.data["state"] == "cancelled"
    assert second.status_code == 409


def test_numbers_count_within_the_project(ada: User, ada_client: APIClient) -> None:
    one, other = make_labeled_project(owner=ada), make_labeled_project(owner=ada)
    for project in (one, one, other):
        run = make_run(project)
        ada_client.post(f"/api/runs/{run.pk}/cancel")

    listed = ada_client.get(f"/api/projects/{one.pk}/runs")

    assert [run["number"] for run in listed.data["results"]] == [2, 1]


def test_a_finished_run_shows_its_rounds_its_log_and_its_model(ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)
    run = make_run(project, is_running=True)
    run_execute(run)

    shown = ada_client.get(f"/api/runs/{run.pk}").data
    listed = ada_client.get(f"/api/projects/{project.pk}/rounds").data["results"]
    detail = ada_client.get(f"/api/rounds/{listed[0]['id']}").data
    log = ada_client.get(f"/api/runs/{run.pk}/log").data
    later = ada_client.get(f"/api/runs/{run.pk}/log?after={log['results'][0]['id']}").data
    model = ada_client.get(f"/api/rounds/{listed[0]['id']}/model")

    assert detail["project_id"] == project.pk
    assert shown["state"] == "done"
    assert shown["rounds"] == listed
    assert listed[0]["holdout_accuracy"] == detail["metrics"]["holdout"]["accuracy"]
    assert listed[0]["test_accuracy"] is None
    assert listed[0]["n_accepted"] == detail["metrics"]["n_accepted"]
    assert detail["labels_hash"]
    assert len(later["results"]) == len(log["results"]) - 1
    with zipfile.ZipFile(io.BytesIO(model.getvalue())) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("assay.json"))["labels_hash"] == detail["labels_hash"]
        assert "learner.json" in archive.namelist()


def test_a_round_without_a_model_says_so(ada: User, ada_client: APIClient) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True)
    round = run.rounds.create(number=1)

    answer = ada_client.get(f"/api/rounds/{round.pk}/model")

    assert answer.status_code == 409
    assert answer.data["code"] == "no_model"


@pytest.mark.parametrize(
    ("method", "path", "as_member"),
    [
        ("get", "/api/projects/{project}/policies", 200),
        ("get", "/api/projects/{project}/runs", 200),
        ("post", "/api/projects/{project}/runs", 403),
        ("get", "/api/runs/{run}", 200),
        ("post", "/api/runs/{run}/cancel", 403),
        ("get", "/api/runs/{run}/log", 200),
        ("get", "/api/projects/{project}/rounds", 200),
        ("get", "/api/rounds/{round}", 200),
        ("get", "/api/rounds/{round}/model", 409),
    ],
)
def test_members_but_annotators_read_engineers_write_and_outsiders_find_nothing(
    ada: User, ben: User, ben_client: APIClient, cy_client: APIClient, method: str, path: str, as_member: int
) -> None:
    project = make_labeled_project(owner=ada)
    membership = Membership.objects.create(project=project, user=ben, role=Role.VIEWER)
    run = make_run(project)
    round = run.rounds.create(number=1)
    address = path.format(project=project.pk, run=run.pk, round=round.pk)

    member = getattr(ben_client, method)(address, START if method == "post" else None, format="json")
    outsider = getattr(cy_client, method)(address, START if method == "post" else None, format="json")
    stranger = getattr(APIClient(), method)(address)
    membership.role = Role.ANNOTATOR
    membership.save()
    annotator = getattr(ben_client, method)(address, START if method == "post" else None, format="json")

    assert member.status_code == as_member
    assert annotator.status_code == (200 if path.endswith("/policies") else 403)
    assert outsider.status_code == 404
    assert stranger.status_code == 401
    run.refresh_from_db()
    assert run.state == "queued"


def test_learners_come_with_what_may_be_set(ada_client: APIClient) -> None:
    of_images = ada_client.get("/api/learners?item_type=image").data
    of_texts = ada_client.get("/api/learners?item_type=text").data

    names = {learner["name"]: {param["name"] for param in learner["params"]} for learner in of_images}
    assert {"n_steps", "image_size"} <= names["simple_cnn"]
    assert "simple_cnn" not in {learner["name"] for learner in of_texts}
    assert ada_client.get("/api/learners?item_type=smell").status_code == 400


def test_policies_that_are_offered_are_accepted(ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)

    for form in ada_client.get(f"/api/projects/{project.pk}/policies").data:
        policy = {"kind": form["kind"], **{param["name"]: param["default"] for param in form["params"]}}
        started = ada_client.post(
            f"/api/projects/{project.pk}/runs", START | {"policy": policy}, format="json"
        )
        assert started.status_code == 201
        assert started.data["policy"] == policy
        ada_client.post(f"/api/runs/{started.data['id']}/cancel")
