"""Two rounds' pseudo-labels against each other: counts by what each said, and the items behind them. Reads only.

A round's pseudo-labels are the predictions that it accepted. Whether they were published plays no part, so rounds
that never were can be compared too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from labeling.blindness import Sight, not_withheld_sql
from labeling.database.hot import time_limit
from labeling.errors import Conflict, InvalidInput
from labeling.items.selectors import LabeledItem, labeled_items
from training.models import Round

MAX_SECONDS = 20  # of one statement: a million items take about two


@dataclass(frozen=True, slots=True)
class DiffCell:
    """How many items the left round accepted as one class, and the right one as another. None: not accepted."""

    left_id: int | None
    right_id: int | None
    n: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a round said of an item, whether or not it accepted it."""

    class_id: int
    confidence: float  # calibrated, 0 to 1
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class DiffItem:
    """An item with its current label, and what each round said of it; None: the round did not predict it."""

    labeled: LabeledItem
    left: Said | None
    right: Said | None


def diff_cells(left: Round, right: Round) -> list[DiffCell]:
    """The class x class table of two rounds' pseudo-labels; cells without items are left out.

    One statement, by the predictions' primary key; it reads both rounds through. Raises Conflict if the
    predictions of one are gone, Unavailable past MAX_SECONDS.
    """
    _check(left, right)
    accepted = (
        "SELECT item_id, label_class_id FROM training_prediction WHERE round_id = %({})s AND is_accepted"
    )
    with time_limit(MAX_SECONDS), connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT one.label_class_id, other.label_class_id, count(*)
            FROM ({accepted.format("left")}) one FULL JOIN ({accepted.format("right")}) other USING (item_id)
            GROUP BY 1, 2 ORDER BY 1, 2
            """,
            {"left": left.pk, "right": right.pk},
        )
        return [DiffCell(*row) for row in cursor.fetchall()]


def diff_page(
    left: Round,
    right: Round,
    *,
    left_id: int | None,
    right_id: int | None,
    sight: Sight = Sight.ALL,
    after: Sequence[Any] | None,
    limit: int,
) -> tuple[list[DiffItem], tuple[float, int] | None]:
    """The items of one cell, the surest first, and the key (confidence, item id) of the last if there are more.

    Items withheld from this sight are left out. "Surest" goes by the left round's confidence, or by the right
    one's where the cell is of items that the left round did not accept.
    Raises as diff_cells; InvalidInput if neither class is given.
    """
    _check(left, right)
    if left_id is None and right_id is None:
        sentence = "Name the class of at least one round."
        raise InvalidInput(sentence, fields={"left_class": [sentence]})
    is_by_left = left_id is not None
    walked = _Side(left, left_id) if is_by_left else _Side(right, right_id)
    other = _Side(right, right_id) if is_by_left else _Side(left, left_id)
    rows = _cell_rows(walked, other, sight=sight, after=after, n=limit + 1)
    has_more = len(rows) > limit
    rows = rows[:limit]
    items = {each.item.pk: each for each in labeled_items([row.item_id for row in rows])}
    page = []
    for row in rows:
        if row.item_id in items:
            both = (row.walked, row.other) if is_by_left else (row.other, row.walked)
            page.append(DiffItem(items[row.item_id], *both))
    return page, (rows[-1].walked.confidence, rows[-1].item_id) if has_more else None


class _Side(NamedTuple):
    """One round of a cell, and the class that it accepted there. None: it accepted nothing."""

    round: Round
    class_id: int | None


class _CellRow(NamedTuple):
    """What the round that is walked, and the other one, said of an item."""

    item_id: int
    walked: Said
    other: Said | None


def _cell_rows(
    walked: _Side, other: _Side, *, sight: Sight, after: Sequence[Any] | None, n: int
) -> list[_CellRow]:
    """The next n rows of the cell beyond the key `after`, those that the walked round is surest of first."""
    beyond = "" if after is None else "AND (walked.confidence, walked.item_id) < (%(at)s, %(after)s)"
    where_other = (
        "other.is_accepted AND other.label_class_id = %(other_class)s"
        if other.class_id is not None
        else "other.is_accepted IS NOT TRUE"
    )
    with time_limit(MAX_SECONDS), connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT walked.confidence, walked.item_id, walked.label_class_id,
                   other.label_class_id, other.confidence, other.is_accepted
            FROM training_prediction walked
            LEFT JOIN training_prediction other
              ON other.round_id = %(other_round)s AND other.item_id = walked.item_id
            WHERE walked.round_id = %(round)s AND walked.label_class_id = %(class)s AND walked.is_accepted
              AND {where_other} {beyond} AND {not_withheld_sql("walked.item_id", sight)}
            ORDER BY walked.confidence DESC, walked.item_id DESC LIMIT %(n)s
            """,
            {
                "round": walked.round.pk,
                "other_round": other.round.pk,
                "class": walked.class_id,
                "other_class": other.class_id,
                "at": after[0] if after is not None else None,
                "after": after[1] if after is not None else None,
                "n": n,
            },
        )
        return [
            _CellRow(
                item_id,
                Said(class_id, confidence, True),
                Said(other_id, other_confidence, is_accepted) if other_id is not None else None,
            )
            for confidence, item_id, class_id, other_id, other_confidence, is_accepted in cursor.fetchall()
        ]


def _check(*rounds: Round) -> None:
    for round in rounds:
        name = f"Round {round.run.number}.{round.number}"
        if round.source_id is None:
            raise Conflict(f"{name} is not finished, so it has no pseudo-labels yet.", code="not_finished")
        if round.pruned_at is not None:
            raise Conflict(
                f"What {name.lower()} said of each item was removed, because ten newer rounds came after it. "
                "What it measured stays.",
                code="predictions_gone",
            )
