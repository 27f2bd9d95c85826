"""What may happen to exports in a request: asked for, cancelled."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import connection, transaction

from labeling.blindness import Sight, is_audited, sight_of
from labeling.carried import CARRIED
from labeling.errors import Conflict, InvalidInput
from labeling.exports.formats import export_formats, export_formats_for
from labeling.items.selectors import ItemFilters, check_filters
from labeling.jobs.doorbell import ring
from labeling.leaving import check_nothing_leaves
from labeling.models import Export, Project
from labeling.web.permissions import MAY_ENGINEER, require_role


def check_may_export(project: Project, role: str) -> None:
    """Raises NotAllowed, and Conflict while audits are answered: the file would be kept from whoever asked for it."""
    require_role(role, MAY_ENGINEER)
    if sight_of(role) != Sight.ALL and is_audited(project):
        raise Conflict(
            "Blind audits are being answered, and a file would say of most items what the model holds of them, so it "
            "is not written now. Ask again when the attempt to certify no longer wants audits.",
            code="attempt_open",
        )


@transaction.atomic
def export_request(
    *,
    project: Project,
    by: User | None,
    format: str,
    filters: ItemFilters,
    as_of: dt.datetime | None = None,
    carried: Sequence[str] = (),
) -> Export:
    """A worker will write this export: the state at `as_of`, or of this moment.

    Raises InvalidInput for a format that does not suit the project, contradictory filters, or a
    moment that has not come yet.
    """
    if not export_formats()[format].suits(project.item_type):
        advice = f"Use {_any_of([one.name for one in export_formats_for(project.item_type)])}."
        raise InvalidInput(
            f"The format {format} does not suit this project, which has {project.item_type} items. {advice}",
            fields={"format": [advice]},
        )
    check_filters(filters)
    check_nothing_leaves(project.pk)
    now = _database_now()
    if as_of is not None and as_of > now:
        raise InvalidInput(
            f"as_of is {as_of.isoformat()}, which has not come yet. Leave it out for the present state.",
            fields={"as_of": ["It must not lie in the future."]},
        )
    export = Export.objects.create(
        project=project,
        created_by=by,
        format=format,
        filters={key: value for key, value in dataclasses.asdict(filters).items() if value not in (None, "")},
        as_of=as_of or now,
        carried=[name for name in CARRIED if name in carried],
    )
    ring("labeling.tasks.export_project", export.pk)
    return export


def export_is_overtaken(export: Export) -> bool:
    """Whether an item of which the file tells the label, an answer or a guess is asked blind since it was written."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM labeling_withheld withheld LEFT JOIN labeling_label label ON label.item_id = withheld.item_id
                WHERE withheld.project_id = %(project)s AND withheld.since > %(written)s
                  AND (%(tells_more)s OR label.created_at <= %(at)s AND (label.retired_at IS NULL OR label.retired_at > %(at)s)))
            """,
            {
                "tells_more": bool({"answers", "probabilities"} & set(export.carried)),
                "project": export.project_id,
                "written": export.started_at,
                "at": export.as_of,
            },
        )
        return bool(cursor.fetchone()[0])


def _any_of(names: Sequence[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


def _database_now() -> dt.datetime:
    """The clock that labels and publications are dated by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
        return now
