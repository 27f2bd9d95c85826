"""What is known of a project: counts, current labels, the history of an item. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from labeling.blindness import Sight
from labeling.database.hot import fetch_prepared
from labeling.models import (
    Import,
    Item,
    Label,
    LabelClass,
    Leftover,
    Project,
    Publication,
    Removal,
    Role,
    Source,
    Split,
    TableColumns,
)

# The item has no standing label by a person. {item} is a column; the value is `project`.
NO_HUMAN_LABEL = """NOT EXISTS (
    SELECT 1 FROM labeling_label human
    WHERE human.project_id = %(project)s AND human.item_id = {item}
      AND human.is_human AND human.retired_at IS NULL)"""


@dataclass(frozen=True, slots=True)
class ClassCount:
    class_id: int
    n_human: int
    n_machine: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project is: counts of items by whose label stands for them."""

    n_items: int
    n_human: int
    n_machine: int
    n_holdout: int
    n_test: int
    by_class: list[ClassCount]
    publication: Publication | None

    @property
    def n_unlabeled(self) -> int:
        return self.n_items - self.n_human - self.n_machine


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """One thing that happened to an item; `details` differ by kind."""

    at: dt.datetime
    kind: str  # label, retired, published, superseded
    details: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A project on its way out, and how much of it is left."""

    id: int
    name: str
    deleted_at: dt.datetime
    n_items: int
    n_items_left: int
    n_files_left: int
    problem: str  # what it waits for; blank: nothing


def deletions_of(user: User) -> list[Deletion]:
    """The projects that the user owned and that are not gone yet, the last deleted first."""
    mine = Project.objects.filter(
        memberships__user=user, memberships__role=Role.OWNER, deleted_at__isnull=False
    ).select_related("erasure")
    files = Leftover.objects.filter(project_id__in=mine.values("pk"), due_at__lte=timezone.now())
    n_files = dict(files.values_list("project_id").annotate(n=Count("*")))
    return [
        Deletion(
            id=project.pk,
            name=project.name,
            deleted_at=deleted_at,
            n_items=erasure.n_items if erasure else 0,
            n_items_left=erasure.n_items_left if erasure else 0,
            n_files_left=n_files.get(project.pk, 0),
            problem=erasure.problem if erasure else "",
        )
        for project in mine.order_by("-deleted_at")
        for erasure in [getattr(project, "erasure", None)]
        if (deleted_at := project.deleted_at) is not None
    ]


def progress(project: Project, sight: Sight = Sight.ALL) -> Progress:
    """The project's counts, from indexes and from what was counted when it was written.

    For whoever may be asked they are as if blind answers that can still be taken back, or are not counted, had not
    been given. Annotators learn how many items there are, and what was published.

    Nothing here reads a million rows of items: imports counted theirs, a publication counted its labels, and what
    people have said since is indexed apart.
    """
    publication = publication_of(project)
    human = human_class_counts(project.pk)
    machine = standing_class_counts(publication) if publication else {}
    class_ids = LabelClass.objects.filter(project=project).values_list("pk", flat=True)
    if sight == Sight.OWN:
        n_test = Item.objects.filter(project=project, split=Split.TEST).count()
        return Progress(item_count(project.pk), 0, 0, 0, n_test, [], publication)
    measured = dict(
        Item.objects.filter(project=project)
        .exclude(split=Split.POOL)
        .values_list("split")
        .annotate(n=Count("*"))
        .order_by()
    )
    if sight == Sight.SETTLED:
        _unsay(project, publication, human, machine, measured)
    return Progress(
        n_items=item_count(project.pk),
        n_human=sum(human.values()),
        n_machine=sum(machine.values()),
        n_holdout=measured.get(Split.HOLDOUT, 0),
        n_test=measured.get(Split.TEST, 0),
        by_class=[ClassCount(pk, human.get(pk, 0), machine.get(pk, 0)) for pk in class_ids],
        publication=publication,
    )


# What blind answers that are not settled said, retired, and held out.
_UNSETTLED = """
    WITH unsettled AS MATERIALIZED (
        SELECT item_id, min(since) AS since FROM labeling_withheld
        WHERE project_id = %(project)s AND is_closed GROUP BY item_id
    )
    SELECT 'human' AS what, label.label_class_id, count(*)
    FROM unsettled JOIN labeling_label label ON label.item_id = unsettled.item_id
    WHERE label.is_human
      AND label.retired_at IS NULL AND label.created_at >= unsettled.since GROUP BY 2
    UNION ALL
    SELECT 'machine', label.label_class_id, count(*)
    FROM unsettled JOIN labeling_label label ON label.item_id = unsettled.item_id
    WHERE NOT label.is_human
      AND label.source_id = %(source)s::bigint AND label.retired_at >= unsettled.since GROUP BY 2
    UNION ALL
    SELECT 'holdout', NULL, count(*)
    FROM unsettled JOIN labeling_item item ON item.id = unsettled.item_id
    WHERE item.split = 'holdout'
      AND NOT EXISTS (SELECT FROM labeling_label label WHERE label.item_id = item.id AND label.is_human
                      AND label.created_at < unsettled.since)"""


def _unsay(
    project: Project,
    publication: Publication | None,
    human: dict[int, int],
    machine: dict[int, int],
    measured: dict[str, int],
) -> None:
    """The counts as they were before blind answers that are not settled."""
    values = {"project": project.pk, "source": publication.source_id if publication else None}
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED, values)
        for what, class_id, n in cursor.fetchall():
            if what == "human":
                human[class_id] -= n
            elif what == "machine":
                machine[class_id] = machine.get(class_id, 0) + n
            else:
                measured[Split.HOLDOUT] = measured.get(Split.HOLDOUT, 0) - n


def item_count(project_id: int) -> int:
    """Items of the project: what its imports counted and is not gone, and those that came one by one."""
    imported = Import.objects.filter(project_id=project_id).aggregate(n=Sum("n_items_added"))["n"] or 0
    gone = (
        Removal.objects.filter(project_id=project_id, is_imported=True).aggregate(n=Sum("n_items"))["n"] or 0
    )
    return imported - gone + Item.objects.filter(project_id=project_id, imported_by__isnull=True).count()


def table_columns(project: Project) -> TableColumns:
    """The columns of its table rows in the order of the files, and what is usual in each; none if none came yet."""
    return TableColumns.objects.filter(project=project).first() or TableColumns(project=project)


def publication_of(project: Project) -> Publication | None:
    """The open publication, with its source; None if no machine labels stand."""
    return Publication.objects.filter(project=project, ended_at__isnull=True).select_related("source").first()


def human_class_counts(project_id: int) -> dict[int, int]:
    """Class id -> human labels that stand."""
    rows = Label.objects.human().standing().filter(project_id=project_id)
    return dict(rows.values_list("label_class_id").annotate(n=Count("*")).order_by())


def machine_class_counts(source_id: int) -> dict[int, int]:
    """Class id -> labels of a machine source that are not retired. Reads them all."""
    rows = Label.objects.standing().filter(source_id=source_id, is_human=False)
    return dict(rows.values_list("label_class_id").annotate(n=Count("*")).order_by())


def standing_class_counts(publication: Publication) -> dict[int, int]:
    """Class id -> labels of an open publication that stand: those it began with, less those retired since."""
    counts = {int(class_id): n for class_id, n in publication.class_counts.items()}
    retired = Label.objects.filter(
        source_id=publication.source_id, is_human=False, retired_at__gt=publication.started_at
    )
    for class_id, n in retired.values_list("label_class_id").annotate(n=Count("*")).order_by():
        counts[class_id] -= n
    return counts


_LABEL_COLUMNS = [field.attname for field in Label._meta.concrete_fields]
_CURRENT_LABELS = f"""
    SELECT {", ".join(f"label.{column}" for column in _LABEL_COLUMNS)}, source.kind, source.name
    FROM labeling_label label JOIN labeling_source source ON source.id = label.source_id
    WHERE label.item_id = ANY(%(items)s::bigint[]) AND label.retired_at IS NULL
      AND (label.is_human OR EXISTS (
          SELECT FROM labeling_publication published
          WHERE published.source_id = label.source_id AND published.ended_at IS NULL))
    ORDER BY label.is_human"""


def current_labels_of(item_ids: Iterable[int]) -> dict[int, Label]:
    """Item id -> its current label, with its source's kind and name; items without one are left out. One query.

    Which labels are current: LabelQuerySet.current. Here it is a prepared statement, for lists.
    """
    labels = {}
    # A person's word stands above a machine's, so it comes last and overwrites.
    for *columns, kind, name in fetch_prepared(_CURRENT_LABELS, {"items": list(item_ids)}):
        label = Label.from_db("default", _LABEL_COLUMNS, columns)
        label.source = Source(pk=label.source_id, kind=kind, name=name)
        labels[label.item_id] = label
    return labels


def item_history(item: Item) -> list[ItemEvent]:
    """Everything said of the item and when it stood, oldest first: labels and publications.

    A machine label begins to count when its source is published and ends with that publication, so
    the spans of its source's publications are told with it.
    """
    labels = list(Label.objects.filter(item_id=item.pk).select_related("source", "label_class", "retired_by"))
    events = []
    for label in labels:
        said = {
            "label_id": label.pk,
            "class_id": label.label_class_id,
            "class_name": label.label_class.name,
            "is_human": label.is_human,
            "source_id": label.source_id,
            "source_kind": label.source.kind,
            "source_name": label.source.name,
        }
        scores = {"confidence": label.confidence, "threshold": label.threshold}
        events.append(ItemEvent(label.created_at, "label", said | scores))
        if label.retired_at is not None:
            by = label.retired_by.get_username() if label.retired_by else None
            events.append(
                ItemEvent(label.retired_at, "retired", said | {"reason": label.retired_reason, "by": by})
            )
    events += _publication_events([label for label in labels if not label.is_human])
    return sorted(events, key=lambda event: event.at)


def _publication_events(labels: list[Label]) -> list[ItemEvent]:
    """When each machine label began to stand and ceased to, by the publications of its source."""
    label_of = {label.source_id: label for label in labels}
    events = []
    for publication in Publication.objects.filter(source_id__in=label_of).select_related("started_by"):
        label = label_of[publication.source_id]
        if label.retired_at is not None and label.retired_at <= publication.started_at:
            continue
        about = {
            "label_id": label.pk,
            "publication_id": publication.pk,
            "source_id": publication.source_id,
            "source_name": label.source.name,
        }
        by = publication.started_by.get_username() if publication.started_by else None
        events.append(ItemEvent(publication.started_at, "published", about | {"by": by}))
        ended = publication.ended_at
        if ended is not None and (label.retired_at is None or label.retired_at > ended):
            events.append(ItemEvent(ended, "superseded", about | {"reason": publication.ended_reason}))
    return events
