"""How many of the machine's standing labels are wrong: an estimate for dashboards, which proves nothing.

By the blind answers to items that refills drew at random, each weighted by one over its chance of having
been drawn and answered. A certificate takes nothing from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from labeling.blindness import IS_WITHHELD, Sight
from labeling.models import Project
from review.certification.estimates import Estimate, difference, horvitz_thompson
from training.rounds.standing import standing_of


@dataclass(frozen=True)
class WrongShare:
    """The share of the standing round's labels that were wrong when they were published, 0 to 1."""

    n: int  # answers to items among these labels
    weighted: Estimate  # by the answers alone
    assisted: Estimate | None  # and by how sure the model was; None where its round did not sum that up


# All states are named so that the index on project, state and reason is of use.
_DRAWN = f"""
    SELECT entry.created_at, entry.probability, human.label_class_id, prediction.label_class_id,
           1 - prediction.confidence, coalesce(prediction.is_accepted, false)
    FROM review_entry entry
    LEFT JOIN training_prediction prediction
      ON prediction.round_id = entry.round_id AND prediction.item_id = entry.item_id
    LEFT JOIN labeling_label human
      ON human.item_id = entry.item_id AND human.is_human AND human.retired_at IS NULL AND entry.state = 'done'
     AND NOT (%(hides)s AND {IS_WITHHELD.format(item="entry.item_id")})
    WHERE entry.project_id = %(project)s AND entry.reason = 'random' AND entry.round_id = %(round)s
      AND entry.state IN ('open', 'disputed', 'done', 'skipped', 'withdrawn')"""


def wrong_share(project: Project, sight: Sight = Sight.ALL) -> WrongShare | None:
    """Without answers that are withheld from the sight. None if no round's labels stand: nobody's do, or those of a certificate, which says more.

    A refill draws uniformly, so an item's chance is the sum of those of the round's refills, times the share of
    what was drawn that is answered. Items come in an order that only the project's salt decides, so what is
    answered is a random part, but for skipped ones.
    """
    standing = standing_of(project)
    round = standing.round if standing is not None and standing.is_whole_round else None
    if round is None or not round.metrics.get("n_accepted"):
        return None
    with connection.cursor() as cursor:
        values = {"project": project.pk, "round": round.pk, "hides": sight != Sight.ALL}
        cursor.execute(_DRAWN, values)
        drawn = cursor.fetchall()
    answered = [row for row in drawn if row[2] is not None]
    refills = {(created_at, probability or 0.0) for created_at, probability, *_ in drawn}
    chance = min(1.0, sum(probability for _, probability in refills)) * len(answered) / max(1, len(drawn))
    counted = [row for row in answered if row[5]]
    sample = {
        "is_wrong": [said != predicted for _, _, said, predicted, *_ in counted],
        "chance": [chance] * len(counted),
        "population": round.metrics["n_accepted"],
    }
    expected_total = round.metrics.get("expected_wrong")
    assisted = None
    if expected_total is not None:
        doubts = [doubt for *_, doubt, _ in counted]
        assisted = difference(**sample, expected=doubts, expected_total=expected_total)
    return WrongShare(len(counted), horvitz_thompson(**sample), assisted)
