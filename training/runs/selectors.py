"""Reads of runs and rounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, F, Max, QuerySet
from django.db.models.functions import Left

from labeling.item_types import form_of
from labeling.jobs.work import WorkState
from labeling.models import Item, ItemType, LabelClass, Project
from training.learners.catalogue import LearnerSpec, Param, learners_for
from training.models import Comparison, Inspection, Round, Run, RunLogLine, Trigger
from training.models.querysets import human_labels, training_labels

HEAD = 200  # characters of a text by which a person knows it again

# Of every learner of images: not the learner's own, since it decides how items are packed.
IMAGE_SIZE = Param(
    "image_size",
    "int",
    0,
    0,
    256,
    help="Side of the square that images are scaled to, in pixels. 0: their own size, 64 at most.",
)


def learners_offered(item_type: str | None) -> list[LearnerSpec]:
    """The learners of this item type with all that a run may set."""
    form = form_of(item_type) if item_type else None
    return [
        replace(spec, params=(*spec.params, IMAGE_SIZE)) if form == ItemType.IMAGE else spec
        for spec in learners_for(form)
    ]


def class_counts(project: Project) -> list[tuple[LabelClass, int]]:
    """Each class of the project with the number of human labels that may be trained on."""
    counts = training_labels(project.pk).values_list("label_class_id").annotate(n=Count("id")).order_by()
    n_by_class = dict(counts)
    return [(label_class, n_by_class.get(label_class.pk, 0)) for label_class in project.classes.all()]


def items_named(inspection: Inspection) -> list[dict[str, Any]]:
    """What a person needs to recognize each label-error candidate and each near duplicate that still exists."""
    candidates = inspection.findings.get("labels", {}).get("candidates", [])
    groups = inspection.findings.get("near_duplicates", {}).get("groups", [])
    ids = {each["item_id"] for each in candidates} | {pk for group in groups for pk in group["item_ids"]}
    items = Item.objects.filter(project_id=inspection.project_id, pk__in=ids).annotate(
        head=Left("text", HEAD)
    )
    return [
        {
            "id": pk,
            "key": key,
            "text": head,
            "thumbnail_url": f"/api/items/{pk}/thumbnail" if blob_id is not None else None,
        }
        for pk, key, head, blob_id in items.order_by("pk").values_list("pk", "key", "head", "blob_id")
    ]


def newest_human_label_id(project_id: int) -> int:
    return human_labels(project_id).order_by("-id").values_list("id", flat=True).first() or 0


def is_due(project: Project) -> bool:
    """True if people have given `retrain_after` labels since the last round saw them, or the last run began.

    Counts no further than the trigger. A run that failed before its first round counts as well, so
    that it is not tried again at every answer.
    """
    if project.retrain_after == 0:
        return False
    seen_by_round = Round.objects.filter(run__project=project).aggregate(n=Max("last_human_label_id"))["n"]
    seen_by_run = Run.objects.filter(project=project).aggregate(n=Max("last_human_label_id"))["n"]
    newer = human_labels(project.pk).filter(id__gt=max(seen_by_round or 0, seen_by_run or 0))
    return newer.order_by("id")[: project.retrain_after].count() >= project.retrain_after


def projects_that_retrain() -> QuerySet[Project]:
    return Project.objects.filter(retrain_after__gt=0, deleted_at__isnull=True)


def last_run(project_id: int) -> Run | None:
    """The newest run that learned, whose settings the next one takes over."""
    learned = Run.objects.filter(project_id=project_id).exclude(trigger=Trigger.FILE)
    return learned.order_by("-number").first()


def log_lines(run: Run, *, after: int, limit: int) -> list[RunLogLine]:
    """Lines newer than the one with id `after`, oldest first."""
    return list(run.log_lines.filter(id__gt=after).order_by("id")[:limit])


def round_summaries(rounds: QuerySet[Round]) -> QuerySet[Round]:
    """Rounds with the few numbers that lists and charts show, read out of metrics without loading them."""
    return (
        rounds.select_related("run")
        .annotate(
            holdout_accuracy=F("metrics__holdout__accuracy"),
            low=F("metrics__holdout__low"),
            high=F("metrics__holdout__high"),
            test_accuracy=F("metrics__test__accuracy"),
            share_accepted=F("metrics__share_accepted"),
            n_accepted=F("metrics__n_accepted"),
        )
        .defer("metrics", "confidences", "seconds")
    )


@dataclass(frozen=True)
class Ahead:
    """What a training worker does while other work waits for one; number: of this project's, None: another's."""

    kind: str
    number: int | None
    seconds_left: float | None


def ahead_of(work: Run | Comparison | Inspection) -> Ahead | None:
    """What keeps queued work waiting: of what runs, what belongs to its project, else the first to end.

    None if the work is not queued, or nothing runs.
    """
    if work.state != WorkState.QUEUED:
        return None
    running = [
        Ahead(kind, one.number if one.project_id == work.project_id else None, one.seconds_left)
        for kind, model in (("run", Run), ("comparison", Comparison), ("inspection", Inspection))
        for one in model._default_manager.filter(state=WorkState.RUNNING)
    ]

    def order(ahead: Ahead) -> tuple[bool, float]:
        return ahead.number is None, math.inf if ahead.seconds_left is None else ahead.seconds_left

    return min(running, key=order, default=None)
