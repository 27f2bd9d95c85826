"""What is not sure about a file, each asked in one sentence with the likeliest answer chosen. Pure.

The page asks above the sample; the report has the questions too, since nobody answers on the command line, where the
likeliest answers hold except that no classes are joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labeling.formats.classes import ClassOffer
from labeling.formats.columns.names import LABEL_NAMES, fold
from labeling.formats.rows import ColumnRole

MAX_CHOICES = 50
MAX_JOINS = 20
_NEVER_LABELS = frozenset(
    {ColumnRole.ID, ColumnRole.TEXT, ColumnRole.IMAGE, ColumnRole.SERIES, ColumnRole.EMBEDDING}
)

_GENERIC = frozenset(
    {"", "predictions", "hugging-face", "fasttext"}
)  # layouts; other tools tell whose labels are


@dataclass(frozen=True, slots=True)
class Question:
    """`about`: label_column, labels_from or join_classes, as the page words it in its own language.

    Choices are column names ("": none of them), person and machine, or the classes that the names would be joined
    under ("": they stay apart).
    """

    about: str
    sentence: str
    choices: list[str]
    chosen: str


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
    if layout not in _GENERIC or fold(label) in LABEL_NAMES or is_told_otherwise:
        return []
    choices = [name for name, role in columns if role not in _NEVER_LABELS][:MAX_CHOICES]
    if not choices:
        return []
    return [Question("label_column", "Which column holds the label?", [*choices, ""], label)]


def _labels_from(labels_from: str, layout: str, classes: Mapping[str, int]) -> list[Question]:
    if layout not in _GENERIC or not classes or labels_from not in ("person", "machine"):
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
