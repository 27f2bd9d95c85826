"""The plan: made when there is something to plan, by the newest round, and told over HTTP."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Project
from review.attempts import attempt_abandon
from review.forecasts import forecast_make
from review.models import Forecast
from review.pipeline import projects_to_forecast
from tests.makers import make_items
from tests.review.certifying import make_world
from training.models import Prediction, Round


def test_a_project_without_a_model_has_a_plan_with_a_wide_range(
    project: Project, ada_client: APIClient
) -> None:
    address = f"/api/projects/{project.pk}/plan"
    assert ada_client.get(address).data["code"] == "no_forecast"
    assert projects_to_forecast() == []
    make_items(project, 400)
    assert projects_to_forecast() == [project.pk]
    forecast_make(project.pk)

    plan = ada_client.get(address).data
    assert projects_to_forecast() == []
    assert plan["low"] < plan["n_total"] <= plan["high"] <= 400
    assert "No model" in plan["sentence"]
    assert len(plan["rows"]) == 6 * 3 * 2 * 3


def test_a_published_round_makes_the_plan_narrower(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    make_items(project, 5, prefix="before")
    forecast_make(project.pk)
    world = make_world(project, owner=ada, person=ben, n_items=600, n_wrong=60)
    assert projects_to_forecast() == [project.pk]
    forecast_make(project.pk)
    assert projects_to_forecast() == []
    plan = ada_client.get(f"/api/projects/{project.pk}/plan").data

    assert plan["round_id"] == world.round.pk
    assert plan["n_human"] == 20
    costs = {
        row["eps"]: row["n_total"]
        for row in plan["rows"]
        if (row["confidence"], row["promise"], row["answers_wanted"]) == (0.95, "dataset", 1)
    }
    assert [costs[eps] for eps in sorted(costs)] == sorted(costs.values(), reverse=True)


@pytest.mark.parametrize("eps", [0.1, 0.2])
def test_an_attempt_without_a_number_draws_as_many_audits_as_planned(
    project: Project, ada: User, ben: User, eps: float
) -> None:
    world = make_world(project, owner=ada, person=ben, n_items=600, n_wrong=30)
    attempt = world.ask(eps=eps)

    assert 10 < attempt.n_audits < 300
    assert Forecast.objects.count() == 0


def test_a_model_that_understates_itself_does_not_draw_audits_without_end(
    project: Project, ada: User, ben: User
) -> None:
    """Sure of nothing and right in all: without a holdout to say so, half of what is allowed is supposed wrong."""
    world = make_world(project, owner=ada, person=ben, n_items=2_000)
    Prediction.objects.filter(round=world.round).update(confidence=0.5)
    doubtful = world.ask(eps=0.1)
    assert doubtful.n_audits < 350
    attempt_abandon(attempt=doubtful, reason="")
    Round.objects.filter(pk=world.round.pk).update(metrics={"n_holdout": 50})
    assert world.ask(eps=0.1).n_audits != doubtful.n_audits  # now it is believed
