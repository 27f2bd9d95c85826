"""What a request, or the command line, may do with uploads and imports."""

from __future__ import annotations

import os
import re
import socket
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from labeling.errors import AssayError, InvalidInput, NotFound, TooLarge
from labeling.formats.files.bundle import Bundle
from labeling.formats.options import ImportOptions, check_labels_wanted, options_from_json
from labeling.formats.sets.dataset import Dataset, open_dataset
from labeling.imports.preview.looking import TOO_SLOW, look_resolve
from labeling.imports.preview.make import Preview, preview_make
from labeling.imports.uploads import bundle_on_server, import_limits
from labeling.jobs.doorbell import ring
from labeling.jobs.work import works_stop
from labeling.leaving import check_nothing_leaves
from labeling.models import Check, Import, ImportFile, Project, Upload
from labeling.storing.leftovers import leftovers_note, leftovers_own

POLL_SECONDS = 0.5  # while another worker carries the import out


def upload_check_size(n_bytes: int) -> None:
    """Raises TooLarge. Asked before the first byte is read, and again when all are there."""
    if n_bytes > settings.ASSAY_MAX_UPLOAD_BYTES:
        raise TooLarge(
            f"The upload has {n_bytes:,} bytes; {settings.ASSAY_MAX_UPLOAD_BYTES:,} are allowed. "
            "Import it from a path on the server with `assay import`, or raise ASSAY_MAX_UPLOAD_BYTES."
        )


def upload_create(*, owner: User, file: File[bytes]) -> Upload:
    """The file is in the storage, for its owner to import. Raises TooLarge, or InvalidInput if it is empty."""
    upload_check_size(file.size)
    if not file.size:
        sentence = f"{file.name} is empty. Choose a file with rows."
        raise InvalidInput(sentence, code="empty_file", fields={"file": [sentence]})
    upload = Upload(id=uuid.uuid4(), owner=owner, file_name=_base_name(file.name or ""), n_bytes=file.size)
    safe_name = re.sub(r"[^A-Za-z0-9._-]+", "_", upload.file_name)[-100:].lstrip(".") or "file"
    upload.stored_name = f"uploads/{upload.id}/{safe_name}"
    leftovers_note([upload.stored_name])
    default_storage.save(upload.stored_name, file)
    with transaction.atomic():
        upload.save()
        leftovers_own([upload.stored_name])
    return upload


def uploads_for(*, user: User, upload_ids: Sequence[uuid.UUID]) -> list[Upload]:
    """The user's own uploads, in this order. Raises NotFound for anybody else's."""
    found = Upload.objects.filter(owner=user).in_bulk(upload_ids)
    for upload_id in upload_ids:
        if upload_id not in found:
            raise NotFound(
                f"There is no upload {upload_id} of yours. Uploads are kept for some days; upload the file again."
            )
    return [found[upload_id] for upload_id in upload_ids]


def preview_path(
    *, path: Path, more: Sequence[Path] = (), item_type: str | None, options: Mapping[str, Any]
) -> Preview:
    """A look at files or folders of this machine, for the command line. Raises InvalidInput, TooLarge."""
    with bundle_on_server(path, *more) as bundle:
        return preview_make(bundle, options_from_json(options), item_type=item_type, limits=import_limits())


def import_create(
    *, project: Project, uploads: Sequence[Upload], options: Mapping[str, Any], user: User
) -> Import:
    """An import of these uploads, read together as one set, waits for a worker.

    What can be seen now to be wrong raises Conflict, InvalidInput, NotFound, TooLarge, TooMany; what takes long to
    see is for the worker.
    """
    wanted = options_from_json(options)
    try:
        found, can_be_labeled = look_resolve(
            uploads=uploads, item_type=project.form, options=wanted.as_json()
        )
        resolved = options_from_json(found)
        check_labels_wanted(resolved, can_be_labeled=can_be_labeled)
    except AssayError as error:
        if error.code != TOO_SLOW:
            raise
        resolved = wanted
    with transaction.atomic():
        _check_may_begin(project)
        works_stop(
            Check, created_by=user, files=[[upload.stored_name, upload.file_name] for upload in uploads]
        )
        work = Import.objects.create(
            project=project,
            created_by=user,
            file_name=file_names([upload.file_name for upload in uploads]),
            options=resolved.as_json(),
        )
        ImportFile.objects.bulk_create(
            ImportFile(
                brought_by=work, place=place, file_name=upload.file_name, stored_name=upload.stored_name
            )
            for place, upload in enumerate(uploads)
        )
        ring("labeling.tasks.import_items", work.pk)
    return work


def import_from_path(
    *,
    project: Project,
    path: Path,
    more: Sequence[Path] = (),
    options: Mapping[str, Any],
    user: User,
) -> Import:
    """An import of files or folders of this machine, read together as one set, for `import_run_inline`. Raises InvalidInput, TooLarge.

    For the command line only: a request must never name a path.
    """
    paths = [one.expanduser().resolve() for one in (path, *more)]
    for one in paths:
        if not one.exists():
            raise InvalidInput(f"There is no file or folder {one}.", code="no_such_file")
    with bundle_on_server(*paths) as bundle:
        resolved = _resolve(bundle, project, options_from_json(options))
    with transaction.atomic():
        _check_may_begin(project)
        work = Import.objects.create(
            project=project,
            created_by=user,
            file_name=file_names([one.name for one in paths]),
            options=resolved.as_json(),
        )
        ImportFile.objects.bulk_create(
            ImportFile(brought_by=work, place=place, file_name=one.name[:500], server_path=str(one))
            for place, one in enumerate(paths)
        )
    return work


def _check_may_begin(project: Project) -> None:
    """Raises Conflict while an import is being undone. None is asked to be undone until the transaction ends."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    check_nothing_leaves(project.pk)


def file_names(names: Sequence[str]) -> str:
    """What an import of these files is called."""
    shown = ", ".join(names[:3])
    text = shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
    return text[:500]


def import_run_inline(import_id: int, on_progress: Callable[[Import], None] | None = None) -> Import:
    """Carry the import out in this process and return it, over. If a worker has it already, wait for that one."""
    # Here, because the pipeline loads pyarrow, and web processes load this module.
    from labeling.imports.writing.pipeline import import_run

    worker = f"{socket.gethostname()}:{os.getpid()}"
    while True:
        is_ours = import_run(import_id, worker=worker, on_progress=on_progress)
        work = Import.objects.get(pk=import_id)
        if is_ours or not work.is_open:
            return work
        if on_progress is not None:
            on_progress(work)
        time.sleep(POLL_SECONDS)


def _resolve(bundle: Bundle, project: Project, options: ImportOptions) -> ImportOptions:
    """The options with everything detected filled in, checked against what the file holds."""
    dataset: Dataset = open_dataset(bundle, options, item_type=project.form, limits=import_limits())
    check_labels_wanted(dataset.options, can_be_labeled=dataset.can_be_labeled)
    return replace(dataset.options)


def _base_name(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "")[:500] or "file"
