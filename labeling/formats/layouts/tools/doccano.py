"""doccano: JSONL with labels as lists, old and new, and who approved. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labeling.formats.layouts.layout import Layout, Sample
from labeling.formats.rows import ColumnRole

PEOPLE = ("annotation_approver", "approved_by", "approver")


def recognise(sample: Sample, class_names: Mapping[str, Sequence[str]]) -> Layout | None:
    """Numbers of classes whose names are in the file's metadata are of Hugging Face, also where they stand in lists."""
    label = sample.first_of(["label", "labels", "annotations"])
    if label is None or label in class_names or sample.first_of(["text", "filename", "data"]) is None:
        return None
    if not all(_is_list_of_names(value) for value in _lists(sample, label)) or not _lists(sample, label):
        return None
    approver = sample.first_of(PEOPLE)
    is_doccano = approver is not None or sample.first_of(["Comments", "meta"]) is not None or sample.has("id")
    layout = Layout("doccano" if is_doccano else "", labels_from="person")
    layout.claim(label, ColumnRole.LABEL, "lists of one class")
    layout.claim(approver, ColumnRole.ANNOTATOR, "who approved the label in doccano")
    comments = sample.first_of(["comments"])
    layout.claim(comments, ColumnRole.NOTE, "comments in doccano")
    return layout


def _lists(sample: Sample, name: str) -> list[object]:
    return [value for value in sample.column(name) if isinstance(value, list | tuple)]


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(entry, str | int) for entry in value)
