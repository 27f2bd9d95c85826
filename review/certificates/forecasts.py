"""What certifying would cost in human labels, worked out by a worker: when items are there, after each round."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from labeling.labels.selectors import NO_HUMAN_LABEL, item_count
from labeling.models import Item, Label, Project, Split
from review.certificates.attempt_ranking import scores_learn
from review.certificates.attempts import n_frozen
from review.certificates.out_of_date import ITEMS_FEWEST, ITEMS_SHARE, forecast_basis, forecasts_out_of_date
from review.certification.planner import COUNTED, forecast, next_hundred, plan_table
from review.models import Forecast, Promise
from training.models import Round
from training.rounds.standing import standing_round

NAMESPACE = 4_163  # of advisory locks: one forecast at a time in each project
MAX_SAMPLE = 50_000  # predictions that stand for all in a forecast
KEPT = 50  # forecasts of a project: the older ones say nothing any more


def forecast_make(project_id: int) -> None:
    """Make a forecast for the project: by the round whose labels stand, or by what is usual if there is none.

    Does nothing while another worker is at it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [NAMESPACE, project_id])
        is_free = cursor.fetchone()[0]
        project = Project.objects.filter(pk=project_id, deleted_at__isnull=True).first()
        if is_free and project is not None and project.classes.exists():
            _make(project, standing_round(project))


def _make(project: Project, standing: Round | None) -> None:
    newest = Forecast.objects.filter(project=project).order_by("-pk").first()
    is_same_round = newest is not None and newest.round_id == _pk(standing)
    if is_same_round and project.pk not in forecasts_out_of_date(project.pk):
        return
    # First: what comes while the rest is counted makes the next forecast due, and not this one wrong.
    basis = forecast_basis(project)
    counted = _count(project, standing)
    before = _comparable(project, basis, but=standing)
    Forecast.objects.create(
        project=project,
        round=standing,
        n_items=counted.n_items,
        n_human=counted.n_human,
        basis=basis,
        plan=_plan(project, counted, before),
    )
    old = Forecast.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True)[KEPT:]
    Forecast.objects.filter(pk__in=list(old)).delete()


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a forecast is made from."""

    n_human: int
    n_candidates: int  # items that nobody has labeled, but for the test set's
    n_unknown: int  # of these, what the round does not know
    p_wrong: npt.NDArray[np.float64] | None  # (n_candidates,) the chance that the round is wrong

    @property
    def n_items(self) -> int:
        return self.n_human + self.n_candidates


def _count(project: Project, standing: Round | None) -> _Counted:
    human = Label.objects.filter(project=project, is_human=True, retired_at__isnull=True)
    n_human = human.exclude(item__split=Split.TEST).count()
    p_wrong = _chances_wrong(project, standing) if standing is not None else None
    n_test = Item.objects.filter(project=project, split=Split.TEST).count()
    n_candidates = max(0, item_count(project.pk) - n_test - n_human)
    n_unknown = 0 if p_wrong is None else max(0, n_candidates - len(p_wrong))
    if p_wrong is not None and n_unknown:
        p_wrong = _stretched(p_wrong, n_unknown)
    return _Counted(n_human, n_candidates if p_wrong is None else len(p_wrong), n_unknown, p_wrong)


def _stretched(p_wrong: npt.NDArray[np.float64], n_unknown: int) -> npt.NDArray[np.float64] | None:
    """Extended to items that came after the round, as if they were like those it knows; None if it knows none."""
    if len(p_wrong) == 0:
        return None
    return np.concatenate([p_wrong, np.quantile(p_wrong, (np.arange(n_unknown) + 0.5) / n_unknown)])


def _comparable(project: Project, basis: dict[str, Any], *, but: Round | None) -> list[Forecast]:
    """The newest forecast of each round but this one, for the same goal, items and classes; oldest first."""
    of_rounds = {each.round_id: each for each in Forecast.objects.filter(project=project).order_by("pk")}
    return [
        each
        for each in sorted(of_rounds.values(), key=lambda each: each.pk)
        if each.plan.get("eps") == _eps(project)
        and each.round_id is not None
        and "n_review" in each.plan
        # Plans for other items or classes say nothing of what labels buy.
        and not _is_of_another_time(each.basis, basis)
        and each.round_id != _pk(but)
    ]


def _plan(project: Project, counted: _Counted, before: list[Forecast]) -> dict[str, Any]:
    """Forecast.plan: the project's own goal, what more labels would save, and a table of other goals."""
    counts: dict[str, Any] = {
        "p_wrong": counted.p_wrong,
        "n_items": counted.n_items,
        "n_human": counted.n_human,
        "n_classes": project.classes.count(),
        "attempt": n_frozen(project) + 1,
    }
    eps = _eps(project)
    of_goal = forecast(
        **counts,
        eps=eps,
        delta=1 - project.confidence_level,
        promise=Promise.DATASET,
        answers_wanted=project.answers_wanted,
    )
    return {
        "eps": eps,
        "sentence": of_goal.sentence + _after_round(counted.n_unknown),
        "n_unknown": counted.n_unknown,
        "own": {
            "promise": Promise.DATASET.value,
            "eps": eps,
            "confidence": project.confidence_level,
            "answers_wanted": project.answers_wanted,
            **{name: getattr(of_goal, name) for name in COUNTED},
        },
        "is_by_model": counted.p_wrong is not None,
        "n_total": of_goal.n_total,
        "n_review": of_goal.n_review,
        "low": of_goal.low,
        "high": of_goal.high,
        "next_hundred": asdict(
            next_hundred(
                n_human=[*(each.n_human for each in before), counted.n_human],
                n_review=[*(each.plan["n_review"] for each in before), of_goal.n_review],
                n_items=counted.n_items,
            )
        ),
        "rows": plan_table(**counts),
    }


def _eps(project: Project) -> float:
    return round(1 - project.target_precision, 6)


def _pk(round: Round | None) -> int | None:
    return round.pk if round is not None else None


def _is_of_another_time(before: dict[str, Any], now: dict[str, Any]) -> bool:
    n_before = before.get("n_items")
    if n_before is None:
        return False  # made by 0.1, which kept no basis
    is_other_items = abs(now["n_items"] - n_before) >= max(ITEMS_FEWEST, ITEMS_SHARE * n_before)
    return is_other_items or bool(before["n_classes"] != now["n_classes"])


def _after_round(n_unknown: int) -> str:
    if n_unknown == 0:
        return ""
    what = "1 item" if n_unknown == 1 else f"{n_unknown:,} items"
    return f" {what} came after the round, and the forecast takes them to be like the others."


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
