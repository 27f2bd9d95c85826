"""Asking: put a stage's audits into the queue among decoys; the first stage also asks for second answers."""

from __future__ import annotations

from django.db import connection

from review.models import Attempt, Audit, Decoy, EntryState, SecondAnswer
from review.queue.entries import entries_ask
from review.reasons import Reason


def stage_ask(attempt: Attempt) -> None:
    """Queue the stage's audits among other entries, all of them blind; in the first stage the second answers as well."""
    project = attempt.project
    stage = attempt.audits.filter(position__lte=attempt.n_audits, answered_at=None, entry=None)
    audits = list(stage.order_by("position"))
    known = _asked_before(attempt, audits)
    seconds = _draw_seconds(attempt) if attempt.stage == 1 else []
    decoys = list(attempt.decoys.filter(stage=attempt.stage, entry=None))
    labeled = set(
        attempt.frozen.filter(rank__lt=0, item__in=[decoy.item_id for decoy in decoys]).values_list(
            "item_id", flat=True
        )
    )
    asked = [
        *((audit.item_id, Reason.AUDIT) for audit in audits if audit.item_id not in known),
        *((item_id, Reason.SECOND) for item_id, _ in seconds),
        # A second answer labels nothing; nobody counts this one.
        *((decoy.item_id, Reason.SECOND if decoy.item_id in labeled else Reason.MIXED) for decoy in decoys),
    ]
    entries = entries_ask(project, asked, salt=f"{attempt.salt}:{attempt.stage}")
    with connection.cursor() as cursor:
        # What waits already is asked blind too for as long: an annotator cannot tell an audit by its looks.
        cursor.execute(
            """UPDATE review_entry SET is_blind = true
            WHERE project_id = %s AND state = 'open' AND n_free = n_wanted AND reason <> 'flagged'""",
            [project.pk],
        )
    for decoy in decoys:
        decoy.entry_id = entries[decoy.item_id]
    Decoy.objects.bulk_update(decoys, ["entry"], batch_size=2_000)
    for audit in audits:
        audit.entry_id = known.get(audit.item_id) or entries[audit.item_id]
    Audit.objects.bulk_update(audits, ["entry"], batch_size=2_000)
    SecondAnswer.objects.bulk_create(
        SecondAnswer(attempt=attempt, item_id=item_id, label_class_id=class_id, entry_id=entries[item_id])
        for item_id, class_id in seconds
    )


def _asked_before(attempt: Attempt, audits: list[Audit]) -> dict[int, int]:
    """Item -> entry of those of the audits that were decoys of an earlier stage: an answer to it is a blind one.

    Which audits of later stages serve so was drawn with the audits, before the first answer, and an answer is the same
    whenever it is given: so the stages' samples are what they were, whatever is known of them early. Asked again, such
    an item would be known for an audit by whoever answered it first.
    """
    asked = attempt.decoys.filter(item__in=[audit.item_id for audit in audits], entry__isnull=False)
    return dict(asked.exclude(entry__state=EntryState.WITHDRAWN).values_list("item_id", "entry_id"))


def _draw_seconds(attempt: Attempt) -> list[tuple[int, int]]:
    """(item, class) of the labels that people are asked to give again, drawn uniformly from those that people gave."""
    if attempt.n_second_wanted == 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item.id, frozen.label_class_id
            FROM review_frozen frozen JOIN labeling_item item ON item.id = frozen.item_id
            WHERE frozen.attempt_id = %(attempt)s AND frozen.rank < 0
            ORDER BY encode(sha256(convert_to(%(salt)s || ':second:' || item.key, 'UTF8')), 'hex'), item.key
            LIMIT %(n)s
            """,
            {"attempt": attempt.pk, "salt": attempt.salt, "n": attempt.n_second_wanted},
        )
        drawn: list[tuple[int, int]] = cursor.fetchall()
        return drawn
