"""Prodigy: JSONL of binary answers, or of choices among options. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labeling.formats.layouts.layout import Layout, Sample, objects_of, text_of
from labeling.formats.layouts.values import read_one_label, read_time, read_verdict
from labeling.formats.rows import ColumnRole, Said, SaidKind

MARKS = ("_task_hash", "_input_hash", "_annotator_id", "_session_id", "_view_id")
PEOPLE = ("_annotator_id", "_session_id")


def recognise(sample: Sample) -> Layout | None:
    if sample.has("_input_hash", "_task_hash", "label") and not sample.has("answer"):
        return _unanswered(sample)
    answers = sample.column("answer") if sample.has("answer") else []
    if not answers or not all(value in ("accept", "reject", "ignore") for value in answers):
        return None
    has_choice = sample.has("accept")
    if not has_choice and not sample.has("label") and not any(sample.has(mark) for mark in MARKS):
        return None
    layout = Layout("prodigy", labels_from="person")
    layout.claim("answer", ColumnRole.VERDICT, "accept, reject and ignore are Prodigy's answers")
    who = sample.first_of(PEOPLE)
    layout.claim(who, ColumnRole.ANNOTATOR, "who answered in Prodigy")
    time = sample.first_of(["_timestamp"])
    layout.claim(time, ColumnRole.TIME, "when it was answered, in seconds since 1970")
    label = "accept" if has_choice else sample.first_of(["label"])
    layout.claim(
        label, ColumnRole.LABEL, "the class that was asked about" if not has_choice else "what was chosen"
    )
    for name in sample.names:
        if name.startswith("_") or name in (
            "options",
            "spans",
            "tokens",
            "config",
            "priority",
            "score",
            "label",
        ):
            layout.claim(name, ColumnRole.IGNORE, "Prodigy's own field")
        elif name in ("meta.score", "meta.label", "meta.pattern", "rank", "accept"):
            layout.claim(name, ColumnRole.IGNORE, "kept out: it may tell what a model said")
    if has_choice:
        names = tuple(
            name for name in ("accept", "answer", "options", who, time) if name and sample.has(name)
        )
        layout.needs = names
        layout.hear = partial(_hear_choice, who=who or "", time=time or "")
    return layout


def _unanswered(sample: Sample) -> Layout:
    """Tasks that nobody has answered yet: their label is a question."""
    layout = Layout("prodigy", hear=lambda record: [])
    layout.claim("label", ColumnRole.LABEL, "the class that Prodigy would ask about; nobody has answered")
    for name in sample.names:
        if name.startswith("_") or name in ("meta.score", "score", "priority"):
            layout.claim(name, ColumnRole.IGNORE, "Prodigy's own field")
    layout.notes.append("These are tasks of Prodigy without answers, so their labels were not taken.")
    return layout


def _hear_choice(record: Mapping[str, object], *, who: str, time: str) -> list[Said]:
    """What was chosen; a rejected choice says nothing of a class, so it is passed over as an ignored one is."""
    person, at = text_of(record.get(who)), read_time(record.get(time))
    if read_verdict(record.get("answer")) != SaidKind.LABEL:
        return [Said(SaidKind.IGNORE, None, True, person, at)]
    texts = {
        text_of(option.get("id")): text_of(option.get("text")) for option in objects_of(record.get("options"))
    }
    chosen = record.get("accept")
    ids = [text_of(one) for one in chosen] if isinstance(chosen, list | tuple) else [text_of(chosen)]
    label = read_one_label([texts.get(one) or one if one.isdigit() else one for one in ids], "accept")
    return [] if label is None else [Said(SaidKind.LABEL, label, True, person, at)]
