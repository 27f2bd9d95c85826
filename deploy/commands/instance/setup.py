"""`assay setup`: what an upgrade needs before its parts start on your own hosts."""

from __future__ import annotations

import click
from django.core.management import call_command

from deploy.backing.database import require_postgres, tables_make


@click.command("setup")
def setup_command() -> None:
    """Make tables and static files. Safe to run again."""
    require_postgres()
    call_command("check", deploy=False)
    tables_make(verbosity=1)
    call_command("collectstatic", interactive=False, verbosity=0)
