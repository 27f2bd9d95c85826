"""The labels that a certificate is about, as they stood when it was issued.

Labels are only added and retired, so they can be read at any later moment, and always come out the same.
The shape of a row: review/certification/labels.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from labeling.blindness import Sight
from labeling.models import Publication
from review.certification.labels import HEADER, LabelRow
from review.models import Certificate, Promise

__all__ = ["HEADER", "Retired", "certificate_rows", "retired_since"]

ROWS_OF_PAGE = 50_000

# Along label_machine_retired and label_human_item: neither reads labels that stand. What was retired by a blind
# answer that is not settled is told to viewers alone.
_RETIRED = """
    WITH unsettled AS MATERIALIZED (
        SELECT item_id, min(since) AS since FROM labeling_withheld
        WHERE project_id = %(project)s AND is_closed AND %(hides)s GROUP BY item_id
    ), retired AS (
        SELECT item_id, retired_at, retired_reason FROM labeling_label
        WHERE source_id = %(source)s AND NOT is_human AND retired_at > %(at)s
        UNION ALL
        SELECT label.item_id, label.retired_at, label.retired_reason FROM labeling_label label
        WHERE label.project_id = %(project)s AND label.is_human AND label.retired_at > %(at)s
          AND label.created_at <= %(at)s AND %(of_people)s
          AND EXISTS (SELECT FROM review_frozen frozen
                      WHERE frozen.attempt_id = %(attempt)s AND frozen.item_id = label.item_id)
    )
    SELECT count(*)::int, count(*) FILTER (WHERE retired_reason = 'confirmed')::int
    FROM retired LEFT JOIN unsettled USING (item_id) WHERE since IS NULL OR retired_at < since"""


@dataclass(frozen=True)
class Retired:
    """Of the labels that a certificate is about, those that no longer stand."""

    n_labels: int  # that it is about
    n_retired: int
    n_confirmed: int  # of those retired: a person said the same, and that stands instead


def retired_since(certificate: Certificate, sight: Sight) -> Retired:
    """What people, an undone import or an alarm have taken away since the certificate was issued."""
    attempt = certificate.attempt
    of_people = attempt.promise == Promise.DATASET
    n_labels = attempt.n_items
    if not of_people:
        first = Publication.objects.filter(source=certificate.source_id).order_by("started_at").first()
        n_labels = first.n_labels if first is not None else 0
    with connection.cursor() as cursor:
        cursor.execute(
            _RETIRED,
            {
                "project": certificate.project_id,
                "source": certificate.source_id,
                "attempt": certificate.attempt_id,
                "at": certificate.issued_at,
                "of_people": of_people,
                "hides": sight != Sight.ALL,
            },
        )
        return Retired(n_labels, *cursor.fetchone())


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
        page: list[tuple[int, str, int, int | None, bool | None]] = cursor.fetchall()
        return page
