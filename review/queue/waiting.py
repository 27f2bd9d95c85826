"""How much waits in the queue, and how much of that may be told to whom.

What is asked to measure (audits of attempts and monitors, second answers, gold, and what is mixed in with them) comes
into the queue together, before everything else. Whoever may be asked, and saw a count rise by fifty, would know what
the next fifty are. So for them a count is of everything else, less the answers that were given to what measures since
the queue was last filled: it does not move when something is put in to measure, and every answer to any kind of entry
takes one off. An entry that was in the queue and is asked again to measure stays counted. Viewers are never asked,
and are told all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, Q

from labeling.blindness import Sight
from labeling.models import Project
from review.models import OPEN_ATTEMPTS, Attempt, Certificate, Entry, EntryState, Lease, LeaseState, Refill
from review.reasons import MEASURING, Reason, reasons_that, shown_reason, sql_list

MAX_OPEN_COUNTED = 100_000  # entries of each reason: a million would take a quarter of a second

# Entries of {entry} that were asked for to measure, or to be mixed in with those: review/queue/entries.py, entries_ask.
IS_TO_MEASURE = f"{{entry}}.reason IN ({sql_list(MEASURING)})"

# The answers that an entry still wants.
_MISSING = """CASE WHEN {entry}.n_wanted = 1 THEN 1 ELSE {entry}.n_free + (
    SELECT count(*) FROM review_lease lease
    WHERE lease.entry_id = {entry}.id AND lease.state = 'held') END"""

# Each reason along the index, no further than it is counted. Where entries want several answers those are counted
# that are missing: else one that wants fewer than others, as second answers do, would be told by being counted once.
_OPEN_BY_REASON = """
    SELECT asked.reason, asked.is_blind, counted.n, counted.n_entries
    FROM (SELECT reason, is_blind FROM unnest(%(reasons)s::text[]) reason, unnest(ARRAY[false, true]) is_blind) asked
    CROSS JOIN LATERAL (
        SELECT {n} AS n, count(*) AS n_entries FROM (
            SELECT {columns} FROM review_entry entry
            WHERE entry.project_id = %(project)s AND entry.state = 'open'
              AND entry.reason = asked.reason AND entry.is_blind = asked.is_blind
            LIMIT %(most)s) few
    ) counted WHERE counted.n_entries > 0 ORDER BY 1, 2"""
_ENTRIES = _OPEN_BY_REASON.format(n="count(*)", columns="1")
_ANSWERS = _OPEN_BY_REASON.format(
    n="coalesce(sum(n_missing), 0)::int", columns=f"{_MISSING.format(entry='entry')} AS n_missing"
)

# What measures since the queue was last filled: what is open, and of the closed no more than are of interest.
# `stood_in`: in place of an entry that waited, closed in the moment in which this one was made.
_TO_MEASURE = f"""
    WITH since_filled AS MATERIALIZED (
        SELECT entry.* FROM review_entry entry
        WHERE entry.project_id = %(project)s AND entry.state IN ('open', 'disputed')
          AND entry.is_blind AND {IS_TO_MEASURE.format(entry="entry")}
        UNION ALL
        (SELECT entry.* FROM review_entry entry
         WHERE entry.project_id = %(project)s AND entry.is_blind AND entry.state IN ('done', 'skipped')
           AND entry.closed_at >= %(filled_at)s AND {IS_TO_MEASURE.format(entry="entry")}
         LIMIT %(most)s)
    ), told AS (
        SELECT entry.state, entry.reason, entry.n_wanted,
               CASE WHEN entry.state = 'open' THEN {_MISSING.format(entry="entry")} ELSE 0 END AS n_missing,
               entry.created_at >= %(filled_at)s AND EXISTS (
                   SELECT FROM review_entry earlier
                   WHERE earlier.item_id = entry.item_id AND earlier.state = 'withdrawn'
                     AND earlier.closed_at = entry.created_at AND NOT {IS_TO_MEASURE.format(entry="earlier")}
               ) AS stood_in
        FROM since_filled entry
    )
    SELECT coalesce(sum(n_missing) FILTER (WHERE stood_in), 0)::int,
           coalesce(sum(n_wanted - n_missing) FILTER (WHERE NOT stood_in), 0)::int,
           count(*) FILTER (WHERE state = 'open') > 0
    FROM told"""


# Leases on what was asked again to measure while somebody held it: given back then, and counted until they run out.
_TAKEN_FROM_HANDS = f"""
    SELECT count(*)::int, count(*) FILTER (WHERE lease.person_id = %(person)s)::int
    FROM review_entry entry
    JOIN review_entry earlier ON earlier.item_id = entry.item_id AND earlier.state = 'withdrawn'
     AND earlier.closed_at = entry.created_at
    JOIN review_lease lease ON lease.entry_id = earlier.id AND lease.state = 'released' AND lease.until > now()
    WHERE entry.project_id = %(project)s AND entry.state = 'open' AND entry.is_blind
      AND {IS_TO_MEASURE.format(entry="entry")}"""


@dataclass(frozen=True)
class Waiting:
    """Answers that people are wanted to give, as it may be told."""

    n_open: int
    is_all_counted: bool
    by_reason: dict[str, int]  # empty where it may not be told, too


def waiting(project: Project, sight: Sight) -> Waiting:
    """Counted up to MAX_OPEN_COUNTED for each reason. Answers that are missing: of an entry that wants one, one."""
    reasons = list(reasons_that("is_queued"))
    is_one_each = project.answers_wanted == 1 and not _has_open_gold(project)
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTRIES if is_one_each else _ANSWERS,
            {"project": project.pk, "reasons": reasons, "most": MAX_OPEN_COUNTED},
        )
        counts = cursor.fetchall()
    is_all_counted = all(n_entries < MAX_OPEN_COUNTED for *_, n_entries in counts)
    if sight != Sight.ALL:
        return _as_told(project, sight, counts, is_all_counted)
    by_reason = _by_shown_reason(counts)
    return Waiting(sum(by_reason.values()), is_all_counted, by_reason)


def in_hands(project: Project, person: User, sight: Sight) -> dict[str, int]:
    """Leases that somebody holds, and those that the person does, as the sight may know it."""
    held = Lease.objects.filter(project=project, state=LeaseState.HELD)
    counts = held.aggregate(n_held=Count("pk"), held_by_me=Count("pk", filter=Q(person=person)))
    if sight != Sight.ALL:
        with connection.cursor() as cursor:
            cursor.execute(_TAKEN_FROM_HANDS, {"project": project.pk, "person": person.pk})
            n_held, held_by_me = cursor.fetchone()
        counts = {"n_held": counts["n_held"] + n_held, "held_by_me": counts["held_by_me"] + held_by_me}
    return counts


def _as_told(
    project: Project, sight: Sight, counts: list[tuple[str, bool, int, int]], is_all_counted: bool
) -> Waiting:
    """What the sight is told of these counts. No reason while one of them could be an audit's, and one at least
    where anything is open: that is told by being handed out."""
    filled = Refill.objects.filter(project=project, n_added__gt=0).order_by("-created_at")
    filled_at = filled.values_list("created_at", flat=True).first() or project.created_at
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"project": project.pk, "filled_at": filled_at, "most": MAX_OPEN_COUNTED}
        cursor.execute(_TO_MEASURE, values)
        n_standing_in, n_given, is_any_open = cursor.fetchone()
    by_reason = _by_shown_reason([row for row in counts if row[0] not in MEASURING])
    n_blind = by_reason.pop(str(Reason.BLIND), 0) + n_standing_in - n_given
    n_open = max(sum(by_reason.values()) + n_blind, int(bool(by_reason) or is_any_open))
    if n_blind > 0:
        by_reason[str(Reason.BLIND)] = n_blind
    tells_why = sight == Sight.SETTLED and not _is_certifying(project)
    return Waiting(n_open, is_all_counted, by_reason if tells_why else {})


def _by_shown_reason(counts: list[tuple[str, bool, int, int]]) -> dict[str, int]:
    by_reason: dict[str, int] = {}
    for reason, is_blind, n, _ in counts:
        shown = shown_reason(reason, is_blind=is_blind)
        by_reason[shown] = by_reason.get(shown, 0) + n
    return by_reason


def _has_open_gold(project: Project) -> bool:
    return Entry.objects.filter(project=project, state=EntryState.OPEN, reason=Reason.GOLD).exists()


def _is_certifying(project: Project) -> bool:
    """Whether audits may come at any moment: all that is asked is told as blind, or would be told apart by it."""
    attempts = Attempt.objects.filter(project=project, state__in=OPEN_ATTEMPTS)
    return attempts.exists() or Certificate.objects.filter(project=project, revoked_at__isnull=True).exists()
