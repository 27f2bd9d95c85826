"""Where an import that writes nothing remembers what it would have added.

That is a temporary database of SQLite, which lies on the disk under no name and is gone with the process: memory
does not depend on the size of the file.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict

from labeling.imports.rules.decisions import Decisions, ItemState
from labeling.imports.writing.store import ImportStore
from labeling.models import Import
from labeling.storing.blobs import BlobRow


class DryStore(ImportStore):
    """Reads what the project knows, if there is one, and remembers what this import would have added."""

    def __init__(self, work: Import) -> None:
        super().__init__(work)
        self.has_project = work.project_id is not None
        self.seen = sqlite3.connect("")  # a file without a name
        self.seen.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE seen (key TEXT PRIMARY KEY, hash TEXT, state TEXT) WITHOUT ROWID;"
            "CREATE INDEX seen_hash ON seen (hash);"
        )
        self.n_ids = 0

    def close(self) -> None:
        self.seen.close()

    def lock(self) -> None:
        """Nothing is written, so nobody has to wait."""

    def known_items(self, keys: Collection[str], *, with_sealed: bool) -> dict[str, ItemState]:
        states = super().known_items(keys, with_sealed=with_sealed) if self.has_project else {}
        found = self.seen.execute(
            "SELECT key, state FROM seen WHERE key IN (SELECT value FROM json_each(?))", [json.dumps([*keys])]
        )
        for key, state in found:
            states[key] = ItemState(**{**json.loads(state), "label_row": None})
        return states

    def same_content(self, hashes: Collection[str]) -> dict[str, str]:
        found = super().same_content(hashes) if self.has_project else {}
        seen = self.seen.execute(
            "SELECT hash, min(key) FROM seen WHERE hash IN (SELECT value FROM json_each(?)) GROUP BY hash",
            [json.dumps([*hashes])],
        )
        return found | dict(seen)

    def next_item_ids(self, n_ids: int) -> Iterator[int]:
        """Ids that no item will ever have."""
        start = self.n_ids
        self.n_ids += n_ids
        return iter(range(-start - 1, -start - n_ids - 1, -1))

    def class_ids(self) -> dict[str, int]:
        return super().class_ids() if self.has_project else {}

    def add_blobs(self, blobs: Sequence[BlobRow], *, now: dt.datetime) -> None:
        """A dry run stores no image."""

    def write(self, decisions: Decisions, *, now: dt.datetime) -> None:
        self.seen.executemany(
            "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)",
            [
                (key, state.content_hash, json.dumps(asdict(state)))
                for key, state in decisions.touched.items()
            ],
        )
