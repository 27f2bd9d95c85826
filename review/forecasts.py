"""What certifying would cost in human labels, worked out by a worker: when items are there, after each round."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from labeling.models import Item, Label, Project, Split
from labeling.selectors import NO_HUMAN_LABEL, item_count
from review.attempts import n_frozen, standing_round
from review.certification.planner import forecast, next_hundred, plan_table
from review.models import Forecast, Promise
from training.models import Round

NAMESPACE = 4_163  # of advisory locks: one forecast at a time in each project
KEPT = 50  # forecasts of a project: the older ones say nothing any more


def forecast_make(project_id: int) -> None:
    """The project has a forecast by its newest published round, or by what is usual if there is none.

    Nothing happens while another worker is at it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [NAMESPACE, project_id])
        is_free = cursor.fetchone()[0]
        project = Project.objects.filter(pk=project_id, deleted_at__isnull=True).first()
        if is_free and project is not None and project.classes.exists():
            _make(project, standing_round(project))


def _make(project: Project, standing: Round | None) -> None:
    newest = Forecast.objects.filter(project=project).order_by("-pk").first()
    if newest is not None and newest.round_id == (standing.pk if standing is not None else None):
        return
    human = Label.objects.filter(project=project, is_human=True, retired_at__isnull=True)
    n_human = human.exclude(item__split=Split.TEST).count()
    p_wrong = _chances_wrong(project, standing) if standing is not None else None
    n_test = Item.objects.filter(project=project, split=Split.TEST).count()
    n_candidates = item_count(project.pk) - n_test - n_human if p_wrong is None else len(p_wrong)
    counts = {
        "p_wrong": p_wrong,
        "n_items": n_human + n_candidates,
        "n_human": n_human,
        "n_classes": project.classes.count(),
        "attempt": n_frozen(project) + 1,
    }
    eps = round(1 - project.target_precision, 6)
    of_goal = forecast(
        **counts,
        eps=eps,
        delta=1 - project.confidence_level,
        promise=Promise.DATASET,
        answers_wanted=project.answers_wanted,
    )
    before = list(Forecast.objects.filter(project=project).order_by("pk"))
    before = [each for each in before if each.plan.get("eps") == eps and each.round_id is not None]
    plan = {
        "eps": eps,
        "sentence": of_goal.sentence,
        "n_total": of_goal.n_total,
        "low": of_goal.low,
        "high": of_goal.high,
        "next_hundred": asdict(
            next_hundred(
                n_human=[*(each.n_human for each in before), n_human],
                n_total=[*(each.plan["n_total"] for each in before), of_goal.n_total],
            )
        ),
        "rows": plan_table(**counts),
    }
    Forecast.objects.create(
        project=project, round=standing, n_items=counts["n_items"], n_human=n_human, plan=plan
    )
    old = Forecast.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True)[KEPT:]
    Forecast.objects.filter(pk__in=list(old)).delete()


def _chances_wrong(project: Project, round: Round) -> npt.NDArray[np.float64]:
    """1 - calibrated confidence of what the round said of each item that no person has labeled.

    Those that an open attempt has drawn are among them: most wait in vain, and are the pool's again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT prediction.confidence
            FROM training_prediction prediction JOIN labeling_item item ON item.id = prediction.item_id
            WHERE prediction.round_id = %(round)s AND item.project_id = %(project)s
              AND item.split IN ('pool', 'audit') AND {NO_HUMAN_LABEL.format(item="item.id")}
            """,
            {"round": round.pk, "project": project.pk},
        )
        return 1.0 - np.array([confidence for (confidence,) in cursor.fetchall()], dtype=np.float64)
