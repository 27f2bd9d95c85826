"""Class names that a file writes in several ways: what is joined is counted, what may be one class is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from labeling.imports.writing.batches import BATCH_ROWS
from labeling.jobs.work import WorkState
from labeling.models import Label
from tests.labeling.import_files import run_import, write_csv
from tests.makers import make_project

pytestmark = pytest.mark.django_db

LINES = ("text,label", "one,Positive", "two, positive", "three,Positive ", "four,POSITIVE", "five,Nega\u200btive",
         "six,cafe\u0301", "seven,café", "eight,1.0", "nine,-1")  # fmt: skip


def test_other_spellings_are_one_class_and_said_and_capitals_are_asked(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, classes=())

    work = run_import(project, write_csv(tmp_path / "a.csv", *LINES), user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert set(project.classes.values_list("name", flat=True)) == {
        "Positive", "positive", "POSITIVE", "Negative", "café", "1"
    }  # fmt: skip
    spellings = {one["written"]: (one["name"], one["n"]) for one in work.report["spellings"]}
    assert spellings["Positive "] == ("Positive", 1)
    assert spellings["1.0"] == ("1", 1)
    assert spellings["-1"] == (None, 1)
    [offer] = work.report["class_offers"]
    assert sorted(offer["names"]) == ["POSITIVE", "Positive", "positive"]
    assert offer["suggested"] == "Positive"
    assert any(note.startswith("Taken as no label: '-1' (1 row)") for note in work.report["notes"])
    assert any(note.startswith("Perhaps one class: 'Positive' (2)") for note in work.report["notes"])


def test_names_that_somebody_joins_are_one_class(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, classes=())
    joined = {"positive": "Positive", "POSITIVE": "Positive", "Negative": ""}

    work = run_import(project, write_csv(tmp_path / "a.csv", *LINES), user=ada, join_classes=joined)

    assert set(project.classes.values_list("name", flat=True)) == {"Positive", "café", "1"}
    assert Label.objects.filter(label_class__name="Positive").count() == 4
    assert work.report["class_offers"] == []
    assert work.report["labels"]["none"] == 2


def test_a_spelling_that_is_a_class_of_the_project_stays_one(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, classes=("1.0", "-1"))

    work = run_import(
        project, write_csv(tmp_path / "a.csv", "text,label", "one,1.0", "two,-1", "three,x"), user=ada
    )

    assert set(project.classes.values_list("name", flat=True)) == {"1.0", "-1", "x"}
    assert work.report["spellings"] == []


def test_spellings_are_counted_over_all_batches(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, classes=())
    n_rows = BATCH_ROWS + 10
    path = write_csv(tmp_path / "a.csv", "text,label", *(f"text {i},{i % 2}.0" for i in range(n_rows)))

    work = run_import(project, path, user=ada, dry_run=True)

    assert {one["written"]: one["n"] for one in work.report["spellings"]} == {
        "0.0": n_rows / 2, "1.0": n_rows / 2
    }  # fmt: skip


@pytest.mark.parametrize("joined", [["a"], {"a": 1}, {"a": None}])
def test_names_are_joined_to_names_only(ada: User, tmp_path: Path, joined: object) -> None:
    from labeling.errors import InvalidInput

    project = make_project(owner=ada, classes=())
    with pytest.raises(InvalidInput) as refused:
        run_import(project, write_csv(tmp_path / "a.csv", *LINES), user=ada, join_classes=joined)
    assert "options.join_classes" in refused.value.fields
