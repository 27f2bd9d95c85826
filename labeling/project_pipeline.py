"""What a worker does with a deleted project: takes its rows away, batch by batch.

Which rows those are is found from the models of all apps, so that a new table is never forgotten:
rows that hang on an item by an indexed foreign key go with their batch of items, and the rest, with
whatever else leads to the project, goes after them. Image bytes stay, since another project may hold
the same image.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from graphlib import TopologicalSorter

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction

from labeling.locks import NAMESPACE
from labeling.models import Export, Item, Project

logger = logging.getLogger(__name__)

ITEMS_OF_BATCH = 10_000
Model = type[models.Model]


def project_erase(project_id: int) -> None:
    """Nothing of the deleted project is left in the database, nor of its exports in the storage.

    Killed half-way it is begun again by the next sweep. Another worker that is at it already wins.
    """
    with _alone(project_id) as is_alone:
        if not is_alone or not Project.objects.filter(pk=project_id, deleted_at__isnull=False).exists():
            return
        for export in Export.objects.filter(project_id=project_id).exclude(stored_name=""):
            default_storage.delete(export.stored_name)
        on_items = paths_to(Item, indexed_only=True)
        items = Item.objects.filter(project_id=project_id).order_by("pk").values_list("pk", flat=True)
        last = 0  # so that no batch walks over the rows that those before it left dead in the index
        while batch := list(items.filter(pk__gt=last)[:ITEMS_OF_BATCH]):
            last = batch[-1]
            with transaction.atomic():
                for model in children_first(set(on_items)):
                    _delete(model, f"{on_items[model]}__in", batch)
                _delete(Item, "pk__in", batch)
        on_project = paths_to(Project) | paths_to(Project, indexed_only=True)
        with transaction.atomic():
            for model in children_first(set(on_project) - set(on_items) - {Item}):
                _delete(model, on_project[model], project_id)
            _delete(Project, "pk", project_id)
        logger.info("Project %s is erased.", project_id)


def paths_to(root: Model, *, indexed_only: bool = False) -> dict[Model, str]:
    """Each model that belongs to a row of `root`, and the lookup that leads there by foreign keys.

    A foreign key that may be null, such as who made a row, does not make it belong, except where
    deleting the one is declared to delete the other.
    """
    paths: dict[Model, str] = {}
    waiting = [root]
    while waiting:
        parent = waiting.pop(0)
        for model in apps.get_models():
            for key in model._meta.concrete_fields:
                if model in paths or model is root or not _belongs(key, parent):
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


def _belongs(key: models.Field, parent: Model) -> bool:
    return (
        key.is_relation and key.related_model is parent and key.remote_field.on_delete is not models.SET_NULL
    )


def _leads_an_index(model: Model, key: models.Field) -> bool:
    """Rows can be found by this key alone: it is indexed itself, or comes first in an index of all rows."""
    listed = [index.fields for index in model._meta.indexes if index.fields and index.condition is None]
    return key.db_index or key.unique or any(fields[0] == key.name for fields in listed)


def _delete(model: Model, lookup: str, value: object) -> None:
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
