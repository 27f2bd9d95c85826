"""A round from labels to a model version, and the rounds of a run."""

from __future__ import annotations

from django.contrib.auth.models import User

from labeling.models import SourceKind
from labeling.work import WorkState
from tests.training.makers import make_labeled_project, make_run
from training.models import Prediction, RoundState
from training.pipeline import run_execute


def test_a_run_leaves_ready_rounds_with_a_prediction_for_every_unlabeled_item(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    run = make_run(project, is_running=True)

    run_execute(run)

    run.refresh_from_db()
    rounds = list(run.rounds.order_by("number"))
    assert run.state == WorkState.DONE
    assert run.stop_reason
    assert {round.state for round in rounds} == {RoundState.READY}
    for round in rounds:
        assert Prediction.objects.filter(round=round).count() == 120 - 24
        assert round.source.kind == SourceKind.MODEL
        assert round.n_human == 24
        assert round.metrics["holdout"]["n"] == 30
