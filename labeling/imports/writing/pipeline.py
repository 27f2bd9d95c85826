"""What a worker does with an import: read, check, decide, write, one batch at a time.

The cursor (how many rows are done) and the report are written in the transaction of their batch, so a
worker that takes over from a dead one goes on exactly where the last batch ended. Memory does not depend
on the size of the file.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from labeling.database.locks import lock_labels_shared
from labeling.database.statistics import statistics_refresh
from labeling.errors import InvalidInput
from labeling.formats.files.bundle import Bundle
from labeling.formats.options import ImportOptions, check_labels_wanted, options_from_json
from labeling.formats.rows import Limits, Row
from labeling.formats.sets.dataset import Dataset, open_dataset
from labeling.imports.jobs import IMPORT
from labeling.imports.rules.decisions import Batch, BatchRules
from labeling.imports.rules.label_choice import choose_labels
from labeling.imports.rules.report import ImportReport
from labeling.imports.rules.sealing import Sealing
from labeling.imports.rules.spellings import add_spellings, keep_known
from labeling.imports.uploads import bundle_on_server, bundle_stored, import_limits
from labeling.imports.writing.batches import BEAT_SECONDS, ReadRows, read_ahead, read_batches
from labeling.imports.writing.dry import DryStore
from labeling.imports.writing.pictures import IMAGE_THREADS, images_check, images_save
from labeling.imports.writing.predicted import PREDICTIONS
from labeling.imports.writing.store import ImportStore
from labeling.imports.writing.taking import Taking, classes_of, split_of
from labeling.jobs.doorbell import ring
from labeling.jobs.processes import collected_rarely
from labeling.jobs.supervision import job_inline
from labeling.jobs.work import work_beat, work_finish
from labeling.labels.class_names import natural
from labeling.labels.services import publication_open
from labeling.models import Import, Publication, Source, SourceKind
from labeling.projects.columns import columns_measure, columns_note
from labeling.projects.services import ClassDraft, classes_add
from labeling.storing.blobs import BlobRow
from labeling.storing.images import CheckedImage, ImageRefused

MAX_TRIES = 4  # of one batch against requests that write the same items at the same moment
NOW_PUBLISHED = "The machine labels of this file are published: they stand until better ones are."
OTHERS_PUBLISHED = (
    "Other machine labels are published, so those of this file wait as a candidate: look at Training."
)
OnProgress = Callable[[Import], None]


def import_run(import_id: int, *, worker: str, on_progress: OnProgress | None = None) -> bool:
    """Claim the import and carry it out here. False if it is gone, over, or held by another worker."""
    return job_inline(
        IMPORT, import_id, worker=worker, compute=lambda work: import_execute(work, on_progress)
    )


def import_execute(work: Import, on_progress: OnProgress | None = None) -> None:
    """Bring in all rows that are still missing, and finish the import.

    Continues after the last batch that the row records. Raises WorkCancelled, WorkLost, and AssayError for
    what a user can act on.
    """
    ImportJob(work, on_progress).run()


class ImportJob:
    """One attempt at one import."""

    def __init__(self, work: Import, on_progress: OnProgress | None) -> None:
        self.work = work
        self.project = work.project
        self.on_progress = on_progress
        self.options: ImportOptions = options_from_json(work.options)
        self.limits: Limits = import_limits()
        self.started = self.beaten = time.monotonic()
        self.step_at_start: int | None = None
        self.store: ImportStore = ImportStore(work)
        if self.options.dry_run:
            work.cursor, work.report = {}, {}  # an attempt before left nothing behind
            self.store = DryStore(work)
        self.sealing = Sealing()

    def run(self) -> None:
        try:
            with self._bundle() as bundle, ThreadPoolExecutor(IMAGE_THREADS) as threads, collected_rarely():
                self._run(bundle, threads)
        finally:
            self.store.close()

    def _bundle(self) -> AbstractContextManager[Bundle]:
        files = list(self.work.files.order_by("place"))
        if any(file.server_path for file in files):
            return bundle_on_server(*(Path(file.server_path) for file in files))
        return bundle_stored([(file.stored_name, file.file_name) for file in files])

    def _run(self, bundle: Bundle, threads: Executor) -> None:
        self._beat(step_name="Opening")
        dataset = open_dataset(bundle, self.options, item_type=self.project.form, limits=self.limits)
        check_labels_wanted(dataset.options, can_be_labeled=dataset.can_be_labeled)
        self._keep_options(dataset)
        self.options = dataset.options  # with what was left to be detected
        self._begin_report(dataset)
        if dataset.can_be_labeled and not self.options.dry_run:
            self._make_source()
        chosen = self._choose(dataset)
        skip = int(self.work.cursor.get("n_rows", 0))
        for batch in read_ahead(read_batches(dataset.reader, skip), self._beat):
            checked = images_check(batch.rows, self.limits, threads, self._beat)
            images = [image for image in checked if isinstance(image, CheckedImage)]
            for attempt in range(1, MAX_TRIES + 1):
                try:
                    self._write(batch, checked, self._save_blobs(images, threads), chosen)
                    break
                except IntegrityError:
                    if attempt == MAX_TRIES:
                        raise
        self._finish()

    def _begin_report(self, dataset: Dataset) -> None:
        report = ImportReport.from_json(self.work.report)
        report.understood(dataset, file=self.work.file_name)
        self.work.report = report.as_json()

    def _make_source(self) -> None:
        """Make the source of the file's labels, once: whoever takes the import over finds it in the row."""
        if self.work.source_id is not None:
            return
        with transaction.atomic():
            self.work.source = Source.objects.create(
                project=self.project,
                kind=SourceKind.FILE,
                is_human=self.options.labels_from != "machine",
                name=self.work.file_name[:300],
                details={"import": self.work.pk},
            )
            work_beat(self.work, source=self.work.source)

    def _choose(self, dataset: Dataset) -> frozenset[int] | None:
        """The rows whose labels are taken, or None for all."""
        if self.options.label_first is None:
            return None
        self._beat(step_name="Choosing labels")

        def pool_labels() -> Iterator[tuple[int, str]]:
            for i, (row, label, split) in enumerate(dataset.reader.labels()):
                if i % 1_000 == 0:
                    self._beat()
                if split_of(self.options, split) == "pool":
                    yield row, label

        return choose_labels(
            pool_labels(),
            n_labels=self.options.label_first,
            balanced=self.options.balanced,
            seed=self.options.seed,
        )

    def _keep_options(self, dataset: Dataset) -> None:
        """Record what was detected for whoever takes over. The request has done so already, unless it took too long."""
        options = dataset.options.as_json()
        if options != self.work.options:
            self.work.options = options
            Import.objects.filter(pk=self.work.pk, attempt=self.work.attempt).update(options=options)

    def _save_blobs(self, images: list[CheckedImage], threads: Executor) -> list[BlobRow]:
        if self.options.dry_run:
            return []
        return images_save(images, threads, self._beat, project_id=self.project.pk)

    def _write(
        self,
        batch: ReadRows,
        checked: list[CheckedImage | ImageRefused | None],
        blobs: list[BlobRow],
        chosen: frozenset[int] | None,
    ) -> None:
        """Write the whole batch to the database, or nothing of it."""
        report = ImportReport.from_json(self.work.report)
        with self._transaction():
            self.store.lock()
            now = self._lock_labels()
            report.n_rows += batch.n_read
            report.files = batch.files
            for problem in batch.problems:
                report.add_problem(problem)
            self.store.is_own = bool(batch.rows) and batch.rows[0].is_exported  # as all of its file
            self.store.hears = self.store.is_own or any(row.said for row in batch.rows)
            class_ids = self._class_ids(batch.rows, report)
            taking = Taking(self.options, chosen)
            incoming = list(taking.incoming(batch.rows, checked, class_ids, report))
            self.store.add_blobs(blobs, now=now)
            known = self.store.known_items({row.key for row in incoming}, with_sealed=self.options.sealed)
            n_new = sum(row.key not in known for row in incoming)
            decider = Batch(
                BatchRules(
                    is_human=self.options.labels_from != "machine",
                    salt=self.project.salt,
                    holdout_share=self.project.holdout_share,
                    split=self.options.split,
                    class_names={pk: name for name, pk in class_ids.items()},
                    answers_wanted=self.project.answers_wanted,
                ),
                known=known,
                same_content=self.store.same_content({row.content_hash for row in incoming}),
                next_ids=self.store.next_item_ids(n_new),
                report=report,
                sealing=self.sealing,
            )
            for row in incoming:
                decider.decide(row)
            self.store.write(decider.finish(), now=now)
            if not self.options.dry_run:
                columns_note(
                    self.project, [row.features for row in batch.rows if isinstance(row.features, dict)]
                )
            cursor = {"n_rows": batch.last_row}
            self._record(report, cursor, *batch.progress)
        self.sealing.keep()
        self._committed(report, cursor, *batch.progress)

    def _transaction(self) -> AbstractContextManager[Any]:
        return transaction.atomic()

    def _lock_labels(self) -> dt.datetime:
        """The time of this batch. Nobody publishes in the project until it is written."""
        if self.options.dry_run:
            return dt.datetime.now(dt.UTC)
        return lock_labels_shared(self.project.pk)

    def _class_ids(self, rows: list[Row], report: ImportReport) -> dict[str, int]:
        """Class name -> id; new classes are made. In a dry run they get ids that no class will ever have."""
        ids = self.store.class_ids()
        written = [row for row in rows if row.label_written]
        keep_known(written, ids, self.options.join_classes or {})
        add_spellings(written, report.spellings)
        if self.options.dry_run:
            ids |= {name: -number for number, name in enumerate(report.classes_added, start=1)}
        if self.options.classes == "known_only":
            return ids
        found = {row.label for row in rows if row.label is not None}
        if self.store.hears:
            found |= {name for row in rows for name in classes_of(row)}
        names = sorted(found - ids.keys(), key=natural)
        if not names:
            return ids
        if self.options.dry_run:
            ids |= {name: -number for number, name in enumerate(names, start=len(report.classes_added) + 1)}
        else:
            drafts = [ClassDraft(name) for name in names]
            ids |= {made.name: made.pk for made in classes_add(project=self.project, drafts=drafts)}
        report.classes_added += names
        return ids

    def _record(self, report: ImportReport, cursor: dict[str, int], step: int, n_steps: int) -> None:
        """Write cursor, report and progress to the row, in the transaction of their batch."""
        counts = {} if self.options.dry_run else {
            "n_items_added": report.n_items_added,
            "n_labels_added": report.n_labels_added,
            "cursor": cursor,
        }  # fmt: skip
        work_beat(
            self.work,
            report=report.as_json(),
            step=step,
            n_steps=n_steps,
            step_name="Checking" if self.options.dry_run else "Importing",
            seconds_left=self._seconds_left(step, n_steps),
            n_deaths=0,  # it has got further
            **counts,
        )

    def _committed(self, report: ImportReport, cursor: dict[str, int], step: int, n_steps: int) -> None:
        self.work.report, self.work.cursor = report.as_json(), cursor
        self.work.step, self.work.n_steps = step, n_steps
        self.beaten = time.monotonic()
        if self.on_progress is not None:
            self.on_progress(self.work)

    def _seconds_left(self, step: int, n_steps: int) -> float | None:
        if self.step_at_start is None:
            self.step_at_start = self.work.step
        n_done = step - self.step_at_start
        if n_done <= 0 or not n_steps:
            return None
        return round((n_steps - step) * (time.monotonic() - self.started) / n_done, 1)

    def _beat(self, **progress: object) -> None:
        """Show that the work goes on: every BEAT_SECONDS at most, unless there is something to say."""
        if progress or time.monotonic() - self.beaten > BEAT_SECONDS:
            work_beat(self.work, **progress)
            self.beaten = time.monotonic()

    def _finish(self) -> None:
        report = self._end_report()
        if not self.options.dry_run:
            statistics_refresh("labeling_item", "labeling_label", n_rows=report.n_rows)
            columns_measure(self.project)
        with transaction.atomic():
            if self._brings_machine_labels(report) and not self.options.dry_run:
                self._publish()
                # Whoever makes a round of them, by name: labeling knows no training. The sweep finds them, too.
                ring(settings.ASSAY_FILE_PREDICTED_TASK)
            work_finish(
                self.work, report=report.as_json(), step_name="", step=max(self.work.n_steps, self.work.step)
            )
        self.work.refresh_from_db()
        if self.on_progress is not None:
            self.on_progress(self.work)

    def _end_report(self) -> ImportReport:
        report = ImportReport.from_json(self.work.report)
        if not report.n_rows:
            raise InvalidInput("The file holds no row.", code="empty_file")
        report.finish(self.store.class_ids())
        if self._brings_machine_labels(report):
            report.note([OTHERS_PUBLISHED if self._others_published() else NOW_PUBLISHED])
        return report

    def _brings_machine_labels(self, report: ImportReport) -> bool:
        """Whether any of the labels added is a machine's: labels by people all stand."""
        return self.options.labels_from != "person" and report.n_labels_added > report.labels["person"]

    def _others_published(self) -> bool:
        if self.project.pk is None:
            return False  # a check without a project
        return Publication.objects.filter(project=self.project, ended_at__isnull=True).exists()

    def _publish(self) -> None:
        """Publish the imported machine labels if none are published yet, and mark their source as predictions."""
        sources = Source.objects.filter(project=self.project, is_human=False, details__import=self.work.pk)
        source = sources.exclude(details__has_key="said_by").first()
        if source is None:
            return
        source.details |= {PREDICTIONS: True}
        source.save(update_fields=["details"])
        if not self._others_published():
            publication_open(project=self.project, source=source, by=self.work.created_by, ended_reason="")
