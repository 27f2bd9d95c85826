"""The report of an import: what was understood, and counts that add up whatever the file."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from labeling.errors import AssayError
from labeling.formats.options import ImportOptions, options_from_json
from labeling.formats.rows import Problem
from labeling.imports.checks.check import import_check
from labeling.imports.rules.report import MAX_REASONS, ImportReport
from labeling.imports.uploads import bundle_on_server
from labeling.jobs.work import WorkState
from labeling.models import Item, Label, Project
from tests.labeling.import_files import run_import, write_csv, write_images


def check(path: Path, *, item_type: str | None = None, **options: object) -> dict[str, Any]:
    """The report of a file, with no project and no database."""
    with bundle_on_server(path) as bundle:
        found = import_check(bundle, options_from_json(options), file_name=path.name, item_type=item_type)
    return found.as_json()


def odd_csv(seed: int) -> str:
    """A table with repeats, contradictions, empty and unusable cells, in an order that the seed draws."""
    draw = random.Random(seed)
    rows = []
    for number in range(draw.randint(1, 60)):
        text = draw.choice(["a cat sleeps", "a dog barks", "", "   ", f"text {number} of many words"])
        rows.append(
            [str(draw.randint(0, 25)), text, draw.choice(["", "cat", "dog", "x" * 300]), draw.random()]
        )
    file = StringIO()
    csv.writer(file).writerows([["id", "text", "label", "confidence"], *rows])
    return file.getvalue() + draw.choice(["", "1,2\n", "a,b,c,d,e,f\n", "7,a text of words,cat,2.5\n"])


def check_adds_up(report: dict[str, Any]) -> None:
    assert report["n_rows"] == report["n_items"] + report["n_repeats"] + report["n_dropped"]
    rows_left = sum(left["n"] for left in report["dropped"] if left["what"] == "rows")
    assert rows_left == report["n_dropped"]
    labels = report["labels"]
    assert sum(found["n"] for found in report["classes"]) == labels["person"] + labels["machine"]
    assert labels["none"] <= report["n_items"]
    assert min(*labels.values(), *(found["n"] for found in report["classes"]), 0) == 0


@pytest.mark.parametrize("seed", range(40))
def test_rows_are_items_repeats_or_left_out_and_labels_add_up(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(odd_csv(seed))

    report = check(path, item_type="text", columns={"label": "label"})

    check_adds_up(report)
    assert (
        report["labels"]["person"] + report["labels"]["machine"] + report["labels"]["none"]
        == report["n_items"]
    )


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(40, 46))
def test_a_dry_run_says_what_the_import_then_does(
    seed: int, tmp_path: Path, project: Project, ada: User
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(odd_csv(seed))
    options = {"columns": {"label": "label"}}
    with bundle_on_server(path) as bundle:
        dry = import_check(bundle, options_from_json(options), file_name="odd.csv", project=project).as_json()
    assert not Item.objects.exists()

    work = run_import(project, path, user=ada, **options)
    assert Label.objects.standing().count() == sum(found["n"] for found in dry["classes"])
    again = run_import(project, path, user=ada, **options).report

    drawn = {"n_holdout": 0, "notes": []}  # by ids, which no dry run knows; and what was published
    assert dry | drawn == work.report | drawn
    assert set(dry["notes"]) <= set(work.report["notes"])
    check_adds_up(again)
    assert (again["n_items"], again["n_rows"]) == (0, dry["n_rows"])


def test_the_report_says_how_the_file_was_read(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_bytes(
        "id;text;label\n1;ein schöner langer Film;gut\n2;ein böses langes Ende;übel\n".encode("cp1252")
    )

    report = check(path)

    assert (report["file"], report["format"], report["delimiter"]) == ("films.csv", "csv", ";")
    assert report["item_type"] == "text"
    assert [(column["name"], column["role"]) for column in report["columns"]] == [
        ("id", "id"), ("text", "text"), ("label", "label"),
    ]  # fmt: skip
    assert all("why" in column for column in report["columns"])


def test_folders_of_images_are_reported_as_tables_are(tmp_path: Path) -> None:
    write_images(tmp_path / "pets", ["cat/1.png", "cat/2.png", "dog/3.png", "4.png"])
    (tmp_path / "pets" / "dog" / "broken.png").write_bytes(b"no image")

    report = check(tmp_path / "pets")

    check_adds_up(report)
    assert (report["format"], report["item_type"], report["n_rows"], report["n_items"]) == (
        "images",
        "image",
        5,
        4,
    )
    assert report["labels"] == {"person": 3, "machine": 0, "none": 1}
    assert report["dropped"][0]["n"] == 1


def test_no_label_found_is_a_warning(tmp_path: Path) -> None:
    bare = check(write_csv(tmp_path / "a.csv", "id,text", "1,a cat sleeps here", "2,a dog barks here"))
    blank = check(
        write_csv(tmp_path / "b.csv", "id,text,label", "1,a cat sleeps here,", "2,a dog barks here,")
    )
    labeled = check(write_csv(tmp_path / "c.csv", "id,text,label", "1,a cat sleeps here,cat"))

    assert bare["warnings"][0].startswith("0 labels found")
    assert "'label' is empty" in blank["warnings"][0]
    assert labeled["warnings"] == []


def test_a_file_of_which_no_row_can_be_taken_is_a_warning_with_the_reasons(tmp_path: Path) -> None:
    report = check(write_csv(tmp_path / "a.csv", "id,text,label", "1,,cat", "2,,dog"), item_type="text")

    assert report["warnings"][0].startswith("0 rows were taken")
    assert report["dropped"] == [{"what": "rows", "n": 2, "why": "The text is empty."}]


def test_reasons_that_differ_in_a_value_only_are_one_and_there_is_an_end_to_them() -> None:
    report = ImportReport()
    for row in range(1, 6):
        report.add_problem(Problem(row, "confidence", f"The confidence is {row}.5; it must lie in [0, 1]."))
    report.add_problem(Problem(6, "id", "The id 'a' is used already."))
    report.add_problem(Problem(7, "id", "The id 'b' is used already."))

    assert [left["n"] for left in report.dropped] == [5, 2]
    for place in range(2 * MAX_REASONS):
        report.drop("rows", "x" * (place + 1))
    assert len(report.dropped) == MAX_REASONS + 1
    assert sum(left["n"] for left in report.dropped) == 7 + 2 * MAX_REASONS


def test_a_problem_that_cost_no_row_is_no_dropped_row() -> None:
    report = ImportReport()
    report.add_problem(Problem(3, "text", "One byte is wrong.", left_out=""))
    report.add_problem(Problem(4, "label", "It was rejected.", left_out="label", file="b.csv"))
    report.add_problem(Problem(None, "", "The last line is cut off."))

    assert (report.n_problems, report.n_dropped) == (3, 0)
    assert {"what": "labels", "n": 1, "why": "It was rejected."} in report.dropped
    assert [problem["file"] for problem in report.problems] == ["", "b.csv", ""]


def test_a_report_survives_being_stored_and_one_of_an_earlier_version_is_read() -> None:
    report = ImportReport(n_rows=3, classes={"b": 2, "a": 1})

    assert ImportReport.from_json(json.loads(json.dumps(report.as_json()))) == report
    assert ImportReport.from_json({"n_rows": 5, "notes": ["x"]}).n_rows == 5


def test_naming_one_column_keeps_the_other_guesses(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "a.csv",
        "id,text,label,mood",
        "1,a cat sleeps here,cat,calm",
        "2,a dog barks here,dog,loud",
    )

    roles = {one["name"]: one["role"] for one in check(path, columns={"mood": "label"})["columns"]}
    assert roles == {"id": "id", "text": "text", "label": "ignore", "mood": "label"}
    roles = {one["name"]: one["role"] for one in check(path, columns={"id": "ignore"})["columns"]}
    assert (roles["text"], roles["label"], roles["id"]) == ("text", "label", "ignore")


@pytest.mark.django_db
def test_what_was_left_out_of_an_import_is_told_once_after_it_was_taken_over(
    tmp_path: Path, project: Project, ada: User
) -> None:
    path = write_csv(tmp_path / "a.csv", "id,text,label", "1,a cat sleeps here,cat", "2,,dog")

    work = run_import(project, path, user=ada)

    assert work.state == WorkState.DONE
    assert work.report["dropped"] == [{"what": "rows", "n": 1, "why": "The text is empty."}]
    assert work.report["problems"][0] | {"field": ""} == {
        "row": 2, "file": "a.csv", "field": "", "message": "The text is empty.",
    }  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"\x00" * 300, b"[" * 3000])
def test_what_cannot_be_read_is_refused_by_a_check_too(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)

    with pytest.raises(AssayError):
        check(path)


def test_every_option_is_known_to_the_command_line() -> None:
    from deploy.commands.projects.files import import_command

    own = {"project", "paths", "is_created", "item_type", "is_json", "user"}
    assert {option.name for option in import_command.params} - own == {
        one.name for one in fields(ImportOptions)
    }
