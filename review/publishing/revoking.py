"""Certificates of labels that stand no longer."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Project
from review.models import Certificate, Entry, EntryState
from review.queue.audits import decoys_of
from review.queue.entries import entries_close

REASON_CHARS = 1_000


def certificates_supersede(project: Project, *, reason: str) -> None:
    """Whatever certificate is valid in the project no longer is: other labels stand now."""
    for certificate in Certificate.objects.filter(project=project, revoked_at__isnull=True):
        certificate_revoke(certificate=certificate, reason=reason)


def certificate_revoke(*, certificate: Certificate, reason: str, is_breach: bool = False) -> Certificate:
    """The certificate no longer holds, for a reason that is kept with it. Raises Conflict if it did not hold."""
    now = timezone.now()
    changed = Certificate.objects.filter(pk=certificate.pk, revoked_at__isnull=True).update(
        revoked_at=now, revoked_reason=reason[:REASON_CHARS], is_breach=is_breach
    )
    if not changed:
        raise Conflict("This certificate was revoked before.", code="already_revoked")
    certificate.refresh_from_db()
    source = certificate.source
    source.details |= {"revoked_at": now.isoformat()}  # exports tell it from here
    source.save(update_fields=["details"])
    # Monitoring audits that nobody has answered are about nothing now, and so is what was asked among them.
    of_monitor = Q(monitor_audit__certificate=certificate) | Q(pk__in=decoys_of(certificate).values("pk"))
    waiting = Entry.objects.filter(of_monitor, state=EntryState.OPEN).order_by("pk")
    entries_close(entry_ids=list(waiting.values_list("pk", flat=True)), state=EntryState.WITHDRAWN)
    return certificate
