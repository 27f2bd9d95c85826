"""Files in the storage that nothing in the database names: found by looking at every file.

There should be none: whoever stores a file notes it first (labeling/storing/leftovers.py). But a database that was
put back to an earlier day does not know the files of the days since, and Assay 0.1.0 took no notes.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils import timezone

from labeling.jobs.trouble import trouble_of
from labeling.models import Blob, Export, ImportFile, Leftover, Upload
from labeling.storing.leftovers import leftovers_note
from labeling.storing.storage import is_missing
from training.models import Round

AT_ONCE = 1_000  # names looked up together
PAUSES = (1, 2, 4, 8, 15)  # seconds, before a storage in trouble is asked again
HASH = re.compile(r"([0-9a-f]{2})/([0-9a-f]{62})(?:-[0-9a-f]+)?(?:\.jpg)?$")
ROUND = re.compile(r"artifacts/project-(\d+)/round-(\d+)/")


def orphans(*, older_than: dt.timedelta) -> Iterator[str]:
    """Names of files of that age that no row names, neither as its own nor as a leftover."""
    before = timezone.now() - older_than
    for folder, owned in OWNED.items():
        for names in storage_files(folder):
            known = owned(names) | set(Leftover.objects.filter(name__in=names).values_list("name", flat=True))
            for name in names:
                if name not in known and _changed_at(name) < before:
                    yield name


def orphans_remove(names: Sequence[str]) -> None:
    """A worker deletes these files from now on."""
    for some in _some(names):
        leftovers_note(some, due_at=timezone.now())


def missing() -> Iterator[str]:
    """Names of files that rows name and the storage does not have: images, models, exports."""
    for rows in (
        Blob.objects.values_list("name", flat=True),
        Blob.objects.exclude(thumbnail="").values_list("thumbnail", flat=True),
        Blob.objects.exclude(shown="").values_list("shown", flat=True),
        Export.objects.exclude(stored_name="").values_list("stored_name", flat=True),
    ):
        yield from (name for name in rows.iterator(AT_ONCE) if not default_storage.exists(name))
    for artifact in Round.objects.exclude(artifact="").values_list("artifact", flat=True):
        if not default_storage.exists(f"{artifact}/assay.json"):
            yield f"{artifact}/assay.json"


def storage_files(folder: str) -> Iterator[list[str]]:
    """Names of all files in the folder and those within it, some at a time."""
    return _some(_files(folder))


def _some(names: Iterable[str]) -> Iterator[list[str]]:
    """AT_ONCE of them at a time."""
    rest = iter(names)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _files(folder: str) -> Iterator[str]:
    """Every file in the folder and those within it, one folder after the other."""
    folders, files = _listed(folder)
    yield from (f"{folder}/{file}" for file in files if file)
    for inner in folders:
        if inner:
            yield from _files(f"{folder}/{inner}")


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """(folders, files) in it. A storage that is in trouble is asked again, for some seconds: a backup is long."""
    for pause in PAUSES:
        try:
            return default_storage.listdir(folder)
        except FileNotFoundError:
            return [], []
        except Exception as error:
            if trouble_of(error) is None:
                raise
            time.sleep(pause)
    return default_storage.listdir(folder)


def _changed_at(name: str) -> dt.datetime:
    try:
        return default_storage.get_modified_time(name)
    except Exception as error:
        if not is_missing(error):
            raise
        return timezone.now()  # gone meanwhile


def _blobs(names: Sequence[str]) -> set[str]:
    hashes = ["".join(found.groups()) for name in names if (found := HASH.search(name))]
    rows = Blob.objects.filter(sha256__in=hashes).values_list("name", "thumbnail", "shown")
    return {name for row in rows for name in row}


def _uploads(names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for model in (Upload, ImportFile):
        found |= set(model.objects.filter(stored_name__in=names).values_list("stored_name", flat=True))
    return found


def _exports(names: Sequence[str]) -> set[str]:
    return set(Export.objects.filter(stored_name__in=names).values_list("stored_name", flat=True))


def _artifacts(names: Sequence[str]) -> set[str]:
    """Those of rounds that are there, finished or under way."""
    of = {name: (int(found[1]), int(found[2])) for name in names if (found := ROUND.match(name))}
    wanted = Q(pk__in={round_id for _, round_id in of.values()})
    there = set(Round.objects.filter(wanted).values_list("run__project_id", "pk"))
    return {name for name, place in of.items() if place in there}


OWNED: dict[str, Callable[[Sequence[str]], set[str]]] = {
    "blobs": _blobs,
    "thumbnails": _blobs,
    "shown": _blobs,
    "uploads": _uploads,
    "exports": _exports,
    "artifacts": _artifacts,
}
FOLDERS = tuple(OWNED)  # all that Assay has in the storage
