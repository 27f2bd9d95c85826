"""Statements that people wait for: parsed and planned once per connection, and sent together where they can be.

Django binds values on the client, so PostgreSQL sees a new text, and plans anew, at every call: half of its
time for a claim or an answer. Here psycopg binds them on the server and prepares the statement, and the plan
is made without looking at the values (`database_settings` in deploy/addresses.py). So:

- lists need a cast in the SQL (`%(ids)s::bigint[]`), and are taken to be short;
- a LIMIT that decides the plan is written into the text, not passed as a value.

Same connection and transaction as Django's own statements.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection
from psycopg.pq import ExecStatus

Rows = list[tuple[Any, ...]]
Values = Mapping[str, Any]


def fetch_prepared(statement: str, values: Values) -> Rows:
    """The rows of the prepared statement; none if it returns none. Errors come as Django's, as always."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        begun = time.monotonic()
        cursor.execute(statement, values, prepare=True)
        _log(statement, begun)
        return _rows(cursor)


def fetch_in_turn(*calls: tuple[str, Values]) -> list[Rows]:
    """The rows of each, as fetch_prepared; one round trip for all of them.

    PostgreSQL runs one after the other, each on a snapshot of its own: what a later one reads includes
    what an earlier one waited for. After an error the rest are skipped; call it in a transaction.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursors = []
        begun = time.monotonic()
        with connection.connection.pipeline():
            for statement, values in calls:
                cursor = psycopg.Cursor(connection.connection)
                cursors.append(cursor.execute(statement, values, prepare=True))
        for statement, _ in calls:
            _log(statement, begun)
        return [_rows(cursor) for cursor in cursors]


def _rows(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Rows:
    # Not cursor.description: it makes an object of each column.
    result = cursor.pgresult
    return cursor.fetchall() if result is not None and result.status == ExecStatus.TUPLES_OK else []


def _log(statement: str, begun: float) -> None:
    if connection.queries_logged:  # as Django's own cursors do, for tests that count statements
        connection.queries_log.append({"sql": statement, "time": f"{time.monotonic() - begun:.3f}"})
