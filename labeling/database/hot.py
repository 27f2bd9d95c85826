"""Statements that people wait for: parsed and planned once per connection, and sent together where they can be.

Django binds values on the client, so PostgreSQL sees a new text, and plans anew, at every call: half of its
time for a claim or an answer. Here psycopg binds them on the server and prepares the statement, and the plan
is made without looking at the values (`database_settings` in deploy/backing/addresses.py). So:

- lists need a cast in the SQL (`%(ids)s::bigint[]`), and are taken to be short;
- a LIMIT that decides the plan is written into the text, not passed as a value.

Same connection and transaction as Django's own statements.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from django.db import OperationalError, connection, transaction
from psycopg.pq import ExecStatus

from labeling.errors import Unavailable

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


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """A transaction each of whose statements may take so long. Raises Unavailable, code too_slow, past that."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            yield
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
        raise Unavailable(
            f"This took more than {seconds:g} seconds and was stopped, so as not to hold others up. "
            "Try again when the server has less to do.",
            code="too_slow",
        ) from error
