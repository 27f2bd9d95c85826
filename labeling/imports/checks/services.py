"""Counting an upload over all its rows, in the background: what the import would come to, before anybody starts it.

A preview answers at once, from the first rows; this is the rest of it. It is work like an import, in a child of a
worker, so a bomb of a file harms neither the worker nor a web process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from labeling.errors import NotFound
from labeling.formats.options import options_from_json
from labeling.imports.services import file_names
from labeling.jobs.doorbell import ring
from labeling.jobs.work import OPEN_STATES, works_stop
from labeling.models import Check, Project, Upload

MAX_OF_PERSON = 2  # open at once: a new one stops the oldest


def check_create(
    *,
    uploads: Sequence[Upload],
    item_type: str,
    options: Mapping[str, Any],
    project: Project | None,
    user: User,
) -> Check:
    """A check of these uploads, read together as one set, waits for a worker. Raises InvalidInput.

    With a project the items that it has are known, as they will be to the import.
    """
    wanted = options_from_json(options)
    with transaction.atomic():
        mine = Check.objects.filter(created_by=user, state__in=OPEN_STATES).order_by("-pk")
        stale = list(mine.values_list("pk", flat=True)[MAX_OF_PERSON - 1 :])
        works_stop(Check, pk__in=stale)
        check = Check.objects.create(
            created_by=user,
            project=project,
            item_type=item_type,
            file_name=file_names([upload.file_name for upload in uploads]),
            files=[[upload.stored_name, upload.file_name] for upload in uploads],
            options=wanted.as_json(),
        )
        ring("labeling.tasks.check_uploads", check.pk)
    return check


def check_for(*, user: User, check_id: int) -> Check:
    """The user's own check. Raises NotFound for anybody else's."""
    check = Check.objects.filter(pk=check_id, created_by=user).select_related("created_by").first()
    if check is None:
        raise NotFound(f"There is no check {check_id} of yours. Look at the file again.")
    return check
