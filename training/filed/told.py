"""What a file says of items, as arrays: classes, confidences, probabilities, and what people say of the same items.

What the file does not tell is not made up: a class without a probability shares what the others leave, and what is
understood otherwise than it is written is counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from labeling.models import ImportedAnswer, Item, Label, LabelClass, Split
from labeling.removals.selectors import these
from training.data.snapshot import READ_ROWS, LabeledRows, Snapshot, labels_hash, labels_read
from training.models import Run

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

BLOCK_ROWS = 8_192  # whose probabilities of all classes are in memory at once
EDGE = 1e-6  # by which the class that the file names is ahead of the others, where it is no surer of it than of them


@dataclass(frozen=True)
class Told:
    """What the file says, in ascending order of item id."""

    item_ids: IntArray  # (n,)
    columns: IntArray  # (n,) position of the class
    confidence: FloatArray  # (n,) 0 to 1, NaN: the file has none

    def __len__(self) -> int:
        return len(self.item_ids)

    def take(self, places: npt.NDArray[Any] | slice) -> Told:
        return Told(self.item_ids[places], self.columns[places], self.confidence[places])

    def sha256(self, class_ids: IntArray) -> str:
        """Of items, classes and confidences: the same for the same file, however often it is imported."""
        digest = hashlib.sha256()
        for column in (self.item_ids, class_ids[self.columns], self.confidence):
            digest.update(column.tobytes())
        return digest.hexdigest()


def told_read(run: Run, classes: tuple[LabelClass, ...], *, splits: Collection[str] | None = None) -> Told:
    """The file's labels on items of these splits, or of all, also those that a person's stands in place of; not those on which it contradicts itself."""
    position = {label_class.pk: column for column, label_class in enumerate(classes)}
    labels = Label.objects.filter(source=run.takes_in_id, is_human=False).exclude(retired_reason="withdrawn")
    if splits is not None:
        labels = labels.filter(item__split__in=list(splits))
    rows = np.fromiter(
        (
            (item_id, position[class_id], np.nan if confidence is None else confidence)
            for item_id, class_id, confidence in labels.order_by("item_id")
            .values_list("item_id", "label_class_id", "confidence")
            .iterator(chunk_size=READ_ROWS)
        ),
        dtype=[("item", np.int64), ("column", np.int64), ("confidence", np.float64)],
    )
    return Told(rows["item"].copy(), rows["column"].copy(), rows["confidence"].copy())


@dataclass
class Seen:
    """What the file has of probabilities, counted as it is read."""

    n_rows: int = 0
    n_none: int = 0  # without a confidence
    n_low: int = 0  # with one that is lower than chance
    n_all: int = 0  # with a probability of each class
    n_otherwise: int = 0  # whose probabilities name another class than the row's label

    def sentences(self, n_classes: int) -> list[str]:
        """For people: what was understood otherwise than it is written."""
        lines = []
        if self.n_none:
            lines.append(
                f"{self.n_none:,} of {self.n_rows:,} rows have no confidence; they count as no surer than chance."
            )
        if self.n_low:
            lines.append(
                f"{self.n_low:,} of {self.n_rows:,} confidences are below {1 / n_classes:.2g}, which is chance among "
                f"{n_classes} classes; they count as that."
            )
        if self.n_otherwise:
            lines.append(
                f"In {self.n_otherwise:,} of {self.n_rows:,} rows the likeliest class is not the label; the label counts."
            )
        return lines


@dataclass
class Probabilities:
    """Probabilities of all classes, from a file that may have them, or only that of the class it names, or none."""

    run: Run
    classes: Sequence[LabelClass]
    seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        self._columns = {label_class.name: column for column, label_class in enumerate(self.classes)}
        assert self.run.takes_in is not None
        self._answers = ImportedAnswer.objects.filter(
            brought_by=self.run.takes_in.details["import"],
            source__is_human=False,
            kind=ImportedAnswer.Kind.LABEL,
            probabilities__isnull=False,
        ).order_by("pk")
        self.has_all = self._answers.exists()

    @property
    def knows_others(self) -> bool:
        """Whether more than the first class of a row is known."""
        return self.has_all or len(self.classes) == 2

    def of(self, told: Told) -> FloatArray:
        """(n, n_classes), rows sum to 1; the class that the file names is the likeliest of its row."""
        parts = [np.empty((0, len(self.classes)))]
        parts += [
            self._block(told.take(slice(at, at + BLOCK_ROWS))) for at in range(0, len(told), BLOCK_ROWS)
        ]
        return np.concatenate(parts)

    def _block(self, told: Told) -> FloatArray:
        n_classes = len(self.classes)
        least = min(1.0, (1 + EDGE) / n_classes)
        each = np.arange(len(told))
        is_none = np.isnan(told.confidence)
        first = np.where(is_none, least, np.clip(told.confidence, least, 1.0))
        found = np.repeat(((1 - first) / max(1, n_classes - 1))[:, None], n_classes, axis=1)
        found[each, told.columns] = first
        is_low = told.confidence < 1 / n_classes - EDGE
        if self.has_all:
            for place, row in self._rows(told):
                found[place] = row
                is_none[place] = is_low[place] = False
        self.seen.n_rows += len(told)
        self.seen.n_none += int(is_none.sum())
        self.seen.n_low += int(is_low.sum())
        return found

    def _rows(self, told: Told) -> Iterator[tuple[int, FloatArray]]:
        """(place, probabilities) of the rows of which the file tells all and that name the label's class."""
        answers = self._answers.filter(item_id__in=these(told.item_ids.tolist()))
        done: dict[int, bool] = {}  # place -> whether its label is the likeliest
        for item_id, given in answers.values_list("item_id", "probabilities"):
            place = int(np.searchsorted(told.item_ids, item_id))
            row = np.zeros(len(self.classes))
            for name, share in (given or {}).items():
                if name in self._columns:
                    row[self._columns[name]] = share
            if done.get(place) or not row.sum() > 0:
                continue  # several models answered, and one has said it
            done[place] = bool(row.argmax() == told.columns[place])
            if done[place]:
                self.seen.n_all += 1
                yield place, row / row.sum()
        self.seen.n_otherwise += sum(not is_label for is_label in done.values())


def filed_snapshot(
    run: Run, classes: tuple[LabelClass, ...], told: Told
) -> tuple[Snapshot, dict[str, npt.NDArray[np.int64]]]:
    """What people say now of what the file speaks of, and the places in `told` of each part.

    Nothing was learned here, so nobody's label is trained on. Rows are item ids: nothing is packed.
    """
    labels = labels_read(run.project, classes)
    others = Item.objects.filter(project=run.project).exclude(split=Split.POOL)
    not_pool = np.fromiter(others.values_list("id", flat=True).iterator(), dtype=np.int64)
    is_free = ~np.isin(told.item_ids, not_pool) & ~np.isin(told.item_ids, labels.item_ids)
    places: dict[str, IntArray] = {Split.POOL: np.flatnonzero(is_free)}
    measured = {}
    for split in (Split.HOLDOUT, Split.TEST):
        of_split = labels.splits == split.value
        _, at, of_label = np.intersect1d(
            told.item_ids, labels.item_ids[of_split], assume_unique=True, return_indices=True
        )
        places[split] = at
        measured[split] = LabeledRows(told.item_ids[at], labels.columns[of_split][of_label])
    nobody = LabeledRows(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    snapshot = Snapshot(
        classes=classes,
        human=nobody,
        pseudo=nobody,
        holdout=measured[Split.HOLDOUT],
        test=measured[Split.TEST],
        pool_rows=told.item_ids[is_free],
        labels_hash=labels_hash([]),
        last_human_label_id=labels.last_id,
    )
    return snapshot, places


def ids_of(classes: tuple[LabelClass, ...]) -> IntArray:
    return np.array([label_class.pk for label_class in classes], dtype=np.int64)
