"""Two rounds' pseudo-labels against each other."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.models import Item, LabelClass, Membership, Project, Role
from tests.makers import make_items, make_project
from tests.review.makers import make_round
from training.models import Round

SURE, UNSURE = 0.95, 0.4


@pytest.fixture
def items(project: Project) -> list[Item]:
    return make_items(project, 7)


@pytest.fixture
def classes(project: Project) -> list[LabelClass]:
    return list(project.classes.all())


@pytest.fixture
def rounds(project: Project, items: list[Item], classes: list[LabelClass]) -> tuple[Round, Round]:
    """Same; different twice; only left, of which the right is unsure; only right; neither; only right predicts."""
    cat, dog, owl = classes
    left = [(cat, SURE), (cat, 0.92), (cat, 0.99), (owl, SURE), (dog, UNSURE), (cat, UNSURE)]
    right = [(cat, SURE), (dog, SURE), (dog, SURE), (owl, UNSURE), (dog, SURE), (cat, UNSURE), (cat, SURE)]
    return (
        make_round(project, [(item, *said) for item, said in zip(items, left, strict=False)]),
        make_round(project, [(item, *said) for item, said in zip(items, right, strict=True)]),
    )


def address(project: Project, rounds: tuple[Round, Round], part: str = "") -> str:
    left, right = rounds
    return f"/api/projects/{project.pk}/rounds/diff{part}?left={left.pk}&right={right.pk}"


def test_every_item_is_counted_in_the_cell_of_what_each_round_accepted(
    project: Project, rounds: tuple[Round, Round], classes: list[LabelClass], ada_client: APIClient
) -> None:
    cat, dog, owl = (one.pk for one in classes)

    diff = ada_client.get(address(project, rounds)).json()

    assert {(cell["left_id"], cell["right_id"]): cell["n"] for cell in diff["cells"]} == {
        (cat, cat): 1,
        (cat, dog): 2,
        (owl, None): 1,
        (None, cat): 1,
        (None, dog): 1,
    }
    assert [diff[name] for name in ("n_same", "n_different", "n_left_only", "n_right_only")] == [1, 2, 1, 2]


def test_the_other_way_round_the_table_is_turned(
    project: Project, rounds: tuple[Round, Round], ada_client: APIClient
) -> None:
    there = ada_client.get(address(project, rounds)).json()["cells"]
    back = ada_client.get(address(project, rounds[::-1])).json()["cells"]

    assert {(c["left_id"], c["right_id"], c["n"]) for c in there} == {
        (c["right_id"], c["left_id"], c["n"]) for c in back
    }


def test_a_cell_pages_through_its_items_the_surest_first_with_both_answers(
    project: Project,
    rounds: tuple[Round, Round],
    items: list[Item],
    classes: list[LabelClass],
    ada_client: APIClient,
) -> None:
    cat, dog, _ = (one.pk for one in classes)
    at = address(project, rounds, "/items") + f"&left_class={cat}&right_class={dog}&limit=1"

    first = ada_client.get(at).json()
    second = ada_client.get(f"{at}&cursor={first['next']}").json()

    assert [row["id"] for row in first["results"] + second["results"]] == [items[2].pk, items[1].pk]
    assert second["next"] is None
    (row,) = first["results"]
    assert row["left"] == {"class_id": cat, "confidence": 0.99, "is_accepted": True}
    assert row["right"] == {"class_id": dog, "confidence": SURE, "is_accepted": True}


def test_what_one_round_alone_accepted_says_what_the_other_thought(
    project: Project,
    rounds: tuple[Round, Round],
    items: list[Item],
    classes: list[LabelClass],
    ada_client: APIClient,
) -> None:
    cat, dog, owl = (one.pk for one in classes)
    at = address(project, rounds, "/items")

    (only_left,) = ada_client.get(f"{at}&left_class={owl}").json()["results"]
    (only_right,) = ada_client.get(f"{at}&right_class={dog}").json()["results"]
    (unknown,) = ada_client.get(f"{at}&right_class={cat}").json()["results"]

    assert (only_left["id"], only_right["id"], unknown["id"]) == (items[3].pk, items[4].pk, items[6].pk)
    assert only_left["right"] == {"class_id": owl, "confidence": UNSURE, "is_accepted": False}
    assert only_right["left"] == {"class_id": dog, "confidence": UNSURE, "is_accepted": False}
    assert unknown["left"] is None


def test_the_cells_lists_hold_as_many_items_as_they_count(
    project: Project, rounds: tuple[Round, Round], ada_client: APIClient
) -> None:
    for cell in ada_client.get(address(project, rounds)).json()["cells"]:
        chosen = {f"{side}_class": cell[f"{side}_id"] for side in ("left", "right") if cell[f"{side}_id"]}
        page = ada_client.get(address(project, rounds, "/items"), chosen)
        query = "".join(f"&{name}={value}" for name, value in chosen.items())
        page = ada_client.get(address(project, rounds, "/items") + query).json()
        assert len(page["results"]) == cell["n"]


def test_rounds_of_another_project_are_not_found(
    project: Project, rounds: tuple[Round, Round], ada: User, ada_client: APIClient
) -> None:
    other = make_project(owner=ada)
    theirs = make_round(other, [])

    assert ada_client.get(address(other, rounds)).status_code == 404
    assert ada_client.get(address(project, (rounds[0], theirs))).status_code == 404


def test_rounds_that_are_gone_or_not_finished_say_so(
    project: Project, rounds: tuple[Round, Round], ada_client: APIClient
) -> None:
    Round.objects.filter(pk=rounds[0].pk).update(pruned_at=timezone.now())
    reply = ada_client.get(address(project, rounds))
    assert (reply.status_code, reply.json()["code"]) == (409, "predictions_gone")

    running = Round.objects.create(run=rounds[0].run, number=9)
    reply = ada_client.get(address(project, (running, rounds[1]), "/items") + "&left_class=1")
    assert (reply.status_code, reply.json()["code"]) == (409, "not_finished")


def test_a_list_names_at_least_one_class(
    project: Project, rounds: tuple[Round, Round], ada_client: APIClient
) -> None:
    reply = ada_client.get(address(project, rounds, "/items"))

    assert (reply.status_code, list(reply.json()["fields"])) == (400, ["left_class"])


def test_annotators_look_no_predictions_up(
    project: Project, rounds: tuple[Round, Round], ben: User, ben_client: APIClient
) -> None:
    assert ben_client.get(address(project, rounds)).status_code == 403
    Membership.objects.filter(project=project, user=ben).update(role=Role.VIEWER)
    assert ben_client.get(address(project, rounds)).status_code == 200
