"""Taking answers: each is stored once, with all that follows from it, in one transaction.

review/answering/facts.py says which locks this takes, and in which order.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from labeling.database.hot import fetch_prepared
from labeling.labels.consensus import majority_class
from labeling.labels.services import Word, labels_write, source_for_consensus, source_for_person
from labeling.models import Project
from labeling.web.permissions import MAY_REVIEW
from review.answering.acceptance import STORED, Answered, Facts, Refusal, judge
from review.answering.facts import AnsweredEntry, Known, NewAnswer, lock_and_read
from review.models import Answer, AnswerKind, Entry, EntryState
from review.queue.flagging import flags_resolve
from review.reasons import OF_DOUBT, Reason, queue_reasons, rule_of
from training.runs.services import run_request_if_due

MAX_ANSWERS = 500  # in one request
N_TRIES = 3

# What becomes of a person's lease. Who marked an item as wrong may be handed it again, to say what it is.
LEASE_AFTER = {"label": "answered", "skip_me": "skipped", "skip_all": "skipped", "not_this": "released"}


def answers_submit(
    *, project: Project, person: User, role: str, answers: Sequence[NewAnswer]
) -> list[dict[str, str]]:
    """Every answer is stored, was stored before, or is refused with a reason; one does not undo another.

    Returns one {"key", "outcome", "code", "message"} for each, in their order. Calling it twice with the same
    keys is the same as once. After the commit the next run is started if it is due.
    """
    for n_left in reversed(range(N_TRIES)):
        try:
            return _submit(project=project, person=person, role=role, answers=answers)
        except IntegrityError:
            # Somebody sent one of these keys, for another entry, at the same moment: that one is
            # stored now, and the second look finds it.
            if n_left == 0:
                raise
    raise AssertionError("unreachable")


@transaction.atomic
def _submit(
    *, project: Project, person: User, role: str, answers: Sequence[NewAnswer]
) -> list[dict[str, str]]:
    known = lock_and_read(project.pk, person.pk, answers)
    stored: list[tuple[NewAnswer, AnsweredEntry]] = []
    results = []
    taken: dict[UUID, Answered] = {}
    leased_now: dict[int, str] = {}  # entry -> this person's lease state, as this batch leaves it
    for answer, facts, row in known.facts:
        said = Answered(person.pk, answer.entry_id, answer.kind, answer.class_id)
        facts = _as_of_batch(facts, prior=taken.get(answer.key), lease_state=leased_now.get(answer.entry_id))
        outcome = judge(said, answer.key, facts)
        results.append(_result(answer.key, outcome))
        if outcome == STORED:
            taken[answer.key] = said
            leased_now[answer.entry_id] = LEASE_AFTER[answer.kind]
            stored.append((answer, row))
    if stored:
        _apply(project, person, role, stored, known)
    return results


def _apply(
    project: Project,
    person: User,
    role: str,
    stored: list[tuple[NewAnswer, AnsweredEntry]],
    known: Known,
) -> None:
    """Carry out what each accepted answer means for its item, entry and leases."""
    words: list[tuple[Word, AnsweredEntry]] = []
    votes: list[tuple[int, AnsweredEntry]] = []
    doubted: list[AnsweredEntry] = []
    for answer, row in stored:
        was_held = row.lease_state == "held"
        row.lease_state = LEASE_AFTER[answer.kind]
        if answer.kind == "not_this":
            doubted.append(row)
        elif answer.kind == "skip_all":
            row.entry_state, row.n_free = "skipped", 0
        elif answer.kind == "skip_me":
            row.n_free += was_held
        elif answer.class_id is not None and (row.reason == Reason.SECOND or row.is_overtaken):
            row.entry_state, row.n_free = "done", 0  # it measures the first answer, and replaces nothing
        elif answer.class_id is not None:
            is_one = row.n_wanted == 1 and row.reason != Reason.GOLD
            is_decisive = is_one or (rule_of(row.reason).is_reviewers and role in MAY_REVIEW)
            if is_decisive:
                row.entry_state, row.n_free = "done", 0
                words.append((Word(row.item_id, answer.class_id, rule_of(row.reason).is_drawn), row))
            else:
                row.n_free -= not was_held and row.n_free > 0
                votes.append((answer.class_id, row))
    if words:
        recorded = labels_write(
            project=project,
            words=[word for word, _ in words],
            source=source_for_person(project=project, user=person, found=known.source),
            by=person,
            now=known.now,
            splits=known.splits,
        )
        for label, (_, row) in zip(recorded, words, strict=True):
            row.label_id = label.label.pk
        if role in MAY_REVIEW:
            flags_resolve(
                item_ids=[row.item_id for _, row in words if rule_of(row.reason).is_reviewers],
                now=known.now,
            )
    if doubted:
        _queue_doubted(doubted)
    agreed = _count_votes(project, person, votes, known)
    _write(project.pk, person.pk, stored, now=known.now)
    if agreed:
        _link_votes(agreed)
    if (words or agreed) and project.retrain_after:
        transaction.on_commit(lambda: run_request_if_due(project.pk), robust=True)


def _queue_doubted(doubted: list[AnsweredEntry]) -> None:
    """Put what was marked as wrong at the top of the queue, for anybody, without the suggestion."""
    others = Entry.objects.filter(
        item_id__in=[row.item_id for row in doubted], state__in=[EntryState.OPEN, EntryState.DISPUTED]
    ).exclude(pk__in=[row.entry_id for row in doubted])
    asked_anew = set(others.values_list("item_id", flat=True))  # since the lease ran out: that is enough
    waiting = [row for row in doubted if row.item_id not in asked_anew]
    for row in waiting:
        row.entry_state, row.n_free = "open", row.n_wanted
    made_here = [Reason.GRID, *OF_DOUBT]  # a flag that came meanwhile stays one
    Entry.objects.filter(pk__in=[row.entry_id for row in waiting], reason__in=made_here).update(
        reason=Reason.DOUBTED, priority=queue_reasons()[Reason.DOUBTED].priority
    )


def _count_votes(
    project: Project, person: User, votes: list[tuple[int, AnsweredEntry]], known: Known
) -> dict[int, int]:
    """Close the entries that have all their answers: one label by consensus, or a dispute.

    Returns the new labels by entry.
    """
    if not votes:
        return {}
    words: list[tuple[Word, AnsweredEntry]] = []
    earlier = _read_votes([row.entry_id for _, row in votes])
    for class_id, row in votes:
        class_ids = [*earlier.get(row.entry_id, []), class_id]
        if len(class_ids) < row.n_wanted:
            continue
        if row.reason == Reason.GOLD:
            row.entry_state, row.n_free = "done", 0  # it measures those who answered, and labels nothing
            continue
        agreed_class = majority_class(class_ids)
        if agreed_class is None and row.entry_state == "withdrawn":
            continue  # late votes that disagree: the item has another entry, or none is wanted
        row.entry_state, row.n_free = ("disputed" if agreed_class is None else "done"), 0
        if agreed_class is not None:
            words.append((Word(row.item_id, agreed_class, rule_of(row.reason).is_drawn), row))
    if not words:
        return {}
    recorded = labels_write(
        project=project,
        words=[word for word, _ in words],
        source=source_for_consensus(project=project),
        by=person,
        now=known.now,
        splits=known.splits,
    )
    return {row.entry_id: label.label.pk for label, (_, row) in zip(recorded, words, strict=True)}


def _as_of_batch(facts: Facts, *, prior: Answered | None, lease_state: str | None) -> Facts:
    """The facts as earlier answers of the same request left them."""
    return replace(facts, prior=facts.prior or prior, lease_state=lease_state or facts.lease_state)


def _read_votes(entry_ids: list[int]) -> dict[int, list[int]]:
    votes: dict[int, list[int]] = {}
    rows = Answer.objects.filter(
        entry_id__in=entry_ids, kind=AnswerKind.LABEL, withdrawn_at__isnull=True
    ).values_list("entry_id", "label_class_id")
    for entry_id, class_id in rows:
        votes.setdefault(entry_id, []).append(class_id)
    return votes


def _link_votes(agreed: dict[int, int]) -> None:
    """Note on each answer which label by consensus it led to."""
    for entry_id, label_id in agreed.items():
        Answer.objects.filter(entry_id=entry_id, kind=AnswerKind.LABEL, withdrawn_at__isnull=True).update(
            label_id=label_id
        )


def _write(
    project_id: int, person_id: int, stored: list[tuple[NewAnswer, AnsweredEntry]], *, now: dt.datetime
) -> None:
    """Write the answers, the person's leases, and the entries; a closed entry's other leases end."""
    fetch_prepared(
        """
        WITH given AS (
            SELECT * FROM unnest(
                %(keys)s::uuid[], %(kinds)s::text[], %(classes)s::bigint[], %(seconds)s::float8[],
                %(notes)s::text[], %(entries)s::bigint[], %(items)s::bigint[], %(labels)s::bigint[],
                %(seen)s::jsonb[], %(leases)s::bigint[], %(lease_states)s::text[],
                %(entry_states)s::text[], %(n_free)s::smallint[]
            ) AS given (key, kind, class_id, seconds, note, entry_id, item_id, label_id,
                        seen, lease_id, lease_state, entry_state, n_free)
        ), stored AS (
            INSERT INTO review_answer (key, project_id, entry_id, item_id, person_id, kind, label_class_id,
                                       label_id, seen, seconds, note, created_at)
            SELECT key, %(project)s::bigint, entry_id, item_id, %(person)s::bigint, kind, class_id,
                   label_id, seen, seconds, note, %(now)s::timestamptz
            FROM given
        ), mine AS (
            UPDATE review_lease lease SET state = given.lease_state
            FROM given WHERE lease.id = given.lease_id
        ), others AS (
            UPDATE review_lease lease SET state = 'released'
            FROM given
            WHERE given.entry_state <> 'open' AND lease.entry_id = given.entry_id
              AND lease.state = 'held' AND lease.id <> given.lease_id
        )
        UPDATE review_entry entry
        SET state = given.entry_state, n_free = given.n_free,
            closed_at = CASE WHEN given.entry_state IN ('done', 'skipped') THEN %(now)s::timestamptz END
        FROM given WHERE entry.id = given.entry_id
        """,
        {
            "project": project_id,
            "person": person_id,
            "now": now,
            "keys": [answer.key for answer, _ in stored],
            "kinds": [answer.kind for answer, _ in stored],
            "classes": [answer.class_id for answer, _ in stored],
            "seconds": [answer.seconds for answer, _ in stored],
            "notes": [answer.note for answer, _ in stored],
            "entries": [row.entry_id for _, row in stored],
            "items": [row.item_id for _, row in stored],
            "labels": [row.label_id for _, row in stored],
            "seen": [json.dumps(row.seen) for _, row in stored],
            "leases": [row.lease_id for _, row in stored],
            "lease_states": [row.lease_state for _, row in stored],
            "entry_states": [row.entry_state for _, row in stored],
            "n_free": [row.n_free for _, row in stored],
        },
    )


def _result(key: UUID, outcome: str | Refusal) -> dict[str, str]:
    if isinstance(outcome, Refusal):
        return {"key": str(key), "outcome": "refused", "code": outcome.code, "message": outcome.message}
    return {"key": str(key), "outcome": outcome, "code": "", "message": ""}
