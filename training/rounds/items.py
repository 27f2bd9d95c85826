"""The items behind a round's charts: a cell of its confusion matrix, a bar of its histogram. Reads only.

Pages by keyset along the indexes prediction_class and measured_cell, at any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import TextChoices

from labeling.blindness import Sight, not_withheld_sql
from labeling.errors import Conflict, InvalidInput
from labeling.items.selectors import LabeledItem, labeled_items
from training.models import Round


class RoundSet(TextChoices):
    """Which items a round said something about."""

    POOL = "pool", "Items that nobody had labeled"
    HOLDOUT = "holdout", "The holdout"
    TEST = "test", "The test set"


@dataclass(frozen=True, slots=True)
class RoundItemFilters:
    """None leaves everything in."""

    of: str = RoundSet.POOL
    predicted: int | None = None  # class id
    truth: int | None = None  # class id, as people said when the round measured; not of the pool
    confidence_min: float | None = None  # calibrated, inclusive
    confidence_below: float | None = None  # exclusive


@dataclass(frozen=True, slots=True)
class RoundItem:
    """An item with its current label, and what the round said of it."""

    labeled: LabeledItem
    class_id: int
    confidence: float
    truth_id: int | None


def round_item_page(
    round: Round,
    filters: RoundItemFilters,
    *,
    sight: Sight = Sight.ALL,
    surest_first: bool,
    after: Sequence[Any] | None,
    limit: int,
) -> tuple[list[RoundItem], tuple[float, int] | None]:
    """One page by confidence, and the key (confidence, item id) of its last row if there are more.

    What is withheld from the sight is left out.
    Raises InvalidInput where filters contradict one another, Conflict if the predictions were pruned.
    """
    _check(round, filters)
    rows = _read(round, filters, sight, surest_first=surest_first, after=after, n=limit + 1)
    has_more = len(rows) > limit
    rows = rows[:limit]
    items = {each.item.pk: each for each in labeled_items([row[1] for row in rows])}
    page = [
        RoundItem(items[item_id], class_id, confidence, truth_id)
        for confidence, item_id, class_id, truth_id in rows
        if item_id in items
    ]
    return page, (rows[-1][0], rows[-1][1]) if has_more else None


def _check(round: Round, filters: RoundItemFilters) -> None:
    low, below = filters.confidence_min, filters.confidence_below
    if low is not None and below is not None and low >= below:
        sentence = f"confidence_min is {low}, not below confidence_below, which is {below}."
        raise InvalidInput(sentence, fields={"confidence_min": ["It must be below confidence_below."]})
    if filters.truth is not None and filters.of == RoundSet.POOL:
        raise InvalidInput(
            "Nobody had labeled the pool, so its truth is not known. Ask for of=holdout or of=test.",
            fields={"truth": ["Only items of the holdout and the test set have a truth."]},
        )
    if round.pruned_at is not None:
        raise Conflict(
            "What this round said of each item was removed, because ten newer rounds came after it. "
            "What it measured stays.",
            code="predictions_gone",
        )


def _read(
    round: Round,
    filters: RoundItemFilters,
    sight: Sight,
    *,
    surest_first: bool,
    after: Sequence[Any] | None,
    n: int,
) -> list[tuple[float, int, int, int | None]]:
    """(confidence, item, class, truth) of the n first rows: the head of each cell, merged."""
    of_pool = filters.of == RoundSet.POOL
    direction = "DESC" if surest_first else "ASC"
    table = "training_prediction" if of_pool else "training_measuredprediction"
    where = ["said.round_id = %(round)s", "said.label_class_id = cell.class_id"]
    where.append(not_withheld_sql("said.item_id", sight))
    if not of_pool:
        where += ["said.is_test = %(is_test)s", "said.truth_id = cell.truth_id"]
    if filters.confidence_min is not None:
        where.append("said.confidence >= %(low)s")
    if filters.confidence_below is not None:
        where.append("said.confidence < %(below)s")
    if after is not None:
        where.append(f"(said.confidence, said.item_id) {'<' if surest_first else '>'} (%(at)s, %(item)s)")
    classes = "SELECT id FROM labeling_labelclass WHERE project_id = %(project)s"
    cells = f"""
        SELECT class.id AS class_id, truth.id AS truth_id
        FROM ({classes} AND (%(predicted)s::bigint IS NULL OR id = %(predicted)s::bigint)) class,
             {"(SELECT NULL::bigint AS id)" if of_pool else f"({classes} AND (%(truth)s::bigint IS NULL OR id = %(truth)s::bigint))"} truth
    """
    statement = f"""
        SELECT head.confidence, head.item_id, cell.class_id, cell.truth_id
        FROM ({cells}) cell CROSS JOIN LATERAL (
            SELECT said.confidence, said.item_id FROM {table} said WHERE {" AND ".join(where)}
            ORDER BY said.confidence {direction}, said.item_id {direction} LIMIT %(n)s
        ) head
        ORDER BY head.confidence {direction}, head.item_id {direction} LIMIT %(n)s
    """
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "round": round.pk,
                "project": round.run.project_id,
                "is_test": filters.of == RoundSet.TEST,
                "predicted": filters.predicted,
                "truth": filters.truth,
                "low": filters.confidence_min,
                "below": filters.confidence_below,
                "at": after[0] if after is not None else None,
                "item": after[1] if after is not None else None,
                "n": n,
            },
        )
        page: list[tuple[float, int, int, int | None]] = cursor.fetchall()
        return page
