"""What a worker does with a deleted project: takes it away, in steps that may be cut off anywhere.

Its work is stopped first. Then its rows go, batch by batch, with a note of each file that no other project
uses (labeling/storing/leftovers.py); then the files; and last what hangs on the project itself, and the project.
So the project's row is there for as long as anything of it is, and whoever takes up a deletion that was cut
off, or that the storage refused, finds what is left.

Which rows those are is found from the models of all apps, so that a new table is never forgotten:
rows that hang on an item by an indexed foreign key go with their batch of items, and the rest, with
whatever else leads to the project, goes after them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import Error, IntegrityError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from labeling.database.locks import NAMESPACE
from labeling.jobs.trouble import trouble_of
from labeling.jobs.work import OPEN_STATES, Work, works_stop
from labeling.models import Erasure, Export, ImportFile, Item, Leftover, Project, Setback, Upload
from labeling.storing.leftovers import files_delete, folder_files, leftovers_note, leftovers_remove
from labeling.storing.project_files import FOLDERS

logger = logging.getLogger(__name__)

ITEMS_OF_BATCH = 10_000
ROWS_OF_PIECE = 100_000  # of predictions, which are found without their items
MAX_TRIES = 5  # of one batch against imports that use its images at the same moment
MAX_WAIT_SECONDS = 60  # between two tries
Model = type[models.Model]


class _NotYet(Exception):
    """The deletion cannot go on now; the sentence says what it waits for."""


def erasures_due() -> list[int]:
    """Ids of deleted projects that a worker should take away now."""
    gone = Project.objects.filter(deleted_at__isnull=False)
    now = Q(erasure__isnull=True) | Q(erasure__try_at__isnull=True) | Q(erasure__try_at__lte=timezone.now())
    return list(gone.filter(now).order_by("pk").values_list("pk", flat=True))


def project_erase(project_id: int) -> None:
    """Nothing of the deleted project is left in the database and the storage.

    Killed half-way it is begun again by the next sweep. Another worker that is at it already wins. What it
    has to wait for is written into its Erasure, and it is tried again later, for as long as it takes.
    """
    with _alone(project_id) as is_alone:
        if not is_alone or not Project.objects.filter(pk=project_id, deleted_at__isnull=False).exists():
            return
        n_items = Item.objects.filter(project_id=project_id).count()
        erasure, _ = Erasure.objects.get_or_create(project_id=project_id, defaults={"n_items": n_items})
        Erasure.objects.filter(pk=project_id).update(n_items_left=n_items)
        try:
            _stop_works(project_id)
            _note_files(project_id)
            _erase_items(project_id)
            _erase_files(project_id)
            _erase_rest(project_id)
            Setback.objects.all().delete()  # their errors may quote it; what still fails is noted again
        except _NotYet as reason:
            _put_off(erasure, str(reason))
        except Exception as error:
            if isinstance(error, Error) and trouble_of(error) is not None:
                raise  # the database is away, or busy, and the sweep waits for it
            logger.exception("Deleting project %s", project_id)
            said = " ".join(str(error).split()) or type(error).__name__
            what = "The database does not let its rows go" if isinstance(error, Error) else None
            _put_off(erasure, f"{what or 'The storage does not let its files go'}: {said}")
        else:
            logger.info("Project %s is erased.", project_id)


def _put_off(erasure: Erasure, problem: str) -> None:
    wait = min(2**erasure.n_tries, MAX_WAIT_SECONDS)
    Erasure.objects.filter(pk=erasure.pk).update(
        problem=problem, n_tries=erasure.n_tries + 1, try_at=timezone.now() + dt.timedelta(seconds=wait)
    )


def _stop_works(project_id: int) -> None:
    """Nothing works for the project any more, so nothing of it comes back. Raises _NotYet."""
    for model in apps.get_models():
        if issubclass(model, Work) and works_stop(model, project_id=project_id):
            raise _NotYet(f"Its {model._meta.verbose_name} is being stopped.")


def _note_files(project_id: int) -> None:
    """Each file of the project that a row names, or that was on its way in, is a leftover and due."""
    now = timezone.now()
    with transaction.atomic():
        exported = Export.objects.filter(project_id=project_id).exclude(stored_name="")
        leftovers_note(
            list(exported.values_list("stored_name", flat=True)), project_id=project_id, due_at=now
        )
        uploaded = ImportFile.objects.filter(brought_by__project_id=project_id).exclude(stored_name="")
        names = set(uploaded.values_list("stored_name", flat=True))
        elsewhere = ImportFile.objects.filter(stored_name__in=names, brought_by__state__in=OPEN_STATES)
        elsewhere = elsewhere.exclude(brought_by__project_id=project_id)
        names -= set(elsewhere.values_list("stored_name", flat=True))
        Upload.objects.filter(stored_name__in=names).delete()
        leftovers_note(names, project_id=project_id, due_at=now)
        Leftover.objects.filter(project_id=project_id, due_at__gt=now).update(due_at=now)


def _erase_items(project_id: int) -> None:
    on_items = paths_to(Item, indexed_only=True)
    order = children_first(set(on_items))
    items = Item.objects.filter(project_id=project_id).order_by("pk").values_list("pk", "blob_id")
    last = 0  # so that no batch walks over the rows that those before it left dead in the index
    while batch := list(items.filter(pk__gt=last)[:ITEMS_OF_BATCH]):
        ids = [pk for pk, _ in batch]
        for attempt in range(1, MAX_TRIES + 1):
            try:
                with transaction.atomic():
                    for model in order:
                        delete_rows(model, f"{on_items[model]}__in", ids)
                    delete_rows(Item, "pk__in", ids)
                    erase_blobs({blob_id for _, blob_id in batch if blob_id is not None}, project_id)
                break
            except IntegrityError:
                if attempt == MAX_TRIES:
                    raise
        last = ids[-1]
        left = Item.objects.filter(project_id=project_id, pk__gt=last)
        Erasure.objects.filter(pk=project_id).update(n_items_left=left.count())


def erase_blobs(blob_ids: Collection[int], project_id: int) -> None:
    """Those that no item uses any more are gone, and their files are due.

    Waits for imports that hold one of them (labeling/imports/writing/store.py); those that come later store it anew.
    """
    if not blob_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM labeling_blob WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [list(blob_ids)]
        )
        cursor.execute(
            """
            DELETE FROM labeling_blob blob
            WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM labeling_item item WHERE item.blob_id = blob.id)
            RETURNING name, thumbnail, shown
            """,
            [list(blob_ids)],
        )
        names = {name for row in cursor.fetchall() for name in row if name}
    leftovers_note(names, project_id=project_id, due_at=timezone.now())


def _erase_files(project_id: int) -> None:
    leftovers_remove(project_id=project_id)
    for folder_of in FOLDERS:
        folder = folder_of(project_id)
        files_delete(folder_files(folder))
        _remove_folders(folder)
    if Leftover.objects.filter(project_id=project_id).exists():
        raise _NotYet("Its files are being deleted by another worker.")


def _remove_folders(folder: str) -> None:
    """The folder, which is empty, is gone. Only on a disk is there such a thing as an empty folder."""
    with contextlib.suppress(FileNotFoundError):
        for inner in default_storage.listdir(folder)[0]:
            _remove_folders(f"{folder}/{inner}")
        if isinstance(default_storage, FileSystemStorage):
            default_storage.delete(folder)


def _erase_rest(project_id: int) -> None:
    on_items = paths_to(Item, indexed_only=True)
    on_project = paths_to(Project) | paths_to(Project, indexed_only=True)
    order = children_first(set(on_project) - set(on_items) - {Item})
    for model in order:
        if isinstance(model._meta.pk, models.CompositePrimaryKey):
            _delete_pieces(model, on_project[model], project_id)
    with transaction.atomic():
        # Whoever still writes rows that hang on one of these without a foreign key ends first.
        for model in reversed(order):
            if not isinstance(model._meta.pk, models.CompositePrimaryKey):
                held = model._base_manager.filter(**{on_project[model]: project_id}).select_for_update(
                    of=("self",)
                )
                list(held.values_list("pk"))
        for model in order:
            delete_rows(model, on_project[model], project_id)
        delete_rows(Project, "pk", project_id)


def _delete_pieces(model: Model, lookup: str, project_id: int) -> None:
    """The rows of a table whose key is (what it is of, which), by and by: there are millions."""
    parent, _, rest = lookup.partition("__")
    of = model._meta.get_field(parent).related_model
    assert of is not None  # a foreign key
    first, second = (field.column for field in model._meta.pk_fields)
    parents = of._base_manager.filter(**{rest: project_id}).values_list("pk", flat=True)
    for pk in list(parents):
        last: int | None = None
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"""
                    WITH piece AS MATERIALIZED (
                        SELECT {second} FROM {model._meta.db_table}
                        WHERE {first} = %(pk)s AND (%(last)s::bigint IS NULL OR {second} > %(last)s)
                        ORDER BY {second} LIMIT %(n)s
                    ), gone AS (
                        DELETE FROM {model._meta.db_table}
                        WHERE {first} = %(pk)s AND {second} IN (SELECT {second} FROM piece)
                    )
                    SELECT max({second}) FROM piece
                    """,
                    {"pk": pk, "last": last, "n": ROWS_OF_PIECE},
                )
                last = cursor.fetchone()[0]
            if last is None:
                break


def paths_to(root: Model, *, indexed_only: bool = False) -> dict[Model, str]:
    """Each model that belongs to a row of `root`, and the lookup that leads there by foreign keys.

    A foreign key that may be null, such as who made a row, does not make it belong, except where
    deleting the one is declared to delete the other.
    """
    paths: dict[Model, str] = {}
    waiting = [root]
    while waiting:
        parent = waiting.pop(0)
        for model in (
            each for each in apps.get_models() if each._meta.managed
        ):  # a view has no rows of its own
            for key in model._meta.concrete_fields:
                if model in paths or model is root:
                    continue
                if not isinstance(key, models.ForeignKey) or not _belongs(key, parent):
                    continue
                if indexed_only and not _leads_an_index(model, key):
                    continue
                paths[model] = key.name if parent is root else f"{key.name}__{paths[parent]}"
                waiting.append(model)
    return paths


def children_first(chosen: set[Model]) -> list[Model]:
    """The models in an order in which no row is deleted before those that point at it."""
    graph: dict[Model, set[Model]] = {model: set() for model in chosen}
    for model in chosen:
        for key in model._meta.concrete_fields:
            parent = key.related_model
            if key.is_relation and parent in chosen and parent is not model:
                graph[parent].add(model)
    return list(TopologicalSorter(graph).static_order())


def _belongs(key: models.ForeignKey[Any, Any], parent: Model) -> bool:
    if key.related_model is not parent:
        return False
    return not key.null or key.remote_field.on_delete is models.CASCADE


def _leads_an_index(model: Model, key: models.ForeignKey[Any, Any]) -> bool:
    """Rows can be found by this key alone: it is indexed itself, or comes first in an index of all rows."""
    listed = [index.fields for index in model._meta.indexes if index.fields and index.condition is None]
    has_own = key.db_index or key.unique  # type: ignore[attr-defined]  # the stubs leave db_index out
    return has_own or any(fields[0] == key.name for fields in listed)


def delete_rows(model: Model, lookup: str, value: object) -> None:
    # Django's own delete() would first load every row that points at these.
    rows = model._base_manager.filter(**{lookup: value})
    rows._raw_delete(rows.db)


@contextlib.contextmanager
def _alone(project_id: int) -> Iterator[bool]:
    """Whether no other worker is erasing this project; held over many transactions, by the connection."""
    keys = [NAMESPACE + 1, project_id]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", keys)
        is_alone = cursor.fetchone()[0]
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)
