"""Whoever may no longer be asked holds nothing: what was claimed goes back at once, not when the lease runs out.

Memberships change by the API, by the admin and by whatever else writes their rows, and accounts are switched off in
the admin: all of them end here.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models.signals import post_delete, post_save

from labeling.models import Membership
from review.models import Lease, LeaseState
from review.queue.claims import entries_release_of


def watch_members() -> None:
    """Called once, when Django is ready."""
    post_save.connect(_role_written, sender=Membership, dispatch_uid="review.role_written")
    post_delete.connect(_member_gone, sender=Membership, dispatch_uid="review.member_gone")
    post_save.connect(_account_written, sender=User, dispatch_uid="review.account_written")


def _role_written(instance: Membership, *, created: bool, **_: Any) -> None:
    if not created:
        entries_release_of(project_id=instance.project_id, person_id=instance.user_id, role=instance.role)


def _member_gone(instance: Membership, **_: Any) -> None:
    entries_release_of(project_id=instance.project_id, person_id=instance.user_id, role=None)


def _account_written(instance: User, *, created: bool, **_: Any) -> None:
    if created or instance.is_active:
        return
    held = Lease.objects.filter(person=instance, state=LeaseState.HELD)
    for project_id in set(held.values_list("project_id", flat=True)):
        entries_release_of(project_id=project_id, person_id=instance.pk, role=None)
