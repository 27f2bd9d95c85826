"""Where a model contradicts a person's label: what it said of items that it had not learned that label from.

Three things that a model said are honest enough to be held against a person, and nothing else is shown:

- held_out      the round whose labels stand, of its holdout and test set, which it never learns from
- before_label  the same round, of an item that nobody had labeled when it was made
- out_of_fold   the newest inspection, of a training label, by a learner fitted on the other labels

What the round says of its own training labels is not kept, and would prove nothing. A candidate is heard once it is
published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from labeling.database.hot import time_limit
from labeling.items.selectors import LabeledItem, labeled_items
from labeling.jobs.work import WorkState
from labeling.models import Project
from review.models import OPEN_ATTEMPTS, Attempt, AttemptState
from training.models import Inspection, Round
from training.rounds.standing import standing_of

STRONG = 0.5  # confidence: the model gives its class more than all others together
NEWEST_LABELS = (
    100_000  # labels given since the standing round that are looked at, so that an import costs no more
)
MAX_COUNTED = 100
BASES = ("held_out", "before_label", "out_of_fold")
MAX_SECONDS = 10  # of one statement

# Audits are answered blind, and nobody is to see who failed which: while they are asked, the list is shut.
BLIND_STATES = (AttemptState.QUEUED, AttemptState.AUDITING)

# The person's label of an item: looked up item by item, whatever PostgreSQL believes of how many there are.
_PERSONS_LABEL = """CROSS JOIN LATERAL (
            SELECT id, label_class_id FROM labeling_label
            WHERE item_id = said.item_id AND is_human AND retired_at IS NULL OFFSET 0
        ) label"""

# The parts have no item in common: the second is of labels newer than the round, the others of older ones.
# The newer ones are bounded by pairs, which only the index of people's labels has, not by id alone.
_CONTRADICTED = f"""
    WITH newer AS MATERIALIZED (
        SELECT id, item_id, label_class_id FROM labeling_label
        WHERE is_human AND retired_at IS NULL
          AND (project_id, id) > (%(project)s, %(last_label)s) AND (project_id, id) < (%(project)s, {2**63 - 1})
        ORDER BY project_id DESC, id DESC LIMIT {NEWEST_LABELS}
    ), contradicted AS (
        SELECT label.id AS label_id, said.item_id, label.label_class_id, said.label_class_id AS class_id,
               said.confidence, 'held_out' AS basis
        FROM training_measuredprediction said {_PERSONS_LABEL}
        WHERE said.round_id = %(round)s AND said.truth_id <> said.label_class_id
          AND label.id <= %(last_label)s AND label.label_class_id <> said.label_class_id
        UNION ALL
        SELECT label.id, label.item_id, label.label_class_id, said.label_class_id, said.confidence, said.basis
        FROM newer label CROSS JOIN LATERAL (
            SELECT label_class_id, confidence, 'before_label' AS basis FROM training_prediction
            WHERE round_id = %(round)s AND item_id = label.item_id
            UNION ALL
            SELECT label_class_id, confidence, 'held_out' FROM training_measuredprediction
            WHERE round_id = %(round)s AND item_id = label.item_id
            OFFSET 0
        ) said
        WHERE label.label_class_id <> said.label_class_id
        UNION ALL
        SELECT label.id, said.item_id, label.label_class_id, said.class_id, said.confidence, 'out_of_fold'
        FROM unnest(%(items)s::bigint[], %(labeled)s::bigint[], %(suggested)s::bigint[], %(sure)s::float8[])
             AS said (item_id, label_class_id, class_id, confidence) {_PERSONS_LABEL}
        WHERE label.label_class_id = said.label_class_id AND label.id <= %(last_inspected)s
    )
    SELECT confidence, item_id, label_id, class_id, basis FROM (
        SELECT * FROM contradicted WHERE confidence >= %(confidence_min)s {{and_also}}
        ORDER BY confidence DESC, item_id DESC
    ) said
    WHERE {{is_open}} LIMIT %(n)s
"""

# Asked of one after the other, and of no more than are shown: OFFSET 0 keeps each a look-up.
_IS_OPEN = " AND ".join(
    f"NOT EXISTS (SELECT FROM {rest} OFFSET 0)"
    for rest in (
        """review_verdict kept
        WHERE kept.item_id = said.item_id AND kept.label_class_id = said.label_class_id
          AND kept.model_class_id = said.class_id AND kept.kind = 'keep' AND kept.withdrawn_at IS NULL""",
        """review_entry waiting
        WHERE waiting.item_id = said.item_id AND waiting.state IN ('open', 'disputed')""",
        "labeling_withheld withheld WHERE withheld.item_id = said.item_id",
        """review_audit audit JOIN review_attempt attempt ON attempt.id = audit.attempt_id
        WHERE audit.item_id = said.item_id AND attempt.state = ANY(%(open_attempts)s)""",
    )
)


@dataclass(frozen=True, slots=True)
class Opinions:
    """Whose words are held against people's labels."""

    round: Round | None
    inspection: Inspection | None
    is_blind: bool  # audits are being asked: nothing is shown


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A person's label, and what a model says otherwise."""

    labeled: LabeledItem
    class_id: int  # the model's
    confidence: float  # 0 to 1: calibrated, except out of fold
    basis: str  # held_out, before_label, out_of_fold


def opinions_of(project: Project) -> Opinions:
    """The round whose labels stand, and the newest inspection that judged labels."""
    done = Inspection.objects.filter(project=project, state=WorkState.DONE).defer("map_points")
    standing = standing_of(project)
    round = standing.round if standing is not None else None
    return Opinions(
        round=round if round is not None and round.pruned_at is None else None,
        inspection=done.order_by("-pk").first(),
        is_blind=Attempt.objects.filter(project=project, state__in=BLIND_STATES).exists(),
    )


def disagreement_page(
    project: Project,
    *,
    confidence_min: float = STRONG,
    item_id: int | None = None,
    after: Sequence[Any] | None,
    limit: int,
) -> tuple[list[Disagreement], tuple[float, int] | None]:
    """One page, what the model is surest of first, and the key (confidence, item id) of its last row if there are more.

    Nothing while audits of an attempt are asked; never an item that waits in the queue, whose audit is not
    counted yet, or whose label a reviewer has kept against this very class. Raises Unavailable past MAX_SECONDS.
    """
    opinions = opinions_of(project)
    if opinions.is_blind:
        return [], None
    and_also = ""
    values = _values(project, opinions, confidence_min)
    if after is not None:
        and_also += "AND (confidence, item_id) < (%(at)s, %(after)s) "
        values |= {"at": after[0], "after": after[1]}
    if item_id is not None:
        and_also += "AND item_id = %(item)s "
        values["item"] = item_id
    statement = _CONTRADICTED.format(and_also=and_also, is_open=_IS_OPEN)
    with time_limit(MAX_SECONDS), connection.cursor() as cursor:
        cursor.execute(statement, values | {"n": limit + 1})
        rows = cursor.fetchall()
    has_more = len(rows) > limit
    rows = rows[:limit]
    items = {each.item.pk: each for each in labeled_items([row[1] for row in rows])}
    page = [
        Disagreement(items[item_id], class_id, confidence, basis)
        for confidence, item_id, label_id, class_id, basis in rows
        if item_id in items and (label := items[item_id].label) is not None and label.pk == label_id
    ]
    return page, (rows[-1][0], rows[-1][1]) if has_more else None


def disagreement_count(project: Project, opinions: Opinions) -> int:
    """How many there are, counted up to MAX_COUNTED."""
    if opinions.is_blind:
        return 0
    statement = _CONTRADICTED.format(and_also="", is_open=_IS_OPEN)
    values = _values(project, opinions, STRONG) | {"n": MAX_COUNTED}
    with time_limit(MAX_SECONDS), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({statement}) found", values)
        return int(cursor.fetchone()[0])


def _values(project: Project, opinions: Opinions, confidence_min: float) -> dict[str, Any]:
    round, inspection = opinions.round, opinions.inspection
    last_label = round.last_human_label_id if round else 2**63 - 1
    candidates = inspection.findings.get("labels", {}).get("candidates", []) if inspection else []
    last_inspected = inspection.last_human_label_id if inspection else 0
    return {
        "project": project.pk,
        "round": round.pk if round else 0,
        "last_label": last_label,
        # A label newer than the round is the round's to judge.
        "last_inspected": min(last_inspected, last_label),
        "items": [each["item_id"] for each in candidates],
        "labeled": [each["class_id"] for each in candidates],
        "suggested": [each["suggested_class_id"] for each in candidates],
        "sure": [each["suggested_confidence"] for each in candidates],
        "confidence_min": confidence_min,
        "open_attempts": list(OPEN_ATTEMPTS),
    }
