"""What stands in an exported file, now and as of any moment."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from typing import Any

import pyarrow.parquet
import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.exports.formats.image_folders import folder_names, image_name
from labeling.exports.pipeline import export_run
from labeling.exports.services import export_request
from labeling.items.selectors import ItemFilters
from labeling.jobs.work import WorkState
from labeling.labels.services import label_retire, publication_end, publication_open
from labeling.models import Blob, Export, Item, LabelClass, Project, SealedTruth
from tests.labeling.makers import publish, record
from tests.makers import make_items, make_project


def export(project: Project, format: str = "csv", *, as_of: Any = None, **filters: Any) -> Export:
    wanted = export_request(
        project=project, by=None, format=format, filters=ItemFilters(**filters), as_of=as_of
    )
    export_run(wanted.pk, worker="test")
    wanted.refresh_from_db()
    assert wanted.state == WorkState.DONE, wanted.error_message
    return wanted


def content(export: Export) -> bytes:
    with default_storage.open(export.stored_name) as file:
        return file.read()


def rows_of(export: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(export).decode())))


def test_each_row_says_who_decided_and_how(
    project: Project, ada: User, ben: User, classes: dict[str, LabelClass]
) -> None:
    items = make_items(project, 5)
    plain, accepted, corrected, pseudo, nobody = items
    publish(project, dict.fromkeys((accepted, corrected, pseudo), classes["cat"]))
    record(project, plain, classes["owl"], ada)
    record(project, accepted, classes["cat"], ben)
    record(project, corrected, classes["dog"], ben)

    done = export(project)
    rows = {row["external_id"]: row for row in rows_of(done)}

    said = {key: (row["label"], row["label_source"], row["reviewer"]) for key, row in rows.items()}
    assert said == {
        plain.key: ("owl", "human", "ada"),
        accepted.key: ("cat", "accepted", "ben"),
        corrected.key: ("dog", "corrected", "ben"),
        pseudo.key: ("cat", "pseudo", ""),
        nobody.key: ("", "", ""),
    }
    machine = rows[pseudo.key]
    assert (machine["score"], machine["threshold"]) == ("0.97", "0.5")
    assert (machine["model_version"], machine["is_human"]) == ("run 1, round 1", "false")
    assert rows[plain.key]["model_version"] == rows[plain.key]["score"] == ""
    assert [int(row["item_id"]) for row in rows_of(done)] == [item.pk for item in items]
    assert done.n_rows == 5
    assert done.n_bytes == len(content(done))
    assert done.sha256 == hashlib.sha256(content(done)).hexdigest()


def test_formats_hold_the_same_rows(project: Project, ada: User, classes: dict[str, LabelClass]) -> None:
    items = make_items(project, 4)
    Item.objects.filter(pk=items[0].pk).update(text='Comma, "quote",\nline and ünïcode \\N')
    Item.objects.filter(pk=items[1].pk).update(text="NA")
    publish(project, {items[1]: classes["cat"], items[2]: classes["dog"]})
    record(project, items[0], classes["owl"], ada)

    as_csv = rows_of(export(project, "csv"))
    as_lines = [json.loads(line) for line in content(export(project, "jsonl")).decode().splitlines()]
    as_parquet = pyarrow.parquet.read_table(io.BytesIO(content(export(project, "parquet")))).to_pylist()

    for line, row in zip(as_lines, as_parquet, strict=True):
        row["decided_at"] = row["decided_at"] and row["decided_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert line == row
    assert [row["text"] for row in as_csv] == [line["text"] for line in as_lines]
    assert as_lines[0]["text"] == 'Comma, "quote",\nline and ünïcode \\N'
    assert as_lines[1]["text"] == "NA"
    assert as_lines[3]["label"] is None


@pytest.mark.parametrize(
    "evil",
    [
        '=HYPERLINK("http://x")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\n=1",
        "\r\n @A1",
        "\u3000\uff1dA1",
        "\uff0b1",
        "\uff0d1+2",
        "\uff20A1",
        "\u200b=1",
        "\xa0=1",
        "\ufeff+1",
        "\u22121+2",
    ],
)
def test_csv_defuses_what_a_spreadsheet_would_run(project: Project, evil: str) -> None:
    (item,) = make_items(project, 1)
    Item.objects.filter(pk=item.pk).update(text=evil, key=evil)

    (row,) = rows_of(export(project))
    (line,) = content(export(project, "jsonl")).splitlines()

    assert (row["text"], row["external_id"]) == ("'" + evil, "'" + evil)
    assert json.loads(line)["text"] == evil


@pytest.mark.parametrize("harmless", ["-2", "+3.5", "-1e-5", "a=b"])
def test_csv_leaves_numbers_and_other_texts_as_they_are(project: Project, harmless: str) -> None:
    (item,) = make_items(project, 1)
    Item.objects.filter(pk=item.pk).update(text=harmless)

    assert rows_of(export(project))[0]["text"] == harmless


def test_table_rows_are_spread_over_columns(ada: User) -> None:
    project = make_project(owner=ada, item_type="table")
    for key, features in [("a", {"age": 3, "city": "Oslo"}), ("b", {"age": 2.5, "=x": None, "city": ""})]:
        Item.objects.create(project=project, key=key, features=features, content_hash=key)

    first, second = rows_of(export(project))
    (line, _) = content(export(project, "jsonl")).splitlines()
    table = pyarrow.parquet.read_table(io.BytesIO(content(export(project, "parquet"))))

    assert (first["features.age"], first["features.city"], first["features.=x"]) == ("3", "Oslo", "")
    assert second["features.age"] == "2.5"
    assert json.loads(line)["features"] == {"age": 3, "city": "Oslo"}
    assert table.column("features.city").to_pylist() == ["Oslo", ""]


def test_series_stay_lists(ada: User) -> None:
    project = make_project(owner=ada, item_type="series")
    Item.objects.create(project=project, key="a", features=[1, 2.5], content_hash="a")

    (row,) = rows_of(export(project))

    assert json.loads(row["features"]) == [1, 2.5]


def test_sealed_truth_is_in_no_export(project: Project, classes: dict[str, LabelClass]) -> None:
    (item,) = make_items(project, 1)
    sealed = LabelClass.objects.create(project=project, name="sealed-class-name")
    SealedTruth.objects.create(item=item, label_class=sealed)

    for format in ("csv", "jsonl", "parquet"):
        assert b"sealed-class-name" not in content(export(project, format))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"source": "human"}, ["item-0"]),
        ({"source": "machine"}, ["item-1", "item-2"]),
        ({"source": "none"}, ["item-3"]),
        ({"confidence_min": 0.9}, ["item-2"]),
        ({"confidence_max": 0.9}, ["item-1"]),
        ({"search": "item-3"}, ["item-3"]),
        ({"search": "item number 2"}, ["item-2"]),
        ({"split": "holdout"}, ["item-0"]),
        ({"split": "pool", "source": "human"}, []),
    ],
)
def test_filters_are_those_of_the_item_list(
    project: Project,
    ada: User,
    classes: dict[str, LabelClass],
    ada_client: Any,
    filters: dict[str, Any],
    expected: list[Any],
) -> None:
    items = make_items(project, 4)
    publish(
        project,
        {items[1]: classes["cat"], items[2]: classes["cat"]},
        confidences={items[1]: 0.6, items[2]: 0.95},
    )
    record(project, items[0], classes["dog"], ada, is_random_draw=True)

    exported = [row["external_id"] for row in rows_of(export(project, **filters))]
    listed = ada_client.get(f"/api/projects/{project.pk}/items", filters).data["results"]

    assert exported == expected
    assert [item["key"] for item in listed] == expected


def test_class_filter_takes_the_current_label(
    project: Project, ada: User, classes: dict[str, LabelClass]
) -> None:
    items = make_items(project, 3)
    publish(project, dict.fromkeys(items, classes["cat"]))
    record(project, items[0], classes["dog"], ada)

    cats = rows_of(export(project, class_id=classes["cat"].pk))

    assert [row["external_id"] for row in cats] == ["item-1", "item-2"]


def test_export_as_of_each_moment_equals_the_export_made_then(
    project: Project, ada: User, ben: User, classes: dict[str, LabelClass]
) -> None:
    items = make_items(project, 6)
    made: list[Export] = []

    def look() -> None:
        made.append(export(project))

    look()  # nothing labeled
    first = publish(project, dict.fromkeys(items[:5], classes["cat"])).source
    look()
    record(project, items[0], classes["cat"], ben)  # confirms
    withdrawn = record(project, items[1], classes["dog"], ben)  # corrects
    record(project, items[5], classes["owl"], ada, is_random_draw=True)  # to the holdout
    look()
    label_retire(label=withdrawn, by=ben)
    look()
    record(project, items[0], classes["owl"], ada)  # replaces a person's
    look()
    publish(project, dict.fromkeys(items[1:4], classes["dog"]), name="run 1, round 2")
    look()
    record(project, items[2], classes["dog"], ben)
    make_items(project, 2, prefix="late")
    look()
    publication_open(project=project, source=first, by=ada, ended_reason="run 1, round 1 put back")
    look()
    publication_end(project=project, reason="discarded by hand")
    look()

    contents = [content(one) for one in made]
    assert len(set(contents)) == len(contents)  # each moment differs, so the comparison can fail
    for one, then in zip(made, contents, strict=True):
        assert content(export(project, as_of=one.as_of)) == then


def test_images_lie_in_folders_by_class(ada: User) -> None:
    project = make_project(owner=ada, item_type="image", classes=["cat", "a/../b", "Unlabeled"])
    cat, slash, unlabeled = project.classes.all()
    items = []
    for number in range(4):
        name = default_storage.save(f"blobs/{number}", ContentFile(b"image %d" % number))
        blob = Blob.objects.create(
            sha256=f"{number:064}", name=name, media_type="image/png", width=1, height=1, mode="L", n_bytes=7
        )
        items.append(
            Item.objects.create(
                project=project, key=f"../x/{number}.png", blob=blob, content_hash=str(number)
            )
        )
    for item, label_class in zip(items, [cat, slash, unlabeled], strict=False):
        record(project, item, label_class, ada)

    archive = zipfile.ZipFile(io.BytesIO(content(export(project, "images"))))

    names = [
        f"cat/{items[0].pk}-0.png",
        f"a_.._b/{items[1].pk}-1.png",
        f"Unlabeled-2/{items[2].pk}-2.png",
        f"unlabeled/{items[3].pk}-3.png",
    ]
    assert archive.namelist() == [*names, "labels.csv"]
    assert archive.read(names[3]) == b"image 3"
    table = list(csv.DictReader(io.StringIO(archive.read("labels.csv").decode())))
    assert [row["file"] for row in table] == names
    assert table[1]["label"] == "a/../b"
    assert "blob_name" not in table[0]


def test_folder_and_file_names_are_safe_everywhere() -> None:
    folders = folder_names(["cat", "CAT", "..", "con", "labels.csv", "x" * 300])

    assert folders["cat"] == "cat"
    assert folders["CAT"] == "CAT-2"
    assert folders[".."] == "class"
    assert folders["con"] == "_con"
    assert folders["labels.csv"] == "labels.csv-2"
    assert len(folders["x" * 300]) == 100
    assert image_name(7, "a\\..\\..\\b.exe", "image/gif") == "7-b.gif"
