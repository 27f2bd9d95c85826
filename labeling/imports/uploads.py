"""Where an import's bytes are: an uploaded file in the storage, or a path that the command line named."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from labeling.errors import InvalidInput, NotFound
from labeling.formats.files.bundle import ZIP_MAGICS, Bundle, FileBundle, FolderBundle, ZipBundle
from labeling.formats.files.idx import find_pairs
from labeling.formats.files.joined import bundle_of_file, join
from labeling.formats.rows import Limits
from labeling.jobs.work import OPEN_STATES
from labeling.models import Check, ImportFile, Upload
from labeling.storing.leftovers import leftovers_note
from labeling.storing.storage import read_again, spooled

UPLOAD_LIFE = dt.timedelta(days=7)
SWEEP_AT_ONCE = 100


def import_limits() -> Limits:
    """What one row may hold, by the settings."""
    return Limits(
        text_chars=settings.ASSAY_MAX_TEXT_CHARS,
        image_bytes=settings.ASSAY_MAX_IMAGE_BYTES,
        image_pixels=settings.ASSAY_MAX_IMAGE_PIXELS,
    )


@contextmanager
def bundle_stored(files: Sequence[tuple[str, str]]) -> Iterator[Bundle]:
    """The uploaded files (name in the storage, name) as one bundle, on local disk; archives are seen by content.

    Raises NotFound, InvalidInput, TooLarge.
    """
    with ExitStack() as stack:
        yield join([(name, _bundle_stored(stack, stored_name, name)) for stored_name, name in files])


def _bundle_stored(stack: ExitStack, stored_name: str, file_name: str) -> Bundle:
    try:
        stream = stack.enter_context(spooled(stored_name))
    except FileNotFoundError:
        raise NotFound(f"The uploaded file {file_name!r} is no longer there. Upload it again.") from None
    n_bytes = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if stream.read(4) in ZIP_MAGICS:
        stream.seek(0)
        return ZipBundle(stream)
    return FileBundle(file_name, lambda: read_again(stream), n_bytes)


@contextmanager
def bundle_on_server(*paths: Path) -> Iterator[Bundle]:
    """Folders and files of this machine as one bundle. Images and labels of IDX files find each other."""
    with ExitStack() as stack:
        if len(paths) == 1:
            yield _bundle_on_server(stack, paths[0])
        else:
            yield join([(path.name, _one_on_server(stack, path)) for path in paths])


def _bundle_on_server(stack: ExitStack, path: Path) -> Bundle:
    """The path given alone: what lies beside a file can be opened by name."""
    bundle = _one_on_server(stack, path)
    if not isinstance(bundle, FileBundle):
        return bundle
    pairs = find_pairs([other.name for other in path.parent.iterdir() if other.is_file()])
    labels = [pair.labels for pair in pairs if pair.images == path.name and pair.labels]
    return FolderBundle(path.parent, [path.name, *labels])


def _one_on_server(stack: ExitStack, path: Path) -> Bundle:
    if path.is_dir():
        return FolderBundle(path)
    if path.exists() and not path.is_file():
        raise InvalidInput(
            f"{path} is neither a file nor a folder but a pipe, a device or a socket, which has no end. "
            "Write what it gives into a file and import that.",
            code="no_such_file",
        )
    try:
        return bundle_of_file(stack, path, path.name)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", code="no_such_file") from None


def uploads_sweep() -> int:
    """Uploads past their days are gone, unless an import still waits for them, and their files are due."""
    now = timezone.now()
    waiting = ImportFile.objects.filter(
        brought_by__state__in=OPEN_STATES, stored_name=OuterRef("stored_name")
    )
    old = Upload.objects.filter(~Exists(waiting), created_at__lt=now - UPLOAD_LIFE)
    n_swept = 0
    with transaction.atomic():
        for upload in old[:SWEEP_AT_ONCE]:
            leftovers_note([upload.stored_name], due_at=now)
            upload.delete()
            n_swept += 1
        Check.objects.filter(created_at__lt=now - UPLOAD_LIFE).delete()
    return n_swept
