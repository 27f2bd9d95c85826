"""Mechanical Turk and Toloka: batch results as a table, one row an assignment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labeling.formats.layouts.layout import Layout, Sample, has_classes, text_of
from labeling.formats.layouts.values import read_one_label, read_time
from labeling.formats.rows import ColumnRole, Said, SaidKind

# Of each: the tool, whose columns: the item's, the answer's, id, worker, state, time.
FORMS = (
    ("mturk", "Input.", "Answer.", "HITId", "WorkerId", "AssignmentStatus", "SubmitTime"),
    ("toloka", "INPUT:", "OUTPUT:", "", "ASSIGNMENT:worker_id", "ASSIGNMENT:status", "ASSIGNMENT:submitted"),
)


def recognise(sample: Sample) -> Layout | None:
    return next((found for form in FORMS if (found := _of_form(sample, *form)) is not None), None)


def _of_form(
    sample: Sample, tool: str, items: str, answers: str, key: str, worker: str, status: str, time: str
) -> Layout | None:
    answered = [name for name in sample.names if name.startswith(answers)]
    if not answered or not (sample.has(worker) or any(name.startswith(items) for name in sample.names)):
        return None
    label = next((name for name in answered if has_classes(sample.column(name))), answered[0])
    layout = Layout(tool, labels_from="person", payload_prefixes=(items,))
    layout.claim(label, ColumnRole.LABEL, "what the worker answered")
    layout.claim(key if sample.has(key) else None, ColumnRole.ID, "the task's id")
    for name in sample.names:
        if not name.startswith(items):
            layout.claim(name, ColumnRole.IGNORE, "about the task or the worker")
    layout.needs = tuple(name for name in (label, worker, status, time) if sample.has(name))
    layout.hear = partial(_hear, label=label, worker=worker, status=status, time=time)
    if len(answered) > 1:
        layout.notes.append(
            f"Workers answered {len(answered)} questions; {label!r} was taken, the others not."
        )
    return layout


def _hear(record: Mapping[str, object], *, label: str, worker: str, status: str, time: str) -> list[Said]:
    """What is rejected there is the worker's work, so nothing was said."""
    who, at = text_of(record.get(worker)), read_time(record.get(time))
    if text_of(record.get(status)).lower() == "rejected":
        return [Said(SaidKind.IGNORE, None, True, who, at)]
    said = read_one_label(record.get(label), label)
    return [] if said is None else [Said(SaidKind.LABEL, said, True, who, at)]
