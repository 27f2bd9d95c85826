"""Mechanical Turk: the batch results as CSV, one row an assignment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labeling.readers.layouts.layout import Layout, Sample, has_classes, text_of
from labeling.readers.layouts.values import read_one_label, read_time
from labeling.readers.rows import ColumnRole, Said, SaidKind

ANSWER = "Answer."


def recognise(sample: Sample) -> Layout | None:
    answers = [name for name in sample.names if name.startswith(ANSWER)]
    if not sample.has("HITId", "WorkerId") or not answers:
        return None
    label = next((name for name in answers if has_classes(sample.column(name))), answers[0])
    layout = Layout("mturk", labels_from="person", payload_prefixes=("Input.",))
    layout.claim(label, ColumnRole.LABEL, "what the worker answered")
    layout.claim("HITId", ColumnRole.ID, "the task's id at Mechanical Turk")
    for name in sample.names:
        if not name.startswith("Input."):
            layout.claim(name, ColumnRole.IGNORE, "about the task at Mechanical Turk")
    layout.needs = tuple(
        name for name in (label, "WorkerId", "AssignmentStatus", "SubmitTime") if sample.has(name)
    )
    layout.hear = partial(_hear, label=label)
    if len(answers) > 1:
        layout.notes.append(
            f"Workers answered {len(answers)} questions; {label!r} was taken, the others not."
        )
    return layout


def _hear(record: Mapping[str, object], *, label: str) -> list[Said]:
    """What is rejected at Mechanical Turk is the worker's work, so nothing was said."""
    who, at = text_of(record.get("WorkerId")), read_time(record.get("SubmitTime"))
    if text_of(record.get("AssignmentStatus")).lower() == "rejected":
        return [Said(SaidKind.IGNORE, None, True, who, at)]
    said = read_one_label(record.get(label), label)
    return [] if said is None else [Said(SaidKind.LABEL, said, True, who, at)]
