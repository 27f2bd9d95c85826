"""The way back: an import undone, an item deleted, and what people did since."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.errors import Conflict
from labeling.jobs.work import WorkLost, WorkState, work_beat, work_claim
from labeling.labels.selectors import item_count, progress
from labeling.models import (
    Blob,
    GuideExample,
    Import,
    ImportUndo,
    Item,
    Label,
    LabelClass,
    Membership,
    Project,
    Publication,
    Removal,
    Role,
    SealedTruth,
    Source,
)
from labeling.projects.timeline import timeline
from labeling.removals import pipeline as removal_pipeline
from labeling.removals.pipeline import undo_run
from labeling.removals.services import item_delete, undo_look, undo_request
from labeling.storing.leftovers import leftovers_remove
from review.models import Answer, Entry, Flag, Frozen
from tests.labeling.import_files import run_import, write_csv, write_images
from tests.labeling.makers import publish, record
from tests.makers import make_items, make_project
from training.models import Prediction, Round, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(ada: User, ben: User) -> Project:
    return make_project(owner=ada, annotators=[ben], classes=("cat",), holdout_share=0.0)


@pytest.fixture
def pets(texts: Project, ada: User, tmp_path: Path) -> Import:
    """Four items, three labels, one new class."""
    lines = ("a,a cat sleeps,cat", "b,a dog barks,dog", "c,a thing,", "d,a second cat,cat")
    return run_import(texts, write_csv(tmp_path / "pets.csv", "id,text,label", *lines), user=ada)


def undone(work: Import, by: User) -> ImportUndo:
    undo = undo_request(work=work, by=by)
    undo_run(undo.pk, worker="test")
    undo.refresh_from_db()
    return undo


def item(key: str) -> Item:
    return Item.objects.get(key=key)


def say(item: Item, name: str, person: User) -> Answer:
    label_class = item.project.classes.get(name=name)
    return Answer.objects.create(
        key=uuid.uuid4(),
        project=item.project,
        item=item,
        person=person,
        kind="label",
        label_class=label_class,
    )


def test_an_import_that_nobody_worked_on_leaves_nothing_but_its_history(
    texts: Project, pets: Import, ada: User
) -> None:
    make_items(texts, 2)

    undo = undone(pets, ada)

    assert undo.state == WorkState.DONE, undo.error_message
    assert list(Item.objects.values_list("key", flat=True)) == ["item-0", "item-1"]
    assert not Label.objects.exists()
    assert list(texts.classes.values_list("name", flat=True)) == ["cat"]
    assert undo.report["n_items_removed"] == 4
    assert undo.report["n_labels_removed"] == 3
    assert undo.report["classes_removed"] == ["dog"]
    assert item_count(texts.pk) == progress(texts).n_items == 2
    removal = Removal.objects.get()
    assert (removal.n_items, removal.n_human, removal.by, removal.undo) == (4, 3, ada, undo)


def test_what_people_did_since_stays_and_is_named(texts: Project, pets: Import, ada: User, ben: User) -> None:
    say(item("a"), "cat", ben)
    Flag.objects.create(project=texts, item=item("b"), person=ben)
    record(texts, item("c"), texts.classes.get(name="cat"), ben)

    undo = undone(pets, ada)

    assert sorted(Item.objects.values_list("key", flat=True)) == ["a", "b", "c"]
    assert undo.report["n_items_removed"] == 1
    assert undo.report["n_items_kept"] == 3
    assert undo.report["kept"] == {"answers": 1, "flags": 1, "labels": 1}
    assert undo.report["n_labels_withdrawn"] == 2
    assert undo.report["classes_kept"] == ["dog"], "the history of b names it"
    assert Answer.objects.count() == Flag.objects.count() == 1
    standing = Label.objects.filter(retired_at__isnull=True)
    assert [(label.item.key, label.source.user) for label in standing] == [("c", ben)]
    withdrawn = Label.objects.filter(source=pets.source)
    assert {(label.retired_reason, label.retired_by) for label in withdrawn} == {("withdrawn", ada)}


def test_the_history_of_an_item_tells_of_the_withdrawal(
    pets: Import, ada: User, ben: User, ada_client: APIClient
) -> None:
    a = item("a")
    say(a, "cat", ben)
    undone(pets, ada)

    events = ada_client.get(f"/api/items/{a.pk}/history").json()["events"]

    retired = next(event for event in events if event["kind"] == "retired")
    assert (retired["reason"], retired["by"]) == ("withdrawn", "ada")


def test_gold_and_examples_keep_their_labels(texts: Project, pets: Import, ada: User) -> None:
    GuideExample.objects.create(project=texts, item=item("a"), chosen_by=ada)
    Entry.objects.create(
        project=texts, item=item("b"), reason="gold", priority=1.0, state="done", is_blind=True
    )

    undo = undone(pets, ada)

    standing = Label.objects.filter(retired_at__isnull=True).values_list("item__key", "label_class__name")
    assert set(standing) == {("a", "cat"), ("b", "dog")}
    assert undo.report["n_labels_kept"] == 2
    assert undo.report["n_labels_withdrawn"] == 0


def test_labels_brought_for_items_that_were_there_are_withdrawn_and_the_items_stay(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    run_import(
        texts, write_csv(tmp_path / "texts.csv", "id,text", "a,a cat sleeps", "b,a dog barks"), user=ada
    )
    labels = write_csv(tmp_path / "labels.csv", "id,text,label,split", "a,a cat sleeps,cat,test")
    second = run_import(texts, labels, user=ada)
    assert item("a").split == "test"

    undo = undone(second, ada)

    assert Item.objects.count() == 2
    assert (undo.report["n_items_removed"], undo.report["n_labels_withdrawn"]) == (0, 1)
    assert item("a").split == "pool", "nothing has been measured with it"


def test_an_item_that_another_file_labeled_stays_with_that_label(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    first = run_import(texts, write_csv(tmp_path / "texts.csv", "id,text", "a,a cat sleeps", "b,b"), user=ada)
    run_import(texts, write_csv(tmp_path / "labels.csv", "id,text,label", "a,a cat sleeps,cat"), user=ada)

    undo = undone(first, ada)

    assert undo.report["kept"] == {"labels": 1}
    assert Label.objects.filter(retired_at__isnull=True).count() == 1


def test_machine_labels_of_the_file_stand_no_more(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "guesses.csv", "id,text,label,confidence", "a,a cat,cat,0.9", "b,a dog,dog,0.8"
    )
    work = run_import(texts, path, user=ada, labels_from="machine")
    assert progress(texts).n_machine == 2

    undo = undone(work, ada)

    assert progress(texts).n_machine == progress(texts).n_items == 0
    assert Publication.objects.get().ended_reason == f"import {work.pk} was undone"
    assert undo.report["notes"]


def test_counts_of_what_a_model_published_are_as_if_the_items_had_never_been_there(
    texts: Project, pets: Import, ada: User
) -> None:
    (other,) = make_items(texts, 1)
    cat = texts.classes.get(name="cat")
    publication = publish(texts, {item("c"): cat, other: cat})
    run = Run.objects.create(project=texts, number=1, learner="logistic", state="done")
    a_round = Round.objects.create(run=run, number=1, source=publication.source)
    for one in (item("c"), other):
        Prediction.objects.create(
            round=a_round, item=one, label_class=cat, confidence=0.9, raw_confidence=0.9, margin=0.8,
            entropy=0.1, threshold=0.5, is_accepted=True,
        )  # fmt: skip

    undone(pets, ada)

    assert progress(texts).n_machine == 1
    assert list(Prediction.objects.values_list("item_id", flat=True)) == [other.pk]
    assert texts.classes.filter(name="dog").exists(), "a model was trained with it"


def test_the_timeline_shows_that_they_came_and_went(texts: Project, pets: Import, ada: User) -> None:
    (by_hand,) = make_items(texts, 1)
    undone(pets, ada)
    item_delete(item_id=by_hand.pk, project=texts, by=ada)

    moments = timeline(texts, n_moments=2_000)

    assert max(moment.n_items for moment in moments) == 5
    assert max(moment.n_human for moment in moments) == 3
    assert (moments[-1].n_items, moments[-1].n_human) == (0, 0)


def test_undoing_twice_is_undoing_once(texts: Project, pets: Import, ada: User) -> None:
    first = undone(pets, ada)
    again = undone(pets, ada)

    assert again.pk == first.pk
    assert Removal.objects.count() == 1


def test_a_worker_that_takes_over_goes_on_where_the_last_batch_ended(
    texts: Project, pets: Import, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal_pipeline, "ITEMS_OF_BATCH", 1)
    undo = undo_request(work=pets, by=ada)
    dead = work_claim(ImportUndo, undo.pk, worker="dead")
    assert dead is not None
    job = removal_pipeline._Undo(dead)
    job._batch()
    job._batch()
    assert Item.objects.count() == 2
    ImportUndo.objects.filter(pk=undo.pk).update(heartbeat_at=timezone.now() - dt.timedelta(days=1))

    undo_run(undo.pk, worker="second")

    undo.refresh_from_db()
    assert undo.state == WorkState.DONE
    assert undo.report["n_items_removed"] == 4
    assert (undo.step, undo.n_steps) == (4, 4)
    assert not Item.objects.exists()


def test_progress_goes_on_where_a_dead_worker_left_it_and_ends_at_its_end(
    texts: Project, pets: Import, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal_pipeline, "ITEMS_OF_BATCH", 1)
    say(item("a"), "cat", ben)
    make_items(texts, 3)
    undo = undo_request(work=pets, by=ada)
    beats: list[tuple[int, int]] = []
    real = work_beat

    def beat(work: ImportUndo, **progress: object) -> None:
        real(work, **progress)
        work.refresh_from_db(fields=["step", "n_steps"])
        beats.append((work.step, work.n_steps))
        if len(beats) == 4:
            raise WorkLost("killed")

    monkeypatch.setattr(removal_pipeline, "work_beat", beat)
    dead = work_claim(ImportUndo, undo.pk, worker="dead")
    assert dead is not None
    with pytest.raises(WorkLost):
        removal_pipeline.undo_execute(dead)
    ImportUndo.objects.filter(pk=undo.pk).update(heartbeat_at=timezone.now() - dt.timedelta(days=1))
    undo_run(undo.pk, worker="second")

    undo.refresh_from_db()
    steps = [step for step, _ in beats[:3] + beats[4:]]
    assert steps == sorted(steps)
    assert {n for _, n in beats} == {7}
    assert steps[3] == 2  # what was done in the last batch that was committed
    assert (undo.state, undo.step, undo.n_steps) == (WorkState.DONE, 7, 7)


def test_what_would_go_is_told_before(texts: Project, pets: Import, ben: User) -> None:
    say(item("a"), "cat", ben)

    look = undo_look(pets)

    assert (look.n_items, look.n_items_kept, look.kept, look.n_labels) == (4, 1, {"answers": 1}, 3)
    assert look.refused == ""
    assert Item.objects.count() == 4


@pytest.mark.parametrize("what", ["run", "attempt", "import"])
def test_nothing_leaves_while_somebody_works_on_it(
    texts: Project, pets: Import, ada: User, what: str
) -> None:
    if what == "run":
        Run.objects.create(project=texts, number=1, learner="logistic")
    elif what == "attempt":
        Project.objects.filter(pk=texts.pk).update(locked_because="an attempt to certify is open.")
    else:
        Import.objects.filter(pk=pets.pk).update(state=WorkState.RUNNING)

    with pytest.raises(Conflict):
        undo_request(work=pets, by=ada)
    assert Item.objects.count() == 4
    assert undo_look(pets).refused


def test_no_run_begins_while_an_import_is_being_undone(texts: Project, pets: Import, ada: User) -> None:
    from training.runs.checks import default_settings
    from training.runs.rows import run_open

    undo_request(work=pets, by=ada)

    with pytest.raises(Conflict, match="being undone"):
        run_open(project=texts, settings=default_settings("text"), trigger="person")


def test_no_import_begins_while_one_is_being_undone(
    texts: Project, pets: Import, ada: User, ada_client: APIClient, tmp_path: Path
) -> None:
    undo = undo_request(work=pets, by=ada)
    more = write_csv(tmp_path / "more.csv", "id,text", "e,another")

    with pytest.raises(Conflict, match="being undone"):
        run_import(texts, more, user=ada)
    with open(more, "rb") as file:
        upload = ada_client.post("/api/uploads", {"file": file}, format="multipart").json()["upload"]
    asked = ada_client.post(f"/api/projects/{texts.pk}/imports", {"upload": upload}, format="json")
    assert (asked.status_code, asked.json()["code"]) == (409, "undo_open")

    undo_run(undo.pk, worker="test")
    undo.refresh_from_db()
    assert undo.state == WorkState.DONE
    assert run_import(texts, more, user=ada).n_items_added == 1


def test_what_a_certificate_rests_on_stays_as_it_is(texts: Project, pets: Import, ada: User) -> None:
    certify(texts, item("a"), ada)

    undo = undone(pets, ada)

    assert undo.report["kept"] == {"certificates": 1}
    assert Label.objects.get(item=item("a")).retired_at is None
    with pytest.raises(Conflict, match="certificate"):
        item_delete(item_id=item("a").pk, project=texts, by=ada, with_work=True)


def certify(project: Project, item: Item, user: User) -> None:
    from review.models import Attempt, Certificate

    attempt = Attempt.objects.create(
        project=project, number=1, promise="dataset", eps=0.1, confidence=0.9, cut=0, state="queued"
    )
    label_class = project.classes.get(name="cat")
    Frozen.objects.create(attempt=attempt, rank=-1, item=item, label_class=label_class)
    Attempt.objects.filter(pk=attempt.pk).update(state="certified")
    Certificate.objects.create(
        project=project, number=1, attempt=attempt, source=Source.objects.create(project=project, kind="model", is_human=False, name="m"),
        document={}, issued_at=timezone.now(),
    )  # fmt: skip


def test_images_leave_the_storage_unless_others_use_them(ada: User, tmp_path: Path) -> None:
    images = make_project(owner=ada, classes=(), item_type="image")
    first = run_import(images, write_images(tmp_path / "one", ["a.png", "b.png"]), user=ada)
    run_import(
        make_project(owner=ada, classes=(), item_type="image"),
        write_images(tmp_path / "two", ["a.png"]),
        user=ada,
    )
    names = [Blob.objects.get(items__key=key, items__imported_by=first).name for key in ("a.png", "b.png")]

    undone(first, ada)
    leftovers_remove()

    assert [default_storage.exists(name) for name in names] == [True, False]


def test_sealed_truth_goes_with_its_items(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "pets.csv", "id,text,label", "a,a cat,cat", "b,a dog,dog")
    work = run_import(texts, path, user=ada, sealed=True)
    assert SealedTruth.objects.count() == 2

    undone(work, ada)

    assert not SealedTruth.objects.exists()


def test_what_an_undone_import_took_and_left_is_listed_with_its_file(
    texts: Project, pets: Import, ada: User, ben: User, ada_client: APIClient
) -> None:
    say(item("c"), "cat", ben)
    n_before = Item.objects.filter(project=texts).count()

    undone(pets, ada)

    rows = ada_client.get(f"/api/projects/{texts.pk}/removals").json()["results"]
    assert {(row["file_name"], row["import_id"], row["by"], row["n_kept"]) for row in rows} == {
        (pets.file_name, pets.pk, "ada", 1)
    }
    assert sum(row["n_items"] for row in rows) == n_before - 1


# Single items


def test_an_item_is_deleted_and_the_history_says_by_whom(
    texts: Project, pets: Import, ada: User, ada_client: APIClient
) -> None:
    c = item("c")

    answer = ada_client.delete(f"/api/items/{c.pk}")

    assert answer.status_code == 200, answer.content
    assert answer.json()["key"] == "c"
    assert not Item.objects.filter(pk=c.pk).exists()
    gone = ada_client.get(f"/api/items/{c.pk}")
    assert gone.status_code == 404
    assert gone.json()["code"] == "item_deleted"
    assert "'c' was deleted by ada" in gone.json()["message"]
    (listed,) = ada_client.get(f"/api/projects/{texts.pk}/removals").json()["results"]
    assert (listed["key"], listed["by"], listed["n_items"]) == ("c", "ada", 1)


def test_an_item_that_people_worked_on_goes_only_with_their_work(
    texts: Project, pets: Import, ben: User, ada_client: APIClient
) -> None:
    c = item("c")
    say(c, "cat", ben)

    refused = ada_client.delete(f"/api/items/{c.pk}")
    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["fields"]) == ("worked_on", {"with_work": ["answers"]})

    done = ada_client.delete(f"/api/items/{c.pk}?with_work=true")
    assert done.status_code == 200, done.content
    assert done.json()["went_with"] == {"answers": 1}
    assert not Answer.objects.exists()


def test_an_item_that_nobody_touched_goes_with_the_label_of_its_file(
    texts: Project, pets: Import, ada: User, ada_client: APIClient
) -> None:
    gone = ada_client.delete(f"/api/items/{item('a').pk}")
    assert gone.status_code == 200, gone.content

    record(texts, item("b"), texts.classes.get(name="dog"), ada)
    refused = ada_client.delete(f"/api/items/{item('b').pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "worked_on")


def test_an_item_of_which_another_file_says_something_goes_only_with_that(
    texts: Project, pets: Import, ada: User, ada_client: APIClient, tmp_path: Path
) -> None:
    run_import(texts, write_csv(tmp_path / "c.csv", "id,text,label", "c,a thing,cat"), user=ada)

    refused = ada_client.delete(f"/api/items/{item('c').pk}")
    assert (refused.status_code, refused.json()["fields"]) == (409, {"with_work": ["labels"]})


def test_what_would_go_tells_of_no_blind_answer(texts: Project, ada: User, tmp_path: Path) -> None:
    rows = ("a,a cat sleeps,cat", "b,a dog barks,dog")
    machine = write_csv(tmp_path / "machine.csv", "id,text,label", *rows)
    work = run_import(texts, machine, user=ada, labels_from="machine")
    Entry.objects.create(project=texts, item=item("a"), reason="audit", priority=1.0, is_blind=True)
    before = undo_look(work)

    Label.objects.filter(item=item("a")).update(retired_at=timezone.now(), retired_reason="corrected")

    assert undo_look(work) == before
    assert before.n_labels == 2


def test_an_item_that_is_asked_blind_is_not_deleted(texts: Project, pets: Import, ada: User) -> None:
    Entry.objects.create(project=texts, item=item("c"), reason="random", priority=1.0, is_blind=True)

    with pytest.raises(Conflict, match="asked blind"):
        item_delete(item_id=item("c").pk, project=texts, by=ada, with_work=True)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ANNOTATOR, Role.VIEWER])
def test_only_owners_and_engineers_take_away(
    texts: Project, pets: Import, ben: User, ben_client: APIClient, role: Role
) -> None:
    Membership.objects.filter(project=texts, user=ben).update(role=role)

    assert ben_client.delete(f"/api/items/{item('a').pk}").status_code == 403
    assert ben_client.post(f"/api/imports/{pets.pk}/undo").status_code == 403
    assert ben_client.get(f"/api/imports/{pets.pk}/undo").status_code == 403


def test_the_api_undoes_an_import(pets: Import, ada_client: APIClient) -> None:
    look = ada_client.get(f"/api/imports/{pets.pk}/undo").json()
    asked = ada_client.post(f"/api/imports/{pets.pk}/undo")
    again = ada_client.post(f"/api/imports/{pets.pk}/undo")

    assert look["n_items"] == 4
    assert asked.status_code == again.status_code == 202
    assert asked.json()["id"] == again.json()["id"]
    undo_run(asked.json()["id"], worker="test")
    shown = ada_client.get(f"/api/imports/{pets.pk}").json()
    assert shown["undo"]["state"] == "done"
    assert shown["undo"]["report"]["n_items_removed"] == 4
    assert LabelClass.objects.count() == 1
