"""After release: a trickle of blind audits of certified labels.

The certified machine labels are asked in an order that only a salt decides, so the answers are a uniform
draw without replacement. What is made of them: review/monitor_pipeline.py.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from django.db import connection, transaction
from django.utils import timezone

from labeling.errors import Conflict
from labeling.locks import lock_labels_shared
from review.entries import entries_ask
from review.models import Certificate, MonitorAudit, Reason

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
    entries = entries_ask(project, [(item_id, Reason.AUDIT) for item_id, _ in drawn], salt=_salt(certificate))
    MonitorAudit.objects.bulk_create(
        MonitorAudit(
            certificate=certificate,
            position=position,
            item_id=item_id,
            label_class_id=class_id,
            entry_id=entries[item_id],
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
        return cursor.fetchall()


def n_audits_due(certificate: Certificate) -> int:
    """How many audits the certificate is behind the project's `monitor_per_week`. Those asked for by hand count."""
    weeks = (timezone.now() - certificate.issued_at) / dt.timedelta(days=7)
    return int(weeks * certificate.project.monitor_per_week) - certificate.monitor_audits.count()
