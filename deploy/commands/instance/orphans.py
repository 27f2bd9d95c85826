"""`assay orphans`: files in the storage that nothing names, and files that are named and not there."""

from __future__ import annotations

import datetime as dt

import click

from deploy.backups.orphans import missing, orphans, orphans_remove
from deploy.commands import with_database

SHOWN = 20


@click.command("orphans")
@click.option("--remove", "is_removed", is_flag=True, help="Let a worker delete them.")
@click.option(
    "--older-than", "hours", default=24, show_default=True, type=click.IntRange(0, 24 * 365), metavar="HOURS",
    help="Leave younger files alone: somebody may be about to name them.",
)  # fmt: skip
@click.option("--missing", "is_missing", is_flag=True, help="Look for files that should be there instead.")
@click.pass_context
@with_database
def orphans_command(ctx: click.Context, is_removed: bool, hours: int, is_missing: bool) -> None:
    """Look at every file of the storage, and list those that nothing in the database names.

    With --missing, look whether every file that the database names is there; exit code 1 if one is not.
    """
    if is_missing:
        lacking = list(missing())
        _print(lacking)
        click.echo(f"{len(lacking):,} files are missing." if lacking else "Every file is there.")
        ctx.exit(1 if lacking else 0)
    found = list(orphans(older_than=dt.timedelta(hours=hours)))
    _print(found)
    if not found:
        click.echo("Every file has an owner.")
    elif is_removed:
        orphans_remove(found)
        click.echo(f"{len(found):,} files have no owner. A worker deletes them now.")
    else:
        click.echo(f"{len(found):,} files have no owner. `assay orphans --remove` deletes them.")


def _print(names: list[str]) -> None:
    for name in names[:SHOWN]:
        click.echo(f"  {name}")
    if len(names) > SHOWN:
        click.echo(f"  and {len(names) - SHOWN:,} more")
