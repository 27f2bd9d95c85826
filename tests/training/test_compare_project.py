"""A comparison on a project's labels: what it is of, that it goes on where it stopped, and who may ask."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from click.testing import CliRunner
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from deploy.cli import main
from labeling.jobs.supervision import job_carry_out
from labeling.jobs.work import WorkLost, WorkState
from labeling.models import Membership, Role
from tests.makers import make_human_labels
from tests.training.makers import class_of, make_labeled_project, make_texts
from training.comparisons import pipeline as comparison_pipeline
from training.comparisons.rows import COMPARISON
from training.comparisons.rules.trial import Outcome
from training.comparisons.services import comparison_inline, comparison_request
from training.models import Comparison
from training.tasks import sweep_runs

START: dict[str, Any] = {
    "learners": [
        {"learner": "naive_bayes", "params": {"smoothing": 0.5}},
        {"learner": "logistic_regression"},
    ],
    "n_seeds": 2,
}


def make_comparison(project: Any, *, is_running: bool = False, **fields: Any) -> Comparison:
    learners: dict[str, Any] = {"naive_bayes": {}, "logistic_regression": {}}
    comparison = comparison_request(
        project=project, user=None, **{"learners": learners, "n_seeds": 2, **fields}
    )
    if is_running:
        Comparison.objects.filter(pk=comparison.pk).update(state=WorkState.RUNNING, attempt=1)
        comparison.refresh_from_db()
    return comparison


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Trials that take no time: (learner, seed, folds) of each."""
    seen: list[tuple[str, int, int]] = []

    def run(folder: Any, trial: Any, **_: Any) -> Outcome:
        seen.append((trial.learner, trial.seed, trial.n_folds))
        scores = dict.fromkeys(("accuracy", "macro_f1", "log_loss", "ece"), 0.5)
        return Outcome(n_test=50, scores=scores, jackknife={name: [0.4, 0.5, 0.6] for name in scores})

    monkeypatch.setattr(comparison_pipeline, "trial_run", run)
    return seen


@pytest.mark.usefixtures("child_database")
def test_a_worker_compares_in_processes_and_leaves_a_table(ada: User) -> None:
    project = make_labeled_project(owner=ada, n_holdout=120)
    comparison = make_comparison(project, n_seeds=1)

    over = comparison_inline(comparison)

    assert over.state == WorkState.DONE, over.error_message
    assert over.measured_by == "holdout"
    assert (over.n_human, over.n_test, over.n_pool) == (24, 120, 96)
    assert over.rows_hash
    assert over.code_version
    assert [row["learner"] for row in over.table] == ["naive_bayes", "logistic_regression"]
    assert all(row["metrics"]["accuracy"]["mean"] > 0.7 for row in over.table)
    assert over.trials.count() == 2
    assert (over.step, over.n_steps) == (1, 2)


def test_a_small_holdout_is_left_alone_and_the_training_labels_cross_validate(
    ada: User, quick: list[tuple[str, int, int]]
) -> None:
    comparison = make_comparison(make_labeled_project(owner=ada), is_running=True)

    comparison_pipeline.comparison_execute(comparison)

    comparison.refresh_from_db()
    assert comparison.measured_by == "cross_validation"
    assert (comparison.n_human, comparison.n_test, comparison.n_pool) == (24, 24, 96)
    assert {folds for _, _, folds in quick} == {5}


def test_whoever_goes_on_does_the_trials_that_are_missing_on_the_same_labels(
    ada: User, quick: list[tuple[str, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_labeled_project(owner=ada)
    comparison = make_comparison(project, is_running=True)
    done = vars(comparison_pipeline)["trial_run"]  # the quick one

    def die_at_third(*args: Any, **settings: Any) -> Outcome:
        if len(quick) == 2:
            raise SystemExit
        return done(*args, **settings)

    monkeypatch.setattr(comparison_pipeline, "trial_run", die_at_third)
    with pytest.raises(SystemExit):
        comparison_pipeline.comparison_execute(comparison)
    comparison.refresh_from_db()
    before = (comparison.as_of, comparison.rows_hash)
    make_human_labels(
        [
            (item, class_of(item, list(project.classes.all())))
            for item in make_texts(project, 3, prefix="new")
        ],
        user=ada,
    )
    monkeypatch.setattr(comparison_pipeline, "trial_run", done)

    comparison_pipeline.comparison_execute(comparison)

    comparison.refresh_from_db()
    assert comparison.state == WorkState.DONE
    assert (comparison.as_of, comparison.rows_hash) == before
    assert comparison.n_human == 24
    assert len(quick) == len(set(quick)) == 4


def test_trials_of_labels_that_cannot_be_read_back_are_done_again(
    ada: User, quick: list[tuple[str, int, int]]
) -> None:
    project = make_labeled_project(owner=ada)
    comparison = make_comparison(project, is_running=True, n_seeds=1)
    comparison_pipeline.comparison_execute(comparison)
    Comparison.objects.filter(pk=comparison.pk).update(state=WorkState.RUNNING)
    project.items.filter(key="item-0").update(split="holdout")
    comparison.refresh_from_db()

    comparison_pipeline.comparison_execute(comparison)

    comparison.refresh_from_db()
    assert comparison.n_human == 23
    assert len(quick) == 4
    assert comparison.trials.count() == 2


def test_a_worker_that_lost_the_comparison_writes_nothing(
    ada: User, quick: list[tuple[str, int, int]]
) -> None:
    comparison = make_comparison(make_labeled_project(owner=ada), is_running=True)
    Comparison.objects.filter(pk=comparison.pk).update(attempt=2)

    with pytest.raises(WorkLost):
        comparison_pipeline.comparison_execute(comparison)

    assert not comparison.trials.exists()


def test_the_sweep_rings_again_for_comparisons(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = make_comparison(make_labeled_project(owner=ada))
    Comparison.objects.update(created_at=timezone.now() - dt.timedelta(minutes=1))
    rung: list[int] = []
    monkeypatch.setattr("labeling.jobs.setbacks.ring", lambda task, pk: rung.append(pk))

    sweep_runs()

    assert rung == [comparison.pk]


@pytest.mark.usefixtures("child_database")
def test_a_cancelled_comparison_keeps_its_trials(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = make_comparison(make_labeled_project(owner=ada))
    Comparison.objects.filter(pk=comparison.pk).update(cancel_requested_at=timezone.now())

    job_carry_out(COMPARISON, comparison.pk, worker="here")

    comparison.refresh_from_db()
    assert comparison.state == WorkState.CANCELLED


# Over HTTP and from the command line


def test_an_engineer_starts_sees_and_cancels(ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)

    started = ada_client.post(f"/api/projects/{project.pk}/comparisons", START, format="json")
    second = ada_client.post(f"/api/projects/{project.pk}/comparisons", START, format="json")
    listed = ada_client.get(f"/api/projects/{project.pk}/comparisons")
    cancelled = ada_client.post(f"/api/comparisons/{started.data['id']}/cancel")
    shown = ada_client.get(f"/api/comparisons/{started.data['id']}")

    assert started.status_code == 201
    assert started.data["learners"] == [
        {"learner": "naive_bayes", "params": {"smoothing": 0.5}},
        {"learner": "logistic_regression", "params": {"C": 10.0, "balanced": False}},
    ]
    assert second.status_code == 409
    assert second.data["code"] == "already_open"
    assert [row["number"] for row in listed.data["results"]] == [1]
    assert cancelled.data["state"] == shown.data["state"] == "cancelled"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"learners": []}, "learners"),
        ({"learners": [{"learner": "crystal_ball"}]}, "learners"),
        ({"learners": [{"learner": "naive_bayes", "params": {"C": 1}}]}, "learners"),
        ({"learners": [{"learner": "lda"}, {"learner": "lda"}]}, "learners"),
        ({"n_seeds": 0}, "n_seeds"),
        ({"n_seeds": 21}, "n_seeds"),
        ({"seed": -1}, "seed"),
        ({"max_seconds": 1}, "max_seconds"),
        ({"n_labels": [3]}, "n_labels"),
        ({"n_labels": [25]}, "n_labels"),
        ({"n_labels": [6, 7, 8, 9, 10, 11, 12]}, "n_labels"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(
    ada: User, ada_client: APIClient, change: dict[str, Any], field: str
) -> None:
    project = make_labeled_project(owner=ada)

    answer = ada_client.post(f"/api/projects/{project.pk}/comparisons", START | change, format="json")

    assert answer.status_code == 400
    assert list(answer.data["fields"]) == [field]
    assert not Comparison.objects.exists()


@pytest.mark.parametrize(("role", "reads"), [(Role.VIEWER, 200), (Role.REVIEWER, 200), (Role.ANNOTATOR, 403)])
def test_all_but_annotators_read_and_only_engineers_start(
    ada: User, ben: User, ben_client: APIClient, role: Role, reads: int
) -> None:
    project = make_labeled_project(owner=ada)
    Membership.objects.create(project=project, user=ben, role=role)
    comparison = make_comparison(project)

    assert ben_client.get(f"/api/comparisons/{comparison.pk}").status_code == reads
    assert ben_client.get(f"/api/projects/{project.pk}/comparisons").status_code == reads
    assert ben_client.post(f"/api/comparisons/{comparison.pk}/cancel").status_code == 403
    assert ben_client.post(f"/api/projects/{project.pk}/comparisons", START, format="json").status_code == 403


def test_the_command_compares_on_files(tmp_path: Any) -> None:
    lines = ["size,kind", *(f"{i % 10 + 20 * (i % 2)}.5,{'ab'[i % 2]}" for i in range(120))]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines))
    words = ["compare", "--data", str(path), "--label-column", "kind", "--item-type", "table", "--seeds", "1"]

    result = CliRunner().invoke(
        main, [*words, "--learner", "naive_bayes", "--labels", "10", "--param", "naive_bayes.smoothing=0.1"]
    )
    wrong = CliRunner().invoke(main, [*words, "--learner", "naive_bayes", "--param", "lda.x=1"])
    neither = CliRunner().invoke(main, ["compare", "--learner", "naive_bayes"])

    assert result.exit_code == 0, result.output
    assert "naive_bayes  10" in result.stdout
    assert "90 table items to train on, 30 for testing" in result.stderr
    assert wrong.exit_code == 1
    assert "not compared" in wrong.output
    assert neither.exit_code == 1
