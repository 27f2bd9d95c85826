"""Fitted learners in the storage: one folder per model version, weights and JSON, nothing that runs code.

Learners write folders (training/learners/saving.py, checksums inside); this module carries them to
the storage, which may be S3, and back out as one zip.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import default_storage

from labeling.storing.project_files import artifacts_folder
from labeling.storing.storage import spooled, store, stored_stream
from training.errors import ModelGone
from training.models import Round

BLOCK_BYTES = 2**20
MEMORY_BYTES = 32 * 2**20  # a larger zip goes to a temporary file


def artifact_name(round: Round) -> str:
    """Where a round's model lies in the storage. Each attempt at a round makes another row, hence another place."""
    return f"{artifacts_folder(round.run.project_id)}/round-{round.pk}"


def artifact_save(folder: Path, *, name: str, card: Mapping[str, Any]) -> None:
    """The files of `folder` and `card` (as assay.json, written last) are in the storage under `name`."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            store(f"{name}/{path.relative_to(folder).as_posix()}", file)
    store(f"{name}/assay.json", json.dumps(card, indent=2, ensure_ascii=False).encode())


def artifact_files(name: str) -> list[str]:
    """Names in the storage of all files of one artifact; empty if there is none."""
    try:
        folders, files = default_storage.listdir(name)
    except FileNotFoundError:
        return []
    inner = [path for folder in folders for path in artifact_files(f"{name}/{folder}")]
    return [*inner, *(f"{name}/{file}" for file in sorted(files))]


def artifact_hash(name: str) -> str:
    """SHA-256 over (path within the artifact, SHA-256 of the file) of each file, in order of path; hex."""
    digest = hashlib.sha256()
    for path in artifact_files(name) if name else []:
        with spooled(path) as file:
            of_file = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # BinaryIO has no readinto
        digest.update(json.dumps([path[len(name) + 1 :], of_file]).encode() + b"\n")
    return digest.hexdigest()


def artifact_delete(name: str) -> None:
    """Nothing is left of the artifact. It need not exist."""
    for path in artifact_files(name):
        default_storage.delete(path)


def artifact_zip(round: Round) -> IO[bytes]:
    """The round's model as an open zip file, at its start. Raises ModelGone."""
    names = artifact_files(round.artifact) if round.artifact else []
    if not names:
        raise ModelGone(
            f"Round {round.number} has no saved model: it is not finished, or its files were removed. "
            "Choose another round."
        )
    spool = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  the response closes it
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            with stored_stream(name) as file, archive.open(name[len(round.artifact) + 1 :], "w") as out:
                shutil.copyfileobj(file, out, BLOCK_BYTES)
    spool.seek(0)
    return spool
