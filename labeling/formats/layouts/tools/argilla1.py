"""Argilla 1: records of text classification (prediction, annotation, status), and feedback records. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labeling.formats.layouts.layout import Layout, Sample, has_classes, objects_of, text_of
from labeling.formats.layouts.values import read_one_label, read_share, read_verdict
from labeling.formats.rows import ColumnRole, Said, SaidKind

RECORD = ("prediction", "annotation", "prediction_agent", "annotation_agent")
ABOUT = frozenset({"status", "multi_label", "explanation", "metrics", "event_timestamp", "vectors", "search_keywords",
                   "prediction_agent", "annotation_agent", "prediction", "annotation"})  # fmt: skip


def recognise(sample: Sample) -> Layout | None:
    if sample.has("annotation", "annotation_agent") or sample.has("prediction", "prediction_agent"):
        return _records(sample)
    question = next((name for name in sample.names if sample.has(f"{name}-suggestion")), None)
    return None if question is None else _feedback(sample, question)


def _records(sample: Sample) -> Layout:
    layout = Layout("argilla", labels_from="auto")
    has_annotation = sample.has("annotation")
    layout.claim("annotation" if has_annotation else "prediction", ColumnRole.LABEL, "annotations in Argilla")
    layout.claim(sample.first_of(["text"]), ColumnRole.TEXT, "the text of the record")
    layout.claim(sample.first_of(["id"]), ColumnRole.ID, "the record's id in Argilla")
    for name in sample.names:
        if name.partition(".")[0] in ABOUT | {"inputs"}:
            layout.claim(name, ColumnRole.IGNORE, "about the record in Argilla")
    layout.needs = tuple(name for name in (*RECORD, "status") if sample.has(name))
    layout.hear = _hear_record
    return layout


def _hear_record(record: Mapping[str, object]) -> list[Said]:
    who = text_of(record.get("annotation_agent"))
    if text_of(record.get("status")).lower() == "discarded":
        said = [Said(SaidKind.IGNORE, None, True, who)]
    else:
        label = read_one_label(record.get("annotation"), "annotation")
        said = [] if label is None else [Said(SaidKind.LABEL, label, True, who)]
    guess, share = _likeliest(record.get("prediction"))
    if guess is not None:
        said.append(Said(SaidKind.LABEL, guess, False, text_of(record.get("prediction_agent")), None, share))
    return said


def _likeliest(prediction: object) -> tuple[str | None, float | None]:
    """(class, its share) of [{"label", "score"}, ...] or [[label, score], ...]."""
    pairs = [(one.get("label"), read_share(one.get("score"))) for one in objects_of(prediction)]
    if not pairs and isinstance(prediction, list | tuple):
        pairs = [
            (one[0], read_share(one[1]))
            for one in prediction
            if isinstance(one, list | tuple) and len(one) == 2
        ]
    if not pairs:
        return (
            (read_one_label(prediction, "prediction"), None) if isinstance(prediction, str) else (None, None)
        )
    label, share = max(pairs, key=lambda pair: -1.0 if pair[1] is None else pair[1])
    return read_one_label(label, "prediction"), share


def _feedback(sample: Sample, question: str) -> Layout | None:
    """A column of responses [{"user_id", "value", "status"}] beside one of the suggestion."""
    questions = [name for name in sample.names if sample.has(f"{name}-suggestion")]
    named = [name for name in questions if has_classes(sample.column(f"{name}-suggestion"))]
    question = (named or [question])[0]
    layout = Layout("argilla", labels_from="auto")
    layout.claim(question, ColumnRole.LABEL, "responses in Argilla")
    for name in sample.names:
        if any(name == one or name.startswith(f"{one}-suggestion") for one in questions):
            layout.claim(name, ColumnRole.IGNORE, "responses and suggestions in Argilla")
    layout.claim(sample.first_of(["external_id", "id"]), ColumnRole.ID, "the record's id in Argilla")
    layout.needs = tuple(
        name for name in sample.names if name == question or name.startswith(f"{question}-suggestion")
    )
    layout.hear = partial(_hear_feedback, question=question)
    if len(questions) > 1:
        layout.notes.append(
            f"The records answer {len(questions)} questions; the answers to {question!r} were taken, the others not."
        )
    return layout


def _hear_feedback(record: Mapping[str, object], *, question: str) -> list[Said]:
    said = []
    for response in objects_of(record.get(question)):
        kind = read_verdict(text_of(response.get("status")) or "submitted")
        label = read_one_label(response.get("value"), question) if kind == SaidKind.LABEL else None
        if label is not None or kind == SaidKind.IGNORE:
            who = text_of(response.get("user_id"))
            said.append(Said(SaidKind.IGNORE if label is None else SaidKind.LABEL, label, True, who))
    guess = read_one_label(record.get(f"{question}-suggestion"), question)
    if guess is not None:
        meta = f"{question}-suggestion-metadata"
        who, share = text_of(record.get(f"{meta}.agent")), read_share(record.get(f"{meta}.score"))
        said.append(Said(SaidKind.LABEL, guess, False, who, None, share))
    return said
