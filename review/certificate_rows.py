"""The labels that a certificate is about, as they stood when it was issued.

Labels are only added and retired, so they can be read at any later moment, and always come out the same.
The shape of a row: review/certification/labels.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from review.certification.labels import HEADER, LabelRow
from review.models import Certificate

__all__ = ["HEADER", "certificate_rows"]

ROWS_OF_PAGE = 50_000


def certificate_rows(certificate: Certificate) -> Iterator[LabelRow]:
    """(key, label, source, rank, predicted) of every item that the certificate is about, in order of rank."""
    names = {each["id"]: each["name"] for each in certificate.attempt.classes}
    last = -(2**31)
    while True:
        page = _page(certificate, last)
        for rank, key, predicted, label, is_human in page:
            source = "" if label is None else "person" if is_human else "machine"
            yield (
                key,
                names[label] if label is not None else "",
                source,
                rank if rank > 0 else None,
                names[predicted] if rank > 0 else "",
            )
        if len(page) < ROWS_OF_PAGE:
            return
        last = page[-1][0]


def _page(certificate: Certificate, last: int) -> list[tuple[int, str, int, int | None, bool | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT frozen.rank, item.key, frozen.label_class_id,
                   coalesce(human.label_class_id, machine.label_class_id), human.label_class_id IS NOT NULL
            FROM (
                SELECT * FROM review_frozen WHERE attempt_id = %(attempt)s AND rank > %(last)s
                ORDER BY rank LIMIT %(n)s
            ) frozen
            JOIN labeling_item item ON item.id = frozen.item_id
            LEFT JOIN LATERAL (
                SELECT label_class_id FROM labeling_label label
                WHERE label.project_id = %(project)s AND label.item_id = item.id AND label.is_human
                  AND label.created_at <= %(at)s
                  AND (label.retired_at IS NULL OR label.retired_at > %(at)s)
                LIMIT 1
            ) human ON true
            LEFT JOIN LATERAL (
                SELECT label_class_id FROM labeling_label label
                WHERE label.source_id = %(source)s AND label.item_id = item.id AND NOT label.is_human
                  AND (label.retired_at IS NULL OR label.retired_at > %(at)s)
                LIMIT 1
            ) machine ON human.label_class_id IS NULL
            ORDER BY frozen.rank
            """,
            {
                "attempt": certificate.attempt_id,
                "project": certificate.project_id,
                "source": certificate.source_id,
                "at": certificate.issued_at,
                "last": last,
                "n": ROWS_OF_PAGE,
            },
        )
        return cursor.fetchall()
