"""The plan: made when there is something to plan, by the newest round, and told over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.models import Import, LabelClass, Project
from review.certificates.forecasts import forecast_make
from review.models import Certificate
from review.sweep import projects_to_forecast
from tests.makers import make_human_label, make_human_labels, make_items
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


def test_where_people_have_labeled_all_that_was_predicted_there_is_a_plan(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    world = make_world(project, owner=ada, person=ben, n_items=200, n_human=20, n_wrong=40)
    forecast_make(project.pk)
    left = [item for item in world.items if item.pk in world.predicted]
    make_human_labels([(item, world.truth[item.pk]) for item in left], user=ben)
    assert projects_to_forecast() == [project.pk]

    forecast_make(project.pk)

    assert projects_to_forecast() == []
    assert ada_client.get(f"/api/projects/{project.pk}/plan").data["n_human"] == 200


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


def plan_of(client: APIClient, project: Project) -> dict[str, Any]:
    return client.get(f"/api/projects/{project.pk}/plan").data


def test_a_second_import_puts_the_plan_out_of_date_and_the_new_one_counts_its_items(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    """Once it went on to promise 200 labels and no audits with 952 of 1,200 items unlabeled."""
    world = make_world(project, owner=ada, person=ben, n_items=250, n_wrong=20)
    forecast_make(project.pk)
    assert not plan_of(ada_client, project)["is_out_of_date"]

    make_items(project, 950, prefix="second")

    old = plan_of(ada_client, project)
    assert old["is_out_of_date"]
    assert old["changes"] == [{"what": "items", "before": 250.0, "now": 1200.0}]
    assert projects_to_forecast() == [project.pk]

    forecast_make(project.pk)

    new = plan_of(ada_client, project)
    assert not new["is_out_of_date"]
    assert projects_to_forecast() == []
    assert (new["round_id"], new["n_items"], new["n_unknown"]) == (world.round.pk, 1200, 950)
    assert "950 items came after the round" in new["sentence"]
    assert new["n_total"] > old["n_total"]


def test_no_plan_speaks_of_no_audits_as_if_little_were_left(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    """Where every audit would cost more than it saves, the plan is to label everything, and says so."""
    Project.objects.filter(pk=project.pk).update(target_precision=0.999)
    make_world(project, owner=ada, person=ben, n_items=60, n_wrong=25)
    forecast_make(project.pk)

    plan = plan_of(ada_client, project)

    assert plan["own"]["n_audits"] == 0
    assert plan["n_total"] == 60
    assert "0 audits" not in plan["sentence"]
    assert "every one that is left" in plan["sentence"]


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"target_precision": 0.9}, "eps"), ({"confidence_level": 0.8}, "confidence"), ({"answers_wanted": 2}, "answers_wanted")],
)  # fmt: skip
def test_another_goal_puts_the_plan_out_of_date(
    project: Project, ada_client: APIClient, changed: dict[str, Any], what: str
) -> None:
    make_items(project, 100)
    forecast_make(project.pk)
    before = plan_of(ada_client, project)

    ada_client.patch(f"/api/projects/{project.pk}", changed, format="json")

    assert [one["what"] for one in plan_of(ada_client, project)["changes"]] == [what]
    assert projects_to_forecast() == [project.pk]
    forecast_make(project.pk)
    after = plan_of(ada_client, project)
    assert (after["changes"], after["id"] > before["id"]) == ([], True)


def test_a_class_more_and_many_labels_more_put_the_plan_out_of_date(
    project: Project, ada: User, ada_client: APIClient
) -> None:
    items = make_items(project, 300)
    forecast_make(project.pk)
    make_human_labels([(item, project.classes.all()[0]) for item in items[:24]], user=ada)
    forecast_make(project.pk)  # the first labels at all are news
    made_on = plan_of(ada_client, project)
    make_human_labels([(item, project.classes.all()[0]) for item in items[24:48]], user=ada)
    assert not plan_of(ada_client, project)["is_out_of_date"]

    make_human_label(items[48], project.classes.all()[0], user=ada)
    LabelClass.objects.create(project=project, name="yak", position=9)

    changes = {one["what"]: one for one in plan_of(ada_client, project)["changes"]}
    assert changes.keys() == {"labels", "classes"}
    assert (changes["labels"]["before"], changes["labels"]["now"]) == (24, 49)
    assert plan_of(ada_client, project)["id"] == made_on["id"]


def test_while_an_import_goes_on_the_plan_says_that_it_is_out_of_date_and_waits(
    project: Project, ada_client: APIClient
) -> None:
    make_items(project, 100)
    forecast_make(project.pk)
    make_items(project, 100, prefix="more")
    running = Import.objects.create(project=project, file_name="more.csv", state="running")

    assert projects_to_forecast() == []
    assert plan_of(ada_client, project)["is_out_of_date"]

    Import.objects.filter(pk=running.pk).update(state="done")
    assert projects_to_forecast() == [project.pk]


def test_the_plan_does_not_advise_to_certify_beside_a_valid_certificate(
    project: Project, ada: User, ben: User, ada_client: APIClient
) -> None:
    world = make_world(project, owner=ada, person=ben, n_items=300, n_wrong=0)
    forecast_make(project.pk)
    assert plan_of(ada_client, project)["next_hundred"]["code"] != "certified"
    attempt = world.ask(eps=0.1, confidence=0.9, n_audits=40)
    assert world.round.source is not None
    certificate = Certificate.objects.create(
        project=project,
        attempt=attempt,
        number=1,
        document={},
        source=world.round.source,
        issued_at=timezone.now(),
    )

    advice = plan_of(ada_client, project)["next_hundred"]
    assert (advice["code"], advice["is_worth_it"]) == ("certified", False)
    assert "Certificate 1 is valid" in advice["sentence"]

    Certificate.objects.filter(pk=certificate.pk).update(revoked_at=timezone.now(), revoked_reason="tried")
    assert plan_of(ada_client, project)["next_hundred"]["code"] != "certified"
