"""How an import meets the database: what is known of a batch's items, and writing what was decided.

Rows go in by COPY. Every method is called inside the transaction of one batch. Look-ups hide the project's id from
the planner: why, labeling/imports/writing/known.py says.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Sequence

from django.db import IntegrityError, connection

from labeling.database.copying import copy_rows
from labeling.formats.rows import Row
from labeling.imports.rules.decisions import Decisions, ItemState
from labeling.imports.writing.known import KnownItems
from labeling.models import Import, LabelClass, Source, SourceKind
from labeling.storing.blobs import BlobRow, blob_files
from labeling.storing.leftovers import leftovers_own

NAMESPACE = 4_160  # of advisory locks: imports of one project write one batch at a time


class BlobGone(IntegrityError):
    """A blob that was there is gone, and has to be stored again."""


class ImportStore:
    """Reads and writes the items of one import's project."""

    def __init__(self, work: Import) -> None:
        self.work = work
        self.project_id = work.project_id
        self.is_own = False  # whether the batch is of an export of ours
        self.hears = False  # whether the batch tells who said what, so that earlier answers are looked up
        self._sources: dict[
            tuple[bool, str], int
        ] = {}  # of this import: (is_human, who) -> id; of one transaction

    def close(self) -> None:
        """There is nothing to clear away."""

    def lock(self) -> None:
        """Keep other imports of the project out until the transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NAMESPACE, self.project_id])
        self._sources = {}
        if self.work.source_id is not None:
            mine = Source.objects.filter(project_id=self.project_id, details__import=self.work.pk)
            self._sources = {(one.is_human, one.details.get("said_by", "")): one.pk for one in mine}

    def known_items(self, keys: Collection[str], *, with_sealed: bool) -> dict[str, ItemState]:
        """What the project knows under these keys."""
        known = KnownItems(
            self.work,
            own_sources=[source_id for (_, who), source_id in self._sources.items() if not who],
            class_ids=self.class_ids,
            is_own=self.is_own,
            hears=self.hears,
            with_sealed=with_sealed,
        )
        return known.under(keys)

    def same_content(self, hashes: Collection[str]) -> dict[str, str]:
        """Content hash -> key of one item that has it."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT wanted.hash, found.key
                FROM unnest(%(hashes)s::varchar[]) AS wanted (hash)
                CROSS JOIN LATERAL (
                    SELECT * FROM labeling_item AS item
                    WHERE item.project_id = (SELECT %(project)s::bigint) AND item.content_hash = wanted.hash
                    LIMIT 1
                ) AS found
                """,
                {"project": self.project_id, "hashes": list(hashes)},
            )
            return dict(cursor.fetchall())

    def next_item_ids(self, n_ids: int) -> Iterator[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH named AS MATERIALIZED (SELECT pg_get_serial_sequence('labeling_item', 'id')::regclass AS ids)
                SELECT nextval(named.ids) FROM named, generate_series(1, %s)
                """,
                [n_ids],
            )
            return iter([row[0] for row in cursor.fetchall()])

    def class_ids(self) -> dict[str, int]:
        return dict(LabelClass.objects.filter(project_id=self.project_id).values_list("name", "pk"))

    def add_blobs(self, blobs: Sequence[BlobRow], *, now: dt.datetime) -> None:
        """Add the rows of these blobs, in order of hash, so that two imports cannot deadlock.

        Where somebody else has stored the same blob meanwhile, our file stays a leftover. Raises BlobGone.
        """
        if not blobs:
            return
        columns = [list(column) for column in zip(*sorted(blobs), strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO labeling_blob ({", ".join(BlobRow._fields)}, created_at)
                SELECT *, %s FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[], %s::varchar[],
                                         %s::int[], %s::int[], %s::varchar[], %s::bigint[], %s::varchar[])
                ON CONFLICT (sha256) DO NOTHING RETURNING sha256
                """,
                [now, *columns],
            )
            added = {sha256 for (sha256,) in cursor.fetchall()}
        files = [name for blob in blobs if blob.sha256 in added for name in blob_files(blob)]
        if leftovers_own(files) != len(files):
            raise BlobGone("The files of this batch were stored too long ago, and are gone.")

    def write(self, decisions: Decisions, *, now: dt.datetime) -> None:
        """Write everything that was decided."""
        self._copy_items(decisions, now)
        self._retire(decisions, now)
        self._copy_labels(decisions, now)
        self._copy_answers(decisions)
        with connection.cursor() as cursor:
            if decisions.splits:
                cursor.execute(
                    """
                    UPDATE labeling_item AS item SET split = moved.split
                    FROM unnest(%s::bigint[], %s::varchar[]) AS moved (id, split)
                    WHERE item.id = moved.id
                    """,
                    [list(decisions.splits), list(decisions.splits.values())],
                )
            if decisions.unsealed:
                cursor.execute(
                    "DELETE FROM labeling_sealedtruth WHERE item_id = ANY(%s)", [decisions.unsealed]
                )
            if decisions.sealed:
                with cursor.copy("COPY labeling_sealedtruth (item_id, label_class_id) FROM STDIN") as copy:
                    for row in decisions.sealed.items():
                        copy.write_row(row)

    def _copy_items(self, decisions: Decisions, now: dt.datetime) -> None:
        items = decisions.items
        if not items:
            return
        images = [item.incoming.image.sha256 for item in items if item.incoming.image]
        blob_ids = self._hold_blobs(images)
        rows = [item.incoming.row for item in items]
        copy_rows(
            "labeling_item",
            {
                "id": [item.id for item in items],
                "project_id": self.project_id,
                "key": [item.incoming.key for item in items],
                "content_hash": [item.incoming.content_hash for item in items],
                "split": [item.split for item in items],
                "text": [row.text for row in rows],
                "features": [
                    None if row.features is None else json.dumps(row.features, allow_nan=False)
                    for row in rows
                ],
                "extras": self._extras(rows),
                "blob_id": [
                    blob_ids[item.incoming.image.sha256] if item.incoming.image else None for item in items
                ],
                "imported_by_id": self.work.pk,
                "created_at": now.isoformat(),
            },
        )

        vectors = [(item.id, item.incoming.row.embedding) for item in items if item.incoming.row.embedding]
        if vectors:
            copy_rows(
                "labeling_embedding",
                {
                    "item_id": [item_id for item_id, _ in vectors],
                    "vector": [f"\\x{vector.hex()}" for _, vector in vectors],
                },
            )

    def _extras(self, rows: Sequence[Row]) -> list[str | None] | None:
        """JSON of each, or None where no row has any."""
        if not any(row.extras for row in rows):
            return None
        return [json.dumps(row.extras, allow_nan=False) if row.extras else None for row in rows]

    def _copy_answers(self, decisions: Decisions) -> None:
        answers = decisions.answers
        if not answers:
            return
        copy_rows(
            "labeling_importedanswer",
            {
                "project_id": self.project_id,
                "item_id": [new.item_id for new in answers],
                "brought_by_id": self.work.pk,
                "source_id": [self.source_id(new.answer.is_human, new.answer.who) for new in answers],
                "kind": [new.answer.kind for new in answers],
                "label_class_id": [new.answer.class_id for new in answers],
                "confidence": [new.answer.confidence for new in answers],
                "probabilities": [
                    json.dumps(new.probabilities, allow_nan=False) if new.probabilities else None
                    for new in answers
                ],
                "said_at": [new.answer.at for new in answers],
                "note": [new.note for new in answers],
            },
        )

    def _name_source(self, is_human: bool, model: str) -> None:
        """Name the source after its model instead of its file, once the file has named the model."""
        source_id = self.source_id(is_human, "", name=model)
        Source.objects.filter(pk=source_id, name=self.work.file_name[:300]).update(name=model[:300])

    def source_id(self, is_human: bool, who: str, *, name: str = "") -> int:
        """The import's source for this person or model; `who` "" is the source of the labels themselves."""
        found = self._sources.get((is_human, who))
        if found is None:
            made = Source.objects.create(
                project_id=self.project_id,
                kind=SourceKind.FILE,
                is_human=is_human,
                name=(who or name or self.work.file_name)[:300],
                details={"import": self.work.pk} | ({"said_by": who} if who else {}),
            )
            found = self._sources[is_human, who] = made.pk
        return found

    def _hold_blobs(self, hashes: Sequence[str]) -> dict[str, int]:
        """Hash -> id of these blobs. Nobody can delete them until the transaction ends. Raises BlobGone."""
        if not hashes:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sha256, id FROM labeling_blob WHERE sha256 = ANY(%s) ORDER BY id FOR KEY SHARE",
                [list(hashes)],
            )
            found = dict(cursor.fetchall())
        if len(found) < len(set(hashes)):
            raise BlobGone("An image of this batch was deleted with the last project that used it.")
        return found

    def _copy_labels(self, decisions: Decisions, now: dt.datetime) -> None:
        for is_human in (True, False):
            labels = [label for label in decisions.labels if label.is_human is is_human]
            if not labels:
                continue
            model = next((label.model for label in labels if label.model), "")
            if model:
                self._name_source(is_human, model)
            copy_rows(
                "labeling_label",
                {
                    "project_id": self.project_id,
                    "item_id": [label.item_id for label in labels],
                    "label_class_id": [label.class_id for label in labels],
                    "source_id": self.source_id(is_human, ""),
                    "is_human": is_human,
                    "confidence": [label.confidence for label in labels],
                    "threshold": [label.threshold for label in labels],
                    "created_at": now.isoformat(),
                    "retired_at": [now.isoformat() if label.retired_reason else None for label in labels],
                    "retired_reason": [label.retired_reason for label in labels],
                    "retired_by_id": [
                        self.work.created_by_id if label.retired_reason else None for label in labels
                    ],
                },
            )

    def _retire(self, decisions: Decisions, now: dt.datetime) -> None:
        """Retire our own labels that the file contradicts, and machine labels that people's now replace."""
        with connection.cursor() as cursor:
            for is_human in {is_human for _, is_human in decisions.withdrawn}:
                ids = [item_id for item_id, of_person in decisions.withdrawn if of_person == is_human]
                cursor.execute(
                    """
                    UPDATE labeling_label
                    SET retired_at = %s, retired_reason = 'withdrawn', retired_by_id = %s
                    WHERE item_id = ANY(%s) AND source_id = %s AND retired_at IS NULL
                    """,
                    [now, self.work.created_by_id, ids, self.source_id(is_human, "")],
                )
            new_ids = {item.id for item in decisions.items}
            words = {
                label.item_id: label.class_id
                for label in decisions.labels
                if label.is_human and not label.retired_reason and label.item_id not in new_ids
            }
            if words:
                cursor.execute(
                    """
                    UPDATE labeling_label AS label
                    SET retired_at = %s, retired_by_id = %s,
                        retired_reason = CASE WHEN label.label_class_id = word.class_id
                                              THEN 'confirmed' ELSE 'corrected' END
                    FROM unnest(%s::bigint[], %s::bigint[]) AS word (item_id, class_id)
                    WHERE label.item_id = word.item_id AND NOT label.is_human AND label.retired_at IS NULL
                      AND label.source_id = (SELECT source_id FROM labeling_publication
                                             WHERE project_id = %s AND ended_at IS NULL)
                    """,
                    [now, self.work.created_by_id, list(words), list(words.values()), self.project_id],
                )
