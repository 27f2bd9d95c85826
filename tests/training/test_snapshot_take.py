"""What a round may learn from. The leak of seed 004, attempted in every way we could think of."""

from __future__ import annotations

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from labeling.models import Item, Label, Project, Publication, Retirement, Source, SourceKind, Split
from tests.makers import make_human_label, make_human_labels
from tests.training.makers import class_of, make_labeled_project, make_run, make_texts
from training.data.packed import packed_open
from training.data.snapshot import Snapshot, labels_hash, labels_read, snapshot_take
from training.models import Prediction, Round, RoundState, Run


def take(project: Project, before: Round | None = None) -> tuple[Snapshot, np.ndarray]:
    """The snapshot and the ids of the packed items."""
    classes = tuple(project.classes.all())
    labels = labels_read(project, classes)
    packed = packed_open(project)
    return snapshot_take(project, classes=classes, labels=labels, packed=packed, before=before), packed.ids


def machine_label(item: Item, class_id: int, source: Source) -> Label:
    return Label.objects.create(
        project=item.project,
        item=item,
        label_class_id=class_id,
        source=source,
        is_human=False,
        confidence=0.99,
        created_at=timezone.now(),
    )


def round_that_accepted(run: Run, items: list[Item], *, state: str = RoundState.READY) -> Round:
    """A whole round whose predictions for these items were all accepted."""
    source = Source.objects.create(
        project=run.project, kind=SourceKind.MODEL, is_human=False, name="run 1, round 1"
    )
    round = Round.objects.create(run=run, number=1, state=state, source=source, labels_hash="0" * 64)
    classes = list(run.project.classes.all())
    Prediction.objects.bulk_create(
        Prediction(
            round=round,
            item=item,
            label_class=class_of(item, classes),
            confidence=0.99,
            raw_confidence=0.98,
            margin=0.9,
            entropy=0.1,
            threshold=0.9,
            is_accepted=True,
        )
        for item in items
    )
    return round


def unlabeled(project: Project) -> list[Item]:
    return list(Item.objects.filter(project=project, split=Split.POOL, labels__isnull=True).order_by("id"))


def test_every_item_has_one_role(ada: User) -> None:
    project = make_labeled_project(owner=ada, n_items=60, n_labeled=20, n_holdout=10)
    make_human_labels(
        [
            (item, class_of(item, list(project.classes.all())))
            for item in make_texts(project, 6, prefix="exam", split=Split.TEST)
        ],
        user=ada,
    )

    snapshot, ids = take(project)

    roles = [snapshot.human.rows, snapshot.holdout.rows, snapshot.test.rows, snapshot.pool_rows]
    assert [len(rows) for rows in roles] == [20, 10, 6, 40]
    assert sorted(np.concatenate(roles)) == list(range(len(ids)))


def test_a_machine_file_is_not_trained_on(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    source = Source.objects.create(project=project, kind=SourceKind.FILE, is_human=False, name="guesses.csv")
    Publication.objects.create(project=project, source=source, started_at=timezone.now())
    before, _ = take(project)
    for item in unlabeled(project):
        machine_label(item, project.classes.all()[0].pk, source)

    after, _ = take(project)

    assert np.array_equal(after.training_set()[0], before.training_set()[0])
    assert after.labels_hash == before.labels_hash
    assert np.array_equal(after.pool_rows, before.pool_rows)


def test_a_published_round_is_not_read_as_human_labels(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    items = unlabeled(project)
    earlier = make_run(project, is_running=True)
    round = round_that_accepted(earlier, items, state=RoundState.PUBLISHED)
    assert round.source is not None
    Publication.objects.create(project=project, source=round.source, started_at=timezone.now())
    for item in items:
        machine_label(item, project.classes.all()[0].pk, round.source)

    # A new run begins with people's labels only.
    snapshot, _ = take(project, before=None)

    assert len(snapshot.human) == 24
    assert len(snapshot.pseudo) == 0


def test_pseudo_labels_are_those_of_the_round_before_and_stay_apart(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    items = unlabeled(project)
    round = round_that_accepted(make_run(project, is_running=True), items[:10])

    snapshot, ids = take(project, before=round)

    assert list(ids[snapshot.pseudo.rows]) == [item.pk for item in items[:10]]
    assert len(snapshot.human) == 24
    classes = list(project.classes.all())
    assert [classes[column] for column in snapshot.pseudo.columns] == [
        class_of(item, classes) for item in items[:10]
    ]


def test_a_person_who_labels_an_item_replaces_its_pseudo_label(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    items = unlabeled(project)
    round = round_that_accepted(make_run(project, is_running=True), items[:10])
    other_class = project.classes.order_by("-position", "-pk")[0]
    make_human_label(items[0], other_class, user=ada)

    snapshot, ids = take(project, before=round)

    rows, columns = snapshot.training_set()
    of_item = columns[ids[rows] == items[0].pk]
    assert [snapshot.classes[column] for column in of_item] == [other_class]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("split", [Split.HOLDOUT, Split.TEST])
def test_an_item_that_became_a_measure_is_not_trained_on(ada: User, split: Split) -> None:
    """Accepted by a round, then drawn for measuring, then its label withdrawn: still nothing to train on."""
    project = make_labeled_project(owner=ada)
    items = unlabeled(project)
    round = round_that_accepted(make_run(project, is_running=True), items[:10])
    label = make_human_label(items[0], project.classes.all()[0], user=ada)
    Item.objects.filter(pk=items[0].pk).update(split=split)
    labeled, ids = take(project, before=round)
    Label.objects.filter(pk=label.pk).update(retired_at=timezone.now(), retired_reason=Retirement.WITHDRAWN)

    withdrawn, _ = take(project, before=round)

    for snapshot in (labeled, withdrawn):
        assert items[0].pk not in ids[snapshot.training_set()[0]]
        assert items[0].pk not in ids[snapshot.pool_rows]
    measured = labeled.holdout if split == Split.HOLDOUT else labeled.test
    assert items[0].pk in ids[measured.rows]


def test_a_retired_human_label_is_no_label(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    label = Label.objects.filter(project=project, item__split=Split.POOL).first()
    Label.objects.filter(pk=label.pk).update(retired_at=timezone.now(), retired_reason=Retirement.WITHDRAWN)

    snapshot, ids = take(project)

    assert len(snapshot.human) == 23
    assert label.item_id in ids[snapshot.pool_rows]


def test_the_hash_names_keys_and_classes_and_nothing_else(ada: User) -> None:
    one = make_labeled_project(owner=ada)
    same = make_labeled_project(owner=ada)
    other = make_labeled_project(owner=ada, n_labeled=21)

    hashes = [take(project)[0].labels_hash for project in (one, same, other)]

    assert hashes[0] == hashes[1] != hashes[2]
    assert labels_hash([("a", "cat"), ("b", "dog")]) == labels_hash([("b", "dog"), ("a", "cat")])
    assert labels_hash([("a", "cat")]) != labels_hash([("a", "dog")])
    assert labels_hash([("a", "b"), ("c", "d")]) != labels_hash([("a", "bc"), ("", "d")])


def test_the_newest_human_label_is_remembered_whatever_its_split(ada: User) -> None:
    project = make_labeled_project(owner=ada)
    item = make_texts(project, 1, prefix="late", split=Split.HOLDOUT)[0]
    newest = make_human_label(item, project.classes.all()[0], user=ada)

    snapshot, _ = take(project)

    assert snapshot.last_human_label_id == newest.pk
