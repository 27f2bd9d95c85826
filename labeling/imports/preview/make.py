"""The first look at a file before anything is imported: what it is, its columns, its first rows as they will be.

Answers within a second whatever the size of the file, so it looks at the beginning of a table and at
images spread over a folder. The full check is an import with dry_run.
"""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice

from labeling.formats.classes import ClassOffer, class_offers
from labeling.formats.files.bundle import Bundle
from labeling.formats.files.idx import IdxReader
from labeling.formats.options import ImportOptions
from labeling.formats.pictures.folders import FolderReader
from labeling.formats.rows import GreyPixels, ImageFile, Limits, Problem, Row
from labeling.formats.sets.dataset import ColumnSample, Dataset, open_dataset
from labeling.imports.rules.questions import Question, encoding_questions, import_questions
from labeling.imports.rules.spellings import Spellings, add_spellings, offer_notes, spelling_notes
from labeling.item_types import form_of
from labeling.labels.class_names import natural
from labeling.storing.images import CheckedImage, ImageRefused, image_check, image_from_grey, image_open

N_ROWS = 1_000
N_IMAGES = 100
N_SHOWN = 20
N_LABELS = 200_000  # read without their images
N_PROBLEMS_SHOWN = 100
BUDGET_SECONDS = 0.6
MAX_TEXT_SHOWN = 2_000  # characters
INLINE_PIXELS = 64  # longest side of an image shown


@dataclass(frozen=True, slots=True)
class ImagePreview:
    name: str
    width: int
    height: int
    data_url: str  # a small PNG


@dataclass(frozen=True, slots=True)
class RowPreview:
    """A row as it will be."""

    row: int
    key: str
    split: str
    text: str | None
    features: dict[str, object] | list[object] | None
    image: ImagePreview | None
    label: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class ClassFound:
    name: str
    n: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What was seen. Counts are of the rows seen, which are all of them if `is_whole_file`."""

    item_type: str
    format: str
    layout: str
    notes: list[str]
    questions: list[Question]
    options: dict[str, object]
    columns: list[ColumnSample]
    rows: list[RowPreview]
    n_rows_seen: int
    is_whole_file: bool
    classes: list[ClassFound]
    class_offers: list[ClassOffer]
    n_labeled: int
    n_unlabeled: int
    problems: list[Problem]
    n_problems: int


def preview_make(bundle: Bundle, options: ImportOptions, *, item_type: str | None, limits: Limits) -> Preview:
    """Look at a bundle. Raises InvalidInput, TooLarge for what cannot be imported at all."""
    deadline = time.monotonic() + BUDGET_SECONDS
    dataset = open_dataset(
        bundle, options, item_type=form_of(item_type) if item_type else None, limits=limits
    )
    seen = _look(dataset, limits, deadline)
    offers = class_offers(seen.labels)
    n_labeled = seen.labels.total()
    return Preview(
        item_type=item_type or dataset.item_type,
        format=dataset.options.format or "",
        layout=dataset.layout,
        notes=[*dataset.notes, *spelling_notes(seen.spellings), *offer_notes(offers)],
        questions=[
            *encoding_questions(dataset.pages),
            *import_questions(
                columns=[(column.name, column.role) for column in dataset.columns],
                layout=dataset.layout,
                labels_from=dataset.options.labels_from,
                classes=seen.labels,
                offers=offers,
            ),
        ],
        options=dataset.options.as_json(),
        columns=dataset.columns,
        rows=seen.shown,
        n_rows_seen=seen.n_rows,
        is_whole_file=seen.is_whole_file,
        classes=[
            ClassFound(name, n)
            for name, n in sorted(seen.labels.most_common(1_000), key=lambda row: natural(row[0]))
        ],
        class_offers=offers,
        n_labeled=n_labeled,
        n_unlabeled=max(0, seen.n_rows - n_labeled - seen.n_left_out),
        problems=seen.problems[:N_PROBLEMS_SHOWN],
        n_problems=len(seen.problems),
    )


@dataclass(slots=True)
class _Seen:
    """What was found in the rows that were looked at."""

    shown: list[RowPreview] = field(default_factory=list)  # the first N_SHOWN
    problems: list[Problem] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)
    spellings: Spellings = field(default_factory=dict)
    n_rows: int = 0
    n_left_out: int = 0  # of these, rows that cannot be imported
    is_whole_file: bool = True

    def add(self, row: Row | Problem, limits: Limits) -> None:
        if isinstance(row, Row):
            add_spellings([row], self.spellings)
        checked = _checked(row, limits)
        if isinstance(checked, Problem):
            self.problems.append(checked)
            self.n_left_out += checked.costs_row
            self.n_rows += checked.costs_row
            return
        self.n_rows += 1
        if checked.label is not None:
            self.labels[checked.label] += 1
        if len(self.shown) < N_SHOWN:
            self.shown.append(checked)


def _look(dataset: Dataset, limits: Limits, deadline: float) -> _Seen:
    """As many rows as there is time for; the labels of a folder or of IDX files all the same."""
    reader = dataset.reader
    seen = _Seen()
    for row in _sample(dataset):
        seen.add(row, limits)
        if time.monotonic() > deadline or seen.n_rows >= _most_rows(dataset):
            seen.is_whole_file = seen.n_rows == reader.progress()[1]
            break
    if isinstance(reader, FolderReader | IdxReader):  # their labels are read without the images
        seen.labels = Counter(label for _, label, _ in islice(reader.labels(), N_LABELS))
        seen.n_rows = reader.progress()[1]
        seen.is_whole_file = seen.n_rows <= N_LABELS
    return seen


def _most_rows(dataset: Dataset) -> int:
    return N_IMAGES if dataset.item_type == "image" else N_ROWS


def _sample(dataset: Dataset) -> Iterator[Row | Problem]:
    """The first rows; of a folder, images spread over it, since they come class by class."""
    if not isinstance(dataset.reader, FolderReader):
        yield from dataset.reader.rows()
        return
    n_files = dataset.reader.progress()[1]
    stride = max(1, n_files // N_IMAGES)
    for place in range(0, n_files, stride):
        yield from islice(dataset.reader.rows(skip=place), 1)


def _checked(row: Row | Problem, limits: Limits) -> RowPreview | Problem:
    if isinstance(row, Problem):
        return row
    image: ImagePreview | None = None
    content_hash = row.content_hash
    if row.image is not None:
        try:
            checked = _check_image(row.image, limits)
        except ImageRefused as refused:
            return Problem(row.number, row.key or "image", str(refused))
        content_hash = checked.content_hash
        image = ImagePreview(row.key or "", checked.width, checked.height, _data_url(checked))
    text = row.text
    if text is not None and len(text) > MAX_TEXT_SHOWN:
        text = f"{text[:MAX_TEXT_SHOWN]}…"
    return RowPreview(
        row=row.number,
        key=row.key or content_hash,
        split=row.split,
        text=text,
        features=row.features,
        image=image,
        label=row.label,
        confidence=row.confidence,
    )


def _check_image(image: ImageFile | GreyPixels, limits: Limits) -> CheckedImage:
    if isinstance(image, GreyPixels):
        return image_from_grey(image.width, image.height, image.content)
    return image_check(
        image.content, image.name, max_bytes=limits.image_bytes, max_pixels=limits.image_pixels
    )


def _data_url(checked: CheckedImage) -> str:
    small = image_open(checked.thumbnail or checked.shown or checked.content, checked.mode)
    small.thumbnail((INLINE_PIXELS, INLINE_PIXELS))
    stream = BytesIO()
    small.save(stream, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
