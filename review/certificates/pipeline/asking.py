"""Asking: put a stage's audits into the queue among decoys; the first stage also asks for second answers."""

from __future__ import annotations

from django.db import connection
from django.db.models import Exists, OuterRef

from labeling.models import Label
from review.models import Attempt, Audit, Decoy, Entry, EntryState, SecondAnswer
from review.queue.entries import entries_ask, n_mixed
from review.reasons import Reason


def stage_ask(attempt: Attempt) -> None:
    """Queue the stage's audits among other entries, all of them blind; in the first stage the second answers as well."""
    project = attempt.project
    stage = attempt.audits.filter(position__lte=attempt.n_audits, answered_at=None, entry=None)
    audits = list(stage.order_by("position"))
    seconds = _draw_seconds(attempt) if attempt.stage == 1 else []
    decoys = _decoys(attempt, n_mixed(len(audits) + len(seconds)))
    asked = [
        *((audit.item_id, Reason.AUDIT) for audit in audits),
        *((item_id, Reason.SECOND) for item_id, _ in seconds),
        *((decoy.item_id, Reason.UNCERTAIN) for decoy in decoys),
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
        audit.entry_id = entries[audit.item_id]
    Audit.objects.bulk_update(audits, ["entry"], batch_size=2_000)
    SecondAnswer.objects.bulk_create(
        SecondAnswer(attempt=attempt, item_id=item_id, label_class_id=class_id, entry_id=entries[item_id])
        for item_id, class_id in seconds
    )


def _decoys(attempt: Attempt, n: int) -> list[Decoy]:
    """`n` decoys of this stage. Those that somebody has labeled meanwhile are replaced by other doubtful items."""
    labeled = Label.objects.filter(item_id=OuterRef("item_id"), is_human=True, retired_at__isnull=True)
    decoys = list(attempt.decoys.filter(~Exists(labeled), stage=attempt.stage, entry=None)[:n])
    if len(decoys) < n:
        more = most_doubtful(attempt, n - len(decoys))
        decoys += Decoy.objects.bulk_create(
            Decoy(attempt=attempt, item_id=item_id, stage=attempt.stage) for item_id in more
        )
    return decoys


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


def most_doubtful(attempt: Attempt, n: int) -> list[int]:
    """The `n` most doubtful candidates that are neither audits nor decoys, not labeled yet and not in dispute."""
    of_item = {"item_id": OuterRef("item_id")}
    rows = attempt.frozen.filter(rank__gte=1).exclude(
        Exists(attempt.audits.filter(**of_item))
        | Exists(attempt.decoys.filter(**of_item))
        | Exists(Entry.objects.filter(**of_item, state=EntryState.DISPUTED))
        | Exists(Label.objects.filter(**of_item, is_human=True, retired_at__isnull=True))
    )
    return list(rows.order_by("-rank").values_list("item_id", flat=True)[:n])
