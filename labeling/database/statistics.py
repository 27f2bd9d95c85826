"""PostgreSQL's statistics after a bulk write.

The planner knows a project by its share of the rows it last sampled. One that has just come in whole is
in no sample: it counts as empty, and a join over a hundred thousand items is planned as over one (minutes
instead of a second, measured). Autovacuum looks when a tenth of a table has changed, which may be never.
"""

from __future__ import annotations

from django.db import connection

MANY_ROWS = 5_000  # from here on a sample, a second at most, pays


def statistics_refresh(*tables: str, n_rows: int) -> None:
    """Sample the tables anew, if as many as `n_rows` were written. Blocks neither readers nor writers."""
    if n_rows < MANY_ROWS:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")
