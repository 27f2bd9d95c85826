"""The state of the labels at one moment, as rows of the packed arrays: what a round learns from.

Laws that this file keeps, and tests try to break:
- What a machine said is never read as a person's word. Human labels come from `training_labels`,
  pseudo-labels only from this run's round before, and the two are told apart to the end.
- Items of the holdout and the test set are never trained on, nor pseudo-labeled, whoever labels them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labeling.models import Item, LabelClass, Project, SealedTruth, Split
from training.data.packed import PackedItems
from training.models import Round
from training.models.querysets import human_labels
from training.rounds.predictions import predictions_read

READ_ROWS = 10_000  # fetched from a server-side cursor at once

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LabeledRows:
    """Rows of the packed arrays, ascending, each with the class that a person gave it."""

    rows: IntArray  # (n,)
    columns: IntArray  # (n,) position of the class in Snapshot.classes

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Snapshot:
    """What is known when a round begins."""

    classes: tuple[LabelClass, ...]  # of the project, in its order
    human: LabeledRows  # trained on
    pseudo: LabeledRows  # the round before accepted these, and no person has labeled them since
    holdout: LabeledRows
    test: LabeledRows
    pool_rows: IntArray  # to be predicted: neither labeled by a person nor kept for measuring
    labels_hash: str  # SHA-256 over (item key, class name) of `human`, sorted; hex
    last_human_label_id: int  # the newest human label that could be seen

    @property
    def class_ids(self) -> list[int]:
        return [label_class.pk for label_class in self.classes]

    @property
    def class_names(self) -> npt.NDArray[np.object_]:
        return np.array([label_class.name for label_class in self.classes], dtype=object)

    def training_set(self) -> tuple[IntArray, IntArray]:
        """(rows, columns) of all that is trained on, in ascending order of rows."""
        rows = np.concatenate([self.human.rows, self.pseudo.rows])
        columns = np.concatenate([self.human.columns, self.pseudo.columns])
        order = np.argsort(rows, kind="stable")
        return rows[order], columns[order]

    def with_pool(self) -> tuple[IntArray, npt.NDArray[np.object_]]:
        """(rows, class names) of what people labeled and of the pool, None there; in ascending order of rows."""
        rows = np.concatenate([self.human.rows, self.pool_rows])
        names = np.full(len(rows), None, dtype=object)
        names[: len(self.human)] = self.class_names[self.human.columns]
        order = np.argsort(rows, kind="stable")
        return rows[order], names[order]


@dataclass(frozen=True)
class _HumanLabels:
    """Standing human labels, in ascending order of item id."""

    item_ids: IntArray
    columns: IntArray
    splits: npt.NDArray[np.str_]
    labels_hash: str
    last_id: int


def labels_read(
    project: Project, classes: tuple[LabelClass, ...], *, as_of: dt.datetime | None = None
) -> _HumanLabels:
    """What people say now, or said at `as_of`, in one statement.

    Read before items are packed, so that each of them is.
    """
    position = {label_class.pk: column for column, label_class in enumerate(classes)}
    item_ids, columns, splits, used = [], [], [], []
    last_id = 0
    rows = (
        human_labels(project.pk, as_of=as_of)
        .order_by("item_id")
        .values_list("id", "item_id", "label_class_id", "item__split", "item__key")
        .iterator(chunk_size=READ_ROWS)
    )
    for label_id, item_id, class_id, split, key in rows:
        last_id = max(last_id, label_id)
        item_ids.append(item_id)
        columns.append(position[class_id])
        splits.append(split)
        if split == Split.POOL:
            used.append((key, classes[position[class_id]].name))
    return _HumanLabels(
        item_ids=np.array(item_ids, dtype=np.int64),
        columns=np.array(columns, dtype=np.int64),
        splits=np.array(splits, dtype=str),
        labels_hash=labels_hash(used),
        last_id=last_id,
    )


def labels_hash(labels: list[tuple[str, str]]) -> str:
    """SHA-256 over (item key, class name), whatever their order; hex."""
    digest = hashlib.sha256()
    for label in sorted(labels):
        digest.update(json.dumps(label, ensure_ascii=True).encode() + b"\n")
    return digest.hexdigest()


def snapshot_take(
    project: Project,
    *,
    classes: tuple[LabelClass, ...],
    labels: _HumanLabels,
    packed: PackedItems,
    before: Round | None,
) -> Snapshot:
    """The snapshot. `before` is this run's round before, whose accepted predictions are trained on."""
    measured = np.fromiter(
        Item.objects.filter(project=project)
        .exclude(split=Split.POOL)
        .values_list("id", flat=True)
        .iterator(),
        dtype=np.int64,
    )
    is_free = ~np.isin(packed.ids, measured) & ~np.isin(packed.ids, labels.item_ids)
    pool_rows = np.flatnonzero(is_free)
    return Snapshot(
        classes=classes,
        human=_labeled(packed, labels, Split.POOL),
        pseudo=_pseudo(packed, classes, is_free, before),
        holdout=_labeled(packed, labels, Split.HOLDOUT),
        test=_labeled(packed, labels, Split.TEST),
        pool_rows=pool_rows,
        labels_hash=labels.labels_hash,
        last_human_label_id=labels.last_id,
    )


def _labeled(packed: PackedItems, labels: _HumanLabels, split: Split) -> LabeledRows:
    of_split = labels.splits == split.value
    return LabeledRows(packed.rows_of(labels.item_ids[of_split]), labels.columns[of_split])


def _pseudo(
    packed: PackedItems, classes: tuple[LabelClass, ...], is_free: BoolArray, before: Round | None
) -> LabeledRows:
    """What the round before accepted, without the items that a person has labeled since."""
    if before is None:
        return LabeledRows(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    past = predictions_read(before)
    rows = packed.rows_of(past.item_ids)
    # (n, n_classes): a class that was deleted since matches nowhere
    matches = past.class_ids[:, None] == np.array([label_class.pk for label_class in classes])
    still = past.is_accepted & is_free[rows] & matches.any(axis=1)
    return LabeledRows(rows[still], matches[still].argmax(axis=1))


def sealed_truth(project: Project, item_ids: IntArray) -> tuple[IntArray, IntArray]:
    """(places, class ids): which of the ascending `item_ids` have a sealed truth, and what it is.

    For measuring true precision in a benchmark; nothing else may call it.
    """
    rows = SealedTruth.objects.filter(item__project=project).order_by("item_id")
    pairs = np.fromiter(
        rows.values_list("item_id", "label_class_id").iterator(chunk_size=READ_ROWS),
        dtype=np.dtype((np.int64, 2)),
    )
    _, places, of_truth = np.intersect1d(item_ids, pairs[:, 0], assume_unique=True, return_indices=True)
    return places, pairs[of_truth, 1]
