"""Looks into uploaded files, each in a process of its own with limits: a web process only waits for it.

A file from a stranger may be a bomb for any of the readers, and readers are C code that nobody can interrupt.
So the process that looks has a limit on its memory and on its time, is killed when either is used up, and
only a few run at once.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from labeling.errors import AssayError, InvalidInput, NotFound, TooLarge, TooMany
from labeling.imports.uploads import import_limits
from labeling.models import Upload
from labeling.storing.storage import stored_stream

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[3]
MAX_AT_ONCE = 4  # of one web process, which has 8 threads: the others are for whoever is not importing
MAX_OF_PERSON = 2  # at once
BLOCK_BYTES = 2**20
TOO_SLOW = "look_too_slow"  # the look was given up; the file may be right
# Threads cost address space, which is limited, and win nothing; as do the memory pools of pyarrow.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system",
               "MALLOC_ARENA_MAX": "2"}  # fmt: skip


class Refused(AssayError):
    """What the process that looked had to say, with its status."""

    def __init__(self, status: int, code: str, message: str, fields: Mapping[str, list[str]]) -> None:
        super().__init__(message, code=code, fields=fields)
        self.status = status


class _Slots:
    """Who is looking now, in this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.looking: Counter[int] = Counter()

    @contextmanager
    def hold(self, person_id: int) -> Iterator[None]:
        """A place for one look. Raises TooMany."""
        with self.lock:
            if self.looking[person_id] >= MAX_OF_PERSON:
                raise TooMany(
                    f"You have {MAX_OF_PERSON} files being looked into already. Wait for them, then try again.",
                    code="too_many_looks",
                )
            if self.looking.total() >= MAX_AT_ONCE:
                raise TooMany(
                    "Other people's files are being looked into just now. Try again in a moment.",
                    code="too_many_looks",
                )
            self.looking[person_id] += 1
        try:
            yield
        finally:
            with self.lock:
                self.looking[person_id] -= 1
                self.looking += Counter()  # drops who has none


_slots = _Slots()


def look_preview(
    *, uploads: Sequence[Upload], item_type: str | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields of a Preview of the uploads. Raises InvalidInput, NotFound, TooLarge, TooMany."""
    return _look("preview", uploads, item_type, options)


def look_resolve(
    *, uploads: Sequence[Upload], item_type: str, options: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """(the options with everything detected filled in, whether labels were found). Raises as look_preview."""
    found = _look("resolve", uploads, item_type, options)
    return found["options"], found["can_be_labeled"]


def _look(
    act: str, uploads: Sequence[Upload], item_type: str | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    file_name = uploads[0].file_name
    with _slots.hold(uploads[0].owner_id), ExitStack() as stack:
        files = [(str(stack.enter_context(_on_disk(upload))), upload.file_name) for upload in uploads]
        task = {
            "act": act,
            "files": files,
            "item_type": item_type,
            "options": options,
            "limits": asdict(import_limits()),
            "seconds": settings.ASSAY_LOOK_SECONDS,
            "n_bytes": settings.ASSAY_LOOK_BYTES,
        }
        answer, died = _run(task)
    if died is not None or not answer:
        raise _gave_up(file_name, died)
    said = json.loads(answer)
    if "refused" in said:
        raise Refused(**said["refused"])
    found: dict[str, Any] = said["found"]
    return found


@contextmanager
def _on_disk(upload: Upload) -> Iterator[Path]:
    """The upload as a file of this machine: the storage's own, or a copy while somebody looks."""
    if not default_storage.exists(upload.stored_name):
        raise NotFound(f"The uploaded file {upload.file_name!r} is no longer there. Upload it again.")
    if isinstance(default_storage, FileSystemStorage):
        yield Path(default_storage.path(upload.stored_name))
        return
    with tempfile.NamedTemporaryFile(prefix="assay-look-") as copy:
        with stored_stream(upload.stored_name) as stored:
            shutil.copyfileobj(stored, copy, BLOCK_BYTES)
        copy.flush()
        yield Path(copy.name)


def _run(task: Mapping[str, Any]) -> tuple[bytes, int | None]:
    """(what the process wrote, the signal that ended it or None)."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-m", "labeling.imports.preview.child"],
        env={**os.environ, **ENVIRONMENT, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        answer, errors = process.communicate(json.dumps(task).encode(), timeout=task["seconds"])
    except subprocess.TimeoutExpired:
        return b"", signal.SIGALRM
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    if not answer:
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        logger.warning("A look into a file ended with code %s: %s", process.returncode, last)
    return answer, -process.returncode if process.returncode < 0 else None


def _gave_up(file_name: str, died: int | None) -> AssayError:
    """Why there is no answer: time, or a crash (which a lack of memory in C code is)."""
    if died in (signal.SIGALRM, signal.SIGXCPU):
        return TooLarge(
            f"Looking into {file_name} took more than {settings.ASSAY_LOOK_SECONDS} seconds and was stopped. "
            "If it has thousands of columns, leave out those that are not needed. Else say its format and encoding in "
            "the options, split it, or import it without a first look.",
            code=TOO_SLOW,
        )
    return InvalidInput(
        f"Reading {file_name} ended in a crash, or took more than the {settings.ASSAY_LOOK_BYTES:,} bytes of "
        "memory that are allowed. Is the file whole? Save it anew, in another format or in parts.",
        code="look_died",
    )
