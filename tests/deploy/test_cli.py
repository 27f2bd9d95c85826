"""The command line does what the API does, and refuses in one sentence with exit code 1."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click import ClickException
from click.testing import CliRunner, Result
from django.contrib.auth.models import User

from deploy.cli import main
from deploy.commands.projects.progress import check_over
from deploy.commands.projects.report import report_text
from labeling.formats.rows import Problem
from labeling.imports.rules.report import ImportReport
from labeling.models import Import, Item, Label, Membership, Project, Publication
from tests.makers import make_items, make_project
from tests.review.makers import make_round

pytestmark = pytest.mark.django_db(transaction=True)  # progress is shown by a thread of its own


def assay(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def refused(result: Result) -> str:
    """The sentence of a refusal; a traceback would be no SystemExit."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    return result.output


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", password="boss-works-here")


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_text("id,text,label\n1,works well,good\n2,fell apart,bad\n3,no opinion yet,\n")
    return path


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("undo", "`assay undo-import`"),
        ("improt", "`assay import`"),
        ("trian", "`assay train`"),
        ("users", "`assay user`"),
    ],
)
def test_an_unknown_command_is_answered_with_what_is_called_alike(name: str, near: str) -> None:
    result = assay(name)

    assert result.exit_code == 2
    assert f"There is no command '{name}'. Did you mean {near}" in result.output
    assert "Did you mean" not in assay("zzzzz").output


def test_import_makes_the_project_reads_the_file_and_does_it_once(boss: User, reviews: Path) -> None:
    first = assay("import", "Reviews", reviews, "--create")
    second = assay("import", "Reviews", reviews)

    assert first.exit_code == 0, first.output
    assert "3 rows: 3 items and 2 labels added" in first.output
    assert "0 items and 0 labels added, 3 known already" in second.output
    assert Item.objects.count() == 3
    assert Label.objects.filter(is_human=True).count() == 2


def test_dry_run_writes_nothing(boss: User, reviews: Path) -> None:
    result = assay("import", "Reviews", reviews, "--create", "--dry-run")

    assert result.exit_code == 0, result.output
    assert "3 items and 2 labels would be added" in result.output
    assert not Item.objects.exists()
    assert not Project.objects.exists()
    assert "Made project" not in result.output


def test_a_project_made_for_a_file_that_cannot_be_imported_goes_again(boss: User, tmp_path: Path) -> None:
    (tmp_path / "header.csv").write_text("id,text,label\n")

    refused(assay("import", "Reviews", tmp_path / "header.csv", "--create"))

    assert not Project.objects.exists()


def test_one_problem_is_one_and_several_are_told_by_row(boss: User, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("id,text,label\n1,works well,good\n2,,bad\n3,fell apart,bad\n")

    one = assay("import", "Reviews", path, "--create")

    assert "1 problem." in one.output
    report = ImportReport()
    for row in (3, None, 2):
        report.add_problem(Problem(row, "text", "It is empty."))
    told = report_text(report.as_json())
    assert "3 problems.\nLeft out: 3 rows: It is empty." in told
    assert "  It is empty.\n  row 2: It is empty.\n  row 3: It is empty." in told


def test_work_that_ended_otherwise_says_how_in_plain_words() -> None:
    with pytest.raises(ClickException, match=r"The import of a\.csv failed\. It has no rows\."):
        check_over(Import(state="failed", error_message="It has no rows."), "The import of a.csv")
    with pytest.raises(ClickException, match=r"The export was cancelled\."):
        check_over(Import(state="cancelled"), "The export")


def test_a_backup_replaces_no_file_unasked(tmp_path: Path) -> None:
    file = tmp_path / "assay.backup"
    file.write_text("of yesterday")

    assert "replace it with --force" in refused(assay("backup", file))
    assert file.read_text() == "of yesterday"

    assert assay("backup", file, "--force", "--without-files").exit_code == 0
    assert file.read_bytes() != b"of yesterday"


def test_a_file_that_is_no_backup_is_refused_in_one_sentence_that_says_what_to_give(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("buy milk\n" * 100)

    said = refused(assay("restore", file))

    assert (
        said
        == f"Error: {file} is no backup of Assay, or is damaged. Give the file that `assay backup` wrote.\n"
    )


def test_export_writes_each_item_with_who_said_so(boss: User, reviews: Path, tmp_path: Path) -> None:
    assay("import", "Reviews", reviews, "--create")

    result = assay("export", "Reviews", "--format", "csv", "--out", tmp_path / "out.csv")

    assert result.exit_code == 0, result.output
    with open(tmp_path / "out.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3
    assert not list(tmp_path.glob("*.part"))


def test_export_filter_by_an_unknown_class_names_those_there_are(boss: User) -> None:
    make_project(owner=boss)

    sentence = refused(assay("export", "Animals", "--format", "csv", "--out", "x.csv", "--class", "cow"))

    assert "no class 'cow'. It has: cat, dog, owl" in sentence


def test_unknown_project_is_refused_with_those_there_are(boss: User) -> None:
    project = make_project(owner=boss)

    assert f"There are: {project.pk} 'Animals'" in refused(assay("train", "Birds"))


def test_training_without_labels_is_refused(boss: User) -> None:
    make_project(owner=boss)

    assert "no human labels" in refused(assay("train", "Animals"))


def test_learner_parameter_must_have_a_value(boss: User) -> None:
    make_project(owner=boss)

    assert "write it as NAME=VALUE" in refused(assay("train", "Animals", "--param", "n_steps"))


def test_missing_file_is_refused(boss: User) -> None:
    assert "There is no file or folder" in refused(assay("import", "Fish", "/nowhere/at/all", "--create"))
    assert not Project.objects.exists()


def test_person_gets_in_with_the_password_that_was_set() -> None:
    added = assay("user", "add", "ada", "--password", "a-long-enough-one")
    changed = assay("user", "password", "ada", "--password", "another-long-one")

    assert added.exit_code == changed.exit_code == 0
    assert User.objects.get(username="ada").check_password("another-long-one")
    assert not User.objects.get(username="ada").is_superuser


def test_weak_password_and_second_user_of_a_name_are_refused() -> None:
    assert "too short" in refused(assay("user", "add", "ada", "--password", "abc"))
    assert not User.objects.exists()

    assay("user", "add", "ada", "--password", "a-long-enough-one")
    assert "already a user ada" in refused(assay("user", "add", "ada", "--password", "a-long-enough-one"))


def test_token_opens_the_api(client: object, boss: User) -> None:
    from rest_framework.test import APIClient

    token = assay("token", "boss").output.strip()

    response = APIClient().get("/api/session", headers={"Authorization": f"Token {token}"})

    assert response.json()["username"] == "boss"


def test_project_is_created_and_listed(boss: User) -> None:
    assay("project", "create", "Birds", "--type", "text", "--class", "owl", "--class", "tit")

    listed = assay("project", "list").output

    assert "Birds\ttext\t0 items" in listed
    assert list(Project.objects.get().classes.values_list("name", flat=True)) == ["owl", "tit"]


def test_worker_for_a_queue_that_does_not_exist_is_refused() -> None:
    result = assay("worker", "--queues", "train,fish")

    assert result.exit_code == 2
    assert "no queue 'fish'; choose from train, predict, io, default" in result.output


def test_asking_for_help_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ASSAY_DATA_DIR"}
    for words in (["--help"], ["user", "add", "--help"]):
        subprocess.run(
            [sys.executable, "-m", "deploy.cli", *words],
            cwd=tmp_path, env=environment, check=True, capture_output=True,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_a_candidate_is_shown_beside_what_stands_and_published(boss: User) -> None:
    project = make_project(owner=boss)
    cat, dog, _ = project.classes.all()
    items = make_items(project, 5)
    make_round(project, [(item, cat, 0.99) for item in items[:4]])
    first = assay("publish", "Animals", "--yes")
    make_round(project, [(items[0], dog, 0.99), *((item, cat, 0.99) for item in items[2:])])
    seen = CliRunner().invoke(main, ["publish", "Animals"], input="n\n")
    standing = Publication.objects.get(ended_at__isnull=True).source.name
    second = assay("publish", "Animals", "--yes")

    assert first.exit_code == 0, first.output
    assert "Round 1.1 would label 4 items. No machine label stands now." in first.output
    assert "4 labels of run 1, round 1 stand now." in first.output
    assert seen.exit_code == 1
    assert (
        "Round 1.2 would replace run 1, round 1: 4 labels instead of 4 (1 gained, 1 lost, 1 changed)."
        in seen.output
    )
    assert standing == "run 1, round 1"
    assert "4 labels of run 1, round 2 stand now." in second.output
    assert "The labels of round 1.2 stand already." in assay("publish", "Animals", "--round", "1.2").output
    assert assay("publish", "Animals", "--round", "1.1", "--yes").exit_code == 0
    assert "There is no candidate" in refused(assay("publish", "Animals"))
    assert "write run and round" in refused(assay("publish", "Animals", "--round", "first"))
    assert "There is no round 9.9" in refused(assay("publish", "Animals", "--round", "9.9"))


def test_who_publishes_is_said_when_a_project_is_made(boss: User) -> None:
    assay("project", "create", "Careful", "--type", "text")
    assay("project", "create", "Quick", "--type", "text", "--publishing", "by_itself")

    assert dict(Project.objects.values_list("name", "publishing")) == {
        "Careful": "by_hand",
        "Quick": "by_itself",
    }


def test_the_command_line_does_in_a_members_name_what_that_member_may_do(
    boss: User, reviews: Path, tmp_path: Path
) -> None:
    project = make_project(owner=boss)
    out = tmp_path / "out.csv"
    commands: list[list[str | Path]] = [
        ["export", "Animals", "--format", "csv", "--out", out],
        ["import", "Animals", reviews],
        ["train", "Animals", "--learner", "naive_bayes"],
        ["publish", "Animals", "--yes"],
        ["compare", "Animals"],
    ]
    for name, role in (("ann", "annotator"), ("rev", "reviewer"), ("vic", "viewer")):
        Membership.objects.create(project=project, user=User.objects.create_user(name), role=role)
    User.objects.create_user("stranger")

    for command in commands:
        for name, role in (("ann", "annotator"), ("rev", "reviewer"), ("vic", "viewer")):
            assert f"{role} of this project; this takes an owner or engineer" in refused(
                assay(*command, "--user", name)
            ), command
        assert "no project" in refused(assay(*command, "--user", "stranger"))
    assert not out.exists()
    assert not Import.objects.exists()

    Membership.objects.create(project=project, user=User.objects.create_user("eng"), role="engineer")
    for who in (["--user", "eng"], []):
        result = assay(*commands[0], *who)
        assert result.exit_code == 0, result.output
        assert out.exists()
        out.unlink()
