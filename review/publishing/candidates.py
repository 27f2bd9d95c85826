"""A candidate beside what stands: how right both are on the same held-out items, and what publishing would change.

Also the rule of projects that publish by themselves: what may not take the place of what stands unless a
person says so. Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from labeling.database.hot import time_limit
from labeling.errors import Conflict
from labeling.labels.selectors import NO_HUMAN_LABEL, standing_class_counts
from labeling.models import Label, Publication, Retirement
from review.models import Certificate
from training.models import Round, Trigger
from training.models.querysets import has_predictions
from training.rounds.held_back import HeldBecause
from training.rounds.standing import Standing, standing_of
from training.rules.paired import Paired

MAX_SECONDS = 20  # of the counts of what would change

Diff = dict[str, int]


@dataclass(frozen=True)
class Beside:
    """A round beside what stands."""

    round: Round
    standing: Standing | None
    certificate: Certificate | None  # valid, and revoked by publishing the round
    n_standing: int  # machine labels that stand now
    diff: Diff  # kept, changed, dropped, new
    paired: Paired | None  # None: nothing stands, or no held-out item says anything of both

    @property
    def stands(self) -> bool:
        return self.standing is not None and self.standing.publication.source_id == self.round.source_id

    @property
    def n_labels(self) -> int:
        """Labels that the round has, or would have."""
        return self.diff["kept"] + self.diff["changed"] + self.diff["new"]


def beside_standing(round: Round) -> Beside:
    """Raises Conflict for a round that is not finished or whose predictions are gone, Unavailable past MAX_SECONDS."""
    name = f"Round {round.run.number}.{round.number}"
    if round.source_id is None:
        raise Conflict(f"{name} is not finished, so there is nothing to compare yet.", code="not_finished")
    project = round.run.project
    standing = standing_of(project)
    publication = standing.publication if standing is not None else None
    with time_limit(MAX_SECONDS):
        if Label.objects.filter(source=round.source_id, is_human=False).exists():
            diff = diff_of_labels(round, publication)
        elif has_predictions(round.pk):
            diff = _diff_of_predictions(round, publication)
        else:
            raise Conflict(f"What {name.lower()} said of each item was removed.", code="predictions_gone")
        n_standing = sum(standing_class_counts(publication).values()) if publication is not None else 0
    return Beside(
        round=round,
        standing=standing,
        certificate=Certificate.objects.filter(project=project, revoked_at__isnull=True).first(),
        n_standing=n_standing,
        diff=diff,
        paired=paired(round, standing) if standing is not None else None,
    )


def why_held_back(round: Round, standing: Standing | None) -> dict[str, Any] | None:
    """Round.held_back if the rule may not publish the round, which is a candidate; None: it may.

    The holdout decides (training/rules/paired.py). What a person decided since the round was made, or proved, is not
    replaced; nor is a file's set that no held-out item compares with, or any set by an empty one.
    """
    project = round.run.project
    certificate = Certificate.objects.filter(project=project, revoked_at__isnull=True).first()
    if certificate is not None:
        return {"reason": HeldBecause.CERTIFICATE.value, "certificate": certificate.number}
    made_at = round.finished_at or round.started_at
    since = Publication.objects.filter(project=project)
    if standing is None:  # discarded, or never anything
        is_decided = since.filter(ended_at__gt=made_at).exists()
    else:
        is_decided = since.filter(started_at__gt=made_at, started_by__isnull=False).exists()
    if is_decided:
        return {"reason": HeldBecause.LATER_ACT.value}
    if standing is None:
        return None
    if round.metrics.get("n_accepted") == 0:
        return {"reason": HeldBecause.NOTHING.value}
    both = paired(round, standing)
    if both is None:
        of_file = standing.round is None or Trigger.FILE in (standing.round.run.trigger, round.run.trigger)
        return {"reason": HeldBecause.NOT_COMPARED.value} if of_file else None
    if not both.is_worse:
        return None
    return {
        "reason": HeldBecause.WORSE.value,
        "n": both.n,
        "n_fewer": both.n_fewer,
        "p_value": both.p_worse,
    }


# What a round, or a file, said of a held-out item before it knew what people say of it: measured, or predicted while
# nobody had labeled the item; a file's label, though a person's stands in its place since.
_ROUND_SAID = """coalesce(
        (SELECT label_class_id FROM training_measuredprediction WHERE round_id = %({0})s AND item_id = item.id),
        (SELECT label_class_id FROM training_prediction WHERE round_id = %({0})s AND item_id = item.id))"""
_FILE_SAID = """(
        SELECT label_class_id FROM labeling_label
        WHERE source_id = %({0})s AND item_id = item.id AND NOT is_human ORDER BY id LIMIT 1)"""

_PAIRS = """
    SELECT count(*), count(*) FILTER (WHERE was_right), count(*) FILTER (WHERE is_right),
           count(*) FILTER (WHERE was_right AND NOT is_right), count(*) FILTER (WHERE is_right AND NOT was_right)
    FROM (
        SELECT said.now = human.label_class_id AS is_right,
               said.before = human.label_class_id AND said.before <> ALL(%(taken_back)s::bigint[]) AS was_right
        FROM labeling_item item
        CROSS JOIN LATERAL (
            SELECT label_class_id FROM labeling_label
            WHERE item_id = item.id AND is_human AND retired_at IS NULL OFFSET 0
        ) human
        CROSS JOIN LATERAL (SELECT {now} AS now, {before} AS before OFFSET 0) said
        WHERE item.project_id = %(project)s AND item.split = 'holdout'
          AND said.now IS NOT NULL AND said.before IS NOT NULL
    ) pair"""


def paired(round: Round, standing: Standing) -> Paired | None:
    """Both against what people say now of the held-out items of which both said something; None if there are none.

    Classes whose labels the monitor took back count as wrong for what stands: it says them no more.
    """
    before = _ROUND_SAID if standing.round is not None else _FILE_SAID
    values: dict[str, Any] = {
        "project": round.run.project_id,
        "round": round.pk,
        "standing": standing.round.pk if standing.round is not None else standing.publication.source_id,
        "taken_back": _taken_back(standing),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _PAIRS.format(now=_ROUND_SAID.format("round"), before=before.format("standing")), values
        )
        n, n_standing, n_candidate, n_lost, n_won = cursor.fetchone()
    return Paired(n, n_standing, n_candidate, n_lost, n_won) if n else None


def _taken_back(standing: Standing) -> list[int]:
    """Classes whose standing labels a breach has retired."""
    source_id = standing.publication.source_id
    if not Certificate.objects.filter(source=source_id, is_breach=True).exists():
        return []
    retired = Label.objects.filter(
        source=source_id, is_human=False, retired_at__isnull=False, retired_reason=Retirement.BREACH
    )
    return sorted(retired.order_by().values_list("label_class_id", flat=True).distinct())


# How labels differ from those that stand.

_OF_LABELS = f"""
    SELECT item_id, label_class_id FROM labeling_label label
    WHERE source_id = %(source)s AND NOT is_human AND retired_at IS NULL
      AND {NO_HUMAN_LABEL.format(item="label.item_id")}"""

ACCEPTED = f"""
    FROM training_prediction prediction JOIN labeling_item item ON item.id = prediction.item_id
    WHERE prediction.round_id = %(round)s AND prediction.is_accepted
      AND item.project_id = %(project)s AND item.split = 'pool'
      AND {NO_HUMAN_LABEL.format(item="item.id")}"""  # what publishing the round makes labels


def diff_of_labels(round: Round, before: Publication | None) -> Diff:
    """How the round's labels, which are written, differ from those that stand."""
    return _diff(_OF_LABELS, round, before)


def _diff_of_predictions(round: Round, before: Publication | None) -> Diff:
    """How its labels would differ."""
    return _diff(f"SELECT prediction.item_id, prediction.label_class_id {ACCEPTED}", round, before)


def _diff(later: str, round: Round, before: Publication | None) -> Diff:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH later AS ({later}), earlier AS (
                SELECT item_id, label_class_id FROM labeling_label
                WHERE source_id = %(before)s AND NOT is_human AND retired_at IS NULL
            )
            SELECT count(*) FILTER (WHERE earlier.label_class_id = later.label_class_id),
                   count(*) FILTER (WHERE earlier.label_class_id <> later.label_class_id),
                   count(*) FILTER (WHERE later.item_id IS NULL),
                   count(*) FILTER (WHERE earlier.item_id IS NULL)
            FROM earlier FULL JOIN later ON later.item_id = earlier.item_id
            """,
            {
                "project": round.run.project_id,
                "round": round.pk,
                "source": round.source_id,
                "before": before.source_id if before is not None else None,
            },
        )
        return dict(zip(("kept", "changed", "dropped", "new"), cursor.fetchone(), strict=True))
