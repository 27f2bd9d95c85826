"""The plan: made when there is something to plan, by the newest round, and told over HTTP."""

from __future__ import annotations

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Project
from review.forecasts import forecast_make
from review.pipeline import projects_to_forecast
from tests.makers import make_items
from tests.review.certifying import make_world


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


def test_while_an_attempt_is_open_the_plan_is_for_the_next_one_and_for_all_items(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    world = make_world(project, owner=ada, person=ben, n_items=600, n_wrong=60)
    world.ask(eps=0.05, confidence=0.95, n_audits=100)
    forecast_make(project.pk)

    plan = ada_client.get(f"/api/projects/{project.pk}/plan").data

    assert plan["n_items"] == 600
    asked = {
        "eps": plan["eps"],
        "confidence": project.confidence_level,
        "promise": "dataset",
        "answers_wanted": 1,
    }
    (row,) = [row for row in plan["rows"] if row.items() >= asked.items()]
    assert (row["n_total"], row["low"], row["high"]) == (plan["n_total"], plan["low"], plan["high"])
