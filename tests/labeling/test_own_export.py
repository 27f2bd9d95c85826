"""Our own exports come home: into the same project they add nothing, into a new one they bring everything."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage

from labeling.exports.formats.tables import defuse_formulas
from labeling.exports.pipeline import export_run
from labeling.exports.services import export_request
from labeling.formats.layouts.tools.assay import OwnRowMaker
from labeling.formats.options import ImportOptions
from labeling.formats.sets.dataset import open_dataset
from labeling.imports.uploads import bundle_on_server, import_limits
from labeling.items.selectors import ItemFilters
from labeling.items.services import items_add
from labeling.jobs.work import WorkState
from labeling.labels.services import label_retire
from labeling.models import ImportedAnswer, Item, Label, Project, Publication, Split
from review.models import Answer, Entry
from tests.labeling.import_files import run_import, write_csv, write_images
from tests.labeling.makers import publish, record
from tests.makers import make_project

pytestmark = pytest.mark.django_db

SUFFIXES = {"csv": "csv", "jsonl": "jsonl", "parquet": "parquet", "images": "zip"}
TABLES = ("csv", "jsonl", "parquet")
TEXTS = [
    "plain",
    "=1+1",
    "'=1+1",
    "''=x",
    "-5",
    "'-5",
    "line\nbreak",
    "a\r\nb",
    "NA",
    'quo"te, comma',
    " blanks ",
    "ünï 😀",
]
ROWS = [
    {"age": 3, "city": "Oslo", "member": True},
    {"age": 2.5, "city": "NA", "member": False},
    {"age": None, "city": "true", "member": None},
    {"age": -1e-7, "city": "=x"},
    {"code": "01", "city": "'=x"},
    {"age": 10**15, "city": "1_0", "member": True},
]
SERIES = [[1, 2.5, 3], [0.1, None, -3], [[1, 2], [3, 4.5]], [1e-9, 100.0, 5], [7], [8, 9]]


def fill(item_type: str, ada: User, ben: User, tmp_path: Path) -> Project:
    """People's, corrected and machine labels; a holdout and a test set."""
    project = make_project(owner=ada, annotators=[ben], item_type=item_type, holdout_share=0.0)
    if item_type == "image":
        names = [f"{name}.png" for name in "abcdef"]
        run_import(project, write_images(tmp_path / "images", names), user=ada)
    else:
        of_types: dict[str, Any] = {"text": TEXTS, "table": ROWS, "series": SERIES}
        payloads = of_types[item_type]
        field = "text" if item_type == "text" else "features"
        rows = [
            {"key": f"k{place}" if place else "=key", field: payload}
            for place, payload in enumerate(payloads)
        ]
        items_add(project=project, rows=rows, by=ada)
    items = list(project.items.order_by("pk"))
    classes = list(project.classes.all())
    Item.objects.filter(pk=items[0].pk).update(split=Split.HOLDOUT)
    Item.objects.filter(pk=items[1].pk).update(split=Split.TEST)
    publish(project, {items[2]: classes[0], items[3]: classes[1], items[4]: classes[2]})
    record(project, items[0], classes[0], ada)
    record(project, items[1], classes[1], ben)
    record(project, items[2], classes[1], ben)
    return project


def export(
    project: Project, format: str, folder: Path, *, carried: tuple[str, ...] = (), **filters: Any
) -> Path:
    wanted = export_request(
        project=project, by=None, format=format, filters=ItemFilters(**filters), carried=carried
    )
    export_run(wanted.pk, worker="test")
    wanted.refresh_from_db()
    assert wanted.state == WorkState.DONE, wanted.error_message
    path = folder / f"home.{SUFFIXES[format]}"
    with default_storage.open(wanted.stored_name) as file:
        path.write_bytes(file.read())
    return path


def items_of(project: Project) -> dict[str, Any]:
    rows = project.items.values_list("key", "content_hash", "split", "text", "features", "extras")
    return {key: rest for key, *rest in rows}


def labels_of(project: Project) -> set[tuple[Any, ...]]:
    """Who says what of each item now, as far as another project can say it too."""
    standing = Label.objects.filter(project=project, retired_at=None)
    return set(standing.values_list("item__key", "label_class__name", "is_human", "confidence", "threshold"))


CASES = [("text", each) for each in TABLES] + [("table", each) for each in TABLES]
CASES += [("series", each) for each in TABLES] + [("image", "images")]


@pytest.mark.parametrize(("item_type", "format"), CASES)
def test_into_the_same_project_an_export_adds_nothing(
    item_type: str, format: str, ada: User, ben: User, tmp_path: Path
) -> None:
    project = fill(item_type, ada, ben, tmp_path)
    before = (items_of(project), set(Label.objects.values_list("pk", "retired_at")))
    path = export(project, format, tmp_path, carried=("answers", "extras", "probabilities"))

    work = run_import(project, path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert (items_of(project), set(Label.objects.values_list("pk", "retired_at"))) == before
    assert not ImportedAnswer.objects.exists()
    report = work.report
    assert (report["n_items_added"], report["n_labels_added"], report["n_problems"]) == (0, 0, 0), report
    assert report["n_known"] == report["n_rows"] == len(before[0])
    assert report["n_label_conflicts"] == 0
    assert report["layout"] == "assay"


@pytest.mark.parametrize(("item_type", "format"), CASES)
def test_a_new_project_gets_items_splits_classes_and_who_said_what(
    item_type: str, format: str, ada: User, ben: User, tmp_path: Path
) -> None:
    project = fill(item_type, ada, ben, tmp_path)
    path = export(project, format, tmp_path)
    home = make_project(owner=ada, item_type=item_type, classes=(), holdout_share=0.9, answers_wanted=3)

    work = run_import(home, path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert items_of(home) == items_of(project)
    assert labels_of(home) == labels_of(project)
    assert work.report["labels"] == {"person": 3, "machine": 2, "none": len(items_of(home)) - 5}
    publication = Publication.objects.get(project=home)
    assert publication.source.name == "run 1, round 1"
    told = ImportedAnswer.objects.filter(project=home)
    said = {(row.item.key, row.source.details["said_by"], row.source.is_human) for row in told}
    keys = list(project.items.order_by("pk").values_list("key", flat=True))
    assert said == {
        (keys[0], "ada", True),
        (keys[1], "ben", True),
        (keys[2], "ben", True),
        (keys[3], "run 1, round 1", False),
        (keys[4], "run 1, round 1", False),
    }
    times = set(told.values_list("item__key", "said_at"))
    labels = Label.objects.filter(project=project, retired_at=None)
    assert times == set(labels.values_list("item__key", "created_at"))
    assert {row.note for row in told} == {"human", "corrected", "pseudo; threshold 0.5"}


@pytest.mark.parametrize("format", TABLES)
def test_the_same_export_twice_into_a_new_project_adds_nothing_the_second_time(
    format: str, ada: User, ben: User, tmp_path: Path
) -> None:
    path = export(fill("text", ada, ben, tmp_path), format, tmp_path)
    home = make_project(owner=ada, classes=())
    run_import(home, path, user=ada)
    before = Label.objects.count(), ImportedAnswer.objects.count()

    again = run_import(home, path, user=ada)

    assert (Label.objects.count(), ImportedAnswer.objects.count()) == before
    assert (again.n_items_added, again.n_labels_added) == (0, 0)


def test_what_was_said_before_does_not_come_back_from_an_old_export(
    ada: User, ben: User, tmp_path: Path
) -> None:
    project = fill("text", ada, ben, tmp_path)
    path = export(project, "csv", tmp_path)
    first = project.items.order_by("pk")[0]
    label_retire(label=Label.objects.get(item=first, retired_at=None), by=ada)
    record(project, project.items.order_by("pk")[1], project.classes.order_by("-position", "-pk")[0], ada)
    before = labels_of(project)

    work = run_import(project, path, user=ada)

    assert labels_of(project) == before
    assert work.report["n_label_conflicts"] == 0


@pytest.mark.parametrize("format", TABLES)
def test_single_answers_probabilities_and_extras_come_home(
    format: str, ada: User, ben: User, tmp_path: Path
) -> None:
    project = fill("text", ada, ben, tmp_path)
    items = list(project.items.order_by("pk"))
    Item.objects.filter(pk=items[0].pk).update(extras={"page": 3, "by": "=x"})
    cat = project.classes.all()[0]
    done = Entry.objects.create(project=project, item=items[5], reason="random", priority=1.0, state="done")
    about = {"project": project, "item": items[5], "entry": done}
    Answer.objects.create(
        key=uuid.uuid4(), person=ada, kind="label", label_class=cat, note="sure, =1", **about
    )
    Answer.objects.create(key=uuid.uuid4(), person=ben, kind="skip_me", **about)
    path = export(project, format, tmp_path, carried=("answers", "extras"))
    home = make_project(owner=ada, classes=())

    run_import(home, path, user=ada)

    assert items_of(home) == items_of(project)
    told = ImportedAnswer.objects.filter(project=home, item__key=items[5].key)
    assert {(row.source.details["said_by"], row.kind, row.note) for row in told} == {
        ("ada", "label", "sure, =1"),
        ("ben", "ignore", ""),
    }
    assert {row.said_at for row in told} == set(Answer.objects.values_list("created_at", flat=True))
    assert not Label.objects.filter(project=home, item__key=items[5].key).exists(), "an answer is no label"
    again = export(home, "jsonl", tmp_path, carried=("answers", "extras"))
    third = make_project(owner=ada, classes=())
    run_import(third, again, user=ada)
    assert items_of(third) == items_of(project)
    assert ImportedAnswer.objects.filter(project=third, item__key=items[5].key).count() == 2


def test_answers_to_what_is_open_or_asked_blind_are_in_no_export(
    ada: User, ben: User, tmp_path: Path
) -> None:
    project = fill("text", ada, ben, tmp_path)
    items = list(project.items.order_by("pk"))
    cat = project.classes.all()[0]
    for item, state, is_blind in [(items[5], "open", False), (items[0], "open", True)]:
        entry = Entry.objects.create(
            project=project, item=item, reason="random", priority=1.0, state=state, is_blind=is_blind
        )
        Answer.objects.create(
            key=uuid.uuid4(),
            person=ben,
            kind="label",
            label_class=cat,
            project=project,
            item=item,
            entry=entry,
        )
    Answer.objects.create(
        key=uuid.uuid4(), person=ben, kind="label", label_class=cat, project=project, item=items[0]
    )

    text = export(project, "jsonl", tmp_path, carried=("answers",)).read_text()

    assert '"by"' not in text


def test_images_without_their_bytes_are_refused_with_what_to_do(ada: User, ben: User, tmp_path: Path) -> None:
    project = fill("image", ada, ben, tmp_path)
    path = export(project, "csv", tmp_path)

    with pytest.raises(Exception, match="Export with the format images"):
        run_import(make_project(owner=ada, item_type="image"), path, user=ada)


def test_somebody_may_say_otherwise(ada: User, ben: User, tmp_path: Path) -> None:
    path = export(fill("text", ada, ben, tmp_path), "csv", tmp_path)
    home = make_project(owner=ada, classes=())

    run_import(home, path, user=ada, labels_from="machine")

    assert not Label.objects.filter(project=home, is_human=True).exists()


@pytest.mark.parametrize(
    "text", ["=1", "'=1", "''=1", "-5", "'-5", "plain", "'plain", "\t=1", "'\t=1", "", "'", "@x"]
)
def test_what_is_defused_is_read_as_it_was(text: str) -> None:
    import pyarrow as pa

    written = defuse_formulas(pa.chunked_array([pa.array([text], pa.string())])).to_pylist()[0]
    maker = OwnRowMaker.__new__(OwnRowMaker)
    maker.is_csv = True

    assert maker._undefused(written) == text


def test_a_preview_says_what_it_is(ada: User, ben: User, tmp_path: Path) -> None:
    path = export(fill("table", ada, ben, tmp_path), "csv", tmp_path)

    with bundle_on_server(path) as bundle:
        dataset = open_dataset(bundle, ImportOptions(), item_type=None, limits=import_limits())

    assert (dataset.item_type, dataset.layout) == ("table", "assay")
    assert all(column.why for column in dataset.columns)


OLD_TEXT = '''"item_id","external_id","text","label","label_source","is_human","score","threshold","model_version","source","reviewer","decided_at","split","label_id","certificate"
1243,"a","The battery lasts two days","good","pseudo",false,0.97,0.9,"run 1, round 1","run 1, round 1",,"2026-11-30T10:40:46.846455Z","pool",7,2
1244,"b","Screen cracked","bad","human",true,,,,"ada","ada","2026-11-30T10:40:46.846455Z","holdout",8,
1245,"c","Support never answered",,,,,,,,,,"pool",,
'''  # fmt: skip
OLD_TABLE = '''"item_id","external_id","features.country","features.amount","label","label_source","is_human","score","threshold","model_version","source","reviewer","decided_at","split","label_id"
36,"1",,"10","fraud","imported",true,,,,"a.csv",,"2026-11-30T10:40:46.846455Z","pool",29
37,"2","DE","20","ok","imported",true,,,,"a.csv",,"2026-11-30T10:40:46.846455Z","pool",30
'''  # fmt: skip


def test_exports_of_earlier_versions_come_home(ada: User, tmp_path: Path) -> None:
    texts = make_project(owner=ada, classes=(), holdout_share=0.9)
    tables = make_project(owner=ada, classes=(), item_type="table", holdout_share=0.9)

    run_import(texts, write_csv(tmp_path / "old.csv", OLD_TEXT.strip()), user=ada)
    run_import(tables, write_csv(tmp_path / "old-table.csv", OLD_TABLE.strip()), user=ada)

    assert labels_of(texts) == {("a", "good", False, 0.97, 0.9), ("b", "bad", True, None, None)}
    assert dict(texts.items.values_list("key", "split")) == {"a": "pool", "b": "holdout", "c": "pool"}
    assert "certificate 2" in ImportedAnswer.objects.get(item__key="a").note
    assert dict(tables.items.values_list("key", "features")) == {
        "1": {"country": None, "amount": 10},
        "2": {"country": "DE", "amount": 20},
    }
    assert {is_human for _, _, is_human, _, _ in labels_of(tables)} == {True}


def test_the_layout_is_told_where_the_split_of_a_file_is_none_of_ours(ada: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "old.csv", OLD_TEXT.strip().replace("holdout", "elsewhere"))

    work = run_import(make_project(owner=ada, classes=()), path, user=ada)

    assert work.report["n_problems"] == 1
    assert "pool, holdout or test" in work.report["problems"][0]["message"]
