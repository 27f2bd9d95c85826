"""One run at a time, however many ask at once; and a run by itself when people have labeled enough."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection

from labeling.jobs.work import WorkState
from labeling.models import Item, Label, Project, Split
from tests.makers import make_human_labels, make_project
from tests.training.makers import class_of, make_labeled_project, make_run, make_texts
from training.errors import RunAlreadyOpen
from training.models import Round, Run, Trigger
from training.runs.services import run_request, run_request_if_due

N_AT_ONCE = 16  # real connections


def at_once(call: Callable[[], Any]) -> list[Any]:
    """What each of several threads got, all let go at the same moment, each on its own connection."""
    barrier = threading.Barrier(N_AT_ONCE)

    def one(_: int) -> Any:
        connection.ensure_connection()
        barrier.wait(timeout=60)
        try:
            return call()
        except RunAlreadyOpen as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(N_AT_ONCE) as pool:
        return list(pool.map(one, range(N_AT_ONCE)))


def request(project: Project, user: User | None = None, **fields: Any) -> Run:
    given = {"learner": "logistic_regression", "params": {}, "policy": {"kind": "fixed"}}
    return run_request(project=project, user=user, **{**given, **fields})


def label_more(project: Project, user: User, n_labels: int) -> None:
    classes = list(project.classes.all())
    unlabeled = Item.objects.filter(project=project, split=Split.POOL, labels__isnull=True).order_by("id")
    make_human_labels([(item, class_of(item, classes)) for item in unlabeled[:n_labels]], user=user)


def finish(run: Run, *, state: str = WorkState.DONE) -> None:
    Run.objects.filter(pk=run.pk).update(state=state)


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_one_makes_a_run(ada: User) -> None:
    project = make_labeled_project(owner=ada)

    answers = at_once(lambda: request(project, ada))

    assert sum(isinstance(answer, Run) for answer in answers) == 1
    assert sum(isinstance(answer, RunAlreadyOpen) for answer in answers) == N_AT_ONCE - 1
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_answers_at_once_one_starts_the_run_that_is_due(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    Project.objects.filter(pk=project.pk).update(retrain_after=5)

    answers = at_once(lambda: run_request_if_due(project.pk))

    assert sum(answer is not None for answer in answers) == 1
    assert Run.objects.get().trigger == Trigger.LABELS


def test_the_database_itself_refuses_a_second_open_run(ada: User) -> None:
    run = make_run(make_labeled_project(owner=ada))

    with pytest.raises(IntegrityError, match="run_one_open"):
        Run.objects.create(project=run.project, number=2, learner="knn")


def test_a_run_is_due_after_exactly_the_trigger(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    Project.objects.filter(pk=project.pk).update(retrain_after=5)
    finish(make_run(project))

    label_more(project, ada, 4)
    early = run_request_if_due(project.pk)
    label_more(project, ada, 1)
    due = run_request_if_due(project.pk)
    again = run_request_if_due(project.pk)

    assert early is None
    assert due is not None
    assert again is None


def test_labels_that_a_round_has_seen_do_not_count(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    Project.objects.filter(pk=project.pk).update(retrain_after=5)
    run = make_run(project)
    label_more(project, ada, 5)
    newest = Label.objects.order_by("-id").first().pk
    Round.objects.create(run=run, number=1, last_human_label_id=newest)
    finish(run)

    assert run_request_if_due(project.pk) is None


def test_a_run_that_failed_is_not_tried_again_at_every_answer(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    Project.objects.filter(pk=project.pk).update(retrain_after=5)
    finish(make_run(project), state=WorkState.FAILED)

    label_more(project, ada, 1)

    assert run_request_if_due(project.pk) is None


def test_zero_means_only_by_hand(ada: User) -> None:
    project = make_labeled_project(owner=ada)

    assert project.retrain_after == 0
    assert run_request_if_due(project.pk) is None


def test_the_next_run_takes_over_the_settings_of_the_last(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    Project.objects.filter(pk=project.pk).update(retrain_after=5)
    finish(make_run(project, learner="naive_bayes", policy={"kind": "best_share", "share": 0.2}, seed=11))
    label_more(project, ada, 5)

    run = run_request_if_due(project.pk)

    assert run.learner == "naive_bayes"
    assert run.policy == {"kind": "best_share", "share": 0.2, "balanced": False}
    assert run.seed == 11
    assert run.number == 2


def test_a_due_run_that_could_not_learn_is_not_started(ada: User) -> None:
    project = make_project(owner=ada, retrain_after=3)
    # all of one class
    make_human_labels([(item, project.classes.all()[0]) for item in make_texts(project, 9)[::3]], user=ada)

    assert run_request_if_due(project.pk) is None
    assert not Run.objects.exists()


def test_looking_whether_a_run_is_due_stops_at_the_trigger(
    ada: User, django_assert_max_num_queries: Any
) -> None:
    project = make_labeled_project(owner=ada, n_labeled=100)
    Project.objects.filter(pk=project.pk).update(retrain_after=200)

    with django_assert_max_num_queries(5) as queries:
        run_request_if_due(project.pk)

    counting = next(query["sql"] for query in queries if "labeling_label" in query["sql"])
    assert "LIMIT 200" in counting


def test_many_classes_need_a_label_each(ada: User) -> None:
    project = make_project(owner=ada, classes=[f"class {i}" for i in range(20)])
    classes = list(project.classes.all())
    items = make_texts(project, 19)
    make_human_labels([(item, classes[i % 4]) for i, item in enumerate(items)], user=ada)

    with pytest.raises(Exception, match="Label 1 more"):
        request(project, ada)
