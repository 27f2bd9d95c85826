"""What certifying would cost in human labels, worked out by a worker after each published round."""

from __future__ import annotations

import numpy as np
from django.db import connection, transaction

from labeling.models import Label, Project, Split
from labeling.selectors import item_count
from review.attempts import n_frozen, standing_round
from review.certification.planner import plan_table
from review.models import Forecast

KEPT = 50  # forecasts of a project: the older ones say nothing any more


def forecast_make(project_id: int) -> None:
    """The project has a forecast by its newest published round. Harmless if it had one."""
    project = Project.objects.filter(pk=project_id, deleted_at__isnull=True).first()
    round = standing_round(project) if project is not None else None
    if project is None or round is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT prediction.confidence
            FROM training_prediction prediction JOIN labeling_item item ON item.id = prediction.item_id
            WHERE prediction.round_id = %(round)s AND item.project_id = %(project)s AND item.split = 'pool'
              AND NOT EXISTS (
                SELECT 1 FROM labeling_label human
                WHERE human.project_id = %(project)s AND human.item_id = item.id
                  AND human.is_human AND human.retired_at IS NULL)
            """,
            {"round": round.pk, "project": project.pk},
        )
        p_wrong = 1.0 - np.array([confidence for (confidence,) in cursor.fetchall()])
    human = Label.objects.filter(project=project, is_human=True, retired_at__isnull=True)
    n_human = human.exclude(item__split=Split.TEST).count()
    plan = plan_table(
        p_wrong=p_wrong,
        n_items=n_human + len(p_wrong),
        n_human=n_human,
        n_classes=project.classes.count(),
        eps=round_goal(project),
        confidence=project.confidence_level,
        attempt=n_frozen(project) + 1,
    )
    with transaction.atomic():
        Forecast.objects.create(
            project=project, round=round, n_items=item_count(project.pk), n_human=n_human, plan=plan
        )
        old = Forecast.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True)[KEPT:]
        Forecast.objects.filter(pk__in=list(old)).delete()


def round_goal(project: Project) -> float:
    """The share that the project allows wrong."""
    return round(1 - project.target_precision, 6)
