"""`assay undo-import`: the way back of an import."""

from __future__ import annotations

import json
import os
import socket

import click

from deploy.commands import with_database
from deploy.commands.projects.progress import check_over, shown, watch
from deploy.commands.projects.project import find_actor
from labeling.errors import Conflict, NotFound
from labeling.jobs.work import Work
from labeling.models import Import, ImportUndo
from labeling.removals.pipeline import undo_run
from labeling.removals.services import undo_look, undo_request

WHAT = {
    "answers": "answers",
    "asked_blind": "people are asked blind about them",
    "audits": "audits",
    "certificates": "a certificate",
    "flags": "flags",
    "gold": "gold",
    "guide_examples": "examples of the guide",
    "imported_answers": "answers of other files",
    "labels": "labels of people or other files",
    "verdicts": "decisions of reviewers",
}


@click.command("undo-import")
@click.argument("import_id", type=int)
@click.option("--dry-run", is_flag=True, help="Say what would go and what would stay; take nothing away.")
@click.option("--json", "is_json", is_flag=True, help="Print one object.")
@click.option(
    "--user",
    help="In whose name, and with whose role; the first administrator, who may do everything, if left out.",
)
@with_database
def undo_import_command(import_id: int, dry_run: bool, is_json: bool, user: str | None) -> None:
    """Take away what an import brought, but what people have worked on since. IMPORT_ID: see `assay import`."""
    work = Import.objects.filter(pk=import_id, project__deleted_at__isnull=True).first()
    if work is None:
        raise NotFound(
            f"There is no import {import_id}. The page Data lists them, and so does /api/projects/ID/imports."
        )
    if dry_run:
        _print_look(work, is_json=is_json)
        return
    undo: Work = undo_request(work=work, by=find_actor(work.project, user))
    with shown(undo, is_err=is_json):  # stdout is for the JSON alone
        undo_run(undo.pk, worker=f"{socket.gethostname()}:{os.getpid()}")
    undo = watch(undo, is_err=is_json)  # a worker may have heard the bell first
    assert isinstance(undo, ImportUndo)
    if is_json:
        click.echo(json.dumps(undo.report))
    else:
        _print_report(work, undo)
    check_over(undo, f"The undoing of {work.file_name}")


def _print_look(work: Import, *, is_json: bool) -> None:
    look = undo_look(work)
    if is_json:
        click.echo(json.dumps({"n_items": look.n_items, "n_items_kept": look.n_items_kept, "kept": look.kept,
                               "n_labels": look.n_labels, "refused": look.refused}))  # fmt: skip
        return
    if look.refused:
        raise Conflict(look.refused)
    click.echo(
        f"{look.n_items - look.n_items_kept:,} items of {work.file_name} would go, {look.n_items_kept:,} would stay; "
        f"{look.n_labels:,} labels would no longer stand."
    )
    _print_kept(look.kept)


def _print_report(work: Import, undo: ImportUndo) -> None:
    report = undo.report
    click.echo(
        f"{report.get('n_items_removed', 0):,} items of {work.file_name} are gone, "
        f"{report.get('n_items_kept', 0):,} stay; {report.get('n_labels_removed', 0):,} labels went with their items, "
        f"{report.get('n_labels_withdrawn', 0):,} were withdrawn."
    )
    _print_kept(report.get("kept", {}))
    if report.get("n_labels_kept"):
        click.echo(f"{report['n_labels_kept']:,} labels stay, as part of what keeps their items.")
    if report.get("classes_removed"):
        click.echo(f"Classes that are gone: {', '.join(report['classes_removed'])}.")
    if report.get("classes_kept"):
        click.echo(f"Classes that stay, since they are in use: {', '.join(report['classes_kept'])}.")
    for note in report.get("notes", []):
        click.echo(note)


def _print_kept(kept: dict[str, int]) -> None:
    for what, n in sorted(kept.items()):
        click.echo(f"  {n:,} stay because of: {WHAT.get(what, what)}")
