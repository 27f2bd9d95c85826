"""How many answers an item wants: what the project says holds for the entries that are open, too.

Whoever makes entries reads the number while holding the project's label lock, and whoever changes it holds that
lock alone: so no entry is made by the number of a moment ago. Claims take no such lock. What a person was handed
is written on the lease (Lease.is_blind), so an entry becomes blind, or is blind no longer, for those who get it next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from labeling.database.locks import lock_labels_exclusive
from labeling.labels.consensus import majority_class
from labeling.labels.services import Word, labels_record, source_for_consensus, source_for_person
from labeling.models import Project, Source
from labeling.projects.services import project_update
from review.models import Answer, AnswerKind, Entry, EntryState
from review.queue.entries import answers_wanted_now
from review.queue.filling.refill import is_blind_to_all
from review.reasons import OWN_NUMBER, SHOWS_GUESS, Reason, sql_list
from training.runs.services import run_request_if_due

MAX_CLOSED = 500  # entries at once


@transaction.atomic
def project_change(*, project: Project, settings: Mapping[str, Any], by: User) -> Project:
    """project_update, and open entries follow the answers that are wanted. Raises InvalidInput, Conflict.

    An entry that has as many answers as are wanted now is closed by them: `by` is written as who retired what
    stood. One that has fewer stays open. Of more people who hold an entry than it wants, the first keep it.
    """
    before = None
    if "answers_wanted" in settings:
        lock_labels_exclusive(project.pk)  # before the project's row, as everywhere
        before = answers_wanted_now(project)
    project_update(project=project, settings=settings)
    if before is not None and before != project.answers_wanted:
        _close_answered(project, by)
        _follow(project)
        if project.retrain_after:
            transaction.on_commit(lambda: run_request_if_due(project.pk), robust=True)
    return project


_N_ANSWERS = """(
    SELECT count(*) FROM review_answer answer
    WHERE answer.entry_id = entry.id AND answer.kind = 'label' AND answer.withdrawn_at IS NULL)"""

_OF_PROJECT = f"""entry.project_id = %(project)s AND entry.state = 'open'
    AND entry.reason NOT IN ({sql_list(OWN_NUMBER)})"""

# Entries by id, FOR UPDATE, as everywhere; what was answered is counted afterwards, by a statement that sees it.
_LOCK = f"SELECT id FROM review_entry entry WHERE {_OF_PROJECT} ORDER BY id FOR UPDATE"

_ANSWERED = f"""
    SELECT id FROM review_entry entry
    WHERE {_OF_PROJECT} AND entry.n_free < entry.n_wanted AND {_N_ANSWERS} >= %(n_wanted)s ORDER BY id"""

# A lease that an item no longer wants is given back, the last first.
_LET_GO = f"""
    UPDATE review_lease SET state = 'released' WHERE id IN (
        SELECT held.id FROM (
            SELECT lease.id, %(n_wanted)s - {_N_ANSWERS}
                   - row_number() OVER (PARTITION BY entry.id ORDER BY lease.created_at, lease.id) AS n_left
            FROM review_lease lease JOIN review_entry entry ON entry.id = lease.entry_id
            WHERE {_OF_PROJECT} AND lease.state = 'held'
        ) held WHERE n_left < 0)"""

# What was made for a grid waits for the others' answers as any other entry does.
_FOLLOW = f"""
    UPDATE review_entry entry
    SET n_wanted = %(n_wanted)s,
        n_free = CASE
            WHEN n_free = n_wanted THEN %(n_wanted)s
            ELSE greatest(0, %(n_wanted)s - {_N_ANSWERS} - (
                SELECT count(*) FROM review_lease lease WHERE lease.entry_id = entry.id AND lease.state = 'held'))
            END,
        reason = CASE WHEN reason = '{Reason.GRID}' AND %(blind)s THEN '{Reason.UNCERTAIN}' ELSE reason END,
        is_blind = CASE
            WHEN %(blind)s THEN true
            WHEN reason IN ({sql_list(SHOWS_GUESS)}) THEN false
            ELSE is_blind END
    WHERE {_OF_PROJECT}"""


def _follow(project: Project) -> None:
    values = {
        "project": project.pk,
        "n_wanted": project.answers_wanted,
        "blind": is_blind_to_all(project),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LET_GO, values)
        cursor.execute(_FOLLOW, values)


def _close_answered(project: Project, by: User) -> None:
    """Entries with as many answers as are wanted now get their label, or are disputed. Locks all that are open."""
    values = {"project": project.pk, "n_wanted": project.answers_wanted}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, values)
        cursor.execute(_ANSWERED, values)
        answered = [entry_id for (entry_id,) in cursor.fetchall()]
    for start in range(0, len(answered), MAX_CLOSED):
        _close(project, answered[start : start + MAX_CLOSED], by)


def _close(project: Project, entry_ids: list[int], by: User) -> None:
    entries = list(Entry.objects.filter(pk__in=entry_ids).order_by("pk"))
    answers: dict[int, list[Answer]] = {}
    given = Answer.objects.filter(entry__in=entry_ids, kind=AnswerKind.LABEL, withdrawn_at__isnull=True)
    for answer in given.select_related("person").order_by("created_at"):
        assert answer.entry_id is not None  # it is of one of these
        answers.setdefault(answer.entry_id, []).append(answer)
    states: dict[EntryState, list[int]] = {EntryState.DONE: [], EntryState.DISPUTED: []}
    words: dict[Source, list[tuple[Word, int]]] = {}
    for entry in entries:
        of_entry = answers[entry.pk]
        agreed = majority_class([answer.label_class_id for answer in of_entry if answer.label_class_id])
        states[EntryState.DISPUTED if agreed is None else EntryState.DONE].append(entry.pk)
        if agreed is None:
            continue
        # One answer is one person's word, and the label says so.
        source = (
            source_for_consensus(project=project)
            if len(of_entry) > 1
            else source_for_person(project=project, user=of_entry[0].person)
        )
        words.setdefault(source, []).append(
            (Word(entry.item_id, agreed, entry.reason == Reason.RANDOM), entry.pk)
        )
    for source, said in sorted(words.items(), key=lambda each: each[0].pk):
        recorded = labels_record(project=project, words=[word for word, _ in said], source=source, by=by)
        for label, (_, entry_id) in zip(recorded, said, strict=True):
            given.filter(entry=entry_id).update(label=label.label)
    for state, closed in states.items():
        _end(closed, state)


def _end(entry_ids: list[int], state: EntryState) -> None:
    """The entries have all their answers, and nobody holds them any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH released AS (
                UPDATE review_lease SET state = 'released' WHERE entry_id = ANY(%(entries)s) AND state = 'held'
            )
            UPDATE review_entry SET state = %(state)s, n_free = 0,
                   closed_at = CASE WHEN %(state)s = 'done' THEN now() END
            WHERE id = ANY(%(entries)s)
            """,
            {"entries": entry_ids, "state": state.value},
        )
