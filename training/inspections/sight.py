"""What of an inspection whoever may be asked may see: the rest is left out. The rule: labeling/blindness.py."""

from __future__ import annotations

import gzip
import json
from typing import Any

from django.db import connection

from labeling.blindness import Sight, withheld_among
from training.models import Inspection

PER_POINT = ("item_ids", "x", "y", "sources", "class_ids", "confidences", "rounds")


def findings_seen(findings: dict[str, Any], sight: Sight) -> dict[str, Any]:
    """The findings without the label-error candidates that are withheld."""
    labels = findings.get("labels", {})
    candidates = labels.get("candidates", [])
    withheld = withheld_among([each["item_id"] for each in candidates], sight)
    if not withheld:
        return findings
    seen = [each for each in candidates if each["item_id"] not in withheld]
    return findings | {"labels": labels | {"candidates": seen}}


def points_seen(inspection: Inspection, sight: Sight) -> bytes | None:
    """The map, packed by gzip, without the points of items that are withheld; None if there is none."""
    if inspection.map_points is None:
        return None
    stored = bytes(inspection.map_points)
    if sight == Sight.ALL:
        return stored
    with connection.cursor() as cursor:
        cursor.execute("SELECT item_id FROM labeling_withheld WHERE project_id = %s", [inspection.project_id])
        withheld = {item_id for (item_id,) in cursor.fetchall()}
    if not withheld:
        return stored
    points = json.loads(gzip.decompress(stored))
    seen = [place for place, item_id in enumerate(points["item_ids"]) if item_id not in withheld]
    if len(seen) == len(points["item_ids"]):
        return stored
    for name in PER_POINT:
        points[name] = [points[name][place] for place in seen]
    return gzip.compress(json.dumps(points, separators=(",", ":")).encode(), compresslevel=1)
