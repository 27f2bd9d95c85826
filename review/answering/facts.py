"""What a batch of answers is about, read in one trip, under the locks it needs.

Locks are taken in the same order everywhere, so that there are no deadlocks: the project's label lock (shared),
entries by id, items by id, labels. Leases are only written under the lock of their entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from labeling.database.hot import Rows, fetch_in_turn
from labeling.database.locks import LOCK_SHARED
from labeling.labels.services import FIND_PERSON
from labeling.models import Split
from review.answering.acceptance import Answered, Facts
from review.models import shown_suggestion
from review.reasons import MEASURING, shown_reason


@dataclass(frozen=True, kw_only=True)
class NewAnswer:
    """One answer as the client sends it."""

    key: UUID
    entry_id: int
    kind: str
    class_id: int | None = None
    seconds: float | None = None
    note: str = ""


@dataclass
class AnsweredEntry:
    """The locked entry that an answer is about, with this person's last lease of it."""

    entry_id: int
    item_id: int
    entry_state: str
    reason: str
    n_wanted: int
    n_free: int
    seen: dict[str, Any]
    lease_id: int | None
    lease_state: str | None
    is_overtaken: bool  # a person labeled the item past the queue, and this answer replaces nothing
    label_id: int | None = None


@dataclass(frozen=True)
class Known:
    """What a batch of answers needs to know, read under its locks."""

    now: dt.datetime
    splits: dict[int, Split]  # of the locked items
    facts: list[tuple[NewAnswer, Facts, AnsweredEntry]]  # of each answer, in order
    source: Rows  # the person's, if they have spoken before


_LOCK_ENTRIES = """
    SELECT id FROM review_entry WHERE project_id = %(project)s AND id = ANY(%(entries)s::bigint[])
    ORDER BY id FOR UPDATE"""

# The entries' items are found first, whatever PostgreSQL believes of the tables' sizes: as a join, and with both
# believed to be empty, each item would be looked for among all entries.
_LOCK_ITEMS = """
    SELECT id, split FROM labeling_item WHERE id = ANY(ARRAY(
        SELECT item_id FROM review_entry WHERE project_id = %(project)s AND id = ANY(%(entries)s::bigint[])))
    ORDER BY id FOR NO KEY UPDATE"""

# A person's word is picked from the item's few labels, not asked for by "is_human": for that there are indexes
# of human labels alone, which PostgreSQL reads whole as long as it believes what it last counted, that is, none.
_READ_FACTS = """
    SELECT prior.key IS NOT NULL, prior.person_id, prior.entry_id, prior.kind, prior.label_class_id,
           asked.class_id IS NULL OR class.id IS NOT NULL, lease.created_at, human.created_at,
           entry.id, entry.item_id, entry.state, entry.reason, entry.n_wanted, entry.n_free,
           coalesce(lease.is_blind, entry.is_blind), entry.suggested_class_id, entry.suggested_confidence,
           entry.suggested_others, lease.id, lease.state, lease.in_grid,
           coalesce(entry.is_blind, false) AND EXISTS (
               SELECT FROM review_attempt WHERE project_id = %(project)s AND state = 'auditing')
    FROM unnest(%(keys)s::uuid[], %(entries)s::bigint[], %(classes)s::bigint[])
         WITH ORDINALITY AS asked (key, entry_id, class_id, n)
    LEFT JOIN review_answer prior ON prior.key = asked.key
    LEFT JOIN review_entry entry ON entry.id = asked.entry_id AND entry.project_id = %(project)s
    LEFT JOIN LATERAL (
        SELECT id, state, in_grid, is_blind, created_at FROM review_lease
        WHERE entry_id = entry.id AND person_id = %(person)s AND state <> 'barred' ORDER BY id DESC LIMIT 1
    ) lease ON true
    LEFT JOIN LATERAL (
        SELECT max(created_at) FILTER (WHERE is_human) AS created_at FROM labeling_label
        WHERE item_id = entry.item_id AND retired_at IS NULL
    ) human ON true
    LEFT JOIN labeling_labelclass class
      ON class.id = asked.class_id AND class.project_id = %(project)s
    ORDER BY asked.n"""


def lock_and_read(project_id: int, person_id: int, answers: Sequence[NewAnswer]) -> Known:
    """Take the locks in order, then read: each statement sees what the locks before it waited for."""
    values = {
        "project": project_id,
        "person": person_id,
        "keys": [answer.key for answer in answers],
        "entries": [answer.entry_id for answer in answers],
        "classes": [answer.class_id for answer in answers],
    }
    [(_, now)], _, items, facts, source = fetch_in_turn(
        (LOCK_SHARED, values),
        (_LOCK_ENTRIES, values),
        (_LOCK_ITEMS, values),
        (_READ_FACTS, values),
        (FIND_PERSON, values),
    )
    splits = {item_id: Split(split) for item_id, split in items}
    return Known(now, splits, _facts_of(answers, facts), source)


def _facts_of(answers: Sequence[NewAnswer], rows: Rows) -> list[tuple[NewAnswer, Facts, AnsweredEntry]]:
    found = []
    for answer, row in zip(answers, rows, strict=True):
        has_prior, prior_person, prior_entry, prior_kind, prior_class, is_class_known, leased_at, human_at = (
            row[:8]
        )
        (
            entry_id,
            item_id,
            state,
            reason,
            n_wanted,
            n_free,
            is_blind,
            class_id,
            confidence,
            others,
            lease_id,
            lease,
            in_grid,
            is_among_audits,
        ) = row[8:]
        prior = Answered(prior_person, prior_entry, prior_kind, prior_class) if has_prior else None
        seen = {
            "reason": shown_reason(reason, is_blind=is_blind),
            "is_blind": is_blind,
            "suggestion": shown_suggestion(
                reason, is_blind=is_blind, class_id=class_id, confidence=confidence, others=others
            ),
            "in_grid": bool(in_grid),  # among many of one class, each with the suggestion
        }
        is_measuring = reason in MEASURING
        # What is asked among audits is taken as they are, or a label past the queue would tell them apart.
        facts = Facts(
            prior,
            state,
            is_class_known,
            lease,
            leased_at,
            human_at,
            bool(in_grid),
            is_measuring or is_among_audits,
        )
        is_overtaken = is_among_audits and not is_measuring and human_at is not None
        found.append(
            (
                answer,
                facts,
                AnsweredEntry(
                    entry_id, item_id, state, reason, n_wanted, n_free, seen, lease_id, lease, is_overtaken
                ),
            )
        )
    return found
