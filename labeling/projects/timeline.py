"""Items by whose label stood for them, over the life of a project. Reads only; nothing is stored for it.

Labels and publications say when they began and ended, so the counts at any moment can be had exactly. One pass
over the index label_human_item for what people said, and one over what was retired of published sets.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from labeling.blindness import Sight
from labeling.models import Project

N_MOMENTS = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """Counts of items at one moment. An import's items count from its beginning on."""

    at: dt.datetime
    n_items: int
    n_human: int
    n_machine: int

    @property
    def n_unlabeled(self) -> int:
        return max(0, self.n_items - self.n_human - self.n_machine)


# A row's bucket is the number of moments at or before it: it is there at every later one.
_STATEMENT = """
    WITH unsettled AS MATERIALIZED (  -- what blind answers said, or retired, that can still be taken back
        SELECT item_id, min(since) AS since FROM labeling_withheld
        WHERE project_id = %(project)s AND is_closed AND %(hides)s GROUP BY item_id
    ), said AS MATERIALIZED (
        SELECT width_bucket(created_at, %(moments)s::timestamptz[]) AS came,
               CASE WHEN retired_at IS NOT NULL THEN width_bucket(retired_at, %(moments)s::timestamptz[]) END AS went,
               count(*) AS n
        FROM labeling_label label LEFT JOIN unsettled USING (item_id)
        WHERE project_id = %(project)s AND is_human AND (since IS NULL OR created_at < since) GROUP BY 1, 2
    ), publication AS (
        SELECT id, source_id, started_at, coalesce(ended_at, 'infinity') AS ended_at, n_labels
        FROM labeling_publication WHERE project_id = %(project)s
    ), stood AS (
        SELECT publication.id, moment.place, publication.n_labels
        FROM publication JOIN unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS moment (at, place)
          ON publication.started_at < moment.at AND publication.ended_at >= moment.at
    ), retired AS MATERIALIZED (  -- once, not once for each moment
        SELECT publication.id, width_bucket(label.retired_at, %(moments)s::timestamptz[]) AS went, count(*) AS n
        FROM publication JOIN labeling_label label
          ON label.source_id = publication.source_id AND NOT label.is_human
         AND label.retired_at > publication.started_at AND label.retired_at < publication.ended_at
        LEFT JOIN unsettled ON unsettled.item_id = label.item_id
        WHERE unsettled.since IS NULL OR label.retired_at < unsettled.since
        GROUP BY 1, 2
    )
    SELECT 'human', came, n FROM said
    UNION ALL SELECT 'human', went, -n FROM said WHERE went IS NOT NULL
    UNION ALL SELECT 'machine', stood.place,
                     stood.n_labels - coalesce((SELECT sum(n) FROM retired
                                                WHERE retired.id = stood.id AND retired.went < stood.place), 0)
              FROM stood
    UNION ALL SELECT 'items', width_bucket(coalesce(started_at, created_at), %(moments)s::timestamptz[]),
                     sum(n_items_added)
              FROM labeling_import WHERE project_id = %(project)s GROUP BY 2
    UNION ALL SELECT 'items', width_bucket(created_at, %(moments)s::timestamptz[]), count(*)
              FROM labeling_item WHERE project_id = %(project)s AND imported_by_id IS NULL GROUP BY 2
    -- What is gone was there until then. An import counts its items itself.
    UNION ALL SELECT 'items', width_bucket(at, %(moments)s::timestamptz[]), -sum(n_items)
              FROM labeling_removal WHERE project_id = %(project)s GROUP BY 2
    UNION ALL SELECT 'items', width_bucket(came_at, %(moments)s::timestamptz[]), sum(n_items)
              FROM labeling_removal WHERE project_id = %(project)s AND NOT is_imported GROUP BY 2
    UNION ALL SELECT 'human', width_bucket(at, %(moments)s::timestamptz[]), -sum(n_human)
              FROM labeling_removal WHERE project_id = %(project)s GROUP BY 2
    UNION ALL SELECT 'human', width_bucket(came_at, %(moments)s::timestamptz[]), sum(n_human)
              FROM labeling_removal WHERE project_id = %(project)s GROUP BY 2
"""


def timeline(project: Project, sight: Sight = Sight.ALL, *, n_moments: int = N_MOMENTS) -> list[Moment]:
    """Counts at `n_moments` even moments from the project's beginning to now, the oldest first.

    For whoever may be asked, as if blind answers that are not settled had not been given.
    """
    now = timezone.now()
    span = now - project.created_at
    moments = [project.created_at + span * (place + 1) / n_moments for place in range(n_moments)]
    came = {"human": [0] * (n_moments + 1), "items": [0] * (n_moments + 1)}
    machine = [0] * n_moments
    with connection.cursor() as cursor:
        hides = sight != Sight.ALL
        cursor.execute(_STATEMENT, {"project": project.pk, "moments": moments, "hides": hides})
        for what, place, n in cursor.fetchall():
            if what == "machine":
                machine[place - 1] = int(n)
            else:
                came[what][place] += int(n)
    rows, n_items, n_human = [], 0, 0
    for place, at in enumerate(moments):
        n_items += came["items"][place]
        n_human += came["human"][place]
        rows.append(Moment(at, n_items, n_human, machine[place]))
    return rows
