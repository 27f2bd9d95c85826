"""A whole instance in one file, and back: a tar of a dump of the database and the files of the storage.

    assay.json       what made it, and the newest migration of each app
    database.dump    as pg_dump writes it in its custom format
    storage/...      each file under its name; left out where the storage has a backup of its own
    end.json         how many files there are: without it the backup was cut off

The dump comes first: files are stored before rows name them, and under names that are never used again, so the
files that are there afterwards are those of the dump, and perhaps some more.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from deploy.backing.database import require_postgres, run_program, tables_make
from deploy.backups.orphans import FOLDERS, storage_files
from labeling.errors import Conflict, InvalidInput
from labeling.storing.storage import stored_stream
from labeling.web.json_reading import read_json

THREADS = 8
MEMORY_BYTES = 2**20  # of one file; larger ones go to a temporary file
OnFile = Callable[[int], None]  # files done


def backup_write(path: Path, *, with_files: bool, on_file: OnFile = lambda n: None) -> tuple[int, int]:
    """The instance is in that file, whole or not at all. Returns files in it, and files that went meanwhile.

    Raises Unavailable with what pg_dump said, Conflict for a database that has no tables yet.
    """
    require_postgres()
    applied = sorted(MigrationRecorder(connection).applied_migrations())
    if not applied:
        raise Conflict("The database is empty: there is nothing to back up.")
    made = {
        "assay": version("assay-labeling"),
        "made_at": dt.datetime.now(dt.UTC).isoformat(),
        "applied": applied,
    }
    beside = path.with_name(f"{path.name}.part")
    n_files = n_gone = 0
    try:
        # Passwords' hashes are in it.
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                _add(tar, "assay.json", json.dumps(made, indent=1).encode())
                with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                    dump = Path(folder) / "database.dump"
                    run_program("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", dump)
                    tar.add(dump, "database.dump", filter=_plain)
                for name, content in _contents() if with_files else ():
                    if content is None:
                        n_gone += 1
                        continue
                    with content:
                        _add(tar, f"storage/{name}", content)
                    n_files += 1
                    on_file(n_files)
                _add(tar, "end.json", json.dumps({"n_files": n_files, "with_files": with_files}).encode())
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return n_files, n_gone


def backup_restore(path: Path, *, on_file: OnFile = lambda n: None) -> dict[str, Any]:
    """What was backed up is in this database, which must be empty, and this storage. Returns {"n_files", ...}.

    Tables are brought to this version's state afterwards. Raises InvalidInput for a file that is no backup, or cut
    off, or of a newer Assay; Conflict for a database that is not empty.
    """
    require_postgres()
    end = _check(path)
    if connection.introspection.table_names():
        raise Conflict(
            "This database is not empty, and restoring replaces nothing. Make a new one (CREATE DATABASE), or, "
            "with the embedded server, set ASSAY_DATA_DIR to a new folder."
        )
    connection.close()
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is None:
                continue
            if member.name == "database.dump":
                _restore_database(content, path.parent)
            elif member.name.startswith("storage/"):
                _put(member.name.removeprefix("storage/"), content, member.size)
                end["n_done"] = end.get("n_done", 0) + 1
                on_file(end["n_done"])
    tables_make()
    return end


def _contents() -> Iterator[tuple[str, IO[bytes] | None]]:
    """(name, its bytes, to be closed; None: gone meanwhile) of each file of the storage."""
    with ThreadPoolExecutor(THREADS) as threads:
        for folder in FOLDERS:
            for names in storage_files(folder):
                for start in range(0, len(names), THREADS):
                    some = names[start : start + THREADS]
                    yield from zip(some, threads.map(_read, some), strict=True)


def _read(name: str) -> IO[bytes] | None:
    spool = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  the caller closes it
    try:
        with stored_stream(name) as file:
            shutil.copyfileobj(file, spool)
    except FileNotFoundError:
        return None
    return spool


def _add(tar: tarfile.TarFile, name: str, content: bytes | IO[bytes]) -> None:
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    entry = tarfile.TarInfo(name)
    entry.size = file.seek(0, os.SEEK_END)
    entry.mode = 0o600
    file.seek(0)
    tar.addfile(entry, file)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


def _check(path: Path) -> dict[str, Any]:
    """What stands at the backup's end. Raises InvalidInput."""
    first: dict[str, Any] = {}
    end: dict[str, Any] = {}
    n_files = 0
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                n_files += member.name.startswith("storage/")
                if member.name in ("assay.json", "end.json"):
                    content = tar.extractfile(member)
                    assert content is not None
                    (first if member.name == "assay.json" else end).update(read_json(content.read()))
    except (tarfile.TarError, ValueError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise InvalidInput(
            f"{path} is no backup of Assay, or is damaged{f' ({said})' if first else ''}. "
            "Give the file that `assay backup` wrote."
        ) from None
    if not first or end.get("n_files") != n_files:
        raise InvalidInput(f"{path} was cut off while it was written or copied. Take another backup.")
    known = {tuple(key) for key in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    newer = [f"{app}.{name}" for app, name in map(tuple, first["applied"]) if (app, name) not in known]
    if newer:
        raise InvalidInput(
            f"{path} was made by Assay {first['assay']}, which is newer than this one (it has {newer[0]}). "
            "Install that version, or a later one."
        )
    return {**first, **end}


def _restore_database(content: IO[bytes], folder: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".dump") as dump:
        while block := content.read(2**20):
            dump.write(block)
        dump.flush()
        run_program("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", dump.name)


def _put(name: str, content: IO[bytes], size: int) -> None:
    if default_storage.exists(name):
        if default_storage.size(name) == size:
            return  # a restore that was cut off has put it there
        default_storage.delete(name)
    default_storage.save(name, File(content))
