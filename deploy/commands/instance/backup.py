"""`assay backup` and `assay restore`: a whole instance in one file, and back."""

from __future__ import annotations

from pathlib import Path

import click
from django.conf import settings
from django.db import connection

from deploy.backing.servers import servers_running
from deploy.backups.backup import backup_restore, backup_write
from labeling.errors import Conflict, InvalidInput

EVERY = 10_000  # files, between two lines


def _told(n: int) -> None:
    if n % EVERY == 0:
        click.echo(f"{n:,} files")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-files", is_flag=True, help="Only the database: the storage has a backup of its own.")
@click.option(
    "--force", is_flag=True, help="Replace FILE if it is there; it stays until the new one is whole."
)
def backup_command(file: Path, without_files: bool, force: bool) -> None:
    """Write the database and the files of the storage to FILE, while everything runs."""
    file = file.resolve()
    if not file.parent.is_dir():
        raise InvalidInput(f"There is no folder {file.parent} to write {file.name} into.")
    if file.exists() and not force:
        raise Conflict(f"{file} is there already. Name another file, or replace it with --force.")
    with servers_running(settings.ASSAY_DATA_DIR, postgres=settings.EMBEDDED_POSTGRES, valkey=False):
        try:
            n_files, n_gone = backup_write(file, with_files=not without_files, on_file=_told)
        finally:
            connection.close()
    gone = f" {n_gone:,} files were deleted meanwhile." if n_gone else ""
    files = "the database, without files" if without_files else f"the database and {n_files:,} files"
    click.echo(f"{file}: {files}, {file.stat().st_size:,} bytes.{gone}")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore_command(file: Path) -> None:
    """Put what FILE holds into this database, which must be empty, and this storage."""
    with servers_running(settings.ASSAY_DATA_DIR, postgres=settings.EMBEDDED_POSTGRES, valkey=False):
        try:
            found = backup_restore(file.resolve(), on_file=_told)
        finally:
            connection.close()
    files = (
        f"{found['n_files']:,} files"
        if found["with_files"]
        else "no files: put them back from the storage's own"
    )
    click.echo(f"Restored the database as of {found['made_at']} and {files}. Now start the parts.")
