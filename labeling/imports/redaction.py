"""Reports of imports and checks as they may be shown: an item that is withheld since is not among their examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from labeling.blindness import Sight, withheld_among
from labeling.models import Check, Import, Item

W = TypeVar("W", Import, Check)


def reports_redact(works: Sequence[W], sight: Sight) -> Sequence[W]:
    """The rows, none of whose reports tells what a label is of what is withheld from the sight now."""
    for work in works:
        conflicts = work.report.get("conflicts")
        if not conflicts or work.project_id is None:
            continue
        keys = [conflict["key"] for conflict in conflicts]
        ids = dict(Item.objects.filter(project_id=work.project_id, key__in=keys).values_list("key", "pk"))
        withheld = withheld_among(ids.values(), sight)
        work.report["conflicts"] = [one for one in conflicts if ids.get(one["key"]) not in withheld]
    return works
