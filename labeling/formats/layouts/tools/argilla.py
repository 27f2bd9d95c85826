"""Argilla 2: records of a data set, as Parquet (question.responses, ...) or JSON (responses by question). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from labeling.formats.layouts.layout import Layout, Sample, has_classes, objects_of, text_of
from labeling.formats.layouts.values import read_one_label, read_share, read_verdict
from labeling.formats.rows import ColumnRole, Said, SaidKind


def recognise(sample: Sample) -> Layout | None:
    questions = _questions(sample)
    if not questions:
        return None
    question = next((name for name in questions if _has_one_class(sample, name)), questions[0])
    layout = Layout("argilla", labels_from="auto", payload_prefixes=_prefixes(sample))
    layout.claim(sample.first_of(["id", "external_id"]), ColumnRole.ID, "the record's id in Argilla")
    parts = [name for one in questions for name in sample.names if _is_of(name, one)]
    mine = [name for name in parts if _is_of(name, question)]
    for name in parts:
        layout.claim(name, ColumnRole.LABEL if name == mine[0] else ColumnRole.IGNORE,
                     "responses and suggestions in Argilla")  # fmt: skip
    for name in ("status", "_server_id", "inserted_at", "updated_at", "id"):
        layout.claim(name if sample.has(name) else None, ColumnRole.IGNORE, "about the record in Argilla")
    vector = next((name for name in sample.names if name.startswith("vectors.")), None)
    layout.claim(vector, ColumnRole.EMBEDDING, "the record's vector in Argilla")
    for name in sample.names:
        if name.startswith("vectors."):
            layout.claim(name, ColumnRole.IGNORE, "only one vector of an item is kept")
    if len(questions) > 1:
        layout.notes.append(
            f"The records answer {len(questions)} questions; the answers to {question!r} were taken, the others not."
        )
    layout.needs = tuple(mine)
    layout.hear = partial(_hear, question=question)
    return layout


def _prefixes(sample: Sample) -> tuple[str, ...]:
    """JSON has the fields in an object; Parquet has them beside the rest."""
    return ("fields.",) if any(name.startswith("fields.") for name in sample.names) else ()


def _questions(sample: Sample) -> list[str]:
    flat = [name.removesuffix(".responses") for name in sample.names if name.endswith(".responses")]
    flat = [name for name in flat if sample.has(f"{name}.responses.users")]
    nested = [name.removeprefix("responses.") for name in sample.names if name.startswith("responses.")]
    suggested = [
        name.split(".")[1] for name in sample.names if name.startswith("suggestions.") and "." in name
    ]
    suggested += [name.removesuffix(".suggestion") for name in sample.names if name.endswith(".suggestion")
                  and sample.has(f"{name}.agent")]  # fmt: skip
    is_nested = any(name.startswith("fields.") for name in sample.names)
    return list(dict.fromkeys(flat + (nested if is_nested else []) + suggested))


def _is_of(name: str, question: str) -> bool:
    stems = (
        f"{question}.responses",
        f"{question}.suggestion",
        f"responses.{question}",
        f"suggestions.{question}",
    )
    return any(name == stem or name.startswith(f"{stem}.") for stem in stems)


def _has_one_class(sample: Sample, question: str) -> bool:
    said = [text_of(value) for row in sample.rows
            for _, value, _ in _responses(dict(zip(sample.names, row, strict=False)), question)]  # fmt: skip
    return not said or (all(said) and (has_classes(said) or len(said) < 4))


def _responses(record: Mapping[str, object], question: str) -> Iterator[tuple[str, object, str]]:
    """(user, value, status) of each response."""
    nested = record.get(f"responses.{question}")
    if nested is not None:
        for entry in objects_of(nested):
            user = text_of(entry.get("user_id") or entry.get("user") or entry.get("username"))
            yield user, entry.get("value"), text_of(entry.get("status")) or "submitted"
        return
    values = _listed(record.get(f"{question}.responses"))
    users = _listed(record.get(f"{question}.responses.users"))
    states = _listed(record.get(f"{question}.responses.status"))
    for place, value in enumerate(values):
        user = text_of(users[place]) if place < len(users) else ""
        yield user, value, text_of(states[place]) if place < len(states) else "submitted"


def _hear(record: Mapping[str, object], *, question: str) -> list[Said]:
    said = []
    for user, value, status in _responses(record, question):
        kind = read_verdict(status)
        label = read_one_label(value, question) if kind == SaidKind.LABEL else None
        if kind == SaidKind.IGNORE or label is not None:
            said.append(Said(SaidKind.LABEL if label is not None else SaidKind.IGNORE, label, True, user))
    suggestion = _suggestion(record, question)
    return said if suggestion is None else [*said, suggestion]


def _suggestion(record: Mapping[str, object], question: str) -> Said | None:
    for value, score, agent in (
        (f"{question}.suggestion", f"{question}.suggestion.score", f"{question}.suggestion.agent"),
        (f"suggestions.{question}.value", f"suggestions.{question}.score", f"suggestions.{question}.agent"),
    ):
        label = read_one_label(record.get(value), question)
        if label is not None:
            scores = _listed(record.get(score))
            return Said(SaidKind.LABEL, label, False, text_of(record.get(agent)), None,
                        read_share(scores[0]) if len(scores) == 1 else None)  # fmt: skip
    return None


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [] if value is None else [value]
