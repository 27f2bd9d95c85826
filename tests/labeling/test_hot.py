"""Statements that people wait for."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection, transaction

from labeling.database.hot import fetch_in_turn, fetch_prepared

pytestmark = pytest.mark.django_db

ASK = "SELECT /* asked often */ %(number)s::int + 1"


def _prepared(text: str) -> list[tuple[int, int]]:
    """(uses of one plan for all values, plans made for one call) of each such statement of this connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s",
            [f"%{text}%"],
        )
        return list(cursor.fetchall())


def test_a_hot_statement_is_parsed_and_planned_once() -> None:
    assert [fetch_prepared(ASK, {"number": number}) for number in range(10)] == [
        [(number + 1,)] for number in range(10)
    ]
    assert _prepared("/* asked often */ $1") == [(10, 0)]


def test_statements_in_turn_see_what_the_ones_before_have_done() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE told (word text) ON COMMIT DROP")
    assert fetch_in_turn(
        ("SELECT count(*) FROM told", {}),
        ("INSERT INTO told VALUES (%(word)s)", {"word": "one"}),
        ("SELECT count(*) FROM told", {}),
    ) == [[(0,)], [], [(1,)]]


def test_an_error_among_statements_in_turn_is_djangos_and_undoes_them_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE told (word text)")
    try:
        with pytest.raises(OperationalError, match="lock"), transaction.atomic():
            fetch_in_turn(
                ("INSERT INTO told VALUES (%(word)s)", {"word": "one"}),
                ("DO $$ BEGIN RAISE lock_not_available; END $$", {}),
                ("INSERT INTO told VALUES (%(word)s)", {"word": "two"}),
            )
        assert fetch_prepared("SELECT count(*) FROM told", {}) == [(0,)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE told")
