"""The columns of table rows: in what order they came, and what is usual in each.

PostgreSQL keeps a row's features in an order of its own, so the order of the file is kept here, once for a
project. What is usual is measured on a random sample of the rows: enough for 1% to be known within 0.2%.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from labeling.labels.selectors import item_count
from labeling.models import ItemType, Project, TableColumns

SAMPLE_ROWS = 10_000
MIN_VALUES = 100  # fewer have no first percentile
RARE = 0.01  # of values
MOSTLY = (
    0.9  # of a column's values: so many numbers make it one of numbers, so many in common values categories
)
GROWTH = 1.25  # measured again when the rows are so many times those of the last time


def columns_note(project: Project, rows: Iterable[Mapping[str, Any]]) -> None:
    """Columns that are new in these rows stand behind those known, in the order met. For a caller's transaction."""
    if project.form != ItemType.TABLE:
        return
    found: dict[str, None] = {}
    for row in rows:
        if not row.keys() <= found.keys():
            found |= dict.fromkeys(row)
    known = TableColumns.objects.filter(project=project).values_list("names", flat=True).first()
    if known is not None and found.keys() <= set(known):
        return
    TableColumns.objects.get_or_create(project=project)
    columns = TableColumns.objects.select_for_update().get(project=project)
    columns.names = list(dict.fromkeys([*columns.names, *found]))
    columns.save(update_fields=["names"])


def columns_measure(project: Project, *, only_if_grown: bool = False) -> None:
    """What is usual in each column is known as of now; with `only_if_grown` only where many rows came since."""
    if project.form != ItemType.TABLE:
        return
    n_items = item_count(project.pk)
    columns, _ = TableColumns.objects.get_or_create(project=project)
    if only_if_grown and n_items < GROWTH * columns.n_items:
        return
    rows = _sample(project.pk, n_items)
    names = list(dict.fromkeys([*columns.names, *(name for row in rows for name in row)]))
    usual = {name: summary for name in names if (summary := usual_values([row.get(name) for row in rows]))}
    TableColumns.objects.filter(pk=columns.pk).update(
        usual=usual, n_items=n_items, n_sampled=len(rows), measured_at=timezone.now()
    )


def usual_values(values: Sequence[Any]) -> dict[str, Any] | None:
    """What is usual among a column's values, None where that cannot be said (too few, or all sorts).

    {"low", "high"}: the 1st and the 99th percentile of its numbers; or {"common"}: the values that each
    are at least 1% of it.
    """
    present = [value for value in values if value is not None and value != ""]
    if len(present) < MIN_VALUES:
        return None
    numbers = sorted(v for v in present if isinstance(v, (int, float)) and not isinstance(v, bool))
    if len(numbers) >= MOSTLY * len(present):
        last = len(numbers) - 1
        return {"low": numbers[math.floor(RARE * last)], "high": numbers[math.ceil((1 - RARE) * last)]}
    counts = Counter(as_text(value) for value in present)
    common = {value: n for value, n in counts.items() if n >= RARE * len(present)}
    if sum(common.values()) < MOSTLY * len(present):
        return None  # names, texts: each is rare, which says nothing
    return {"common": sorted(common, key=lambda value: (-common[value], value))}


def as_text(value: Any) -> str:
    """A value as the pages write it: true and false as JSON does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_order(names: Iterable[str], known: Sequence[str]) -> list[str]:
    """The names in the order of the file; those that it does not know behind them, by name."""
    places = {name: place for place, name in enumerate(known)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def _sample(project_id: int, n_items: int) -> list[dict[str, Any]]:
    """About SAMPLE_ROWS rows, drawn by a hash of the id; all of them if there are no more."""
    step = max(1, math.ceil(n_items / SAMPLE_ROWS))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH drawn AS MATERIALIZED (  -- ids alone: an index has those
                SELECT id FROM labeling_item
                WHERE project_id = %s AND (hashint8(id) & 2147483647) %% %s = 0
            )
            SELECT item.features FROM drawn
            CROSS JOIN LATERAL (SELECT features FROM labeling_item WHERE id = drawn.id OFFSET 0) item
            """,
            [project_id, step],
        )
        return [json.loads(row) for (row,) in cursor.fetchall()]
