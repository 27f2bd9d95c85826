"""What people should look at next: the queue is filled from the pool, within the project's review budget.

Of the budget a share is drawn uniformly over the pool (reason random: blind, feeds the holdout), the rest
by the acquisition score: first what the model was not sure enough of, then what it accepted. Entries that
somebody holds or has answered in part, disputes and flags stay; other entries that a machine made go.

Reading the candidates may take seconds and locks nothing; writing the entries takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F

from labeling.labels.selectors import NO_HUMAN_LABEL
from labeling.models import Acquisition, Project
from review.models import Attempt, AttemptState, Entry, EntryState, Refill
from review.queue.entries import answers_wanted_now, entry_insert
from review.queue.ordering import ACQUISITION_ORDERS, POOL_OF_PICKS, pick, priority, random_share_count
from review.reasons import OF_REFILL, Reason, reasons_that, sql_list

# Without a model a part of the queue is diverse, the most typical of each kind first, and the rest is random: that
# teaches more for as long as there are about ten labels of a class, and less from there on (docs/decisions/0014).
COLD_DIVERSE_SHARE = 0.5  # of the budget, at most
COLD_DIVERSE_PER_CLASS = 10  # in all


@dataclass(frozen=True)
class Candidate:
    """An item that is to enter the queue."""

    item_id: int
    reason: Reason
    priority: float
    class_id: int | None = None  # what the round would say
    confidence: float | None = None
    probability: float | None = None  # with which it was picked


@dataclass(frozen=True)
class RefillPlan:
    """What a refill will do: worked out first, carried out in a moment."""

    round_id: int | None
    withdraws: bool  # entries that the last refill made and nobody holds
    n_asked: int
    candidates: list[Candidate]


# What may enter the queue: items that no person has labeled, without an entry that stays. The
# project is named in every part, so that whole-set joins read this project's rows and no others.
_ELIGIBLE = f"""
    item.project_id = %(project)s AND item.split = '{{split}}'
    AND {NO_HUMAN_LABEL.format(item="item.id")}
    AND NOT EXISTS (
        SELECT 1 FROM review_entry entry
        WHERE entry.project_id = %(project)s AND entry.item_id = item.id
          AND entry.state IN ('open', 'disputed') AND {{stays}})
"""

# An entry that a withdrawing refill leaves alone.
_STAYS = f"""(entry.state = 'disputed' OR entry.n_free < entry.n_wanted
    OR entry.reason NOT IN ({sql_list([*OF_REFILL, Reason.GRID])}))"""


def refill_plan(
    *,
    project: Project,
    round_id: int | None,
    withdraws: bool = True,
    is_diverse: bool = True,
) -> RefillPlan:
    """Choose what enters the queue, by the predictions of the round, or at random if there is none.

    Without a model the diverse part is left out: it needs the arrays of a training worker and comes later, through
    diverse_plan. Without `is_diverse` there is to be none.
    """
    stays = _STAYS if withdraws else "true"
    staying = _count_staying(project.pk, stays)
    n_room = max(0, project.review_budget - sum(staying.values()))
    share = project.random_share
    if round_id is None:
        share = 1.0 - (_cold_diverse_share(project, withdraws=withdraws) if is_diverse else 0.0)
    elif project.acquisition == Acquisition.RANDOM:
        share = 1.0
    n_entries = project.review_budget
    if round_id is not None:  # in a small pool, too, most entries are what the model asks for
        n_entries = min(n_entries, sum(staying.values()) + _count_eligible(project.pk, stays, upto=n_room))
    wanted = random_share_count(n_entries=n_entries, share=share) - staying.get(Reason.RANDOM, 0)
    n_random = min(n_room, max(0, wanted))
    random = _read_lost(project, n_random, stays)
    random += _read_random(project, round_id, n_random - len(random), stays)
    scored = []
    if round_id is not None and project.acquisition != Acquisition.RANDOM:
        drawn = [item_id for item_id, *_ in random]
        scored = _read_scored(project, round_id, n_room - len(random), stays, without=drawn)
    return RefillPlan(
        round_id=round_id,
        withdraws=withdraws,
        n_asked=n_random if round_id is None else n_room,
        candidates=[*_ranked(random, Reason.RANDOM), *_ranked(scored, Reason.UNCERTAIN)],
    )


def _cold_diverse_share(project: Project, *, withdraws: bool) -> float:
    """Of the review budget, what diverse entries may still come to; those about to be withdrawn are chosen anew."""
    asked = Entry.objects.filter(project=project, reason=Reason.DIVERSE).exclude(state=EntryState.WITHDRAWN)
    if withdraws:
        asked = asked.exclude(state=EntryState.OPEN, n_free=F("n_wanted"))
    n_left = COLD_DIVERSE_PER_CLASS * max(1, project.classes.count()) - asked.count()
    return min(COLD_DIVERSE_SHARE, max(0, n_left) / max(1, project.review_budget))


def diverse_plan(*, item_ids: Sequence[int], n_asked: int) -> RefillPlan:
    """The items, the most typical of their kind first, enter the queue beside what is there."""
    ranked = _ranked([(item_id, None, None, None) for item_id in item_ids], Reason.DIVERSE)
    return RefillPlan(round_id=None, withdraws=False, n_asked=n_asked, candidates=ranked)


def refill_carry_out(*, project: Project, plan: RefillPlan) -> Refill:
    """The queue is as planned, less what people have taken or labeled since. For a caller's transaction.

    The caller holds the project's label lock, shared or exclusive. Waits for claims under way, each a
    few milliseconds; an entry that was just claimed stays.
    """
    n_withdrawn = _withdraw_stale(project.pk) if plan.withdraws else 0
    n_added = _insert(project, plan)
    return Refill.objects.create(
        project=project,
        round_id=plan.round_id,
        n_asked=plan.n_asked,
        n_added=n_added,
        n_withdrawn=n_withdrawn,
        last_item_id=project.items.order_by("-pk").values_list("pk", flat=True).first() or 0,
    )


def room_left(project: Project) -> int:
    """How many entries the budget has room for beside those that are open."""
    return max(0, project.review_budget - sum(_count_staying(project.pk, "true").values()))


def eligible_item_ids(project: Project) -> list[int]:
    """Every item that may enter the queue beside what is there, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT item.id FROM labeling_item item
            WHERE {_ELIGIBLE.format(split="pool", stays="true")} ORDER BY item.id
            """,
            {"project": project.pk},
        )
        return [item_id for (item_id,) in cursor.fetchall()]


Picked = tuple[int, int | None, float | None, float | None]  # item, class, confidence, probability


def _ranked(rows: list[Picked], reason: Reason) -> list[Candidate]:
    return [
        Candidate(item_id, reason, priority(rank=rank, n_ranked=len(rows)), class_id, confidence, probability)
        for rank, (item_id, class_id, confidence, probability) in enumerate(rows)
    ]


def _count_staying(project_id: int, stays: str) -> dict[str, int]:
    """Entries that will still be there, by reason; what people or an attempt asked for is no part of the budget."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT reason, count(*) FROM review_entry entry
            WHERE project_id = %s AND state = 'open' AND {stays}
              AND reason IN ({sql_list(OF_REFILL)}) GROUP BY reason
            """,
            [project_id],
        )
        return dict(cursor.fetchall())


def _count_eligible(project_id: int, stays: str, *, upto: int) -> int:
    """How many items of the pool may enter the queue; counting ends at `upto`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FROM (
                SELECT FROM labeling_item item
                WHERE {_ELIGIBLE.format(split="pool", stays=stays)} LIMIT %(n)s
            ) eligible
            """,
            {"project": project_id, "n": upto},
        )
        return int(cursor.fetchone()[0])


def _read_lost(project: Project, n: int, stays: str) -> list[Picked]:
    """At most n items of the holdout whose label was withdrawn: they measure nothing until they are asked again.

    They were drawn before, so they have no chance of this draw, and nothing is estimated from them.
    """
    if n <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT item.id FROM labeling_item item
            WHERE {_ELIGIBLE.format(split="holdout", stays=stays)} ORDER BY item.id LIMIT %(n)s
            """,
            {"project": project.pk, "n": n},
        )
        return [(item_id, None, None, None) for (item_id,) in cursor.fetchall()]


def _read_random(project: Project, round_id: int | None, n: int, stays: str) -> list[Picked]:
    """The first n eligible items in an order that only the project's salt decides: a uniform draw."""
    if n <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT drawn.id, prediction.label_class_id, prediction.confidence,
                   least(1.0, %(n)s::float8 / drawn.n_eligible)
            FROM (
                SELECT item.id, md5(%(salt)s || ':queue:' || item.id) AS draw, count(*) OVER () AS n_eligible
                FROM labeling_item item
                WHERE {_ELIGIBLE.format(split="pool", stays=stays)}
                ORDER BY draw, item.id LIMIT %(n)s
            ) drawn
            LEFT JOIN training_prediction prediction
              ON prediction.round_id = %(round)s AND prediction.item_id = drawn.id
            ORDER BY drawn.draw, drawn.id
            """,
            {"salt": project.salt, "project": project.pk, "round": round_id, "n": n},
        )
        drawn: list[tuple[int, int | None, float | None, float | None]] = cursor.fetchall()
        return drawn


def _read_scored(project: Project, round_id: int, n: int, stays: str, *, without: list[int]) -> list[Picked]:
    """The n eligible items that the model is least sure of: first those not accepted, then the others.

    Where the acquisition picks at random among more, n of those, at random.
    """
    if n <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT prediction.item_id, prediction.label_class_id, prediction.confidence
            FROM training_prediction prediction JOIN labeling_item item ON item.id = prediction.item_id
            WHERE prediction.round_id = %(round)s
              AND prediction.item_id <> ALL(%(without)s) AND {_ELIGIBLE.format(split="pool", stays=stays)}
            ORDER BY prediction.is_accepted, prediction.{ACQUISITION_ORDERS[project.acquisition]},
                     prediction.item_id
            LIMIT %(n)s
            """,
            {
                "round": round_id,
                "project": project.pk,
                "without": without,
                "n": n * POOL_OF_PICKS.get(project.acquisition, 1),
            },
        )
        doubtful = cursor.fetchall()
    picks = pick([item_id for item_id, *_ in doubtful], n=n, salt=f"{project.salt}:pick:{round_id}")
    probability = min(1.0, n / len(doubtful)) if doubtful else 1.0
    return [(*doubtful[place], probability) for place in picks]


def _withdraw_stale(project_id: int) -> int:
    """Machine-made entries that nobody holds or has answered are withdrawn; returns how many."""
    # n_free is a column of the row itself, so an entry that a claim has just taken is checked again on
    # its newest version and stays.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE review_entry SET state = 'withdrawn', n_free = 0, closed_at = now()
            WHERE project_id = %s AND state = 'open' AND n_free = n_wanted
              AND reason IN ({sql_list(OF_REFILL)})
            """,
            [project_id],
        )
        return int(cursor.rowcount)


def _insert(project: Project, plan: RefillPlan) -> int:
    """Insert the candidates that still are eligible; returns how many."""
    n_wanted = answers_wanted_now(project)
    with connection.cursor() as cursor:
        cursor.execute(
            entry_insert(
                f"""
                SELECT %(project)s, item.id, given.reason, given.priority, %(n_wanted)s,
                       CASE WHEN given.class_id IS NULL THEN NULL ELSE %(round)s::bigint END,
                       given.class_id, given.confidence,
                       (SELECT others FROM training_prediction
                        WHERE round_id = %(round)s::bigint AND item_id = item.id),
                       given.probability, %(blind)s OR given.reason IN ({sql_list(reasons_that("always_blind"))})
                FROM unnest(%(items)s::bigint[], %(reasons)s::text[], %(priorities)s::float8[],
                            %(classes)s::bigint[], %(confidences)s::float8[], %(probabilities)s::float8[])
                     AS given (item_id, reason, priority, class_id, confidence, probability)
                JOIN labeling_item item ON item.id = given.item_id
                 AND (item.split = 'pool'
                      OR item.split = 'holdout' AND given.reason IN ({sql_list(reasons_that("is_drawn"))}))
                WHERE NOT EXISTS (
                    SELECT 1 FROM labeling_label human
                    WHERE human.item_id = item.id AND human.is_human AND human.retired_at IS NULL)
                """,
                columns=(
                    "project_id",
                    "item_id",
                    "reason",
                    "priority",
                    "n_wanted",
                    "round_id",
                    "suggested_class_id",
                    "suggested_confidence",
                    "suggested_others",
                    "probability",
                    "is_blind",
                ),
                over="",
            ),
            {
                "project": project.pk,
                "round": plan.round_id,
                "n_wanted": n_wanted,
                "blind": is_blind_to_all(project),
                "items": [candidate.item_id for candidate in plan.candidates],
                "reasons": [str(candidate.reason) for candidate in plan.candidates],
                "priorities": [candidate.priority for candidate in plan.candidates],
                "classes": [candidate.class_id for candidate in plan.candidates],
                "confidences": [candidate.confidence for candidate in plan.candidates],
                "probabilities": [candidate.probability for candidate in plan.candidates],
            },
        )
        return int(cursor.rowcount)


def is_blind_to_all(project: Project) -> bool:
    """Whether nobody is shown what the model says of what waits.

    A shown suggestion would tie several answers together, and beside blind audits it would tell those apart.
    """
    return project.answers_wanted > 1 or is_auditing(project)


def is_auditing(project: Project) -> bool:
    """Whether blind audits of an attempt are in the queue."""
    return Attempt.objects.filter(project=project, state=AttemptState.AUDITING).exists()
