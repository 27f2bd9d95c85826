"""The queue over HTTP: roles, outsiders, shapes, and few statements on the hot path."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from labeling.models import Label, Membership, Project, Role
from review.models import Answer, Entry, Flag
from review.publishing.publish import round_publish
from tests.conftest import client_of
from tests.makers import make_human_label, make_items
from tests.review.makers import answer, answers_stand, claim, make_entries, make_round


@pytest.fixture
def entries(project: Project) -> list[Entry]:
    return make_entries(project, make_items(project, 3))


def test_claim_answer_and_undo_over_http(
    project: Project, ben_client: APIClient, entries: list[Entry]
) -> None:
    cat = project.classes.get(name="cat")
    claimed = ben_client.post(f"/api/projects/{project.pk}/queue/claim", {"n": 2}, format="json").json()
    assert claimed["has_more"] is True
    assert [entry["id"] for entry in claimed["entries"]] == [entries[0].pk, entries[1].pk]
    assert claimed["entries"][0]["item"]["text"] == "item number 0"

    said = [
        {
            "key": str(uuid.uuid4()),
            "entry_id": entries[0].pk,
            "kind": "label",
            "class_id": cat.pk,
            "seconds": 0.8,
        },
        {"key": str(uuid.uuid4()), "entry_id": entries[1].pk, "kind": "skip_me"},
    ]
    answered = ben_client.post(f"/api/projects/{project.pk}/answers", {"answers": said}, format="json")
    assert [result["outcome"] for result in answered.json()["results"]] == ["stored", "stored"]

    mine = ben_client.get(f"/api/projects/{project.pk}/answers/mine?limit=1").json()
    assert len(mine["results"]) == 1
    rest = ben_client.get(f"/api/projects/{project.pk}/answers/mine?cursor={mine['next']}").json()
    assert {row["key"] for row in mine["results"] + rest["results"]} == {row["key"] for row in said}
    assert rest["next"] is None

    undone = ben_client.post(f"/api/answers/{said[0]['key']}/undo")
    assert undone.json()["id"] == entries[0].pk
    again = ben_client.post(f"/api/answers/{said[0]['key']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


def test_an_answer_of_no_good_shape_is_refused_and_the_others_are_stored(
    project: Project, ben: User, ben_client: APIClient, entries: list[Entry]
) -> None:
    claim(project, ben, 3)
    good = {"key": str(uuid.uuid4()), "entry_id": entries[0].pk, "class_id": project.classes.all()[0].pk}
    said = [{"key": "17"}, good, {**good, "key": str(uuid.uuid4()), "class_id": None}, "cat"]

    response = ben_client.post(f"/api/projects/{project.pk}/answers", {"answers": said}, format="json")

    results = response.json()["results"]
    assert [result["outcome"] for result in results] == ["refused", "stored", "refused", "refused"]
    assert results[0]["key"] == "17"
    assert all(result["message"] for result in results if result["outcome"] == "refused")


@pytest.mark.parametrize("body", [{}, {"answers": []}, {"answers": [{}] * 501}, [], {"answers": "x"}])
def test_a_body_without_a_list_of_answers_is_turned_down(
    project: Project, ben_client: APIClient, body: object
) -> None:
    response = ben_client.post(f"/api/projects/{project.pk}/answers", body, format="json")

    assert response.status_code == 400
    assert "1 to 500" in response.json()["message"]


@pytest.mark.parametrize("n", [0, 51, "many", None])
def test_a_claim_of_a_wrong_number_is_turned_down(project: Project, ben_client: APIClient, n: object) -> None:
    response = ben_client.post(f"/api/projects/{project.pk}/queue/claim", {"n": n}, format="json")

    assert response.status_code == 400
    assert "n" in response.json()["fields"]


@pytest.fixture
def calls(project: Project, ada: User, entries: list[Entry]) -> list[tuple[str, str, object]]:
    """Every endpoint of review, called as somebody who may."""
    item = entries[2].item
    (held,) = claim(project, ada)
    key = uuid.uuid4()
    answer(project, ada, held["id"], project.classes.all()[0], key=key)
    flag = Flag.objects.create(project=project, item=item, person=ada)
    Entry.objects.filter(pk=entries[1].pk).update(state="disputed", n_free=0)
    round = make_round(project, [(item, project.classes.all()[0], 0.99)])
    labeled, other = make_items(project, 2, prefix="other")
    label = make_human_label(labeled, project.classes.all()[0], user=ada)
    at = f"/api/projects/{project.pk}"
    return [
        ("get", f"{at}/queue", None),
        ("post", f"{at}/queue/claim", {"n": 1}),
        ("post", f"{at}/queue/release", {"entry_ids": [held["id"]]}),
        ("post", f"{at}/queue/refill", None),
        (
            "post",
            f"{at}/answers",
            {"answers": [{"key": str(key), "entry_id": held["id"], "kind": "skip_me"}]},
        ),
        ("get", f"{at}/answers/mine", None),
        ("post", f"/api/answers/{key}/undo", None),
        ("post", f"{at}/labels", [{"item_id": other.pk, "class": "owl"}]),
        ("delete", f"/api/labels/{label.pk}", None),
        ("post", f"/api/items/{item.pk}/flags", {"note": "?"}),
        ("get", f"{at}/flags", None),
        ("post", f"/api/flags/{flag.pk}/resolve", None),
        ("get", f"{at}/disputes", None),
        ("post", f"/api/entries/{entries[1].pk}/verdict", {"class_id": project.classes.all()[0].pk}),
        ("get", f"/api/items/{item.pk}/history", None),
        ("get", f"{at}/publications", None),
        ("get", f"/api/rounds/{round.pk}/beside-standing", None),
        ("post", f"/api/rounds/{round.pk}/publish", {}),
        ("post", f"{at}/publications/discard", None),
    ]


def statuses(client: APIClient, calls: list[tuple[str, str, object]]) -> dict[str, int]:
    return {
        f"{method} {path.rsplit('/', 1)[-1] if not path[-1].isdigit() else path.split('/')[2]} {index}": getattr(
            client, method
        )(path, body, format="json").status_code
        for index, (method, path, body) in enumerate(calls)
    }


def test_an_outsider_is_told_that_nothing_is_there(
    cy_client: APIClient, calls: list[tuple[str, str, object]]
) -> None:
    before = (Label.objects.count(), Answer.objects.count(), Flag.objects.count(), Entry.objects.count())

    found = statuses(cy_client, calls)

    assert set(found.values()) == {404}, found
    assert (
        Label.objects.count(),
        Answer.objects.count(),
        Flag.objects.count(),
        Entry.objects.count(),
    ) == before


def test_nobody_gets_in_without_signing_in(calls: list[tuple[str, str, object]]) -> None:
    assert set(statuses(APIClient(), calls).values()) == {401}


def test_an_owner_may_do_everything(ada_client: APIClient, calls: list[tuple[str, str, object]]) -> None:
    found = statuses(ada_client, calls)

    assert set(found.values()) <= {200, 201, 204}, found


# What each role may not do, by place in `calls`: an undo of somebody else's answer is not found.
FORBIDDEN = {
    Role.VIEWER: {1, 2, 3, 4, 7, 8, 9, 11, 12, 13, 17, 18},
    Role.ANNOTATOR: {3, 7, 11, 12, 13, 15, 16, 17, 18},
    Role.REVIEWER: {3, 17, 18},
    Role.ENGINEER: {7, 8, 11, 12, 13},
}


@pytest.mark.parametrize("role", FORBIDDEN)
def test_a_member_is_kept_to_the_role(
    project: Project, cy: User, calls: list[tuple[str, str, object]], role: Role
) -> None:
    Membership.objects.create(project=project, user=cy, role=role)

    found = list(statuses(client_of(cy), calls).values())

    assert {index for index, status in enumerate(found) if status == 403} == FORBIDDEN[role]
    assert found[6] == 404


def test_disputes_show_who_said_what(project: Project, ada: User, ben: User, ada_client: APIClient) -> None:
    cat, dog, _ = project.classes.all()
    (entry,) = make_entries(project, make_items(project, 1), n_wanted=2)
    for person, label_class in ((ada, cat), (ben, dog)):
        claim(project, person)
        answer(project, person, entry.pk, label_class)
    answers_stand(entry)

    (dispute,) = ada_client.get(f"/api/projects/{project.pk}/disputes").json()["results"]

    assert [(vote["person"], vote["class_id"]) for vote in dispute["answers"]] == [
        ("ada", cat.pk),
        ("ben", dog.pk),
    ]
    verdict = ada_client.post(f"/api/entries/{dispute['id']}/verdict", {"class_id": dog.pk}, format="json")
    assert verdict.json()["class_id"] == dog.pk
    queue = ada_client.get(f"/api/projects/{project.pk}/queue").json()
    assert (queue["n_disputed"], queue["answered_by_me"]) == (0, 1)


def test_publications_tell_what_stood_when(project: Project, ada_client: APIClient) -> None:
    cat = project.classes.all()[0]
    items = make_items(project, 2)
    rounds = [make_round(project, [(item, cat, 0.99) for item in items[:n]]) for n in (1, 2)]
    for round in rounds:
        round_publish(round_id=round.pk)

    put_back = ada_client.post(f"/api/rounds/{rounds[0].pk}/publish", {}, format="json")
    discarded = ada_client.post(f"/api/projects/{project.pk}/publications/discard")

    assert put_back.json()["diff"] == {"kept": 1, "changed": 0, "dropped": 1, "new": 0}
    assert discarded.json()["ended_reason"] == "discarded by ada"
    told = ada_client.get(f"/api/projects/{project.pk}/publications").json()["results"]
    assert [row["round_id"] for row in told] == [rounds[0].pk, rounds[1].pk, rounds[0].pk]
    assert [row["n_labels"] for row in told] == [1, 2, 1]


def test_a_claim_takes_three_statements(
    project: Project, ben_client: APIClient, entries: list[Entry]
) -> None:
    path = f"/api/projects/{project.pk}/queue/claim"

    with CaptureQueriesContext(connection) as queries:
        ben_client.post(path, {"n": 2}, format="json")

    assert len(queries) == 3  # who is this; what is held; the next ones


def test_an_answer_takes_as_many_statements_as_twenty(
    project: Project, ben: User, ben_client: APIClient
) -> None:
    make_entries(project, make_items(project, 22))
    class_id = project.classes.all()[0].pk
    held = [entry["id"] for entry in claim(project, ben, 22)]
    counts = []

    for entry_ids in (held[:1], held[1:2], held[2:]):
        said = [{"key": str(uuid.uuid4()), "entry_id": pk, "class_id": class_id} for pk in entry_ids]
        with CaptureQueriesContext(connection) as queries:
            ben_client.post(f"/api/projects/{project.pk}/answers", {"answers": said}, format="json")
        counts.append(len(queries))

    assert counts[1] == counts[2] <= 14


def test_a_large_queue_is_counted_up_to_a_limit_and_says_so(
    project: Project, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review.queue.waiting.MAX_OPEN_COUNTED", 3)
    make_entries(project, make_items(project, 2, prefix="few"), reason="random", is_blind=True)
    queue = ada_client.get(f"/api/projects/{project.pk}/queue").data
    assert (queue["by_reason"], queue["n_open"], queue["is_all_counted"]) == ({"blind": 2}, 2, True)

    make_entries(project, make_items(project, 5, prefix="many"))

    queue = ada_client.get(f"/api/projects/{project.pk}/queue").data
    assert queue["by_reason"] == {"blind": 2, "uncertain": 3}
    assert (queue["n_open"], queue["is_all_counted"]) == (5, False)
