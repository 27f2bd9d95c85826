"""Forecasts that hold no longer: each knows what it was made on. Imports no array library: web processes ask, too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from labeling.labels.selectors import item_count
from labeling.models import Item, Label, Project

# A forecast holds for about as many items and labels as it was made on: from this share on, and at least so many, it
# is out of date. The labels of an afternoon change little of it, a second file everything.
ITEMS_SHARE, ITEMS_FEWEST = 0.01, 10
LABELS_SHARE, LABELS_FEWEST = 0.10, 25


@dataclass(frozen=True)
class Change:
    """What is otherwise than when a forecast was made: items, labels, classes, eps, confidence, answers_wanted, round.

    `before` and `now` are null of a round: it has a name, not a number.
    """

    what: str
    before: float | None = None
    now: float | None = None


def forecasts_out_of_date(project_id: int | None = None) -> dict[int, list[Change]]:
    """Project -> why its newest forecast holds no longer, for those of which it does not; the round is not asked about.

    For each sweep: what came since is counted, from indexes, and nothing else is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT project.id, last.basis, project.target_precision, project.confidence_level,
                   project.answers_wanted,
                   (SELECT count(*) FROM labeling_labelclass WHERE project_id = project.id),
                   (SELECT count(*) FROM labeling_item
                    WHERE project_id = project.id AND id > (last.basis->>'last_item_id')::bigint),
                   (SELECT count(*) FROM labeling_label
                    WHERE project_id = project.id AND is_human AND id > (last.basis->>'last_label_id')::bigint)
            FROM labeling_project project
            JOIN LATERAL (
                SELECT basis FROM review_forecast WHERE project_id = project.id ORDER BY id DESC LIMIT 1
            ) last ON true
            WHERE project.deleted_at IS NULL AND (%(project)s::bigint IS NULL OR project.id = %(project)s::bigint)
            """,
            {"project": project_id},
        )
        rows = cursor.fetchall()
    found = {}
    for pk, basis, precision, confidence, answers_wanted, n_classes, n_items, n_labels in rows:
        goal = _goal_of(precision, confidence, answers_wanted)
        now = goal | {"n_classes": n_classes, "n_items": n_items, "n_labels": n_labels}
        if changes := _changes(json.loads(basis) if isinstance(basis, str) else basis, now):
            found[pk] = changes
    return found


def _changes(basis: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    """`now` counts the items and labels that came since. Pure."""
    if not basis:
        return [Change("items")]
    changes = [
        Change(name, basis[key], now[key])
        for name, key in (
            ("classes", "n_classes"),
            ("eps", "eps"),
            ("confidence", "confidence"),
            ("answers_wanted", "answers_wanted"),
        )
        if basis[key] != now[key]
    ]
    for name, key, share, fewest in (
        ("items", "n_items", ITEMS_SHARE, ITEMS_FEWEST),
        ("labels", "n_labels", LABELS_SHARE, LABELS_FEWEST),
    ):
        if now[key] >= max(fewest, share * basis[key]) or (now[key] and not basis[key]):
            changes.append(Change(name, basis[key], basis[key] + now[key]))
    return changes


def _goal_of(precision: float, confidence: float, answers_wanted: int) -> dict[str, Any]:
    return {
        "eps": round(1 - precision, 6),
        "confidence": round(confidence, 6),
        "answers_wanted": answers_wanted,
    }


def forecast_basis(project: Project) -> dict[str, Any]:
    """What a forecast that is made now is made on."""
    items = Item.objects.filter(project=project).order_by("-pk")
    human = Label.objects.filter(project=project, is_human=True)
    return _goal_of(project.target_precision, project.confidence_level, project.answers_wanted) | {
        "n_classes": project.classes.count(),
        "n_items": item_count(project.pk),
        "n_labels": human.filter(retired_at__isnull=True).count(),
        "last_item_id": items.values_list("pk", flat=True).first() or 0,
        "last_label_id": human.order_by("-pk").values_list("pk", flat=True).first() or 0,
    }
