"""The rows of an export: every item of a project with its label at one moment, page by page.

Labels are only added and retired, so the state of any moment can be read at any later one: pages
read one after another fit together without a long transaction, and the same export can be made
again. Three facts about an item are not kept over time and are told as they are now: its split if
it was imported into one, its key, and the names of classes and sources.

Who asks for exports may be asked about items, too, so what is withheld when the file is written
(labeling/blindness.py) is in it as an item of the pool without a label.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from labeling.blindness import Sight, withheld_among
from labeling.carried import CARRIED, told
from labeling.item_types import item_types
from labeling.items.selectors import ItemFilters, LabeledBy
from labeling.labels.selectors import table_columns
from labeling.models import Item, ItemType, Project, Publication, Withheld
from labeling.projects.columns import in_order

ROWS_OF_PAGE = 20_000
BYTES_OF_BATCH = 16 * 2**20  # of rows in memory at once, unless one row is larger

# name, SQL, type; docs/export.md says what each means
LABEL_COLUMNS: list[tuple[str, str, pa.DataType]] = [
    ("label", "class.name", pa.string()),
    (
        "label_source",
        """CASE
            WHEN label.id IS NULL THEN NULL
            WHEN source.kind = 'file' THEN 'imported'
            WHEN source.kind = 'model' THEN 'pseudo'
            ELSE coalesce((
                SELECT CASE retired.retired_reason WHEN 'confirmed' THEN 'accepted' ELSE 'corrected' END
                FROM labeling_label AS retired
                WHERE retired.item_id = item.id AND NOT retired.is_human
                  AND retired.retired_at = label.created_at
                LIMIT 1
            ), 'human')
        END""",
        pa.string(),
    ),
    ("is_human", "label.is_human::int", pa.bool_()),
    ("score", "label.confidence", pa.float64()),
    ("threshold", "label.threshold", pa.float64()),
    ("model_version", "CASE WHEN source.kind = 'model' THEN source.name END", pa.string()),
    ("source", "source.name", pa.string()),
    ("reviewer", "person.username", pa.string()),
    (
        "decided_at",
        """to_char(label.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        pa.string(),
    ),
    ("split", "item.split_then", pa.string()),
    ("label_id", "label.id", pa.int64()),
    (  # whoever certifies a machine's labels writes so on their source; it never vouches for another name than its own
        "certificate",
        """CASE WHEN coalesce((source.details->>'revoked_at')::timestamptz > %(at)s, true)
              AND NOT coalesce(source.details->'renamed' @> to_jsonb(label.label_class_id), false)
            THEN (source.details->>'certificate')::bigint END""",
        pa.int64(),
    ),
]

BLOB_COLUMNS = [
    ("blob_name", "blob.name", pa.string()),
    ("media_type", "blob.media_type", pa.string()),
]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and how many items of the project have been looked at for them."""

    tables: Iterator[pa.Table]
    n_walked: int
    withheld: frozenset[int]  # items that are asked about blind: in the rows without a label


# Of the items of a page, as one list: looked up item by item it would cost more than the labels do.
_WITHHELD = """item.id IN (
    SELECT item_id FROM labeling_withheld
    WHERE project_id = %(project)s AND item_id > %(last)s AND item_id <= %(upto)s)"""

# Items of a page with the label that stood at the moment: a person's, else the published machine's.
# An item is in the holdout from its first human label on, so before that it was in the pool.
# Labels are looked up item by item: a join would be free to read the million that were just
# written, which PostgreSQL's statistics do not know yet.
AS_IT_STOOD = f"""
    FROM (
        SELECT item.*, {_WITHHELD} AS is_withheld, CASE
            WHEN item.split <> 'test' AND {_WITHHELD} THEN 'pool'
            WHEN item.split = 'holdout' AND NOT EXISTS (
                SELECT FROM labeling_label AS first
                WHERE first.project_id = %(project)s AND first.item_id = item.id
                  AND first.is_human AND first.created_at <= %(at)s
            ) THEN 'pool'
            WHEN item.split = 'audit' THEN 'pool'
            ELSE item.split
        END AS split_then
        FROM labeling_item AS item
        WHERE item.project_id = %(project)s AND item.id > %(last)s AND item.id <= %(upto)s
          AND item.created_at <= %(at)s
    ) AS item
    LEFT JOIN LATERAL (
        SELECT * FROM labeling_label AS label
        WHERE label.project_id = %(project)s AND label.item_id = item.id AND label.is_human
          AND NOT item.is_withheld AND label.created_at <= %(at)s
          AND (label.retired_at IS NULL OR label.retired_at > %(at)s)
        LIMIT 1
    ) AS human ON true
    LEFT JOIN LATERAL (
        SELECT * FROM labeling_label AS label
        WHERE label.source_id = %(source)s AND label.item_id = item.id AND NOT label.is_human
          AND label.created_at <= %(at)s
          AND (label.retired_at IS NULL OR label.retired_at > %(at)s)
        LIMIT 1
    ) AS machine ON human.id IS NULL AND NOT item.is_withheld
    CROSS JOIN LATERAL (
        SELECT coalesce(human.id, machine.id) AS id,
               coalesce(human.label_class_id, machine.label_class_id) AS label_class_id,
               coalesce(human.source_id, machine.source_id) AS source_id,
               coalesce(human.is_human, machine.is_human) AS is_human,
               coalesce(human.created_at, machine.created_at) AS created_at,
               coalesce(human.confidence, machine.confidence) AS confidence,
               coalesce(human.threshold, machine.threshold) AS threshold
    ) AS label"""


class ExportRows:
    """What an export of `project` as of `at` holds. `carried`: of labeling/carried.py, CARRIED."""

    def __init__(
        self,
        project: Project,
        filters: ItemFilters,
        at: dt.datetime,
        *,
        with_blobs: bool = False,
        carried: Collection[str] = (),
    ) -> None:
        self.carried = [name for name in CARRIED if name in carried]
        self.project = project
        self.filters = filters
        self.at = at
        publication = Publication.objects.filter(project=project, started_at__lte=at).exclude(
            ended_at__lte=at
        )
        self.source_id = publication.values_list("source_id", flat=True).first()
        name, payload = item_types()[project.item_type].exported
        payload_type = pa.string()
        self.columns = [
            ("item_id", "item.id", pa.int64()),
            ("external_id", "item.key", pa.string()),
            (name, payload, payload_type),
            *LABEL_COLUMNS,
        ]
        if "extras" in self.carried:
            self.columns.append(("extras", "item.extras::text", pa.string()))
        if with_blobs:
            self.columns += BLOB_COLUMNS
        self.read_schema = pa.schema([(name, kind) for name, _, kind in self.columns])
        self.added = [name for name in self.carried if name != "extras"]
        self.schema = pa.schema([*self.read_schema, *((name, pa.string()) for name in self.added)])

    def pages(self) -> Iterator[Page]:
        """Pages in order of item id. The rows of one must be read before the next is asked for."""
        last = 0
        while True:
            n_walked, upto = self._next_bound(last)
            if n_walked == 0:
                return
            tables = self._tables(last, upto)
            yield Page(map(self._add, tables) if self.added else tables, n_walked, self._withheld(last, upto))
            last = upto

    def feature_names(self) -> list[str] | None:
        """The columns of a project of table rows, in the order of its files; None for other projects."""
        if self.project.form != ItemType.TABLE:
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT jsonb_object_keys(features) FROM labeling_item"
                " WHERE project_id = %s AND created_at <= %s ORDER BY 1",
                [self.project.pk, self.at],
            )
            names = [name for (name,) in cursor.fetchall()]
        return in_order(names, table_columns(self.project).names)

    def _next_bound(self, last: int) -> tuple[int, int]:
        ids = (
            Item.objects.filter(project=self.project, pk__gt=last).order_by("pk").values_list("pk", flat=True)
        )
        with connection.cursor() as cursor:
            sql, params = ids[:ROWS_OF_PAGE].query.sql_with_params()
            cursor.execute(f"SELECT count(*), max(id) FROM ({sql}) AS page (id)", params)
            counted: tuple[int, int] = cursor.fetchone()
            return counted

    def _withheld(self, last: int, upto: int) -> frozenset[int]:
        rows = Withheld.objects.filter(project=self.project, item_id__gt=last, item_id__lte=upto)
        return frozenset(rows.values_list("item_id", flat=True))

    def _tables(self, last: int, upto: int) -> Iterator[pa.Table]:
        """Rows with last < item id <= upto, as PostgreSQL writes them and pyarrow reads them: both in C."""
        query, params = self._query(last, upto)
        assert isinstance(connection.ops, DatabaseOperations)
        copy_sql = connection.ops.compose_sql(f"COPY ({query}) TO STDOUT (FORMAT csv)", params)
        rows = io.BytesIO()
        with connection.cursor() as cursor, cursor.copy(copy_sql) as copy:
            for row in copy:
                rows.write(row)
                if rows.tell() > BYTES_OF_BATCH:
                    yield self._read(rows)
                    rows = io.BytesIO()
        if rows.tell():
            yield self._read(rows)

    def _add(self, table: pa.Table) -> pa.Table:
        """The table with what is told of its items. Nothing of those that are withheld now."""
        ids = table.column("item_id").to_pylist()
        free = sorted(set(ids) - withheld_among(ids, Sight.SETTLED))
        for name in self.added:
            by_item: dict[int, Any] = {}
            for item_id, told_of_it in told(name, self.project, free, self.at):
                if name == "answers":
                    by_item.setdefault(item_id, []).append(told_of_it)
                else:
                    by_item[item_id] = told_of_it
            texts = [json.dumps(by_item[pk], ensure_ascii=False) if pk in by_item else None for pk in ids]
            table = table.append_column(name, pa.array(texts, pa.string()))
        return table

    def _read(self, rows: io.BytesIO) -> pa.Table:
        return pyarrow.csv.read_csv(
            pa.py_buffer(rows.getbuffer()),
            read_options=pyarrow.csv.ReadOptions(
                column_names=self.read_schema.names, block_size=max(rows.tell(), 2**20), use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            # COPY writes NULL as nothing and an empty text as "".
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=self.read_schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )

    def _query(self, last: int, upto: int) -> tuple[str, dict[str, Any]]:
        """SQL and its parameters for the rows of a page."""
        conditions, params = _conditions(self.filters)
        columns = ", ".join(f"{sql} AS {name}" for name, sql, _ in self.columns)
        query = f"""
            SELECT {columns}
            {AS_IT_STOOD}
            LEFT JOIN labeling_labelclass AS class ON class.id = label.label_class_id
            LEFT JOIN labeling_source AS source ON source.id = label.source_id
            LEFT JOIN auth_user AS person ON person.id = source.user_id
            LEFT JOIN labeling_blob AS blob ON blob.id = item.blob_id
            WHERE {" AND ".join(conditions)}
            ORDER BY item.id
        """
        return query, params | {
            "project": self.project.pk,
            "source": self.source_id,
            "at": self.at,
            "last": last,
            "upto": upto,
        }


LABELED_BY = {
    LabeledBy.HUMAN: "human.id IS NOT NULL",
    LabeledBy.MACHINE: "machine.id IS NOT NULL",
    LabeledBy.NONE: "label.id IS NULL",
}


def _conditions(filters: ItemFilters) -> tuple[Sequence[str], dict[str, Any]]:
    """The filters of the item list, on the joined rows."""
    conditions = ["true"]
    params: dict[str, Any] = {}
    if filters.source or filters.class_id is not None or filters.is_about_confidence:
        conditions.append("NOT item.is_withheld")
    if filters.source:
        conditions.append(LABELED_BY[LabeledBy(filters.source)])
    if filters.class_id is not None:
        conditions.append("label.label_class_id = %(class_id)s")
        params["class_id"] = filters.class_id
    if filters.is_about_confidence:
        low, high = filters.confidence_min, filters.confidence_max
        conditions.append("machine.confidence BETWEEN %(low)s AND %(high)s")
        params |= {"low": 0.0 if low is None else low, "high": 1.0 if high is None else high}
    if filters.split:
        conditions.append("item.split_then = %(split)s")
        params["split"] = filters.split
    if filters.search:
        conditions.append("(starts_with(item.key, %(search)s) OR starts_with(item.text, %(search)s))")
        params["search"] = filters.search
    return conditions, params
