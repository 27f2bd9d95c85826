"""Files in the storage without an owner: noted before they are written, deleted once they are due.

Whoever stores a file notes it first, and takes the note back in the transaction that makes the row which
names the file. Whoever dies between the two leaves the note, and a worker deletes the file. A due leftover
belongs to the worker that deletes it: nobody can take it back, so no row ever names a deleted file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from labeling.models import Leftover, Project

LIFE = dt.timedelta(days=1)  # of a file on its way in: longer than any batch takes to be stored
FILES_AT_ONCE = 500  # deleted in one transaction
THREADS = 8  # a storage answers after some milliseconds, whatever it is asked


def leftovers_note(
    names: Collection[str], *, project_id: int | None = None, due_at: dt.datetime | None = None
) -> None:
    """These files are deleted at `due_at`, unless somebody owns them until then; by default in a day."""
    if not names:
        return
    due_at = due_at or timezone.now() + LIFE
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO labeling_leftover (name, due_at, project_id)
            SELECT name, %s, %s::bigint FROM unnest(%s::varchar[]) AS noted (name) ORDER BY name
            ON CONFLICT (name) DO UPDATE
            SET due_at = least(labeling_leftover.due_at, EXCLUDED.due_at), project_id = EXCLUDED.project_id
            """,
            [due_at, project_id, list(names)],
        )


def leftovers_own(names: Collection[str]) -> int:
    """These files have an owner from now on. Returns of how many that is so: the others are gone, or going."""
    if not names:
        return 0
    return Leftover.objects.filter(name__in=list(names), due_at__gt=timezone.now()).delete()[0]


def leftover_first_due() -> int | None:
    """The id of a leftover to delete, if there is one. Those of a project go with the project's deletion."""
    due = Leftover.objects.filter(due_at__lte=timezone.now())
    of_deletions = Q(project_id__in=Project.objects.filter(deleted_at__isnull=False).values("pk"))
    return due.exclude(of_deletions).order_by("due_at").values_list("pk", flat=True).first()


def leftovers_remove(*, project_id: int | None = None) -> int:
    """The files of due leftovers are gone (of that project only, if one is named). Returns how many went.

    Raises what the storage raises where it does not answer; nothing is lost then, and the next call goes on.
    """
    due = Leftover.objects.filter(due_at__lte=timezone.now())
    if project_id is not None:
        due = due.filter(project_id=project_id)
    n_removed = 0
    while True:
        with transaction.atomic():
            found = list(
                due.order_by("pk")
                .select_for_update(skip_locked=True)
                .values_list("pk", "name")[:FILES_AT_ONCE]
            )
            if not found:
                return n_removed
            files_delete(name for _, name in found)
            Leftover.objects.filter(pk__in=[pk for pk, _ in found]).delete()
        n_removed += len(found)


def files_delete(names: Iterable[str]) -> None:
    """These files are not in the storage, whether they were or not."""
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(default_storage.delete, names):
            pass


def folder_files(folder: str) -> list[str]:
    """Names in the storage of all files in the folder and those within it; empty if there is none."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    inner = [name for each in folders if each for name in folder_files(f"{folder}/{each}")]
    return [*inner, *(f"{folder}/{file}" for file in sorted(files) if file)]
