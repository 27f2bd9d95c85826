"""Label Studio: JSON (tasks with annotations and predictions), JSON-MIN, CSV and TSV. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

from labeling.formats.cells import BadCell
from labeling.formats.layouts.layout import Layout, Sample, has_classes, objects_of, text_of
from labeling.formats.layouts.values import read_one_label, read_share, read_time
from labeling.formats.rows import ColumnRole, Said, SaidKind

ANNOTATIONS = ("annotations", "completions")  # completions: before 1.0
ABOUT_TASK = frozenset(
    {"file_upload", "drafts", "meta", "created_at", "updated_at", "inner_id", "total_annotations", "comment_count",
     "cancelled_annotations", "total_predictions", "unresolved_comment_count", "last_comment_updated_at", "project",
     "updated_by", "comment_authors", "overlap", "is_labeled", "agreement", "annotations", "completions",
     "predictions", "allow_skip", "precomputed_agreement", "annotations_results", "annotators", "ground_truth"}
)  # fmt: skip
TOKEN_TYPES = frozenset(
    {"labels", "hypertextlabels", "paragraphlabels", "timeserieslabels", "rectanglelabels", "polygonlabels",
     "brushlabels", "keypointlabels", "ellipselabels"}
)  # fmt: skip


def recognise(sample: Sample) -> Layout | None:
    return _tasks(sample) or _flat(sample)


def token_kind(sample: Sample) -> str | None:
    """The kind of marks within an item (labels, rectanglelabels), if the tasks hold nothing else."""
    kinds = {str(result.get("type")) for result in _results(sample)}
    return next(iter(sorted(kinds & TOKEN_TYPES)), None) if "choices" not in kinds else None


def _tasks(sample: Sample) -> Layout | None:
    annotations = sample.first_of(ANNOTATIONS)
    data = [name for name in sample.names if name.startswith("data.")]
    if not data or (annotations is None and not sample.has("predictions")):
        return None
    questions = Counter(str(result.get("from_name")) for result in _results(sample) if _choices(result))
    question = questions.most_common(1)[0][0] if questions else ""
    layout = Layout("label-studio", labels_from="auto", payload_prefixes=("data.",))
    layout.claim(sample.first_of(["id"]), ColumnRole.ID, "the task's number in Label Studio")
    sources = [name for name in (annotations, "predictions") if name in sample.names and name is not None]
    for name in sources:
        layout.claim(name, ColumnRole.LABEL if name == sources[0] else ColumnRole.IGNORE,
                     "who said what of the task in Label Studio")  # fmt: skip
    for name in sample.names:
        if name.partition(".")[0] in ABOUT_TASK:
            layout.claim(name, ColumnRole.IGNORE, "about the task in Label Studio, not of the item")
    if len(questions) > 1:
        layout.notes.append(
            f"The tasks answer {len(questions)} questions; the answers to {question!r} were taken, the others not."
        )
    layout.needs = tuple(sources)
    layout.hear = partial(_hear, annotations=annotations or "", question=question)
    return layout


def _results(sample: Sample) -> Iterator[Mapping[str, object]]:
    for name in (*ANNOTATIONS, "predictions"):
        for value in sample.column(name) if sample.has(name) else []:
            for said in objects_of(value):
                yield from objects_of(said.get("result"))


def _choices(result: Mapping[str, object]) -> list[str]:
    value = result.get("value")
    if not isinstance(value, Mapping):
        return []
    found = value.get("choices", value.get("rating"))
    return [text_of(choice) for choice in (found if isinstance(found, list) else [found]) if text_of(choice)]


def _hear(record: Mapping[str, object], *, annotations: str, question: str) -> list[Said]:
    said = [_of_person(entry, question) for entry in objects_of(record.get(annotations))]
    said += [_of_model(entry, question) for entry in objects_of(record.get("predictions"))]
    return [one for one in said if one is not None]


def _label(entry: Mapping[str, object], question: str) -> str | None:
    labels: list[str] = []
    for result in objects_of(entry.get("result")):
        if str(result.get("from_name")) == question:
            labels += _choices(result)
    return read_one_label(labels, question or "annotations")


def _of_person(entry: Mapping[str, object], question: str) -> Said | None:
    at = read_time(entry.get("created_at"))
    if entry.get("was_cancelled"):
        return Said(SaidKind.IGNORE, None, True, _who(entry.get("completed_by")), at)
    label = _label(entry, question)
    return None if label is None else Said(SaidKind.LABEL, label, True, _who(entry.get("completed_by")), at)


def _of_model(entry: Mapping[str, object], question: str) -> Said | None:
    label = _label(entry, question)
    if label is None:
        return None
    return Said(
        SaidKind.LABEL,
        label,
        False,
        text_of(entry.get("model_version") or entry.get("model")),
        read_time(entry.get("created_at")),
        read_share(entry.get("score")),
    )


def _who(value: object) -> str:
    if isinstance(value, Mapping):
        return text_of(value.get("email") or value.get("username") or value.get("id"))
    return text_of(value)


def _flat(sample: Sample) -> Layout | None:
    """JSON-MIN, CSV and TSV: one record an annotation."""
    if not sample.has("annotation_id") or not (sample.has("annotator") or sample.has("lead_time")):
        return None
    layout = Layout("label-studio", labels_from="person")
    layout.claim(sample.first_of(["id"]), ColumnRole.ID, "the task's number in Label Studio")
    layout.claim(sample.first_of(["annotator"]), ColumnRole.ANNOTATOR, "who annotated in Label Studio")
    layout.claim(sample.first_of(["created_at", "updated_at"]), ColumnRole.TIME, "when it was annotated")
    about = ("annotation_id", "updated_at", "lead_time", "agreement", "history")
    for name in about:
        layout.claim(
            name if sample.has(name) else None, ColumnRole.IGNORE, "about the annotation in Label Studio"
        )
    rest = [name for name in sample.names if name not in layout.roles]
    answers = [name for name in rest if _holds_answers(sample.column(name))]
    written = [name for name in answers if any("choices" in str(value)[:12] for value in sample.column(name))]
    named = [name for name in answers if name.lower() in ("choice", "choices", "label", "class", "sentiment")]
    label = next(iter(written or named or answers[-1:]), None)
    layout.claim(label, ColumnRole.LABEL, "the choice that was made in Label Studio")
    return layout


def _holds_answers(values: list[object]) -> bool:
    texts = []
    for value in values:
        try:
            texts.append(read_one_label(value, "choice") or "")
        except BadCell:
            continue
    return has_classes(texts) if len(texts) > 2 else bool(texts) and all(len(text) <= 40 for text in texts)
