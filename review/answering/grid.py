"""The grid: many items of one predicted class, shown at once with the model's guess, the most doubtful first.

Each is a real entry under a real lease, so nobody else has it meanwhile: an entry of the queue that shows its
suggestion, or one made here for an item that waits nowhere, and withdrawn when it is given back. The lease
says that it was handed out in a grid, and the answer takes that from there.

What is asked blind is never here: neither an entry that is blind, nor anything at all while an attempt to
certify is open (what is missing would tell its audits) or while each item wants several answers.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from labeling.database.hot import fetch_prepared
from labeling.database.locks import lock_labels_shared
from labeling.errors import Conflict, InvalidInput
from labeling.models import LabelClass, Project
from review.models import OPEN_ATTEMPTS, Attempt
from review.queue.claims import entries_release, entries_show
from review.queue.entries import answers_wanted_now, entry_insert
from review.reasons import OF_DOUBT, Reason, queue_reasons, sql_list
from training.models.querysets import has_predictions
from training.rounds.standing import standing_of

NAMESPACE = (
    4_167  # of advisory locks: one grid of a project is filled at a time, or two would pick the same items
)
MAX_GRID = 400  # entries that one person holds by one claim: a page of 200, and one on its way to the server
N_TRIES = 3  # where somebody else took what was picked

_OF_ROUND = """
    SELECT item_id, confidence FROM training_prediction
    WHERE round_id = %(guessed_by)s AND label_class_id = %(class)s"""
_OF_LABELS = """
    SELECT item_id, confidence FROM labeling_label
    WHERE source_id = %(guessed_by)s AND label_class_id = %(class)s AND NOT is_human AND retired_at IS NULL"""

_IN_TURN = f"SELECT pg_advisory_xact_lock({NAMESPACE}, %(project)s::int)"

# Nobody has it, and whoever has it next may see the suggestion.
_IS_FREE = f"""entry.state = 'open' AND entry.n_wanted = 1 AND entry.n_free = 1 AND NOT entry.is_blind
    AND entry.reason IN ({sql_list([*OF_DOUBT, Reason.GRID])})"""

# A person's word is picked from the item's few labels: see _READ_FACTS in answers.py.
_HAS_HUMAN_LABEL = """coalesce((
    SELECT bool_or(said.is_human) FROM labeling_label said
    WHERE said.item_id = {item} AND said.retired_at IS NULL), false)"""

_RENEW = """
    WITH mine AS (
        UPDATE review_lease SET until = now() + %(lease_seconds)s * interval '1 second'
        WHERE id IN (
            SELECT id FROM review_lease
            WHERE person_id = %(person)s AND project_id = %(project)s AND state = 'held' AND in_grid
            FOR UPDATE SKIP LOCKED)
        RETURNING entry_id
    )
    SELECT entry.id, entry.suggested_class_id = %(class)s FROM mine JOIN review_entry entry ON entry.id = mine.entry_id"""

# The number is written into the text, and the look-ups are asked for each guess in turn: else PostgreSQL reads
# whole tables for a page.
_PICK = f"""
    SELECT guess.item_id, guess.confidence, entry.id
    FROM ({{guesses}}) guess
    JOIN LATERAL (
        SELECT id FROM labeling_item WHERE id = guess.item_id AND split = 'pool' OFFSET 0
    ) pooled ON true
    LEFT JOIN LATERAL (
        SELECT * FROM review_entry
        WHERE item_id = guess.item_id AND state IN ('open', 'disputed') OFFSET 0
    ) entry ON true
    WHERE NOT {_HAS_HUMAN_LABEL.format(item="guess.item_id")}
      AND (entry.id IS NULL OR ({_IS_FREE} AND NOT EXISTS (
            SELECT 1 FROM review_lease lease
            WHERE lease.entry_id = entry.id AND lease.person_id = %(person)s
              AND lease.state IN ('held', 'answered', 'skipped', 'barred')
            OFFSET 0)))
    ORDER BY guess.confidence, guess.item_id LIMIT {{n}}"""

# Who labels an item holds its lock: those are passed over.
_LOCK_ITEMS = """
    SELECT id FROM labeling_item WHERE id = ANY(%(items)s::bigint[]) AND split = 'pool'
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"""

_OTHERS = """(
    SELECT others FROM training_prediction WHERE round_id = %(round)s::bigint AND item_id = given.item_id)"""

_MAKE = entry_insert(
    f"""
    SELECT %(project)s::bigint, item_id, '{Reason.GRID}', {queue_reasons()[Reason.GRID].priority}, 1, 0, %(round)s::bigint,
           %(class)s::bigint, confidence, {_OTHERS}
    FROM given WHERE entry_id IS NULL
    """,
    columns=(
        "project_id",
        "item_id",
        "reason",
        "priority",
        "n_wanted",
        "n_free",
        "round_id",
        "suggested_class_id",
        "suggested_confidence",
        "suggested_others",
    ),
    over="",
)

_TAKE = f"""
    WITH given AS (
        SELECT * FROM unnest(%(items)s::bigint[], %(confidences)s::float8[], %(entries)s::bigint[])
            AS given (item_id, confidence, entry_id)
        WHERE item_id = ANY(%(locked)s::bigint[]) AND NOT {_HAS_HUMAN_LABEL.format(item="given.item_id")}
    ), made AS (
        {_MAKE}
    ), free AS (
        SELECT id FROM review_entry entry
        WHERE id IN (SELECT entry_id FROM given) AND {_IS_FREE}
        FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE review_entry entry
        SET n_free = 0, round_id = %(round)s::bigint, suggested_class_id = %(class)s::bigint,
            suggested_confidence = given.confidence, suggested_others = {_OTHERS}
        FROM given WHERE given.entry_id = entry.id AND entry.id IN (SELECT id FROM free)
        RETURNING entry.id
    )
    INSERT INTO review_lease (entry_id, project_id, person_id, state, in_grid, is_blind, until, created_at)
    SELECT id, %(project)s, %(person)s, 'held', true, false, now() + %(lease_seconds)s * interval '1 second',
           clock_timestamp()
    FROM (SELECT id FROM made UNION ALL SELECT id FROM taken) ours
    ON CONFLICT DO NOTHING
    RETURNING entry_id"""


def grid_claim(*, project: Project, person_id: int, class_id: int, n: int) -> list[dict[str, Any]]:
    """The person holds `n` entries (1 to MAX_GRID) that the model says are of the class, if there are as many.

    Those held before come renewed; those of other classes are given back. The least sure first. Raises
    InvalidInput for a class of another project, Conflict where no suggestion may be shown or none is there.
    """
    if not LabelClass.objects.filter(project=project, pk=class_id).exists():
        sentence = f"Class {class_id} is not one of this project's; load the classes again and choose one."
        raise InvalidInput(sentence, fields={"class_id": [sentence]})
    with transaction.atomic():
        lock_labels_shared(project.pk)  # whoever publishes, or freezes an attempt, comes before or after
        _check_may_show(project)
        guesses, guessed_by, round_id = _guesses(project)
        asked = {
            "project": project.pk,
            "person": person_id,
            "class": class_id,
            "lease_seconds": project.lease_seconds,
            "guessed_by": guessed_by,
            "round": round_id,
        }
        fetch_prepared(_IN_TURN, asked)
        held: list[int] = []
        others: list[int] = []
        for entry_id, is_of_class in fetch_prepared(_RENEW, asked):
            (held if is_of_class else others).append(entry_id)
        if others:
            entries_release(project=project, person_id=person_id, entry_ids=others)
        for _ in range(N_TRIES):
            if len(held) >= n:
                break
            picked = fetch_prepared(_PICK.format(guesses=guesses, n=n - len(held)), asked)
            if not picked:
                break
            held += _take(picked, asked)
    entries = entries_show(person_id=person_id, entry_ids=held)
    entries.sort(
        key=lambda entry: ((entry["suggestion"] or {}).get("confidence") or 0.0, entry["item"]["id"])
    )
    return entries[:n]


def _take(picked: list[tuple[Any, ...]], asked: dict[str, Any]) -> list[int]:
    """Hold those of the picked items that are free still; returns their entries."""
    items, confidences, entries = (list(column) for column in zip(*picked, strict=True))
    locked = [item_id for (item_id,) in fetch_prepared(_LOCK_ITEMS, {"items": items})]
    values = asked | {"items": items, "confidences": confidences, "entries": entries, "locked": locked}
    return [entry_id for (entry_id,) in fetch_prepared(_TAKE, values)]


def _check_may_show(project: Project) -> None:
    """Raises Conflict where people are to answer without the suggestion."""
    if answers_wanted_now(project) > 1:
        raise Conflict(
            f"Each item wants {project.answers_wanted} answers here, all of them blind, so no guess may be shown. "
            "Answer on the review page, or set answers wanted to 1 in the settings.",
            code="asked_blind",
        )
    if Attempt.objects.filter(project=project, state__in=OPEN_ATTEMPTS).exists():
        raise Conflict(
            "An attempt to certify is open, and people answer blind as long. The grid opens again when it has ended; "
            "until then answer on the review page.",
            code="attempt_open",
        )


def _guesses(project: Project) -> tuple[str, int, int | None]:
    """(SQL of item and confidence, its value guessed_by, the round) of what the machine that stands says of the pool.

    The standing round's predictions; where a file's labels stand, or a certificate's part of a round's, those.
    """
    standing = standing_of(project)
    if standing is None:
        raise Conflict(
            "No machine labels stand here, so there is no guess to confirm. Train a round and publish it first.",
            code="nothing_predicted",
        )
    round = standing.round
    if round is not None and standing.is_whole_round and has_predictions(round.pk):
        return _OF_ROUND, round.pk, round.pk
    return _OF_LABELS, standing.publication.source_id, round.pk if round is not None else None
