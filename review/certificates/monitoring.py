"""After release: a trickle of blind audits of certified labels.

The certified machine labels are asked in an order that only a salt decides, so the answers are a uniform
draw without replacement. What is made of them: review/certificates/monitor_pipeline.py.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from django.db import connection, transaction
from django.utils import timezone

from labeling.database.locks import lock_labels_shared
from labeling.errors import Conflict
from review.models import Certificate, MonitorAudit
from review.queue.audits import decoys_of
from review.queue.entries import entries_ask, n_mixed
from review.reasons import Reason

MAX_ASKED = 5_000  # monitoring audits in one request


@transaction.atomic
def monitor_ask(*, certificate: Certificate, n: int) -> int:
    """The next `n` certified machine labels of the draw wait in the queue, blind; returns how many there were.

    Raises Conflict if the certificate is revoked.
    """
    certificate = Certificate.objects.select_for_update().select_related("project").get(pk=certificate.pk)
    if certificate.revoked_at is not None:
        raise Conflict("This certificate is revoked, so there is nothing to watch.", code="already_revoked")
    project = certificate.project
    lock_labels_shared(project.pk)
    n_before = certificate.monitor_audits.count()
    drawn = _draw(certificate, first=n_before, n=n)
    if not drawn:
        return 0
    salt = _salt(certificate)
    luck = int(hashlib.sha256(f"{salt}:mixed:{n_before}".encode()).hexdigest()[:8], 16) / 16**8
    known = _asked_before(certificate, [item_id for item_id, _ in drawn])
    asked = [
        *((item_id, Reason.AUDIT) for item_id, _ in drawn if item_id not in known),
        *(
            (item_id, Reason.MIXED)
            for item_id in _decoys(
                certificate, n_mixed(len(drawn), luck=luck), besides=[item_id for item_id, _ in drawn]
            )
        ),
    ]
    # Another order for each draw: an item's place in one says nothing of the next.
    entries = entries_ask(project, asked, salt=f"{salt}:{n_before}")
    MonitorAudit.objects.bulk_create(
        MonitorAudit(
            certificate=certificate,
            position=position,
            item_id=item_id,
            label_class_id=class_id,
            entry_id=known.get(item_id) or entries[item_id],
            asked_at=timezone.now(),
        )
        for position, (item_id, class_id) in enumerate(drawn, start=n_before + 1)
    )
    return len(drawn)


def _salt(certificate: Certificate) -> str:
    """Never shown: whoever knew it would know what is asked next."""
    return hashlib.sha256(f"{certificate.project.salt}:monitor:{certificate.pk}".encode()).hexdigest()


def _draw(certificate: Certificate, *, first: int, n: int) -> list[tuple[int, int]]:
    """(item, class) at places first + 1 to first + n of the salted order of the certified machine labels."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item_id, label_class_id FROM labeling_label
            WHERE source_id = %(source)s AND NOT is_human
            ORDER BY encode(sha256(convert_to(%(salt)s || ':' || item_id, 'UTF8')), 'hex')
            OFFSET %(first)s LIMIT %(n)s
            """,
            {"source": certificate.source_id, "salt": _salt(certificate), "first": first, "n": n},
        )
        chosen: list[tuple[int, int]] = cursor.fetchall()
        return chosen


def _asked_before(certificate: Certificate, item_ids: list[int]) -> dict[int, int]:
    """Item -> entry of those of them that were decoys: near the end of the draw an audit was one before.

    Its answer is a blind one, and the order of the draw is what it was. Asked again it would be known for an audit.
    """
    return dict(decoys_of(certificate).filter(item__in=item_ids).values_list("item_id", "pk"))


def _decoys(certificate: Certificate, n: int, *, besides: list[int]) -> list[int]:
    """Items that are asked among the audits: of the certified ones the last of the draw, whatever has become of them.

    As with the audits themselves: where labels that somebody has corrected since were left out, such an item would be
    known for an audit.
    """
    if n == 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT label.item_id FROM labeling_label label
            WHERE label.source_id = %(source)s AND NOT label.is_human
              AND label.item_id <> ALL(%(besides)s::bigint[])
              AND NOT EXISTS (SELECT FROM review_monitoraudit audit
                              WHERE audit.certificate_id = %(certificate)s AND audit.item_id = label.item_id)
            ORDER BY encode(sha256(convert_to(%(salt)s || ':' || label.item_id, 'UTF8')), 'hex') DESC
            LIMIT %(n)s
            """,
            {
                "source": certificate.source_id,
                "certificate": certificate.pk,
                "salt": _salt(certificate),
                "besides": [*besides, *decoys_of(certificate).values_list("item_id", flat=True)],
                "n": n,
            },
        )
        return [item_id for (item_id,) in cursor.fetchall()]


def n_audits_due(certificate: Certificate) -> int:
    """How many audits the certificate is behind the project's `monitor_per_week`. Those asked for by hand count."""
    weeks = (timezone.now() - certificate.issued_at) / dt.timedelta(days=7)
    return int(weeks * certificate.project.monitor_per_week) - certificate.monitor_audits.count()
