"""What a worker does with the undoing of an import: batch by batch over the items of the project.

Each batch is one transaction with its cursor, its counts and a Removal, so whoever takes the work over goes on
exactly where the last one ended. A batch holds the project's labels against answers for as long as it takes,
a fraction of a second. Rows go as those of a deleted project do (labeling/projects/deletion.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Sequence

from django.db import IntegrityError, connection, models, transaction

from labeling.database.locks import lock_labels_exclusive
from labeling.database.statistics import statistics_refresh
from labeling.errors import Conflict
from labeling.imports.writing.predicted import PREDICTIONS
from labeling.imports.writing.store import ImportStore
from labeling.jobs.supervision import job_inline
from labeling.jobs.work import work_beat, work_finish, work_hold
from labeling.labels.selectors import item_count
from labeling.labels.services import publication_end
from labeling.leaving import check_may_leave
from labeling.models import (
    ImportedAnswer,
    ImportUndo,
    Item,
    Label,
    LabelClass,
    Project,
    Publication,
    Removal,
    Source,
    SourceKind,
    Split,
)
from labeling.projects.columns import columns_measure
from labeling.projects.deletion import children_first, delete_rows, erase_blobs, paths_to
from labeling.projects.services import class_remove
from labeling.removals.job import UNDO
from labeling.removals.selectors import UndoReport, kept_among, n_labels_of, sources_of, these

ITEMS_OF_BATCH = 5_000
MAX_TRIES = 5  # of one batch against requests that write about the same items at the same moment


def undo_run(undo_id: int, *, worker: str) -> bool:
    """Claim the undoing and carry it out here. False if it is gone, over, or held by another worker."""
    return job_inline(UNDO, undo_id, worker=worker, compute=undo_execute)


def undo_execute(undo: ImportUndo) -> None:
    """Of what the import brought only what people have worked on since is left, and the row says so.

    Goes on from where its row says that the last batch ended. Raises WorkCancelled, WorkLost, and Conflict where
    something works on the items.
    """
    _Undo(undo).run()


class _Undo:
    """One attempt at one undoing."""

    def __init__(self, undo: ImportUndo) -> None:
        self.undo = undo
        self.project = undo.project
        self.brought_by = undo.brought_by
        self.sources = sources_of(undo.brought_by)
        self.report = UndoReport.from_json(undo.report)
        models_since = Source.objects.filter(project=self.project, kind=SourceKind.MODEL)
        self.is_learned = models_since.filter(created_at__gte=self.brought_by.created_at).exists()
        self.started, self.step_at_start = time.monotonic(), undo.step

    def run(self) -> None:
        # Who goes on begins where the last one ended: what is gone is done, and so is what was passed on the way.
        n_gone = self.report.n_items_removed
        passed = (
            Item.objects.filter(project=self.project, pk__lte=self.undo.cursor).count()
            if self.undo.cursor
            else 0
        )
        self.undo.step, self.undo.n_steps = n_gone + passed, item_count(self.project.pk) + n_gone
        self.step_at_start = self.undo.step
        work_beat(self.undo, step_name="Taking away", step=self.undo.step, n_steps=self.undo.n_steps)
        self._unpublish()
        for attempt in range(1, MAX_TRIES + 1):
            try:
                while self._batch():
                    pass
                break
            except IntegrityError:  # somebody wrote about one of the items meanwhile: looked at anew
                self.undo.refresh_from_db()
                self.report = UndoReport.from_json(self.undo.report)
                if attempt == MAX_TRIES:
                    raise
        self._remove_classes()
        if self.report.n_items_removed:
            statistics_refresh("labeling_item", "labeling_label", n_rows=self.report.n_items_removed)
            columns_measure(self.project)
        work_finish(
            self.undo,
            report=self.report.as_json(),
            step_name="",
            step=self.undo.n_steps,  # items that came meanwhile were looked at, too
        )

    def _unpublish(self) -> None:
        """The file's machine labels stand no more, and whoever goes by them hears that they were taken back."""
        for source in Source.objects.filter(pk__in=self.sources, details__has_key=PREDICTIONS):
            del source.details[PREDICTIONS]
            source.save(update_fields=["details"])
            self.report.notes.append(
                "The predictions of the file are a round no more, but for what a certificate rests on."
            )
        standing = Publication.objects.filter(
            project=self.project, ended_at__isnull=True, source__in=self.sources
        )
        if standing.exists():
            publication_end(project=self.project, reason=f"import {self.brought_by.pk} was undone")
            self.report.notes.append("The machine labels of the file are no longer published.")

    def _batch(self) -> bool:
        """The next items are done. False if there were none."""
        with transaction.atomic():
            work_hold(self.undo)
            ImportStore(self.brought_by).lock()  # imports of the project come before or after this batch
            check_may_leave(self.project, besides=self.undo)
            now = lock_labels_exclusive(self.project.pk)
            items = Item.objects.filter(project=self.project, pk__gt=self.undo.cursor).order_by("pk")
            batch = list(items.values_list("pk", "imported_by_id")[:ITEMS_OF_BATCH])
            if not batch:
                return False
            ids = [pk for pk, _ in batch]
            self._undo_items(ids, [pk for pk, by in batch if by == self.brought_by.pk], now)
            step = self.undo.step + len(batch)
            work_beat(
                self.undo,
                cursor=ids[-1],
                report=self.report.as_json(),
                step=min(step, self.undo.n_steps),
                n_deaths=0,  # it has got further
                seconds_left=self._seconds_left(step),
            )
        self.undo.cursor, self.undo.step = ids[-1], step
        return True

    def _seconds_left(self, step: int) -> float:
        rate = (time.monotonic() - self.started) / max(1, step - self.step_at_start)
        return round(rate * max(0, self.undo.n_steps - step), 1)

    def _undo_items(self, ids: list[int], added: list[int], now: dt.datetime) -> None:
        labels = Label.objects.filter(item_id__in=these(ids), source_id__in=self.sources)
        answers = ImportedAnswer.objects.filter(item_id__in=these(ids), brought_by=self.brought_by)
        touched = {
            *added,
            *labels.values_list("item_id", flat=True),
            *answers.values_list("item_id", flat=True),
        }
        if not touched:
            return
        kept = kept_among(self.project.pk, touched, besides=self.brought_by)
        going = sorted(set(added) - kept.items)
        stays = kept.items & set(added)
        report = self.report
        report.n_items_kept += len(stays)
        for what, kept_ids in kept.by_what.items():
            if n := len(kept_ids & stays):
                report.kept[what] = report.kept.get(what, 0) + n
        if going:
            removed = items_remove(self.project, going, now=now)
            report.n_items_removed += removed.n_items
            report.n_labels_removed += removed.n_labels
            self._note(removed, now)
        self._withdraw(sorted(touched - set(going)), kept.with_label, now)

    def _note(self, removed: Removed, now: dt.datetime) -> None:
        Removal.objects.create(
            project=self.project,
            undo=self.undo,
            n_items=removed.n_items,
            n_human=removed.n_human,
            is_imported=True,
            came_at=self.brought_by.started_at or self.brought_by.created_at,
            at=now,
            by=self.undo.created_by,
        )

    def _withdraw(self, ids: list[int], with_label: set[int], now: dt.datetime) -> None:
        """What the file said of items that stay is withdrawn, but where the label is part of what keeps them."""
        standing = Label.objects.filter(source_id__in=self.sources, retired_at__isnull=True)
        free = [pk for pk in ids if pk not in with_label]
        kept_ids = set(ids) - set(free)
        self.report.n_labels_kept += n_labels_of(self.project.pk, self.sources, kept_ids) if kept_ids else 0
        said = Label.objects.filter(item_id__in=these(free), source_id__in=self.sources)
        freed = list(said.values_list("item_id", flat=True))
        self.report.n_labels_withdrawn += standing.filter(item_id__in=these(free)).update(
            retired_at=now, retired_reason="withdrawn", retired_by=self.undo.created_by
        )
        answers = ImportedAnswer.objects.filter(item_id__in=these(free), brought_by=self.brought_by)
        self.report.n_answers_removed += answers.delete()[0]
        if not self.is_learned:  # no model has been trained on, or measured with, what the file said
            others = Label.objects.filter(item=models.OuterRef("pk"), is_human=True).exclude(
                source__in=self.sources
            )
            unsaid = Item.objects.filter(pk__in=these(freed), split__in=[Split.HOLDOUT, Split.TEST])
            unsaid.filter(~models.Exists(others)).update(split=Split.POOL)

    def _remove_classes(self) -> None:
        """The classes that only this import brought, and that nothing uses."""
        names = self.brought_by.report.get("classes_added", [])
        for label_class in LabelClass.objects.filter(project=self.project, name__in=names).order_by("pk"):
            try:
                if self.is_learned:
                    raise Conflict("A model was trained with it.")
                class_remove(label_class=label_class)
                self.report.classes_removed.append(label_class.name)
            except Conflict:
                self.report.classes_kept.append(label_class.name)


class Removed:
    """What went with some items."""

    def __init__(self, n_items: int, n_human: int, n_labels: int) -> None:
        self.n_items, self.n_human, self.n_labels = n_items, n_human, n_labels


def items_remove(project: Project, ids: Sequence[int], *, now: dt.datetime) -> Removed:
    """These items are gone, with all that hangs on them. For a transaction that holds the project's labels.

    Files that no other item uses are left over, and due. Counts of what was published are as if the items had
    never been there.
    """
    labels = Label.objects.filter(item_id__in=these(ids))
    n_labels = labels.count()
    n_human = labels.filter(is_human=True, retired_at__isnull=True).count()
    _uncount_published(project, ids)
    items = Item.objects.filter(project=project, pk__in=these(ids))
    blob_ids = set(items.exclude(blob=None).values_list("blob_id", flat=True))
    on_items = paths_to(Item, indexed_only=True)
    for model in children_first(set(on_items)):
        delete_rows(model, f"{on_items[model]}__in", these(ids))
    for model in set(paths_to(Item)) - set(on_items):
        _delete_derived(model, project.pk, ids)
    n_items = items.count()
    delete_rows(Item, "pk__in", these(ids))
    erase_blobs(blob_ids, project.pk)
    return Removed(n_items, n_human, n_labels)


def _uncount_published(project: Project, ids: Collection[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT publication.id, label.label_class_id, count(*)
            FROM labeling_publication publication
            JOIN labeling_label label ON label.source_id = publication.source_id AND NOT label.is_human
             AND label.item_id = ANY(%(ids)s::bigint[])
             AND (label.retired_at IS NULL OR label.retired_at > publication.started_at)
            WHERE publication.project_id = %(project)s GROUP BY 1, 2
            """,
            {"project": project.pk, "ids": list(ids)},
        )
        counted = cursor.fetchall()
    for pk, class_id, n in counted:
        publication = Publication.objects.get(pk=pk)
        publication.n_labels -= n
        publication.class_counts[str(class_id)] = publication.class_counts.get(str(class_id), 0) - n
        publication.save(update_fields=["n_labels", "class_counts"])


def _delete_derived(model: type[models.Model], project_id: int, ids: Sequence[int]) -> None:
    """Rows of a table whose key is (what it is of, item), such as predictions; no other table has them by item."""
    if not isinstance(model._meta.pk, models.CompositePrimaryKey):
        return
    first, second = model._meta.pk_fields
    if second.name != "item":
        return
    parent = first.related_model
    assert parent is not None  # a foreign key, as that to the item is
    parents = parent._base_manager.filter(**{paths_to(Project)[parent]: project_id}).values_list(
        "pk", flat=True
    )
    rows = model._base_manager.filter(**{f"{first.attname}__in": list(parents), "item_id__in": these(ids)})
    rows._raw_delete(rows.db)
