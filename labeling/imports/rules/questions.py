"""What is not sure about a file, each asked in one sentence with the likeliest answer chosen. Pure.

The page asks above the sample; the report has the questions too, since nobody answers on the command line, where the
likeliest answers hold except that no classes are joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labeling.formats.classes import ClassOffer
from labeling.formats.columns.names import LABEL_NAMES, WEAK_LABEL_NAMES, fold
from labeling.formats.layouts.tools import tells_whose
from labeling.formats.rows import ColumnRole
from labeling.formats.text.encodings import PageSample

MAX_CHOICES = 50
MAX_JOINS = 20
MIN_SINGLE_CLASSES = 20  # from which classes of about one label each are odd
_NEVER_LABELS = frozenset(
    {ColumnRole.ID, ColumnRole.TEXT, ColumnRole.IMAGE, ColumnRole.SERIES, ColumnRole.EMBEDDING}
)


@dataclass(frozen=True, slots=True)
class Question:
    """`about`: encoding, label_column, labels_from or join_classes, as the page words it in its own language.

    Choices are encodings, column names ("": none of them), person and machine, or the classes that the names would be joined
    under ("": they stay apart).
    """

    about: str
    sentence: str
    choices: list[str]
    chosen: str


def encoding_questions(pages: Sequence[PageSample]) -> list[Question]:
    """Which of two code pages a text is in, with a few words as each reads them."""
    if len(pages) < 2:
        return []
    first, second = pages[:2]
    sentence = f"Which of these reads right: {first.words!r} ({first.encoding}) or {second.words!r} ({second.encoding})?"
    return [Question("encoding", sentence, [first.encoding, second.encoding], first.encoding)]


def import_questions(
    *,
    columns: Sequence[tuple[str, str]],
    layout: str,
    labels_from: str,
    classes: Mapping[str, int],
    offers: Sequence[ClassOffer],
) -> list[Question]:
    """`columns`: (name, role) of each; `labels_from`: as it was resolved; `classes`: name -> labels of it."""
    return [
        *_label_column(columns, layout, classes),
        *_labels_from(labels_from, layout, classes),
        *(_join(offer) for offer in offers[:MAX_JOINS]),
    ]


def _label_column(
    columns: Sequence[tuple[str, str]], layout: str, classes: Mapping[str, int]
) -> list[Question]:
    label = next((name for name, role in columns if role == ColumnRole.LABEL), "")
    is_told_otherwise = not label and bool(classes)  # by the probabilities of classes
    is_named = fold(label) in LABEL_NAMES - WEAK_LABEL_NAMES and not are_too_many(classes)
    if tells_whose(layout) or is_named or is_told_otherwise:
        return []
    choices = [name for name, role in columns if role not in _NEVER_LABELS][:MAX_CHOICES]
    if not choices:
        return []
    return [Question("label_column", "Which column holds the label?", [*choices, ""], label)]


def are_too_many(classes: Mapping[str, int]) -> bool:
    """Whether there is about one label of each class, so that these may be no classes at all."""
    return len(classes) >= MIN_SINGLE_CLASSES and sum(classes.values()) < 2 * len(classes)


def _labels_from(labels_from: str, layout: str, classes: Mapping[str, int]) -> list[Question]:
    if tells_whose(layout) or not classes or labels_from not in ("person", "machine"):
        return []
    return [
        Question(
            "labels_from",
            "Were the labels given by people or by a machine?",
            ["person", "machine"],
            labels_from,
        )
    ]


def _join(offer: ClassOffer) -> Question:
    names = [offer.suggested, *(name for name in offer.names if name != offer.suggested)]
    return Question(
        "join_classes", f"Are these names one class: {', '.join(names)}?", [*names, ""], offer.suggested
    )
