"""The first look at a file before anything is imported: what it is, its columns, its first rows as they will be.

Answers within a second whatever the size of the file, so it looks at the beginning of a table and at
images spread over a folder. The full check is an import with dry_run.
"""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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
from labeling.labels.class_names import natural
from labeling.storing.images import CheckedImage, ImageRefused, image_check, image_from_grey, image_open

N_ROWS = 1_000
N_IMAGES = 100
N_SHOWN = 20
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
    dataset = open_dataset(bundle, options, item_type=item_type, limits=limits)
    shown: list[RowPreview] = []
    problems: list[Problem] = []
    labels: Counter[str] = Counter()
    spellings: Spellings = {}
    n_rows = 0
    is_whole = True
    n_left_out = 0
    for row in _sample(dataset):
        if isinstance(row, Row):
            add_spellings([row], spellings)
        checked = _checked(row, limits)
        if isinstance(checked, Problem):
            problems.append(checked)
            n_left_out += checked.costs_row
            n_rows += checked.costs_row
        else:
            n_rows += 1
            if checked.label is not None:
                labels[checked.label] += 1
            if len(shown) < N_SHOWN:
                shown.append(checked)
        if time.monotonic() > deadline or n_rows >= _most_rows(dataset):
            is_whole = n_rows == dataset.reader.progress()[1]
            break
    if isinstance(dataset.reader, FolderReader | IdxReader):  # their labels are read without the images
        labels = Counter(label for _, label, _ in islice(dataset.reader.labels(), 200_000))
        n_rows = dataset.reader.progress()[1]
        is_whole = n_rows <= 200_000
    n_labeled = labels.total()
    offers = class_offers(labels)
    return Preview(
        item_type=dataset.item_type,
        format=dataset.options.format or "",
        layout=dataset.layout,
        notes=[*dataset.notes, *spelling_notes(spellings), *offer_notes(offers)],
        questions=[
            *encoding_questions(dataset.pages),
            *import_questions(
                columns=[(column.name, column.role) for column in dataset.columns],
                layout=dataset.layout,
                labels_from=dataset.options.labels_from,
                classes=labels,
                offers=offers,
            ),
        ],
        options=dataset.options.as_json(),
        columns=dataset.columns,
        rows=shown,
        n_rows_seen=n_rows,
        is_whole_file=is_whole,
        classes=[
            ClassFound(name, n)
            for name, n in sorted(labels.most_common(1_000), key=lambda row: natural(row[0]))
        ],
        class_offers=offers,
        n_labeled=n_labeled,
        n_unlabeled=max(0, n_rows - n_labeled - n_left_out),
        problems=problems[:N_PROBLEMS_SHOWN],
        n_problems=len(problems),
    )


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
