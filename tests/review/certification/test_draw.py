"""The draw can be made again by anyone who has salt and keys; the hashes are those of plain JSON lines."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from django.db import connection

from review.certification.draw import draw, items_hash, labels_hash, ranking_hash, salt_hash

KEYS = ["a", "B", "ä", "日本", "a,b", 'quo"te', "line\nbreak", "7", "07", "\U0001f600"]
SALT = "sält"


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def json_lines_hash(rows: list[Any]) -> str:
    return hash_of("".join(json.dumps(row) + "\n" for row in rows))


def test_draw_takes_the_smallest_salted_hashes_in_their_order() -> None:
    by_hash = sorted(range(len(KEYS)), key=lambda place: hash_of(f"{SALT}:{KEYS[place]}"))

    assert all(draw(KEYS, salt=SALT, n=n) == by_hash[:n] for n in range(len(KEYS) + 1))


def test_draw_does_not_depend_on_the_order_of_the_keys() -> None:
    turned = KEYS[::-1]

    assert [KEYS[i] for i in draw(KEYS, salt=SALT, n=4)] == [turned[i] for i in draw(turned, salt=SALT, n=4)]


def test_every_key_is_drawn_equally_often_over_the_salts() -> None:
    n_times = np.zeros(50)
    for salt in range(2000):
        n_times[draw([f"item-{i}" for i in range(50)], salt=str(salt), n=10)] += 1

    # 400 expected of each, standard deviation 17.9; the chi-square of 49 degrees has its 0.1% at 85.
    assert ((n_times - 400) ** 2 / (400 * 0.8)).sum() * 49 / 50 < 85


@pytest.mark.parametrize("n", [-1, 11])
def test_draw_of_more_than_there_are_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="must lie from 0 to the 10 keys"):
        draw(KEYS, salt=SALT, n=n)


def test_draw_of_keys_that_repeat_is_refused() -> None:
    with pytest.raises(ValueError, match="repeats"):
        draw(["a", "b", "a"], salt=SALT, n=1)


@pytest.mark.django_db
def test_database_draws_the_same() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key FROM unnest(%s::text[]) AS key ORDER BY sha256(convert_to(%s || ':' || key, 'UTF8'))",
            [KEYS, SALT],
        )
        drawn = [key for (key,) in cursor.fetchall()]

    assert drawn == [KEYS[place] for place in draw(KEYS, salt=SALT, n=len(KEYS))]


def test_hashes_are_those_of_json_lines_whatever_the_order_of_what_has_none() -> None:
    labels = [(key, "cat", "person") for key in KEYS]

    assert items_hash(KEYS) == items_hash(KEYS[::-1]) == json_lines_hash(sorted(KEYS))
    assert (
        labels_hash(labels) == labels_hash(labels[::-1]) == json_lines_hash([list(r) for r in sorted(labels)])
    )
    assert ranking_hash((key, "dög") for key in KEYS) == json_lines_hash([[key, "dög"] for key in KEYS])
    assert ranking_hash([("a", "x"), ("b", "x")]) != ranking_hash([("b", "x"), ("a", "x")])
    assert salt_hash(SALT) == hash_of(SALT)
