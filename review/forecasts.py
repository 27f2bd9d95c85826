"""What certifying would cost in human labels, worked out by a worker: when items are there, after each round."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from labeling.models import Item, Label, Project, Split
from labeling.selectors import NO_HUMAN_LABEL, item_count
from review.attempt_ranking import scores_learn
from review.attempts import n_frozen
from review.certification.planner import forecast, next_hundred, plan_table
from review.models import Forecast, Promise
from training.models import Round
from training.selectors import standing_round

NAMESPACE = 4_163  # of advisory locks: one forecast at a time in each project
MAX_SAMPLE = 50_000  # predictions that stand for all in a forecast
KEPT = 50  # forecasts of a project: the older ones say nothing any more


def forecast_make(project_id: int) -> None:
    """The project has a forecast by the round whose labels stand, or by what is usual if there is none.

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
    before = [
        each
        for each in before
        if each.plan.get("eps") == eps and each.round_id is not None and "n_review" in each.plan
    ]
    plan = {
        "eps": eps,
        "sentence": of_goal.sentence,
        "n_total": of_goal.n_total,
        "n_review": of_goal.n_review,
        "low": of_goal.low,
        "high": of_goal.high,
        "next_hundred": asdict(
            next_hundred(
                n_human=[*(each.n_human for each in before), n_human],
                n_review=[*(each.plan["n_review"] for each in before), of_goal.n_review],
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
    """The chance that the round is wrong about each item that no person has labeled.

    By people's answers, as the attempt's ranking will have it (attempt_ranking.py), once there are enough of them:
    1 - confidence before. Of many items it is worked out on a sample, which stands for all. Those that an open
    attempt has drawn are among them: most wait in vain, and are the pool's again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT prediction.label_class_id, prediction.confidence, prediction.margin
            FROM training_prediction prediction JOIN labeling_item item ON item.id = prediction.item_id
            WHERE prediction.round_id = %(round)s AND item.project_id = %(project)s
              AND item.split IN ('pool', 'audit') AND {NO_HUMAN_LABEL.format(item="item.id")}
            """,
            {"round": round.pk, "project": project.pk},
        )
        predicted = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 3)
    n_items = len(predicted)
    if n_items > MAX_SAMPLE:
        predicted = predicted[np.random.default_rng(0).choice(n_items, MAX_SAMPLE, replace=False)]
    p_wrong = 1.0 - predicted[:, 1]
    class_ids = sorted(project.classes.values_list("pk", flat=True))
    of_project = np.isin(predicted[:, 0], class_ids)
    if learned := scores_learn(project.pk, class_ids, predicted[of_project]):
        p_wrong[of_project] = 1.0 - learned[0].p_right
    return np.resize(p_wrong, n_items)
