"""What an import leaves behind of files that tell who said what."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from labeling.imports.services import import_from_path
from labeling.imports.writing.pipeline import import_run
from labeling.jobs.work import WorkState
from labeling.models import (
    Embedding,
    Import,
    ImportedAnswer,
    Item,
    Label,
    Membership,
    Project,
    Publication,
    Role,
    Source,
)
from tests.conftest import client_of
from tests.labeling.import_files import run_import, write_csv
from tests.labeling.test_import_resume import stop_after
from tests.makers import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(ada: User) -> Project:
    return make_project(owner=ada, classes=(), holdout_share=0.0)


def write_jsonl(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


def standing() -> set[tuple[str | None, str, bool]]:
    labels = Label.objects.filter(retired_at__isnull=True)
    return set(labels.values_list("item__text", "label_class__name", "is_human"))


def crowd(path: Path, *rows: tuple[str, str, str]) -> Path:
    lines = [f"a text number {item},{who},{label}" for item, who, label in rows]
    return write_csv(path, "text,annotator,label", *lines)


def test_rows_of_several_people_become_one_item_with_the_label_of_most(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    path = crowd(
        tmp_path / "crowd.csv",
        ("1", "ann", "pos"), ("1", "ben", "pos"), ("1", "cem", "neg"),
        ("2", "ann", "neg"), ("2", "ben", "pos"),
    )  # fmt: skip

    work = run_import(texts, path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert Item.objects.count() == 2
    assert standing() == {("a text number 1", "pos", True)}
    assert ImportedAnswer.objects.count() == 5
    assert set(ImportedAnswer.objects.values_list("source__name", flat=True)) == {"ann", "ben", "cem"}
    report = work.report
    assert report["n_rows"] == report["n_items"] + report["n_repeats"] + report["n_dropped"] == 5
    assert [one["why"] for one in report["dropped"]] == [
        "People disagree: no class has more than half of the answers to the item, so it has no label."
    ]
    assert report["labels"] == {"person": 1, "machine": 0, "none": 1}


def test_answers_in_two_batches_count_together(
    texts: Project, ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeling.imports.writing.batches.BATCH_ROWS", 2)
    path = crowd(
        tmp_path / "crowd.csv",
        ("1", "ann", "pos"), ("2", "ann", "neg"),
        ("1", "ben", "neg"), ("2", "ben", "neg"),
        ("1", "cem", "neg"), ("2", "cem", "pos"),
    )  # fmt: skip

    work = run_import(texts, path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert standing() == {("a text number 1", "neg", True), ("a text number 2", "neg", True)}
    assert ImportedAnswer.objects.count() == 6
    assert work.report["labels"] == {"person": 2, "machine": 0, "none": 0}
    assert [one for one in work.report["dropped"] if one["n"]] == []


def test_a_dry_run_says_the_same_and_writes_nothing(texts: Project, ada: User, tmp_path: Path) -> None:
    path = crowd(tmp_path / "crowd.csv", ("1", "ann", "pos"), ("1", "ben", "pos"), ("2", "ann", "pos"))

    dry = run_import(texts, path, user=ada, dry_run=True)
    assert not Item.objects.exists()
    assert not ImportedAnswer.objects.exists()
    wet = run_import(texts, path, user=ada)

    same = ("n_rows", "n_items", "n_repeats", "labels", "classes", "dropped", "columns", "layout")
    assert {name: dry.report[name] for name in same} == {name: wet.report[name] for name in same}


def test_where_a_project_wants_more_answers_one_persons_word_is_no_label(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, classes=(), holdout_share=0.0, answers_wanted=2)
    path = crowd(tmp_path / "crowd.csv", ("1", "ann", "pos"), ("1", "ben", "pos"), ("2", "ann", "pos"))

    work = run_import(project, path, user=ada)

    assert standing() == {("a text number 1", "pos", True)}
    assert any("Fewer people have answered than the 2" in one["why"] for one in work.report["dropped"])


def test_the_same_crowd_twice_adds_nothing(texts: Project, ada: User, tmp_path: Path) -> None:
    path = crowd(tmp_path / "crowd.csv", ("1", "ann", "pos"), ("1", "ben", "pos"), ("2", "ann", "neg"))
    run_import(texts, path, user=ada)

    again = run_import(texts, path, user=ada)

    assert again.state == WorkState.DONE, again.error_message
    assert (again.n_items_added, again.n_labels_added) == (0, 0)
    assert ImportedAnswer.objects.count() == 3


def test_a_rejected_answer_is_no_label_and_an_ignored_one_neither(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    path = write_jsonl(
        tmp_path / "review.jsonl",
        {"text": "works well", "label": "POSITIVE", "answer": "accept", "_annotator_id": "set-ann"},
        {"text": "broke at once", "label": "POSITIVE", "answer": "reject", "_annotator_id": "set-ann"},
        {"text": "who knows", "label": "POSITIVE", "answer": "ignore", "_annotator_id": "set-ann"},
    )

    work = run_import(texts, path, user=ada)

    assert standing() == {("works well", "POSITIVE", True)}
    assert set(ImportedAnswer.objects.values_list("kind", "label_class__name")) == {
        ("label", "POSITIVE"),
        ("reject", "POSITIVE"),
        ("ignore", None),
    }
    assert {one["why"].split(" ")[0] for one in work.report["dropped"]} == {"Rejected", "Passed"}
    assert work.report["labels"] == {"person": 1, "machine": 0, "none": 2}


def test_people_and_a_model_come_in_one_import_each_from_a_source_of_its_own(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    def task(number: int, choice: str | None, guess: str) -> dict[str, Any]:
        def result(label: str) -> list[object]:
            value = {"choices": [label]}
            return [{"from_name": "s", "to_name": "text", "type": "choices", "value": value}]

        said = {"completed_by": 7, "created_at": "2024-03-05T10:00:00Z", "was_cancelled": False}
        return {
            "id": number,
            "data": {"text": f"a text of number {number}"},
            "annotations": [] if choice is None else [said | {"result": result(choice)}],
            "predictions": [{"model_version": "m1", "score": 0.75, "result": result(guess)}],
        }

    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([task(1, "pos", "neg"), task(2, None, "pos")]))

    work = run_import(texts, path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert work.report["layout"] == "label-studio"
    assert standing() == {("a text of number 1", "pos", True), ("a text of number 2", "pos", False)}
    machine = Label.objects.get(item__key="2")
    assert (machine.confidence, machine.source.name, machine.source.is_human) == (0.75, "m1", False)
    assert Publication.objects.get(ended_at__isnull=True).source_id == machine.source_id
    assert work.report["labels"] == {"person": 1, "machine": 2, "none": 0}
    assert work.report["classes"] == [{"name": "neg", "n": 0}, {"name": "pos", "n": 2}]
    answer = ImportedAnswer.objects.get(source__is_human=True)
    assert (answer.source.name, answer.said_at.isoformat()) == ("7", "2024-03-05T10:00:00+00:00")


def test_predictions_are_a_machines_unless_somebody_says_otherwise(ada: User, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "guesses.csv", "text,label,confidence", "a cat sleeps,cat,0.9", "a dog barks,dog,0.4"
    )
    machine, person = (make_project(owner=ada, classes=(), holdout_share=0.0) for _ in range(2))

    guessed = run_import(machine, path, user=ada)
    said = run_import(person, path, user=ada, labels_from="person")

    of_machine = Label.objects.filter(project=machine)
    assert set(of_machine.values_list("is_human", "confidence")) == {(False, 0.9), (False, 0.4)}
    assert Publication.objects.filter(project=machine).exists()
    assert any("machine's" in note for note in guessed.report["notes"])
    assert set(Label.objects.filter(project=person).values_list("is_human", "confidence")) == {(True, None)}
    assert said.report["labels"]["person"] == 2


def test_vectors_and_extras_are_kept_with_the_item(texts: Project, ada: User, tmp_path: Path) -> None:
    rows = [
        {
            "text": f"a text of number {i}",
            "label": "ab"[i % 2],
            "vector": [i / 7, 0.5, 1.5],
            "meta": {"page": i},
        }
        for i in range(4)
    ]

    work = run_import(texts, write_jsonl(tmp_path / "v.jsonl", *rows), user=ada)

    assert work.state == WorkState.DONE, work.error_message
    item = Item.objects.get(text="a text of number 1")
    assert item.extras == {"meta.page": 1}
    assert len(bytes(Embedding.objects.get(item=item).vector)) == 12
    assert Embedding.objects.count() == 4


def test_an_import_taken_over_writes_no_answer_twice(
    texts: Project, ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeling.imports.writing.batches.BATCH_ROWS", 2)
    path = crowd(tmp_path / "crowd.csv", *((str(i // 3), "abc"[i % 3], "xy"[i % 2]) for i in range(12)))
    work = import_from_path(project=texts, path=path, options={}, user=ada)

    with pytest.raises(KeyboardInterrupt):
        import_run(work.pk, worker="first", on_progress=stop_after(3))
    assert ImportedAnswer.objects.count() == 6
    Import.objects.filter(pk=work.pk).update(heartbeat_at=timezone.now() - dt.timedelta(hours=1))
    assert import_run(work.pk, worker="second")

    done = Import.objects.get(pk=work.pk)
    assert done.state == WorkState.DONE, done.error_message
    assert ImportedAnswer.objects.count() == 12
    assert Source.objects.filter(details__has_key="said_by").count() == 3
    assert Item.objects.count() == 4


def test_single_answers_are_told_to_none_who_may_be_asked(
    texts: Project, ada: User, ben: User, tmp_path: Path
) -> None:
    run_import(texts, crowd(tmp_path / "crowd.csv", ("1", "ann", "pos"), ("1", "cem", "neg")), user=ada)
    item = Item.objects.get()
    Membership.objects.create(project=texts, user=ben, role=Role.ANNOTATOR)
    owner, annotator = (client_of(user) for user in (ada, ben))

    told = owner.get(f"/api/items/{item.pk}").json()
    kept = annotator.get(f"/api/items/{item.pk}").json()

    assert [(one["source"]["name"], one["is_human"]) for one in told["imported_answers"]] == [
        ("ann", True),
        ("cem", True),
    ]
    assert kept["imported_answers"] == []


def test_who_accepts_one_class_and_rejects_another_does_not_disagree(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    rows = [
        {"text": text, "label": label, "answer": answer, "_input_hash": i, "_task_hash": 2 * i + j, "_timestamp": 1710000000}
        for i, (text, accepted) in enumerate((("a goal late on", "SPORT"), ("a vote today", "NEWS"), ("both say no", "")))
        for j, label in enumerate(("SPORT", "NEWS"))
        for answer in ["accept" if label == accepted else "reject"]
    ]  # fmt: skip
    path = tmp_path / "binary.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))

    run_import(texts, path, user=ada)

    found = Label.objects.filter(retired_at=None).values_list("item__text", "label_class__name")
    assert set(found) == {("a goal late on", "SPORT"), ("a vote today", "NEWS")}
