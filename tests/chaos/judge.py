"""What must stand after the faults, read from the rows and the API, with the count of whatever does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from tests.chaos.load import Heard, Play

READY = "ready rounds that wait though their project publishes by itself"
# Each is a count that must be 0.
LAWS = {
    "heard answers that do not stand exactly once, unchanged": """
        SELECT count(*) FROM unnest(%(keys)s::uuid[], %(items)s::bigint[], %(classes)s::bigint[])
            AS heard (key, item_id, class_id)
        WHERE NOT EXISTS (
            SELECT 1 FROM review_answer answer
            WHERE answer.key = heard.key AND answer.item_id = heard.item_id
              AND answer.label_class_id = heard.class_id AND answer.withdrawn_at IS NULL)""",
    "entries with more answers than they wanted": """
        SELECT count(*) FROM (
            SELECT entry.id FROM review_entry entry JOIN review_answer answer ON answer.entry_id = entry.id
            WHERE answer.withdrawn_at IS NULL AND answer.kind = 'label'
            GROUP BY entry.id, entry.n_wanted HAVING count(*) > entry.n_wanted) more""",
    "items with two current labels by people": """
        SELECT count(*) FROM (
            SELECT item_id FROM labeling_label WHERE is_human AND retired_at IS NULL
            GROUP BY item_id HAVING count(*) > 1) twice""",
    "answered items without a label by a person": """
        SELECT count(*) FROM review_answer answer
        WHERE answer.kind = 'label' AND answer.withdrawn_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM labeling_label label
            WHERE label.item_id = answer.item_id AND label.is_human AND label.retired_at IS NULL)""",
    "items that stand twice": """
        SELECT count(*) FROM (
            SELECT project_id, key FROM labeling_item GROUP BY 1, 2 HAVING count(*) > 1) twice""",
    "two publications open at once": """
        SELECT count(*) FROM (
            SELECT project_id FROM labeling_publication WHERE ended_at IS NULL
            GROUP BY 1 HAVING count(*) > 1) twice""",
    "machine labels of one source twice on an item": """
        SELECT count(*) FROM (
            SELECT item_id, source_id FROM labeling_label WHERE NOT is_human AND retired_at IS NULL
            GROUP BY 1, 2 HAVING count(*) > 1) twice""",
    "imports that are not done": "SELECT count(*) FROM labeling_import WHERE state <> 'done'",
    "exports that are not done": "SELECT count(*) FROM labeling_export WHERE state <> 'done'",
    "runs that are not done": "SELECT count(*) FROM training_run WHERE state <> 'done'",
    READY: """
        SELECT count(*) FROM training_round round
        WHERE round.state = 'ready' AND round.held_back = '{}' AND NOT EXISTS (
            SELECT 1 FROM training_round later WHERE later.state = 'published' AND later.id > round.id)""",
}
WORK = """
    SELECT 'import', state, error_message FROM labeling_import WHERE state NOT IN ('done', 'queued', 'running')
    UNION ALL SELECT 'export', state, error_message FROM labeling_export WHERE state NOT IN ('done', 'queued', 'running')
    UNION ALL SELECT 'run', state, error_message FROM training_run WHERE state NOT IN ('done', 'queued', 'running')"""


def is_at_rest(database_url: str) -> bool:
    """Whether nothing is queued, running or about to be published any more."""
    open_work = " + ".join(
        f"(SELECT count(*) FROM {table} WHERE state IN ('queued', 'running'))"
        for table in ("labeling_import", "labeling_export", "training_run")
    )
    open_work += f" + ({LAWS[READY]})"
    with psycopg.connect(database_url, row_factory=tuple_row) as connection:
        row = connection.execute(f"SELECT {open_work}").fetchone()
    return row is not None and row[0] == 0


def judge(database_url: str, play: Play, heard: Heard, folder: Path) -> tuple[dict[str, int], list[str]]:
    """(law -> how often it is broken, sentences on what failed)."""
    values = {
        "keys": list(heard.answers),
        "items": [item for item, _ in heard.answers.values()],
        "classes": [label for _, label in heard.answers.values()],
    }
    broken: dict[str, int] = {}
    with psycopg.connect(database_url, row_factory=tuple_row) as connection:
        for law, query in LAWS.items():
            row = connection.execute(query, values).fetchone()
            broken[law] = int(row[0]) if row is not None else -1
        failed = [f"{kind} {state}: {message}" for kind, state, message in connection.execute(WORK)]
        row = connection.execute("SELECT count(*) FROM labeling_item").fetchone()
        n_items = int(row[0]) if row is not None else -1
    broken["rows of imports that are missing, or too many"] = abs(n_items - play.n_rows)
    broken["exports whose file lacks rows"] = sum(_is_short(play, export_id) for export_id in heard.exports)
    broken["answers of the service that nobody foresaw"] = len(heard.unforeseen)
    return broken, failed


def _is_short(play: Play, export_id: int) -> bool:
    """Whether the file of an export does not have as many rows as the row of it says.

    Asked by a viewer: whoever may still be asked about items gets no files while audits are answered.
    """
    export: dict[str, Any] = play.viewer.get(f"exports/{export_id}")
    status, content = play.viewer.call("GET", f"exports/{export_id}/file")
    return status != 200 or content.count(b"\n") - 1 != export["n_rows"]
