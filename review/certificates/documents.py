"""What a worker writes once an attempt has ended well: the certificate's document, off the rows as they stood then."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.db import connection, transaction

from review.certificates.rows import certificate_rows
from review.certification.labels import labels_of
from review.certification.statement.document import document_build
from review.models import Attempt, Certificate

logger = logging.getLogger(__name__)


@transaction.atomic
def certificate_write(certificate_id: int) -> None:
    """Write the certificate's document. Harmless if it has one."""
    certificate = (
        Certificate.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("attempt__round__run", "attempt__round__source", "project")
        .filter(pk=certificate_id, document={})
        .first()
    )
    if certificate is None:  # written, or another worker is at it
        return
    attempt, project = certificate.attempt, certificate.project
    seconds = list(attempt.second_answers.values_list("label_class_id", "answered_class_id"))
    document = document_build(
        number=certificate.number,
        issued_at=certificate.issued_at.isoformat(),
        project={
            "id": project.pk,
            "name": project.name,
            "question": attempt.question,
            "item_type": project.form,
            "classes": [each["name"] for each in attempt.classes],
        },
        goal={
            "promise": attempt.promise,
            "eps": attempt.eps,
            "confidence": attempt.confidence,
            "per_class": attempt.per_class,
        },
        attempt={
            "number": attempt.number,
            "frozen_at": _written(attempt.frozen_at),
            "ended_at": _written(attempt.ended_at),
            "stages": attempt.stages,
            "stage": attempt.stage,
            "earlier": _earlier(attempt),
        },
        labels=labels_of(certificate_rows(certificate)),
        audits=_audits(attempt),
        salt=attempt.salt,
        ranked_by=attempt.ranked_by,
        people=_people(certificate),
        model=_model(attempt),
        model_hash=attempt.model_hash,
        n_second=len(seconds),
        # One without an answer counts as differing.
        n_differ=sum(first != second for first, second in seconds),
    )
    Certificate.objects.filter(pk=certificate.pk).update(document=document)
    logger.info("Certificate %s of project %s is issued.", certificate.number, project.pk)


def _written(moment: dt.datetime | None) -> str:
    assert moment is not None  # an attempt with a certificate was frozen, and has ended
    return moment.isoformat()


def _earlier(attempt: Attempt) -> list[dict[str, Any]]:
    earlier = Attempt.objects.filter(project=attempt.project_id, number__lt=attempt.number).order_by("number")
    return [dict(each) for each in earlier.values("number", "state", "delta")]


def _audits(attempt: Attempt) -> list[dict[str, Any]]:
    """The audits that count, by rank, with what people said of them."""
    names = {each["id"]: each["name"] for each in attempt.classes}
    audits = attempt.audits.filter(position__lte=attempt.n_audits).order_by("rank")
    columns = ("item__key", "rank", "label_class_id", "answered_class_id", "answered_by", "answered_at")
    return [
        {
            "key": key,
            "rank": rank,
            "predicted": names[predicted],
            "answered": names.get(answered),
            "by": by or None,
            "at": at.isoformat() if at else None,
        }
        for key, rank, predicted, answered, by, at in audits.values_list(*columns)
    ]


def _people(certificate: Certificate) -> list[dict[str, Any]]:
    """Whose labels stood when it was issued, and who answered the audits."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT name, sum(n_audits)::int, sum(n_labels)::int FROM (
                SELECT answered_by AS name, count(*) AS n_audits, 0 AS n_labels
                FROM review_audit WHERE attempt_id = %(attempt)s AND answered_at IS NOT NULL GROUP BY 1
                UNION ALL
                SELECT source.name, 0, count(*)
                FROM review_frozen frozen
                JOIN labeling_label label ON label.item_id = frozen.item_id AND label.is_human
                JOIN labeling_source source ON source.id = label.source_id
                WHERE frozen.attempt_id = %(attempt)s AND label.project_id = %(project)s
                  AND label.created_at <= %(at)s AND (label.retired_at IS NULL OR label.retired_at > %(at)s)
                GROUP BY 1
            ) said GROUP BY name ORDER BY name
            """,
            {
                "attempt": certificate.attempt_id,
                "project": certificate.project_id,
                "at": certificate.issued_at,
            },
        )
        return [
            {"name": name, "n_audits": audits, "n_labels": labels}
            for name, audits, labels in cursor.fetchall()
        ]


def _model(attempt: Attempt) -> dict[str, Any]:
    round = attempt.round
    if round is None:
        return {
            "name": "",
            "learner": "",
            "params": {},
            "seed": 0,
            "code_version": "",
            "labels_hash": "",
            "round": 0,
        }
    assert round.source is not None  # what was frozen is of a round that was ready
    return {
        "name": round.source.name,
        "learner": round.run.learner,
        "params": round.run.params,
        "seed": round.run.seed,
        "code_version": round.code_version,
        "labels_hash": round.labels_hash,
        "round": round.number,
    }
