"""Issuing: people label what lies beyond the cut; then the labels up to it are published under a certificate."""

from __future__ import annotations

from django.db import connection

from labeling.database.locks import lock_labels_exclusive, lock_labels_shared
from labeling.labels.selectors import NO_HUMAN_LABEL
from labeling.labels.services import publication_open
from labeling.models import Source, SourceKind
from review.certificates.attempts import candidates_by_side, items_remaining, remaining_of
from review.certificates.pipeline.steps import attempt_end
from review.models import Attempt, AttemptState, Certificate
from review.publishing.publish import publish_begin
from review.queue.entries import answers_wanted_now, entry_insert
from review.queue.filling.refill import refill_carry_out, refill_plan
from review.reasons import OF_REFILL, Reason, queue_reasons, sql_list


def issue_if_complete(attempt: Attempt) -> None:
    left = remaining_of(attempt)
    if left.n:
        if left.n_unasked:
            _ask_remaining(attempt)
        sentence = (
            f"Ranks 1 to {attempt.cut:,} of {attempt.n_candidates:,} are proven; "
            f"people continue from the cut: {left.n:,} more."
        )
        Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.REVIEWING, state_reason=sentence)
        return
    _issue(attempt)


def _ask_remaining(attempt: Attempt) -> None:
    """Queue everything that people have still to label, the most doubtful first, but for what waits already.

    What was skipped for everyone, or lost its label, is asked again: nothing else would ever end the attempt.
    """
    project = attempt.project
    lock_labels_shared(project.pk)
    items, values = items_remaining(attempt)
    with connection.cursor() as cursor:
        cursor.execute(
            entry_insert(
                f"""
                SELECT %(project)s, remaining.item_id, '{Reason.BELOW_CUT}',
                       %(above)s + remaining.rank::float8 / %(n)s,
                       %(wanted)s, %(round)s::bigint, remaining.label_class_id, remaining.confidence,
                       (SELECT others FROM training_prediction
                        WHERE round_id = %(round)s::bigint AND item_id = remaining.item_id AND remaining.rank > 0),
                       %(wanted)s > 1
                FROM ({items}) remaining
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
                    "is_blind",
                ),
                over=f"review_entry.reason IN ({sql_list([*OF_REFILL, Reason.GRID])})",
            ),
            values
            | {
                "round": attempt.round_id,
                "wanted": answers_wanted_now(project),
                "above": queue_reasons()[Reason.BELOW_CUT].priority,
                "n": attempt.n_candidates,
            },
        )


def _issue(attempt: Attempt) -> None:
    """Publish the labels up to the cut, end the attempt, and begin its certificate.

    The document is written after the commit (certificate_write). It describes the labels as they stand at this
    moment, and that can be read at any later time.
    """
    project = attempt.project
    publish_begin(project)
    number = Certificate.objects.filter(project=project).count() + 1
    model = attempt.round.source if attempt.round is not None else None
    of_round = f" of {model.name}" if model is not None else ""
    source = Source.objects.create(
        project=project,
        kind=SourceKind.MODEL,
        is_human=False,
        name=f"certificate {number}{of_round}",
        details={"attempt": attempt.number, "certificate": number, "cut": attempt.cut},
        taken_from=model,
    )
    candidates, values = candidates_by_side(attempt)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO labeling_label (project_id, item_id, label_class_id, source_id, is_human,
                                        confidence, threshold, created_at, retired_reason)
            SELECT %(project)s, frozen.item_id, frozen.label_class_id, %(source)s, false,
                   frozen.confidence, min(frozen.confidence) OVER (), now(), ''
            FROM ({candidates}) frozen
            WHERE is_kept AND {NO_HUMAN_LABEL.format(item="frozen.item_id")}
            """,
            values | {"source": source.pk},
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL enable_nestloop = on")
    lock_labels_exclusive(project.pk)
    if remaining_of(attempt).n:  # somebody withdrew a label a moment ago
        raise _NotYet
    publication = publication_open(
        project=project, source=source, by=attempt.asked_by, ended_reason=f"superseded by {source.name}"
    )
    attempt_end(attempt, AttemptState.CERTIFIED, "", at=publication.started_at)
    Certificate.objects.create(
        project=project,
        number=number,
        attempt=attempt,
        source=source,
        document={},
        issued_at=publication.started_at,
    )
    refill_carry_out(project=project, plan=refill_plan(project=project, round_id=attempt.round_id))


class _NotYet(Exception):
    """There is something left to label after all: roll back, and let the sweep try again."""
