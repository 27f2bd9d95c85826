"""What an import leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from labeling.imports.writing import batches
from labeling.jobs.work import WorkState
from labeling.models import Item, Label, LabelClass, Project, SealedTruth, Source, SourceKind
from tests.labeling.import_files import run_import, write_csv, write_images, write_mnist
from tests.makers import make_human_label, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(ada: User) -> Project:
    return make_project(owner=ada, classes=(), holdout_share=0.0)


@pytest.fixture
def images(ada: User) -> Project:
    return make_project(owner=ada, classes=(), item_type="image", holdout_share=0.0)


def test_labeled_file_becomes_items_classes_and_labels_of_one_source(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "pets.csv", "id,text,label", "a,a cat sleeps,cat", "b,a dog barks,dog", "c,a thing,"
    )

    work = run_import(texts, path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert work.n_items_added == 3
    assert work.n_labels_added == 2
    assert work.report["classes_added"] == ["cat", "dog"]
    assert dict(Item.objects.values_list("key", "text")) == {
        "a": "a cat sleeps",
        "b": "a dog barks",
        "c": "a thing",
    }
    source = Source.objects.get(kind=SourceKind.FILE)
    assert source.is_human
    assert source.name == "pets.csv"
    labels = Label.objects.values_list("item__key", "label_class__name", "source_id", "is_human")
    assert set(labels) == {("a", "cat", source.pk, True), ("b", "dog", source.pk, True)}


def test_the_same_file_twice_adds_nothing(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "pets.csv", "text,label", "a cat sleeps,cat", "a dog barks,dog")
    run_import(texts, path, user=ada)

    again = run_import(texts, path, user=ada)

    assert again.state == WorkState.DONE
    assert (again.n_items_added, again.n_labels_added) == (0, 0)
    assert again.report["n_known"] == 2
    assert again.report["n_labels_known"] == 2
    assert again.report["n_problems"] == 0
    assert Item.objects.count() == 2
    assert Label.objects.count() == 2


def test_an_unlabeled_file_after_a_labeled_one_keeps_the_labels(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    run_import(texts, write_csv(tmp_path / "labeled.csv", "id,text,label", "a,a cat,cat"), user=ada)

    work = run_import(texts, write_csv(tmp_path / "rest.csv", "id,text", "a,a cat", "b,a dog"), user=ada)

    assert work.report["n_known"] == 1
    assert work.n_items_added == 1
    assert Label.objects.standing().count() == 1


def test_mnist_pairs_train_to_pool_and_t10k_to_test(images: Project, ada: User, tmp_path: Path) -> None:
    write_mnist(tmp_path, 30)
    write_mnist(tmp_path, 10, prefix="t10k")

    work = run_import(images, tmp_path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert Item.objects.filter(split="pool").count() == 30
    assert Item.objects.filter(split="test").count() == 10
    assert list(LabelClass.objects.values_list("name", "hotkey")) == [(str(i), str(i)) for i in range(10)]
    item = Item.objects.select_related("blob").get(key="train-images-idx3-ubyte/07")
    assert item.blob is not None
    assert (item.blob.width, item.blob.height, item.blob.mode) == (2, 2, "L")
    assert Label.objects.get(item=item).label_class.name == "7"


def test_image_folder_takes_class_and_split_from_directories(
    images: Project, ada: User, tmp_path: Path
) -> None:
    write_images(tmp_path, ["train/cat/1.png", "train/dog/1.png", "test/cat/2.png", "unlabeled/3.png"])

    work = run_import(images, tmp_path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    splits = dict(Item.objects.values_list("key", "split"))
    assert splits == {
        "train/cat/1.png": "pool",
        "train/dog/1.png": "pool",
        "test/cat/2.png": "test",
        "unlabeled/3.png": "pool",
    }
    assert set(Label.objects.values_list("item__key", "label_class__name")) == {
        ("train/cat/1.png", "cat"),
        ("train/dog/1.png", "dog"),
        ("test/cat/2.png", "cat"),
    }


def test_label_first_takes_as_many_of_each_class_and_seals_the_rest(
    images: Project, ada: User, tmp_path: Path
) -> None:
    write_mnist(tmp_path, 100)

    work = run_import(images, tmp_path, user=ada, label_first=20, sealed=True)

    assert work.n_labels_added == 20
    names = list(Label.objects.values_list("label_class__name", flat=True))
    assert sorted(names) == sorted(str(i % 10) for i in range(20))
    assert SealedTruth.objects.count() == 80
    assert not SealedTruth.objects.filter(item__labels__isnull=False).exists()


def sealed_truth() -> dict[str, str]:
    return dict(SealedTruth.objects.values_list("item__key", "label_class__name"))


def test_a_machines_guess_is_no_sealed_truth_and_takes_none_away(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    people = write_csv(tmp_path / "people.csv", "id,text,label", "a,a cat,cat", "b,a dog,dog")
    guesses = ("a,a cat,dog,0.9", "b,a dog,dog,0.8", "c,a cow,cat,0.7")
    machine = write_csv(tmp_path / "machine.csv", "id,text,prediction,confidence", *guesses)
    run_import(texts, people, user=ada, sealed=True)

    work = run_import(texts, machine, user=ada, sealed=True)

    assert sealed_truth() == {"a": "cat", "b": "dog"}
    assert (work.report["n_sealed"], work.report["n_label_conflicts"]) == (0, 0)
    assert {
        "what": "labels",
        "n": 3,
        "why": "A machine's label is never kept as sealed truth.",
    } in work.report["dropped"]


def test_truth_that_was_sealed_before_stays_and_the_difference_is_reported(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    run_import(
        texts, write_csv(tmp_path / "first.csv", "id,text,label", "a,a cat,cat", "b,a dog,dog"), user=ada, sealed=True
    )  # fmt: skip
    second = write_csv(tmp_path / "second.csv", "id,text,label", "a,a cat,dog", "b,a dog,dog", "c,a cow,cat")

    work = run_import(texts, second, user=ada, sealed=True)

    assert sealed_truth() == {"a": "cat", "b": "dog", "c": "cat"}
    assert work.report["n_sealed"] == 1
    assert [one["message"] for one in work.report["conflicts"]] == [
        "The truth that was sealed before was kept."
    ]


def test_bare_labels_of_a_file_that_differ_seal_nothing_however_many_come(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    lines = ("a,a cat,cat", "a,a cat,dog", "a,a cat,cat", "b,a dog,dog")

    work = run_import(texts, write_csv(tmp_path / "f.csv", "id,text,label", *lines), user=ada, sealed=True)

    assert sealed_truth() == {"b": "dog"}
    assert (work.report["n_sealed"], work.report["n_label_conflicts"]) == (1, 1)


def test_sealed_truth_of_named_people_is_what_most_of_them_say_also_across_batches(
    texts: Project, ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    said = [("w0", "dog"), ("w1", "cat"), ("w2", "cat")]
    lines = [
        f"{key},{text},{who},{label}"
        for key, text in (("a", "a cat"), ("b", "a kitten"))
        for who, label in said
    ]
    lines += ["c,a cow,w0,cat", "c,a cow,w1,dog"]
    path = write_csv(tmp_path / "crowd.csv", "id,text,annotator,label", *lines)

    work = run_import(texts, path, user=ada, sealed=True)

    assert sealed_truth() == {"a": "cat", "b": "cat"}
    assert (work.report["n_sealed"], work.report["n_label_conflicts"]) == (2, 0)
    assert [(one["n"], one["why"][:15]) for one in work.report["dropped"]] == [(1, "People disagree")]


def test_an_existing_human_label_that_differs_stays_and_is_reported(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    run_import(
        texts, write_csv(tmp_path / "first.csv", "id,text,label", "a,a cat,cat", "b,a dog,dog"), user=ada
    )

    work = run_import(texts, write_csv(tmp_path / "second.csv", "id,text,label", "a,a cat,dog"), user=ada)

    assert work.report["n_label_conflicts"] == 1
    conflict = work.report["conflicts"][0]
    assert (conflict["row"], conflict["key"], conflict["label"], conflict["other"]) == (1, "a", "dog", "cat")
    assert Label.objects.standing().get(item__key="a").label_class.name == "cat"


def test_two_labels_in_one_file_for_one_item_take_neither(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "pets.csv", "id,text,label", "a,a cat,cat", "b,a dog,dog", "a,a cat,dog", "a,a cat,cat"
    )

    work = run_import(texts, path, user=ada)

    assert [conflict["row"] for conflict in work.report["conflicts"]] == [3, 4]
    assert work.n_labels_added == 1
    assert list(Label.objects.standing().values_list("item__key", flat=True)) == ["b"]
    assert Label.objects.get(item__key="a").retired_reason == "withdrawn"


def test_a_share_of_the_labels_becomes_the_holdout(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, holdout_share=0.25)
    lines = [f"{i},text number {i},cat" for i in range(400)]

    work = run_import(project, write_csv(tmp_path / "cats.csv", "id,text,label", *lines), user=ada)

    n_holdout = Item.objects.filter(split="holdout").count()
    assert work.report["n_holdout"] == n_holdout
    assert 60 < n_holdout < 140  # 100 expected; 40 is 4.6 standard deviations


def test_a_human_label_retires_the_standing_machine_label(texts: Project, ada: User, tmp_path: Path) -> None:
    guesses = write_csv(
        tmp_path / "guesses.csv", "id,text,label,confidence", "a,a cat,cat,0.9", "b,a dog,cat,0.8"
    )
    run_import(texts, guesses, user=ada, labels_from="machine")

    run_import(
        texts, write_csv(tmp_path / "truth.csv", "id,text,label", "a,a cat,cat", "b,a dog,dog"), user=ada
    )

    machine = Label.objects.filter(is_human=False)
    assert dict(machine.values_list("item__key", "retired_reason")) == {"a": "confirmed", "b": "corrected"}
    assert dict(Label.objects.current().values_list("item__key", "label_class__name")) == {
        "a": "cat",
        "b": "dog",
    }


def test_machine_labels_are_published_with_their_confidence(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "guesses.csv", "id,text,label,confidence", "a,a cat,cat,0.9", "b,a dog,dog,0.8"
    )

    work = run_import(texts, path, user=ada, labels_from="machine")

    assert work.state == WorkState.DONE, work.error_message
    current = Label.objects.current().values_list("item__key", "is_human", "confidence")
    assert set(current) == {("a", False, 0.9), ("b", False, 0.8)}
    publication = texts.publications.get()
    assert publication.source_id == work.source_id
    assert publication.n_labels == 2


def test_a_machine_label_under_a_human_one_never_stands(texts: Project, ada: User, tmp_path: Path) -> None:
    run_import(texts, write_csv(tmp_path / "truth.csv", "id,text,label", "a,a cat,cat"), user=ada)

    guesses = write_csv(tmp_path / "guesses.csv", "id,text,label", "a,a cat,dog", "b,a dog,dog")
    run_import(texts, guesses, user=ada, labels_from="machine")

    assert dict(Label.objects.current().values_list("item__key", "label_class__name")) == {
        "a": "cat",
        "b": "dog",
    }
    assert Label.objects.get(item__key="a", is_human=False).retired_reason == "corrected"


def test_an_item_that_was_trained_on_cannot_become_a_test_item(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    run_import(texts, write_csv(tmp_path / "train.csv", "id,text,label", "a,a cat,cat"), user=ada)
    Label.objects.update(retired_at="2026-01-01T00:00:00Z", retired_reason="withdrawn")

    path = write_csv(tmp_path / "test.csv", "id,text,label", "a,a cat,cat", "b,a dog,dog")
    work = run_import(texts, path, user=ada, split="test")

    assert dict(Item.objects.values_list("key", "split")) == {"a": "pool", "b": "test"}
    assert work.report["problems"][0]["field"] == "split"


def test_table_rows_keep_numbers_and_lose_missing_values(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, classes=(), item_type="table")
    path = write_csv(
        tmp_path / "people.csv",
        "age,job,zip,income",
        "39,State-gov,01234,low",
        "NA,?,55555,high",
        "1e1,nan,7,low",
    )

    work = run_import(project, path, user=ada)

    assert work.state == WorkState.DONE, work.error_message
    assert list(Item.objects.order_by("id").values_list("features", flat=True)) == [
        {"age": 39, "job": "State-gov", "zip": "01234"},
        {"age": None, "job": None, "zip": 55555},
        {"age": 10.0, "job": None, "zip": 7},
    ]


def test_dry_run_reports_the_same_and_writes_nothing(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "pets.csv",
        "id,text,label",
        "a,a cat,cat",
        "b,a dog,dog",
        "a,a cat,dog",
        "c,,cat",
        "d,a dog,dog",
    )

    dry = run_import(texts, path, user=ada, dry_run=True)

    assert dry.state == WorkState.DONE, dry.error_message
    assert (Item.objects.count(), Label.objects.count(), LabelClass.objects.count()) == (0, 0, 0)
    assert dry.n_items_added == 0
    assert dry.report == run_import(texts, path, user=ada).report


def test_labels_of_people_who_answered_first_stay(texts: Project, ada: User, tmp_path: Path) -> None:
    run_import(texts, write_csv(tmp_path / "items.csv", "id,text", "a,a cat"), user=ada)
    owl = LabelClass.objects.create(project=texts, name="owl")
    make_human_label(Item.objects.get(), owl, user=ada)

    work = run_import(texts, write_csv(tmp_path / "labels.csv", "id,text,label", "a,a cat,cat"), user=ada)

    assert work.report["n_label_conflicts"] == 1
    assert Label.objects.standing().get().label_class == owl
