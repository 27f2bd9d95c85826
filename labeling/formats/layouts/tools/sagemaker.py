"""SageMaker Ground Truth: the augmented manifest, one object a line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labeling.formats.cells import BadCell
from labeling.formats.layouts.layout import Layout, Sample, text_of
from labeling.formats.layouts.values import read_one_label, read_share, read_time
from labeling.formats.rows import ColumnRole, Said, SaidKind

SUFFIX = "-metadata.class-name"
TYPE = "-metadata.type"
OF_PARTS = ("object-detection", "segmentation", "text-span", "named-entity", "bounding-box", "keypoint", "polygon",
            "point-cloud", "object-tracking", "polyline", "cuboid")  # fmt: skip


def recognise(sample: Sample) -> Layout | None:
    jobs = [name.removesuffix(SUFFIX) for name in sample.names if name.endswith(SUFFIX)]
    several = [name for name in sample.names if "-metadata.class-map." in name]
    if not sample.has("source") and not sample.has("source-ref"):
        return None
    asked = [job for name in several if sample.has(job := name.partition("-metadata.")[0])]
    if not jobs and asked:
        return _class_map(sample, asked[0])
    if not jobs:
        return None
    job = jobs[-1]  # a manifest goes from job to job; the last one has the last word
    layout = _layout(sample, job)
    layout.claim(job + SUFFIX, ColumnRole.LABEL, "the class's name in the manifest's metadata")
    layout.needs = tuple(name for name in sample.names if name.startswith(f"{job}-metadata."))
    layout.hear = partial(_hear, meta=f"{job}-metadata.")
    if len(jobs) > 1:
        layout.notes.append(
            f"The manifest has {len(jobs)} jobs; the answers of the last, {job!r}, were taken."
        )
    _put_aside(layout, sample)
    return layout


def part_kind(sample: Sample) -> str | None:
    """The kind of job that marks places within an item (boxes, spans, areas), if no job names a class of it."""
    if not (sample.has("source") or sample.has("source-ref")):
        return None
    if any(name.endswith(SUFFIX) for name in sample.names):
        return None
    kinds = [
        text_of(value).rpartition("/")[2].lower()
        for name in sample.names
        if name.endswith(TYPE)
        for value in sample.column(name)
    ]
    return next((kind for kind in kinds if any(part in kind for part in OF_PARTS)), None)


def _layout(sample: Sample, job: str) -> Layout:
    layout = Layout("sagemaker", labels_from="auto")
    if sample.has("source"):
        layout.claim("source", ColumnRole.TEXT, "the text in a manifest")
        layout.item_type = "text"
    else:
        layout.claim("source-ref", ColumnRole.IMAGE, "the file in a manifest")
        layout.item_type = "image"
    return layout


def _put_aside(layout: Layout, sample: Sample) -> None:
    jobs = {name.partition("-metadata.")[0] for name in sample.names if "-metadata." in name}
    for name in sample.names:
        if name in jobs or "-metadata." in name:
            layout.claim(name, ColumnRole.IGNORE, "about the labeling job")


def _class_map(sample: Sample, job: str) -> Layout:
    """A job that may give several classes: class-map names each."""
    maps = [name for name in sample.names if name.startswith(f"{job}-metadata.class-map.")]
    layout = _layout(sample, job)
    layout.claim(job, ColumnRole.LABEL, "classes of a labeling job")
    layout.needs = tuple(name for name in sample.names if name == job or name.startswith(f"{job}-metadata."))
    layout.hear = partial(_hear_map, job=job, maps=maps)
    _put_aside(layout, sample)
    return layout


def _hear(record: Mapping[str, object], *, meta: str) -> list[Said]:
    label = read_one_label(record.get(f"{meta}class-name"), f"{meta}class-name")
    return [] if label is None else [_said(record, meta, label)]


def _hear_map(record: Mapping[str, object], *, job: str, maps: list[str]) -> list[Said]:
    meta = f"{job}-metadata."
    label = read_one_label([record.get(name) for name in maps], job)
    return [] if label is None else [_said(record, meta, label)]


def _said(record: Mapping[str, object], meta: str, label: str) -> Said:
    human = text_of(record.get(f"{meta}human-annotated")).lower()
    if human not in ("yes", "no", "true", "false", ""):
        raise BadCell(f"{meta}human-annotated", f"It is {human[:40]!r}; a manifest has yes or no.")
    is_human = human not in ("no", "false")
    return Said(
        SaidKind.LABEL,
        label,
        is_human,
        "" if is_human else text_of(record.get(f"{meta}job-name")),
        read_time(record.get(f"{meta}creation-date")),
        read_share(record.get(f"{meta}confidence")),
    )
