"""Adding items in bulk, listing them, and looking at one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from labeling.models import Blob, Item, Label, LabelClass, Project, Split
from tests.labeling.makers import make_machine_labels, publish, record
from tests.makers import make_items, make_project

Classes = dict[str, LabelClass]


def add(client: APIClient, project: Project, rows: Any) -> Any:
    return client.post(f"/api/projects/{project.pk}/items", rows, format="json")


def listed(client: APIClient, project: Project, **query: Any) -> list[str]:
    """Keys of all pages, three items a page."""
    keys: list[str] = []
    query = {"limit": 3, **query}
    while True:
        response = client.get(f"/api/projects/{project.pk}/items", query)
        assert response.status_code == 200, response.data
        keys += [item["key"] for item in response.data["results"]]
        if response.data["next"] is None:
            return keys
        query["cursor"] = response.data["next"]


def test_rows_become_items_and_their_labels_the_senders_words(
    project: Project, ada: User, ada_client: APIClient
) -> None:
    rows = [{"key": "a", "text": "Miau.", "label": "cat"}, {"text": "Wuff."}]

    response = add(ada_client, project, rows)

    assert response.status_code == 201
    first, second = Item.objects.order_by("pk")
    assert response.data == {"ids": [first.pk, second.pk], "n_added": 2, "n_known": 0, "n_labels": 1}
    assert second.key == second.content_hash
    assert Label.objects.get().source.user == ada


def test_sending_the_same_rows_twice_adds_nothing(project: Project, ada_client: APIClient) -> None:
    rows = [{"key": "a", "text": "Miau.", "label": "cat"}, {"text": "Wuff."}]
    first = add(ada_client, project, rows).data

    second = add(ada_client, project, rows).data

    assert second == {"ids": first["ids"], "n_added": 0, "n_known": 2, "n_labels": 0}
    assert (Item.objects.count(), Label.objects.count()) == (2, 1)


@pytest.mark.parametrize(
    "row",
    [
        {"key": "b"},
        {"key": "b", "text": ""},
        {"key": "b", "text": "  "},
        {"key": "b", "text": 7},
        {"key": "b", "features": {"a": 1}},
        {"key": "b", "text": "x", "features": {"a": 1}},
        {"key": "b", "text": "x", "label": "fish"},
        {"key": "b", "text": "x", "label": ["cat"]},
        {"key": "", "text": "x"},
        {"key": "k" * 501, "text": "x"},
        {"key": "a", "text": "x"},
        {"key": "known", "text": "another text"},
        "text",
        None,
    ],
)
def test_one_bad_row_is_named_and_nothing_is_added(project: Project, ada_client: APIClient, row: Any) -> None:
    add(ada_client, project, [{"key": "known", "text": "here"}])

    response = add(ada_client, project, [{"key": "a", "text": "fine", "label": "cat"}, row])

    assert response.status_code == 400
    assert list(response.data["fields"]) == ["row 2"]
    assert [item.key for item in Item.objects.all()] == ["known"]


def test_a_character_that_cannot_be_kept_is_named_by_its_path(
    project: Project, ada_client: APIClient
) -> None:
    response = add(ada_client, project, [{"key": "a", "text": "fine"}, {"key": "b", "text": "x\x00y"}])

    assert response.status_code == 400
    assert list(response.data["fields"]) == ["1.text"]


@pytest.mark.parametrize("body", [{}, [], "text", [{"text": "x"}] * 10_001])
def test_body_must_be_a_list_of_rows(project: Project, ada_client: APIClient, body: Any) -> None:
    assert add(ada_client, project, body).status_code == 400


def test_label_that_contradicts_a_persons_is_refused(
    project: Project, ada_client: APIClient, classes: Classes
) -> None:
    add(ada_client, project, [{"key": "a", "text": "Miau.", "label": "cat"}])

    response = add(ada_client, project, [{"key": "a", "text": "Miau.", "label": "dog"}])

    assert response.status_code == 400
    assert Label.objects.get().label_class == classes["cat"]


def test_table_rows_and_series(ada: User, ada_client: APIClient) -> None:
    table = make_project(owner=ada, item_type="table")
    series = make_project(owner=ada, item_type="series")

    assert add(ada_client, table, [{"features": {"age": 3, "city": None}}]).status_code == 201
    assert (
        add(ada_client, series, [{"features": [1, 2.5]}, {"features": [[1, 2], [3, 4]]}]).status_code == 201
    )
    for features in ([], {}, [1], {"a": [1]}, {"a": None}, "text"):
        assert add(ada_client, table, [{"features": features}]).status_code == 400, features
    for series_row in ([], {"a": 1}, ["x"], [[1], [2, 3]], "x"):
        assert add(ada_client, series, [{"features": series_row}]).status_code == 400, series_row
    huge = b'[{"features": [1e999]}]'
    address = f"/api/projects/{series.pk}/items"
    assert ada_client.post(address, huge, content_type="application/json").status_code == 400


def test_annotator_does_not_add_items(project: Project, ben_client: APIClient) -> None:
    assert add(ben_client, project, [{"text": "x"}]).status_code == 403


def test_every_item_is_on_exactly_one_page_in_each_order(
    project: Project, ada: User, ada_client: APIClient, classes: Classes
) -> None:
    items = make_items(project, 11)
    make_items(make_project(owner=ada), 3, prefix="foreign")
    tied = {item: 0.5 if number % 2 else number / 20 for number, item in enumerate(items)}
    publish(project, dict.fromkeys(items[:9], classes["cat"]), confidences=tied)
    record(project, items[0], classes["dog"], ada)
    keys = [item.key for item in items]
    by_score = [item.key for item in sorted(items[1:9], key=lambda item: (tied[item], item.pk))]

    assert listed(ada_client, project) == keys
    assert listed(ada_client, project, order="-id") == keys[::-1]
    assert listed(ada_client, project, order="confidence") == by_score
    assert listed(ada_client, project, order="-confidence") == by_score[::-1]
    assert listed(ada_client, project, source="human") == keys[:1]
    assert listed(ada_client, project, source="machine", order="-id") == keys[8:0:-1]
    assert listed(ada_client, project, source="none") == keys[9:]
    assert listed(ada_client, project, **{"class": classes["cat"].pk}) == keys[1:9]
    assert listed(ada_client, project, **{"class": classes["dog"].pk}, order="-id") == keys[:1]


def test_unpublished_machine_labels_are_nobodys(
    project: Project, ada_client: APIClient, classes: Classes
) -> None:
    items = make_items(project, 2)
    publish(project, {items[0]: classes["cat"]})
    make_machine_labels(project, dict.fromkeys(items, classes["dog"]), name="run 1, round 2")

    first, second = ada_client.get(f"/api/projects/{project.pk}/items").data["results"]

    assert first["label"]["class_id"] == classes["cat"].pk
    assert second["label"] is None
    assert listed(ada_client, project, source="none") == [items[1].key]


@pytest.mark.parametrize(
    ("search", "keys"),
    [
        ("item-1", ["item-1", "item-10"]),
        ("item number 1", ["item-1", "item-10"]),
        ("number", []),
        ("ITEM", []),
        ("50%_", ["50%_off"]),
        ("é\U0010ffff", ["é\U0010ffffx"]),
        ("L" * 40, ["long-1", "long-2"]),
        ("L" * 40 + "a", ["long-1"]),
    ],
)
def test_search_finds_how_keys_and_texts_begin(
    project: Project, ada_client: APIClient, search: str, keys: list[str]
) -> None:
    make_items(project, 11)
    for key, text in [
        ("50%_off", "sale"),
        ("50-off", "sale"),
        ("é\U0010ffffx", "x"),
        ("long-1", "L" * 40 + "a"),
        ("long-2", "L" * 40 + "b"),
    ]:
        Item.objects.create(project=project, key=key, text=text, content_hash=key)

    assert listed(ada_client, project, search=search) == keys


@pytest.mark.parametrize(
    "query",
    [
        {"source": "human", "order": "confidence"},
        {"source": "none", "confidence_min": 0.5},
        {"source": "none", "class": 1},
        {"confidence_min": 0.9, "confidence_max": 0.1},
        {"confidence_min": 1.4},
        {"confidence_min": "nan"},
        {"source": "martian"},
        {"order": "key"},
        {"class": "cat"},
        {"class": 2**80},
        {"split": "train"},
        {"search": "x\x00"},
    ],
)
def test_filters_that_make_no_sense_are_refused(
    project: Project, ada_client: APIClient, query: dict[str, Any]
) -> None:
    response = ada_client.get(f"/api/projects/{project.pk}/items", query)

    assert response.status_code == 400
    assert response.data["fields"]


def test_split_filter(project: Project, ada_client: APIClient) -> None:
    make_items(project, 2)
    make_items(project, 1, prefix="held", split=Split.HOLDOUT)

    assert listed(ada_client, project, split="holdout") == ["held-0"]
    assert listed(ada_client, project, split="pool") == ["item-0", "item-1"]


def test_progress_counts_what_stands(
    project: Project, ada: User, ada_client: APIClient, classes: Classes
) -> None:
    items = make_items(project, 10)
    publication = publish(project, dict.fromkeys(items[:6], classes["cat"]))
    record(project, items[0], classes["cat"], ada)
    record(project, items[1], classes["dog"], ada)
    record(project, items[9], classes["dog"], ada, is_random_draw=True)
    record(project, items[9], classes["owl"], ada)

    body = ada_client.get(f"/api/projects/{project.pk}/progress").data

    counts = {name: body[name] for name in body if name.startswith("n_")}
    assert counts == {
        "n_items": 10,
        "n_human": 3,
        "n_machine": 4,
        "n_unlabeled": 3,
        "n_holdout": 1,
        "n_test": 0,
    }
    by_class = [(one["n_human"], one["n_machine"]) for one in body["by_class"]]
    assert by_class == [(1, 4), (1, 0), (1, 0)]
    assert (body["publication"]["id"], body["publication"]["n_labels"]) == (publication.pk, 6)


@pytest.fixture
def image(ada: User) -> Item:
    project = make_project(owner=ada, item_type="image")
    name = default_storage.save("blobs/x", ContentFile(b"the image"))
    small = default_storage.save("blobs/x-small", ContentFile(b"small"))
    blob = Blob.objects.create(
        sha256="ab" * 32, name=name, thumbnail=small, media_type="image/png",
        width=300, height=200, mode="RGB", n_bytes=9,
    )  # fmt: skip
    return Item.objects.create(project=project, key="x.png", blob=blob, content_hash="x")


def test_image_is_served_as_what_was_decoded_and_nothing_else(image: Item, ada_client: APIClient) -> None:
    shown = ada_client.get(f"/api/items/{image.pk}").data["image"]
    assert (shown["width"], shown["height"]) == (300, 200)

    full = ada_client.get(shown["url"])
    small = ada_client.get(shown["thumbnail_url"])

    assert (full.getvalue(), full["Content-Type"]) == (b"the image", "image/png")
    assert (small.getvalue(), small["Content-Type"]) == (b"small", "image/jpeg")
    assert full["X-Content-Type-Options"] == "nosniff"
    assert full["Content-Disposition"] == "inline"
    assert "private" in full["Cache-Control"]
    assert "sandbox" in full["Content-Security-Policy"]
    again = ada_client.get(shown["url"], headers={"If-None-Match": full["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert small["ETag"] != full["ETag"]


def test_outsider_gets_no_image_even_if_it_knows_the_etag(image: Item, cy_client: APIClient) -> None:
    for part in ("image", "thumbnail"):
        response = cy_client.get(f"/api/items/{image.pk}/{part}", headers={"If-None-Match": f'"{"ab" * 32}"'})
        assert response.status_code == 404


def test_item_without_an_image_has_none(project: Project, ada_client: APIClient) -> None:
    (item,) = make_items(project, 1)

    assert ada_client.get(f"/api/items/{item.pk}/image").status_code == 404


def test_one_item_names_its_project(ada: User, ada_client: APIClient) -> None:
    make_project(owner=ada)
    project = make_project(owner=ada)
    (item,) = make_items(project, 1)

    assert ada_client.get(f"/api/items/{item.pk}").json()["project_id"] == project.pk
